"""Walks the scenes of the story: starts the daemon on the day of the scene, and does each step as the client."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

from enforcer.lab import chrome, crossing
from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import Hosts
from enforcer.lab.outcome import Result, Watch
from enforcer.lab.reading import said
from enforcer.lab.servers import Servers
from enforcer.lab.story import Scene, Step


class Walk:
    """`scene()` gives a result for each step, as they are done."""

    def __init__(self, hosts: Hosts, servers: Servers, profile: str) -> None:
        self._hosts = hosts
        self._servers = servers
        self._profile = profile

    def scene(self, scene: Scene) -> Iterator[Result]:
        """Raises EdgeError where the daemon does not start."""
        if scene.downloads:
            daemon, boundary = crossing.just_before(self._daemon)
        else:
            daemon, boundary = self._daemon(scene.at), 0.0
        try:
            if scene.downloads:
                watch = Watch(daemon, self._servers)
                yield from crossing.downloads(self._hosts.client, scene, watch, boundary)
            for step in scene.steps:
                yield self._do(scene, step, daemon)
        finally:
            daemon.stop()

    def _daemon(self, at: str) -> Daemon:
        daemon = Daemon(self._hosts.gateway, at=at, profile=self._profile)
        daemon.start()
        return daemon

    def _do(self, scene: Scene, step: Step, daemon: Daemon) -> Result:
        if chrome.MODULE in step.command and not chrome.available():
            return Result(scene=scene.name, step=step, got="", skipped="curl_cffi is not installed (./do test has it)")
        watch = Watch(daemon, self._servers)
        try:
            got = said(step.command, self._hosts.client.run(*step.command))
        except subprocess.TimeoutExpired as slow:
            got = f"no end after {slow.timeout:.0f} s"
        return watch.result(scene.name, step, got)
