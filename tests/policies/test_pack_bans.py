"""What every ban file must obey, whatever its text says."""

import tomllib
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from pack_fixtures import bans, instant, shipped

from enforcer.edge.files import shipped_policies
from enforcer.model.verdict import SERVICES, Effect, Profile, Verdict
from enforcer.policy.ban import Ban

BANS = bans()
VERIFIED = date(2026, 6, 30)
MIDNIGHT = timedelta()

# Hours east of Greenwich in winter, and whose rule of summer time holds. A State's own zone comes before its country's.
ZONES = {
    "us": (-5, "us"),
    "us/tx-": (-6, "us"),
    "us/ia-": (-6, "us"),
    "ca": (-5, "us"),
    "au": (10, "au"),
    "au/sa-": (9.5, "au"),
    "gb": (0, "eu"),
    **dict.fromkeys(["de", "fr", "it", "nl", "pl", "cz"], (1, "eu")),
    **dict.fromkeys(["lt", "ro", "ua"], (2, "eu")),
    "tw": (8, ""),
}
FORBIDS_BY_THE_VENDOR = {"us-commerce-kaspersky-2024"}
"""The one text against a vendor under which a gateway blocks: it keeps out what may not be provided."""


def ids(ban: Ban) -> str:
    return ban.id


def sunday(year: int, month: int, which: int) -> date:
    """The first (0), second (1) ... or last (-1) Sunday of a month."""
    first = date(year, month, 1)
    days = [first + timedelta(days=n) for n in range(31)]
    return [day for day in days if day.month == month and day.isoweekday() == 7][which]


def summer(rule: str, day: date) -> bool:
    """Whether summer time holds at 00:00 of the day. No zone changes its clock at midnight on these days."""
    year = day.year
    if rule == "us":
        return sunday(year, 3, 1) < day <= sunday(year, 11, 0)
    if rule == "eu":
        return sunday(year, 3, -1) < day <= sunday(year, 10, -1)
    if rule == "au":
        return not sunday(year, 4, 0) < day <= sunday(year, 10, 0)
    return False


def offset(file: str, day: date) -> timedelta:
    hours, rule = ZONES[max((zone for zone in ZONES if file.startswith(zone)), key=len)]
    return timedelta(hours=hours + summer(rule, day))


def strictest(ban: Ban, profile: Profile) -> Verdict:
    return max(phase.profiles[profile].of(service) for phase in ban.phases for service in SERVICES)


@pytest.mark.parametrize("file", [file for file in shipped() if not file.startswith("vendors/")])
def test_a_file_is_named_by_country_and_ban(file: str) -> None:
    table = tomllib.loads(shipped()[file])
    assert table["ban"] == file.removesuffix(".toml").replace("/", "-")


@pytest.mark.parametrize("file", [file for file in shipped() if not file.startswith("vendors/")])
def test_a_phase_starts_at_midnight_where_its_text_holds(file: str) -> None:
    """Most texts give a day. Its 00:00 is local, and summer time moves it: a wrong offset is an hour of wrongs."""
    for phase in tomllib.loads(shipped()[file])["phase"]:
        for edge in [phase["starts"], *([phase["ends"]] if "ends" in phase else [])]:
            assert edge.time() == datetime.min.time()
            assert edge.utcoffset() == offset(file, edge.date()), f"{file}, phase {phase['phase']}"


def test_the_zones_agree_with_known_days() -> None:
    """The oracle above, against offsets that texts and calendars state."""
    assert offset("us/x.toml", date(2024, 9, 29)) == timedelta(hours=-4)  # stated by BIS: EDT
    assert offset("us/x.toml", date(2021, 3, 12)) == timedelta(hours=-5)  # two days before summer time
    assert offset("us/tx-x.toml", date(2024, 11, 20)) == timedelta(hours=-6)
    assert offset("ro/x.toml", date(2023, 4, 1)) == timedelta(hours=3)
    assert offset("au/x.toml", date(2025, 4, 1)) == timedelta(hours=11)  # five days before winter time
    assert offset("au/sa-x.toml", date(2025, 2, 5)) == timedelta(hours=10.5)
    assert offset("tw/x.toml", date(2025, 7, 1)) == timedelta(hours=8)


@pytest.mark.parametrize("ban", BANS, ids=ids)
def test_nothing_is_claimed_beyond_the_day_of_verification(ban: Ban) -> None:
    assert (ban.verified_on, ban.verified_through) == (VERIFIED, VERIFIED)
    assert all(datetime.fromtimestamp(phase.interval.starts, UTC).date() <= VERIFIED for phase in ban.phases)


@pytest.mark.parametrize("ban", BANS, ids=ids)
def test_every_fact_has_a_source_and_every_source_a_fact(ban: Ban) -> None:
    cited = [one.sources for one in ban.phases] + [one.sources for one in ban.exemptions]
    assert all(cited)
    if ban.id != "us-commerce-kaspersky-2024":  # lists its codification, which no phase stands on
        assert {source for sources in cited for source in sources} == set(ban.sources)


