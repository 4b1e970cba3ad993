"""The examples in the help of every verb are taken by it, and those of `enforcer audit` work as they are written."""

import gzip
import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from event_fixtures import BLOCKED, CUT_OFF, plain
from scapy.layers.dns import DNS, DNSQR
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.utils import wrpcapng

from enforcer.cli.main import main
from enforcer.edge.records import Records
from enforcer.edge.store import Store
from enforcer.model.event import Event

NAME = "s07.upd.kaspersky.com"
RECORDS = 1204
ZEEK = {
    "dns": {"id.orig_p": 33000, "id.resp_p": 53, "proto": "udp", "query": NAME, "qtype_name": "A"},
    "ssl": {"id.orig_p": 33001, "id.resp_p": 443, "server_name": NAME},
}


def examples(command: click.Command, path: str = "enforcer") -> Iterator[str]:
    """Each command of each help, as one would type it: without remarks, and without what comes behind a pipe."""
    for line in (command.help or "").splitlines():
        if line.strip().startswith(f"{path} ") or line.strip() == path:
            typed = re.split(r"\s{2,}", line.strip())[0]
            yield from (
                part.split(" | ")[0].strip() for part in typed.split("&&") if part.strip().startswith("enforcer")
            )
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from examples(inner, f"{path} {name}")


ALL = sorted(set(examples(main)))


@pytest.mark.parametrize("typed", ALL)
def test_each_is_taken_by_its_verb(typed: str) -> None:
    _, *words = shlex.split(typed)
    command: click.Command = main
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name, *words = words
        inner = command.get_command(click.Context(command), name)
        assert inner is not None, name
        command = inner
    command.make_context(command.name, words)


def test_there_are_many_and_a_wrong_one_is_found() -> None:
    assert len(ALL) > 100
    with pytest.raises(click.UsageError):
        test_each_is_taken_by_its_verb("enforcer audit report --sinse 7d")
    with pytest.raises(click.UsageError):
        test_each_is_taken_by_its_verb("enforcer audit explain the-last")


def records(gateway: str) -> Iterator[Event]:
    for n in range(RECORDS - 2):
        yield replace(BLOCKED, at=BLOCKED.at + n, gateway=gateway)
    yield plain(CUT_OFF + RECORDS, "error", gateway=gateway, reason="the disk is full")
    yield plain(CUT_OFF + RECORDS, "loss", gateway=gateway, reason="2 events lost", count=2)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gateway's files, the copies of two, and what others logged: by the names that the examples have."""
    folder = tmp_path_factory.mktemp("examples")
    for name in ("gateway", "copy", "gw-1", "gw-2"):
        (folder / name).mkdir()
        with Store(folder / name / "events.sqlite") as store:
            store.append([(one, one.at) for one in records(name)])
    (folder / "site.toml").write_text(f'[output]\nstore = "{folder}/gateway/events.sqlite"\n')
    public = CliRunner().invoke(
        main, ["audit", "key", "--config", str(folder / "site.toml"), "--out", str(folder / "gateway.pub")]
    )
    assert public.exit_code == 0, public.output
    logs(folder)
    return folder


def logs(folder: Path) -> None:
    query = Ether() / IP(src="10.1.0.2", dst="9.9.9.9") / UDP(sport=33000, dport=53) / DNS(rd=1, qd=DNSQR(qname=NAME))
    query.time = CUT_OFF + 9
    wrpcapng(str(folder / "office.pcapng"), [query])
    (folder / "office.pcapng.gz").write_bytes(gzip.compress((folder / "office.pcapng").read_bytes()))
    for name, members in ZEEK.items():
        ends = {"ts": CUT_OFF + 9, "uid": "C1", "id.orig_h": "10.1.0.2", "id.resp_h": "9.9.9.9"}
        (folder / f"{name}.log.gz").write_bytes(gzip.compress(f"{json.dumps(ends | members)}\n".encode()))
    for name in ("dnsmasq.log", "dnsmasq.log.1"):
        (folder / name).write_text(f"Sep 29 04:00:05 dnsmasq[1]: query[A] {NAME} from 10.1.0.2\n")
    ends = {"src_ip": "10.1.0.2", "src_port": 33000, "dest_ip": "9.9.9.9", "dest_port": 53, "proto": "UDP"}
    asked = {"type": "query", "id": 1, "rrname": NAME, "rrtype": "A"}
    line = {"timestamp": "2024-09-29T04:00:09.250000+0000", "event_type": "dns", **ends, "dns": asked}
    (folder / "eve.json").write_text(f"{json.dumps(line)}\n")


def typed_at(place: Path, typed: str) -> Result:
    """The example, its paths moved here, and what is another's in it (a fingerprint, a head) put in as ours is."""
    with Records(place / "copy/events.sqlite") as records:
        last, key = records.one(RECORDS), records.keys()[0].fingerprint
    assert last is not None
    ours = {"/mnt/": f"{place}/", "/var/log/": f"{place}/", "3ab4c5d6e7f80912": key[:16]}
    ours["120417:9f2c64ab01"] = f"{RECORDS}:{last.digest.hex()[:10]}"
    for theirs, own in ours.items():
        typed = typed.replace(theirs, own)
    _, *words = shlex.split(typed)
    words = [
        one for word in words for one in (map(str, sorted(place.glob(Path(word).name))) if "*" in word else [word])
    ]
    words += ["--no-follow"] if words[1:2] == ["tail"] and "-F" not in words else []
    return CliRunner().invoke(main, [*words, "--config", str(place / "site.toml")])


AUDIT = [typed for typed in ALL if typed.startswith("enforcer audit") and " posture" not in typed]
"""Posture asks the kernel and a running service: tests/lab/test_posture_lab.py."""


@pytest.mark.parametrize("typed", AUDIT)
def test_each_of_audit_works_and_finds_something(place: Path, monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    monkeypatch.chdir(place)
    before = set(place.iterdir())
    done = typed_at(place, typed)
    assert done.exit_code == 0, done.output
    written = {path for path in place.iterdir() if path not in before}
    assert done.stdout or written or "gateway.pub" in typed
    if "replay" in typed:
        assert NAME in done.stdout or "kaspersky" in done.stdout
