"""The patterns of the schemas take what the readers take."""

import re
from datetime import UTC, datetime, timedelta, timezone
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from enforcer.model.names import NameFault, host_name
from enforcer.policy.schema_values import ADDRESS, ANY_HOST, HOST, SUBNET, day, instant
from enforcer.policy.spelling import pattern_fault

NAMES = st.text("abZ19-_.*é ", max_size=12) | st.from_regex(r"[a-z0-9.-]{1,12}", fullmatch=True)


@given(NAMES)
@example("a.7")
@example("a." + "b" * 63)
@example("a." + "b" * 64)
@example(".".join(["a" * 61] * 4) + ".bcdef")
@example(".".join(["a" * 61] * 4) + ".bcdefg")
def test_a_pattern_of_the_schema_is_one_of_the_readers(text: str) -> None:
    assert bool(re.search(HOST, text)) == (pattern_fault(text) == "")


@given(NAMES)
def test_a_name_of_the_schema_is_one_of_the_readers(text: str) -> None:
    try:
        host_name(text)
    except NameFault:
        assert not re.search(ANY_HOST, text)
    else:
        assert re.search(ANY_HOST, text)


@given(st.ip_addresses(), st.integers(0, 32))
def test_every_address_and_network_is_taken(address: object, bits: int) -> None:
    assert re.search(ADDRESS, str(ip_address(str(address))))
    assert re.search(SUBNET, str(ip_network(f"{address}/{bits}", strict=False)))


@given(
    st.integers(86_400, 9_214_000_000).map(lambda second: datetime.fromtimestamp(second, UTC)),
    st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
def test_every_instant_and_day_is_taken(at: datetime, zone: timezone) -> None:
    assert Draft7Validator(instant("")).is_valid(at.astimezone(zone).isoformat())
    assert Draft7Validator(instant("")).is_valid(at.isoformat(" ").replace("+00:00", "z"))
    assert Draft7Validator(day("")).is_valid(at.date().isoformat())


@pytest.mark.parametrize("text", ["2024-07-20", "2024-07-20T00:00:00", "2024-07-20T00:00:00.5Z", ""])
def test_what_is_no_instant_is_not(text: str) -> None:
    assert not Draft7Validator(instant("")).is_valid(text)