@pytest.mark.parametrize("ban", BANS, ids=ids)
def test_protective_is_never_softer_than_the_text(ban: Ban) -> None:
    for phase in ban.phases:
        text, ours = phase.profiles[Profile.STATUTORY], phase.profiles[Profile.PROTECTIVE]
        assert all(text.of(service) <= ours.of(service) for service in SERVICES)
        assert text.undecodable <= ours.undecodable


@pytest.mark.parametrize("ban", BANS, ids=ids)
def test_the_statutory_profile_is_never_stricter_than_the_kind_of_text(ban: Ban) -> None:
    """Buying rules and advice forbid no use; a rule for the vendor binds no user; a proposal binds nobody."""
    ceiling = {
        Effect.PROCUREMENT_PROHIBITED: Verdict.FLAG,
        Effect.ADVISORY: Verdict.FLAG,
        Effect.VENDOR_PROHIBITED: Verdict.OBSERVE,
        Effect.PROPOSED: Verdict.OBSERVE,
    }.get(ban.effect, Verdict.BLOCK)
    if ban.id not in FORBIDS_BY_THE_VENDOR:
        assert strictest(ban, Profile.STATUTORY) <= ceiling


@pytest.mark.parametrize("ban", BANS, ids=ids)
def test_what_is_unsure_does_not_even_ask_for_a_block(ban: Ban) -> None:
    unsure = ban.status in ("proposed", "unconfirmed")
    assert (ban.effect is Effect.PROPOSED) == (ban.status == "proposed")
    for phase in ban.phases:
        if unsure or phase.confidence == "low":
            for profile in Profile:
                assert all(phase.profiles[profile].of(service) < Verdict.BLOCK for service in SERVICES)


@pytest.mark.parametrize("ban", BANS, ids=ids)
def test_traffic_that_cannot_be_read_is_never_cut(ban: Ban) -> None:
    """It is no evidence of the vendor. The text never asks for it, and the careful choice is to be told."""
    for phase in ban.phases:
        assert phase.profiles[Profile.STATUTORY].undecodable is Verdict.OBSERVE
        assert phase.profiles[Profile.PROTECTIVE].undecodable <= Verdict.FLAG


@pytest.mark.parametrize("ban", BANS, ids=ids)
def test_the_text_binds_the_user_where_it_says_required(ban: Ban) -> None:
    if ban.wording == "required by":
        assert ban.effect in (Effect.USE_PROHIBITED, Effect.TRAFFIC_PROHIBITED)
        assert ban.status == "in-force"
    if ban.effect is Effect.TRAFFIC_PROHIBITED:
        assert ban.wording == "required by"


def test_a_private_us_site_is_touched_by_the_determination_only() -> None:
    """The shipped site adopts every ban that names it; none may name it by accident."""
    assert [ban.id for ban in BANS if "us-person" in ban.subjects] == ["us-commerce-kaspersky-2024"]


def test_the_subjects_are_a_closed_list_and_all_in_use() -> None:
    known = tomllib.loads((shipped_policies() / "subjects.toml").read_text(encoding="utf-8"))["subject"]
    assert {subject for ban in BANS for subject in ban.subjects} == set(known)
    assert all(entry["title"] for entry in known.values())


@pytest.mark.parametrize("ban", ["us-fcc-list-drones-2025", "us-fcc-list-routers-2026", "us-fcc-list-equipment-2021"])
def test_the_fcc_lists_never_touch_firmware(ban: str) -> None:
    """The FCC itself wants updates to go on until at least 2029; the file says so by name, not by leaving it out."""
    table = tomllib.loads(shipped()[f"us/{ban.removeprefix('us-')}.toml"])
    for phase in table["phase"]:
        assert phase["statutory"]["observe"] == ["update"]
        assert phase["protective"]["observe"] == ["update"]


@pytest.mark.parametrize("vendor", ["zte", "hikvision", "dahua", "hytera", "dji", "tp-link"])
def test_firmware_of_gear_is_blocked_by_no_text_about_gear(vendor: str) -> None:
    """Gear that must stay for now had better be patched. Maryland alone orders all services of ZTE stopped."""
    blocking = {
        ban.id
        for ban in BANS
        for phase in ban.phases
        for profile in Profile
        if vendor in ban.vendors and phase.profiles[profile].of("update") is Verdict.BLOCK
    }
    assert blocking == ({"us-md-ed-2022-12-001"} if vendor == "zte" else set())


@pytest.mark.parametrize("ban", BANS, ids=ids)
def test_a_summary_fits_a_line_of_a_report(ban: Ban) -> None:
    for phase in ban.phases:
        assert len(phase.summary) <= 200
        assert not phase.summary.endswith(".")


def test_the_offsets_are_those_of_the_files() -> None:
    """Two ways to one instant: the file's own offset, and UTC as a report prints it."""
    full = next(ban for ban in BANS if ban.id == "us-commerce-kaspersky-2024").phases[-1]
    assert full.interval.starts == instant("2024-09-29T04:00:00+00:00")
    assert datetime(2024, 9, 29, tzinfo=timezone(timedelta(hours=-4))).timestamp() == full.interval.starts
