"""Instants of the policy as seconds of the kernel's clock: never early, less than a second late."""

import re

from hypothesis import given
from hypothesis import strategies as st

from enforcer.model.calendar import Interval, Lane
from enforcer.plan.lane_rules import lane_rules

TOLD = 'log prefix "k" group 4010 snaplen 128 counter name lane_3 goto cut'
INSTANTS = st.floats(-1e9, 4e9)


def rules(*blocked: Interval, shift: float = 0.0, key: str = "k") -> tuple[str, ...]:
    found = lane_rules(3, Lane(key=key, blocked=blocked), shift, 4010).rules
    assert all(rule.endswith(TOLD) for rule in found)
    return tuple(rule.removesuffix(TOLD).strip() for rule in found)


def test_an_interval_is_two_tests_of_the_clock() -> None:
    assert rules(Interval(1000.0, 2000.0)) == ("meta time >= 1000 meta time < 2000",)


def test_an_open_interval_has_no_end() -> None:
    assert rules(Interval(1000.0)) == ("meta time >= 1000",)


def test_the_shift_is_taken_off_and_fractions_go_up() -> None:
    assert rules(Interval(1000.0, 2000.0), shift=99.75) == ("meta time >= 901 meta time < 1901",)


def test_what_began_before_the_kernels_clock_has_no_beginning() -> None:
    assert rules(Interval(1000.0, 2000.0), shift=1500.0) == ("meta time < 500",)


def test_what_never_comes_or_is_over_before_the_kernels_clock_makes_no_rule() -> None:
    assert rules(Interval(1000.0, 2000.0), shift=3000.0) == ()
    assert rules(Interval(9.3e9)) == ()
    assert rules(Interval(1000.2, 1000.9)) == ()
    assert rules(Interval(1000.0, 9.3e9)) == rules(Interval(1000.0))


def test_a_key_cannot_break_out_of_the_comment() -> None:
    comment = lane_rules(0, Lane(key='a"; drop\n}\\é' + "x" * 200, blocked=()), 0.0, 1).comment
    assert comment.startswith("a?? drop?????x") or re.fullmatch(r"[\w/@.,: ?-]{100}", comment, re.ASCII)
    assert '"' not in comment
    assert "\n" not in comment


@given(INSTANTS, st.floats(0.001, 1e9), st.floats(-1e9, 1e9), INSTANTS)
def test_the_kernel_blocks_when_the_policy_does_or_within_a_second_after(
    starts: float, length: float, shift: float, at: float
) -> None:
    """`at` is a moment of the kernel's clock; whole seconds are exact in a float here."""
    now = float(round(at))
    blocked = Interval(starts, starts + length)
    found = [re.findall(r"(>=|<) (\d+)", rule) for rule in rules(blocked, shift=shift)]
    by_kernel = now >= 0 and any(
        all(now >= int(bound) if op == ">=" else now < int(bound) for op, bound in tests) for tests in found
    )
    # Whole seconds: what is up to one second after a bound may go either way, everything else must agree.
    if all(abs(now + shift - bound) > 1 for bound in (blocked.starts, starts + length)) and now >= 0:
        assert by_kernel == (now + shift in blocked)
    elif by_kernel and length > 1:
        assert now + shift >= blocked.starts - 1e-6
