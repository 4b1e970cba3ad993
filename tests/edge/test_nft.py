"""The nft program, for real and in the ways it fails."""

import os
import subprocess
from pathlib import Path

import pytest
from namespace_fixtures import apart, nft

from enforcer.edge import nft as our_nft
from enforcer.model.calendar import Interval, Lane
from enforcer.model.errors import EdgeError
from enforcer.model.settings import Settings
from enforcer.plan.ruleset import ruleset

LANE = Lane(key="kaspersky/update@", blocked=(Interval(1e9, 2e9),))


def text(generation: str = "g1", lanes: tuple[Lane, ...] = (LANE,)) -> str:
    return ruleset(lanes, Settings(), shift=0.0, native_queue=False, generation=generation)


@pytest.mark.kernel
def test_applied_replaced_read_back_and_removed() -> None:
    def work() -> list[object]:
        told: list[object] = [our_nft.installed(), our_nft.remove(), our_nft.counters()]
        for generation in ("g1", "g2"):
            our_nft.apply(text(generation))
            told.append(our_nft.installed())
        return [*told, our_nft.counters(), our_nft.remove(), our_nft.remove(), nft("list", "ruleset")]

    names = ("queued_dns", "queued_quic", "queued_tcp", "rejected", "hops_raised", "multipath_stripped")
    dropped = (f"{what}_dropped" for what in ("hops", "signed", "unsized", "urgent", "held", "unasked", "begun"))
    counters = dict.fromkeys((*names, *dropped, "lane_0"), 0)
    assert apart(work) == [None, False, {}, "g1", "g2", counters, True, False, ""]


@pytest.mark.kernel
def test_a_text_that_fails_changes_nothing() -> None:
    def work() -> tuple[str | None, str]:
        our_nft.apply(text("g1"))
        try:
            our_nft.apply(text("g2") + "table inet enforcer {\n chain x {\n jump nowhere\n }\n}\n")
        except EdgeError as error:
            return our_nft.installed(), error.why
        return None, ""

    generation, why = apart(work)
    assert generation == "g1"
    assert why.startswith("nft refuses the rules: ")


@pytest.mark.kernel
def test_a_table_of_the_name_that_is_not_ours_to_read_has_no_generation() -> None:
    def work() -> str | None:
        nft("add", "table", "inet", "enforcer")
        return our_nft.installed()

    assert apart(work) is None


@pytest.mark.kernel
def test_the_fingerprint_changes_with_the_rules_and_with_nothing_else() -> None:
    def work() -> list[str | None]:
        told = [our_nft.fingerprint()]
        our_nft.apply(text())
        told.append(our_nft.fingerprint())
        our_nft.apply(text())  # other handles
        os.environ["TZ"] = "Asia/Tokyo"
        subprocess.run(["python3", "-c", PROBE], check=True)  # other counters
        told.append(our_nft.fingerprint())
        counted = our_nft.counters()["queued_dns"]
        nft("delete", "chain", "inet", "enforcer", "enforce_forward")
        return [*told, our_nft.fingerprint(), str(counted)]

    none, first, second, third, counted = apart(work)
    assert (none, counted) == (None, "1")
    assert first == second != third


PROBE = "import socket as s; s.socket(s.AF_INET, s.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 53))"


@pytest.mark.kernel
def test_a_check_changes_nothing() -> None:
    def work() -> str:
        our_nft.check(text())
        return nft("list", "ruleset")

    assert apart(work) == ""


def fake(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """An nft of our own in front of all others."""
    program = folder / "nft"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_the_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(tmp_path, monkeypatch, "echo 'nftables v1.0.6 (Lester Gooch #5)'")
    assert our_nft.version() == (1, 0, 6)
    fake(tmp_path, monkeypatch, "echo something")
    assert our_nft.version() == ()


def test_no_nft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EdgeError, match="there is no nft program") as caught:
        our_nft.apply("")
    assert "apt-get install nftables" in caught.value.cure
    assert caught.value.code == our_nft.UNFIT_HOST


@pytest.mark.parametrize(
    ("said", "why", "code"),
    [
        ("Operation not permitted (you must be root)", "nft may not change the rules", 4),
        ("Error: Could not process rule: Operation not permitted", "nft may not change the rules", 4),
        ("/dev/stdin:1:2-3: Error: syntax error, unexpected junk", "syntax error, unexpected junk", 5),
        ("", "nft refuses the rules: no reason given", 5),
    ],
)
def test_what_nft_says_is_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, why: str, code: int
) -> None:
    fake(tmp_path, monkeypatch, f"cat >/dev/null; echo '{said}' >&2; exit 1")
    with pytest.raises(EdgeError, match=why) as caught:
        our_nft.apply("anything")
    assert caught.value.code == code
    assert caught.value.cure


def test_an_nft_that_hangs_or_cannot_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(our_nft, "_PATIENCE", 0.2)
    fake(tmp_path, monkeypatch, "exec sleep 5")
    with pytest.raises(EdgeError, match=r"nft did not end within 0.2 s") as caught:
        our_nft.installed()
    assert caught.value.code == 1, "a service that ends with it is started again"
    (tmp_path / "nft").write_text("junk")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EdgeError, match="nft did not run"):
        our_nft.installed()


def test_a_listing_that_fails_for_another_reason_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(tmp_path, monkeypatch, "echo 'Error: cache initialization failed: Protocol error' >&2; exit 1")
    with pytest.raises(EdgeError, match="Protocol error"):
        our_nft.fingerprint()
