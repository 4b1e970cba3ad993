"""The lines for dnsmasq, and the sets it fills. That it answers right is in test_resolvers.py."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from export_fixtures import acme, made

from enforcer.export import dnsmasq
from enforcer.export.refusal import ExportRefused

PROGRAM = Path(__file__).parent / "nftset_program.py"


@pytest.mark.kernel
def test_watched_names_fill_sets(tmp_path: Path) -> None:
    files = dnsmasq.write(made(acme(), nftset="inet#lab"))
    for file in files:
        (tmp_path / file.name).write_text(file.text)
    told = asked_in_a_namespace(tmp_path, files[0].name, files[1].name)
    assert told == {
        "www.login.example": ["enforcer_flag4"],
        "free.acme.example": ["enforcer_observe4"],
        "x.free.acme.example": ["enforcer_observe4"],
        "a.q.free.acme.example": ["enforcer_flag4"],
        "scr.acme.example": ["enforcer_none4"],
        "acme.example": [],
        "elsewhere.com": [],
    }


def asked_in_a_namespace(folder: Path, config: str, sets: str) -> dict[str, list[str]]:
    names = ["www.login.example", "free.acme.example", "x.free.acme.example", "a.q.free.acme.example"]
    names += ["scr.acme.example", "acme.example", "elsewhere.com"]
    command: list[str | Path] = ["unshare", "--net", sys.executable, PROGRAM, folder / config, folder / sets]
    shared = {**os.environ, "PYTHONPATH": str(PROGRAM.parents[1])}  # it has this folder as its own
    done = subprocess.run(command, input=json.dumps(names), env=shared, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told: dict[str, list[str]] = json.loads(done.stdout)
    return told


def test_a_single_name_inside_a_domain() -> None:
    lines = dnsmasq.write(made(acme()))[0].text.splitlines()
    at = lines.index("server=/help.acme.example/#")
    assert lines[at - 1 : at + 2] == [
        "# allow: acme support by xx-acme/full",
        "server=/help.acme.example/#",
        "address=/*.help.acme.example/",
    ]
    assert lines.count("address=/acme.example/") == 1
    assert [line for line in lines if "both.example/" in line] == ["server=/both.example/#", "address=/*.both.example/"]


@pytest.mark.parametrize(
    "odd", ["inet", "inet#", "#t", "arp#t", "inet#a b", "inet#a\nserver=/x/", "inet#" + "t" * 40, "inet#1t"]
)
def test_an_odd_place_for_sets_is_refused(odd: str) -> None:
    with pytest.raises(ExportRefused, match="is no place for sets") as refused:
        dnsmasq.write(made(acme(), nftset=odd))
    assert "such as inet#filter" in refused.value.cure


def test_a_family_of_one_version_has_sets_of_that_version() -> None:
    config, sets = dnsmasq.write(made(acme(), nftset="ip6#t"))
    assert "6#ip6#t#enforcer_flag6" in config.text
    assert "4#" not in config.text
    assert "ipv4" not in sets.text
