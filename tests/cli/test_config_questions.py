"""What is asked of interfaces and collectors, and that a slip is asked about again."""

import sys
from collections.abc import Callable
from io import StringIO

import pytest

from enforcer.cli.config_questions import collectors, interfaces
from enforcer.model.errors import EdgeError
from enforcer.model.surroundings import Link, Surroundings

HERE = Surroundings(
    links=(
        Link(name="lo", kind="loopback"),
        Link(name="wan0", uplink=True),
        Link(name="lan0", addresses=("10.0.0.1/24",)),
        Link(name="guests", kind="bridge", addresses=("10.0.1.1/24",)),
        Link(name="eth5", master="guests"),
    )
)


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def answer(*lines: str) -> None:
        monkeypatch.setattr(sys, "stdin", StringIO("".join(f"{line}\n" for line in lines)))

    return answer


@pytest.mark.parametrize(
    ("mode", "lines", "wanted"),
    [
        ("inline", [""], ()),
        ("inline", ["all"], ()),
        ("inline", ["lan0  guests"], ("lan0", "guests")),
        ("inline", ["lan0 lan0"], ("lan0",)),
        ("inline", ["lan", "lan0"], ("lan0",)),
        ("inline", ["wan0"], ("wan0",)),
        ("inline", ["eth5", "guests"], ("guests",)),
        ("tap", ["eth5"], ("eth5",)),
        ("tap", ["guests"], ("guests",)),
        ("tap", ["all", "guests"], ("guests",)),
        ("host", [], ()),
    ],
)
def test_interfaces(
    answering: Callable[..., None],
    mode: str,
    lines: list[str],
    wanted: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
) -> None:
    answering(*lines)
    assert interfaces(HERE, mode, asking=True) == wanted
    told = capsys.readouterr().err
    assert ("(lan0, guests" in told) is (mode != "host")
    assert told.count("Error: ") == max(len(lines) - 1, 0)


def test_unasked_a_gateway_has_all_and_a_mirror_must_be_told() -> None:
    assert interfaces(HERE, "inline", asking=False) == ()
    with pytest.raises(EdgeError, match="needs the interface of the mirror") as caught:
        interfaces(HERE, "tap", asking=False)
    assert caught.value.cure == "--interface, one of lan0, guests, eth5"


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ([""], ()),
        (["none"], ()),
        (["tls://siem.test"], ("tls://siem.test",)),
        (["udp://192.0.2.7 tcp://[2001:db8::7]:601"], ("udp://192.0.2.7", "tcp://[2001:db8::7]:601")),
        (["siem.test", "tcp://siem.test", "tcp://siem.test:601"], ("tcp://siem.test:601",)),
    ],
)
def test_collectors(
    answering: Callable[..., None], lines: list[str], wanted: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    answering(*lines)
    assert collectors((), asking=True) == wanted
    assert capsys.readouterr().err.count("Error: ") == len(lines) - 1


def test_collectors_that_are_given_are_not_asked_for() -> None:
    assert collectors(("tls://siem.test",), asking=True) == ("tls://siem.test",)
    assert collectors((), asking=False) == ()
