"""rsyslog and syslog-ng as collectors: each transport, each form, hostile text, certificates, outages."""

import contextlib
import json
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from certificate_fixtures import Authority, Pair
from collecting_fixtures import Program, RsyslogServer, SyslogNg
from collector_fixtures import Daemon, daemon, first_times
from event_fixtures import BLOCKED, CUT_OFF, HOSTILE, event, plain

from enforcer.audit.formats import BODIES
from enforcer.audit.rfc5424 import sentence
from enforcer.audit.visible import visible
from enforcer.edge.records import Records
from enforcer.model.destination import Destination
from enforcer.model.event import Event

pytestmark = pytest.mark.lab


class Site:
    """Both collectors with their certificates, running, and ours."""

    def __init__(self, folder: Path, *, text: bool = False) -> None:
        authority = Authority(folder, "ca")
        collector = authority.sign("collector", "localhost")
        self.folder = folder
        self.ca = authority.certificate
        self.gateway = authority.sign("gateway", "gateway.example")
        self.stranger = Authority(folder, "others").sign("stranger", "gateway.example")
        for name in ("rsyslog", "syslog-ng"):
            (folder / name).mkdir()
            for file in (self.ca, collector.certificate, collector.key):
                (folder / name / file.name).write_bytes(file.read_bytes())
        self.rsyslog = RsyslogServer(folder / "rsyslog", text=text)
        self.syslog_ng = SyslogNg(folder / "syslog-ng")
        self.both: dict[str, Program] = {"rsyslog": self.rsyslog, "syslog-ng": self.syslog_ng}

    def start(self) -> None:
        for program in self.both.values():
            program.start()

    def stop(self) -> None:
        for program in self.both.values():
            program.stop()

    def to(self, name: str, transport: str, own: Pair | None = None, **more: Any) -> Destination:
        """One input of a collector."""
        port, pair = self.both[name].ports[transport], own or self.gateway
        if transport == "tls":
            more |= {"ca": str(self.ca), "certificate": str(pair.certificate), "key": str(pair.key)}
        return Destination(name=name, transport=transport, host="localhost", port=port, **more)


