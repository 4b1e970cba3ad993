"""What a client program said, in a line: the part a person would look at, and a story can be held to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath
from subprocess import CompletedProcess

Done = CompletedProcess[str]


def said(command: Sequence[str], done: Done) -> str:
    """One line for any of the lab's clients: dig, curl, openssl, and the module enforcer.lab.chrome."""
    program = PurePath(command[0]).name
    if program == "dig":
        return _dig(done)
    if program == "curl":
        return _curl(done)
    if program == "openssl":
        return _openssl(done)
    return _last(done.stdout) or _last(done.stderr)


def _dig(done: Done) -> str:
    """`NOERROR 198.51.100.7`, or `NXDOMAIN, EDE 15 (Blocked): (by …)`."""
    status = re.search(r"status: (\w+)", done.stdout)
    if not status:
        return _last(done.stdout) or _last(done.stderr)
    answers = re.findall(r"^[^;\s]\S*\s+\d+\s+IN\s+\S+\s+(\S+)$", done.stdout, re.MULTILINE)
    error = re.search(r"^; EDE: (.+)$", done.stdout, re.MULTILINE)
    return " ".join([status[1], *answers]) + (f", EDE {error[1]}" if error else "")


def _curl(done: Done) -> str:
    """`you reached … at …`, or curl's own words for what went wrong."""
    return _last(done.stdout) if done.returncode == 0 else _last(done.stderr)


def _openssl(done: Done) -> str:
    """`TLSv1.3 with …`, or `reset`, or its own last word."""
    session = re.search(r"^New, (TLSv[\d.]+), Cipher is (\S+)$", done.stdout, re.MULTILINE)
    if session:
        return f"connected: {session[1]}, {session[2]}"
    return "connection reset by peer" if "errno=104" in done.stderr else _last(done.stderr)


def _last(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""
