from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from enforcer.edge import zones
from enforcer.edge.zones import local_zone, zone

SUMMER = datetime(2024, 7, 1, 12)  # noqa: DTZ001 (given to a zone)


@pytest.mark.parametrize(
    ("name", "hours"), [("UTC", 0), ("+02:00", 2), ("-0430", -4.5), ("Europe/Berlin", 2), ("America/New_York", -4)]
)
def test_zones_by_name_and_offset(name: str, hours: float) -> None:
    assert zone(name).utcoffset(SUMMER) == timedelta(hours=hours)


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "+99:99", "../../etc/passwd", "/etc/localtime", "x" * 5000])
def test_no_zone_is_refused_with_the_right_spellings(name: str) -> None:
    with pytest.raises(ValueError, match=r"Europe/Berlin, UTC or \+02:00"):
        zone(name)


def test_the_machines_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TZ", ":America/New_York")
    assert local_zone().utcoffset(SUMMER) == timedelta(hours=-4)
    monkeypatch.delenv("TZ")
    monkeypatch.setattr(zones, "LOCAL", tmp_path / "none")
    assert local_zone() is UTC
    monkeypatch.setattr(zones, "LOCAL", Path("/usr/share/zoneinfo/Europe/Berlin"))
    assert local_zone().utcoffset(SUMMER) == timedelta(hours=2)
