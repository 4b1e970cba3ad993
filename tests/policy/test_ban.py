import pytest
from policy_fixtures import ANNOUNCED, FULL, SALES, USE_ENDS, small

from enforcer.policy.ban import Ban


def ban(id_: str, **changes: tuple[str, str]) -> Ban:
    return next(ban for ban in small("", **changes).bans if ban.id == id_)


@pytest.mark.parametrize(
    ("at", "phase"),
    [
        (float("-inf"), None),
        (ANNOUNCED - 1, None),
        (ANNOUNCED, "announced"),
        (SALES - 1, "announced"),
        (SALES, "sales"),
        (FULL - 1, "sales"),
        (FULL, "full"),
        (1e18, "full"),
    ],
)
def test_the_phase_at_an_instant(at: float, phase: str | None) -> None:
    found = ban("xx-steps").phase_at(at)
    assert (found and found.id) == phase


def test_no_phase_from_its_end_on() -> None:
    agency = ban("xx-agency")
    assert agency.phase_at(USE_ENDS - 1) is not None
    assert agency.phase_at(USE_ENDS) is None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (('"in-force"', '"in-force"'), ""),
        (('"in-force"', '"proposed"'), "proposed"),
        (('"in-force"', '"unconfirmed"'), "unconfirmed"),
        (('"vendor-prohibited"', '"proposed"'), "proposed"),
        (('"vendor-prohibited"', '"advisory"'), ""),
    ],
)
def test_what_is_not_law_yet_is_tentative(change: tuple[str, str], why: str) -> None:
    assert ban("xx-steps", steps=change).tentative == why
