"""The exported files in the programs that they are for: 1,000 names each, and the same answers as decide()."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import resolver_fixtures as resolvers
from export_fixtures import asked, blocks, made, world
from resolver_fixtures import ALIAS, passing

from enforcer.export import bind, dnsmasq, hosts_file, rpz, unbound
from enforcer.export.text import TextFile

NAMES = tuple(dict.fromkeys(asked(world(), 1050)))
BLOCKED = frozenset(name for name in NAMES if blocks(world(), name))
FREE = frozenset(NAMES) - BLOCKED
TOO_LONG_FOR_BIND = frozenset(name for name in NAMES if len(name) > 253 - len(".enforcer.rpz"))
"""It puts the zone's name behind them, and where that is too long judges their parent (docs/export.md)."""


@pytest.fixture(scope="module")
def upstream() -> Iterator[int]:
    with resolvers.upstream() as port:
        yield port


def put(folder: Path, files: tuple[TextFile, ...]) -> list[Path]:
    for file in files:
        (folder / file.name).write_text(file.text)
    return [folder / file.name for file in files]


def test_the_names_are_a_thousand_of_all_kinds() -> None:
    assert len(NAMES) >= 1000
    assert len(BLOCKED) > 250
    assert len(FREE) > 250
    assert sum(name != name.lower() for name in BLOCKED) > 20
    assert 0 < len(TOO_LONG_FOR_BIND) < 20
    assert max(map(len, BLOCKED)) > 250


@pytest.mark.parametrize("log_only", [False, True], ids=["", "log-only"])
def test_rpz_in_unbound(tmp_path: Path, upstream: int, log_only: bool) -> None:
    [zone] = put(tmp_path, rpz.write(made(world(), log_only=log_only)))
    more = f'rpz:\n  name: "enforcer.rpz"\n  zonefile: "{zone}"\n  rpz-log: yes'
    with resolvers.unbound(tmp_path, upstream, modules="respip iterator", more=more) as port:
        assert passing(port, NAMES) == FREE
        assert not passing(port, [ALIAS])


def test_rpz_in_bind(tmp_path: Path, upstream: int) -> None:
    _, options, statement = put(tmp_path, bind.write(made(world(), folder=str(tmp_path))))
    with resolvers.named(tmp_path, upstream, options=options, statement=statement) as port:
        assert passing(port, NAMES) ^ FREE <= TOO_LONG_FOR_BIND
        assert not passing(port, [ALIAS])


def test_rpz_in_knot_resolver(tmp_path: Path, upstream: int) -> None:
    [zone] = put(tmp_path, rpz.write(made(world())))
    with resolvers.kresd(tmp_path, upstream, zone=zone) as port:
        assert passing(port, NAMES) == FREE
        assert passing(port, [ALIAS])  # told in docs/export.md


def test_local_zones_in_unbound(tmp_path: Path, upstream: int) -> None:
    """The same but for what the file's header says: below a single name that must pass, all passes."""
    edition = made(world())
    [config] = put(tmp_path, unbound.write(edition))
    more = f'include: "{config}"'
    singles = [f".{region.name}" for region in edition.blocks if region.exact and region.verdict < 3]
    too_free = {name for name in BLOCKED if name.lower().endswith(tuple(singles))}
    with resolvers.unbound(tmp_path, upstream, modules="iterator", more=more) as port:
        assert passing(port, NAMES) == FREE | too_free
        assert passing(port, [ALIAS])  # told in docs/export.md
    assert len(too_free) > 5
    assert len(BLOCKED - too_free) > 200


def test_lines_in_dnsmasq(tmp_path: Path, upstream: int) -> None:
    [config] = put(tmp_path, dnsmasq.write(made(world())))
    with resolvers.dnsmasq(tmp_path, upstream, more=f"conf-file={config}") as port:
        assert passing(port, NAMES) == FREE
        assert passing(port, [ALIAS])  # told in docs/export.md


def test_lines_of_a_hosts_file_in_dnsmasq(tmp_path: Path, upstream: int) -> None:
    """Exactly the spelled names are blocked, since a hosts file can say no more."""
    edition = made(world())
    [config] = put(tmp_path, hosts_file.write(edition))
    listed = {point.name for point in edition.points if blocks(world(), point.name)}
    with resolvers.dnsmasq(tmp_path, upstream, more=f"addn-hosts={config}") as port:
        assert passing(port, NAMES) == {name for name in NAMES if name.lower() not in listed}
    assert len(listed & {name.lower() for name in NAMES}) > 100
