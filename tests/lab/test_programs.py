"""What is missing is named all at once, with the cure; and ./do installs the same packages."""

import re
from pathlib import Path

import pytest

from enforcer.lab import programs
from enforcer.model.errors import EdgeError

DO = (Path(__file__).parent.parent.parent / "do").read_text()


def test_all_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "PATH", "/nonexistent")
    with pytest.raises(EdgeError, match="bind9-dnsutils, curl, iproute2, nftables, nginx-light") as refused:
        programs.require()
    assert "apt-get install --no-install-recommends bind9-dnsutils curl" in refused.value.cure


def test_do_installs_the_same() -> None:
    listed: dict[str, str] = {}
    for variable in ("for_run", "for_lab"):
        value = re.search(rf"^{variable}='?\"?([^'\"]+)['\"]", DO, re.MULTILINE)
        assert value
        listed |= dict(pair.split(":") for pair in value[1].split() if ":" in pair)
    assert listed == programs.PACKAGES