@contextlib.contextmanager
def running(**more: bool) -> Iterator[Site]:
    """In a short folder, for the path of a socket has at most 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="siem-") as folder:
        site = Site(Path(folder), **more)
        try:
            site.start()
            yield site
        finally:
            site.stop()


def hostile(text: str) -> Event:
    return event(name=text, chain=(text, text), reason=f"why {text}", waiver=text, gateway="gw.example")


def wanted(one: Event, record: int) -> dict[str, str]:
    """What a collector is to find in the structured data: the members of the record, as text."""
    members = {name: str(value) for name, value in one.as_dict().items()} | {"record": str(record)}
    lists = {"chain": " ".join(one.chain), "citations": "; ".join(one.citations)}
    members |= {name: text for name, text in lists.items() if name in members}
    return {name: visible(text) for name, text in members.items()} | {"simulated": str(one.simulated).lower()}


def test_every_member_arrives_by_each_transport_as_it_stands_in_the_store() -> None:
    events = [BLOCKED, plain(CUT_OFF, "loss", count=3, last=CUT_OFF + 9), *map(hostile, HOSTILE)]
    with running() as site:
        for turn, transport in enumerate(("udp", "tcp", "tls"), 1):
            folder = site.folder / transport
            folder.mkdir()
            with daemon(folder, *(site.to(name, transport) for name in site.both)) as gateway:
                gateway.keep(*events)
                got = {name: program.messages(turn * len(events)) for name, program in site.both.items()}
            assert gateway.told == []
            with Records(gateway.path) as records:
                stored = list(records.recorded_after(0))
            for name, program in site.both.items():
                assert len(got[name]) == turn * len(events)
                for message, (number, one) in zip(got[name][-len(events) :], stored, strict=True):
                    arrived_whole(program, message, number, one)


def arrived_whole(program: Program, message: dict[str, Any], number: int, one: Event) -> None:
    assert program.members(message) == wanted(one, number)
    assert message["severity"] == ("err" if one.kind == "loss" else "warning")
    text = message["text"] if "text" in message else message["MESSAGE"]
    assert text.removeprefix("\ufeff") == visible(sentence(one))


def test_every_form_arrives_as_it_was_written() -> None:
    events = [BLOCKED, plain(CUT_OFF, "start", reason="in force"), *map(hostile, HOSTILE)]
    with running(text=True) as site:
        to = [site.to(name, "tcp", form=form) for form in BODIES for name in site.both]
        with daemon(site.folder, *(replace(one, name=f"{one.name}-{one.form}") for one in to)) as gateway:
            gateway.keep(*events)
            got = [program.texts(len(events) * len(BODIES)) for program in site.both.values()]
    for form, body in BODIES.items():
        written = [body(sent, record=number) for number, sent in enumerate(events, 1)]
        for texts in got:
            assert [text for text in texts if text in written] == written
        if form in ("ecs", "ocsf"):
            assert all(isinstance(json.loads(text), dict) for text in written)
    assert [len(texts) for texts in got] == [len(events) * len(BODIES)] * 2


def test_syslog_ng_on_a_local_socket() -> None:
    with tempfile.TemporaryDirectory(prefix="siem-") as made:
        site = Site(Path(made))
        site.syslog_ng.start()
        to = Destination(name="local", transport="unix", host=f"{site.syslog_ng.folder}/log")
        with daemon(site.folder, to) as gateway:
            gateway.keep(*map(hostile, HOSTILE))
            got = site.syslog_ng.messages(len(HOSTILE))
        site.syslog_ng.stop()
    assert [site.syslog_ng.members(one)["record"] for one in got] == [str(n) for n in range(1, len(HOSTILE) + 1)]


def test_a_gateway_with_a_certificate_of_strangers_is_refused_and_told_why() -> None:
    with running() as site:
        with daemon(site.folder, *(site.to(name, "tls", own=site.stranger) for name in site.both)) as gateway:
            gateway.keep(BLOCKED)
            gateway.hear_until(lambda: len(gateway.told) >= 2, "nobody was told")
        assert {one.kind for one in gateway.told} == {"error"}
        assert all("records wait for it in the store" in one.reason for one in gateway.told)
        assert [program.lines() for program in site.both.values()] == [[], []]
        with daemon(site.folder, *(site.to(name, "tls") for name in site.both)):
            for program in site.both.values():
                assert program.members(program.messages(1)[0])["name"] == BLOCKED.name


def test_collectors_stopped_under_load_while_the_gateway_is_killed() -> None:
    """3,000 alerts, as many as come in ten minutes at five a second; for 2,000 of them the collectors are away."""
    with running() as site:
        to = [site.to("rsyslog", "tls"), site.to("syslog-ng", "tls")]
        gateway = Daemon(site.folder, *to)
        for _ in range(5):
            gateway.keep_numbered(100)
        site.stop()  # in the midst of it
        for _ in range(10):
            gateway.keep_numbered(100)
        gateway.kill()
        gateway = Daemon(site.folder, *to)
        for _ in range(10):
            gateway.keep_numbered(100)
        site.start()
        for _ in range(5):
            gateway.keep_numbered(100)
        for program in site.both.values():
            gateway.hear_until(partial(has_reached, program, 3000), "some did not come")
        gateway.close()
        assert [one for one in gateway.told if one.kind == "loss"] == []
        for program in site.both.values():
            kept = first_times(records(program))
            assert kept[:3000] == list(range(1, 3001))


def has_reached(program: Program, record: int) -> bool:
    last = program.last()
    return last is not None and int(program.members(last)["record"]) >= record


def records(program: Program) -> list[int]:
    """The numbers that it wrote, in its order."""
    return [int(program.members(json.loads(line))["record"]) for line in program.lines()]
