"""Every kind of annotation goes to JSON and back; whatever else comes is refused with the member's name."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from enforcer.model.members import Instant, from_members, object_schema, to_members


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """A part."""

    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outer:
    """A whole
    of parts."""

    count: int
    seconds: float
    flag: bool
    at: Instant
    ends: Instant | None
    inner: Inner | None
    words: tuple[str, ...]
    inners: tuple[Inner, ...]


WHOLE = Outer(
    count=3,
    seconds=0.5,
    flag=True,
    at=Instant(1727582400.25),
    ends=None,
    inner=Inner(word="a"),
    words=("b", "\udcff"),
    inners=(Inner(word="c"),),
)
MEMBERS: dict[str, Any] = {
    "count": 3,
    "seconds": 0.5,
    "flag": True,
    "at": "2024-09-29T04:00:00.250000Z",
    "ends": None,
    "inner": {"word": "a"},
    "words": ["b", "\\udcff"],
    "inners": [{"word": "c"}],
}


def test_members_are_json_and_come_back() -> None:
    assert to_members(WHOLE) == MEMBERS
    back = from_members(Outer, json.loads(json.dumps(MEMBERS)))
    assert to_members(back) == MEMBERS
    assert (back.at, back.inners) == (WHOLE.at, WHOLE.inners)


def test_the_schema_takes_them_and_describes_them() -> None:
    schema = object_schema(Outer)
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(MEMBERS)
    assert schema["description"] == "A whole of parts."
    assert schema["required"] == list(MEMBERS)


WRONG = [
    ({"count": True}, "count is no integer"),
    ({"count": "3"}, "count is no integer"),
    ({"flag": 1}, "flag is no boolean"),
    ({"seconds": None}, "seconds is no number"),
    ({"at": 5}, "at is no instant"),
    ({"at": "soon"}, "at: 'soon' is no instant"),
    ({"inner": []}, "inner is no object"),
    ({"inner": {"word": 5}}, "inner.word is no string"),
    ({"words": "b"}, "words is no list"),
    ({"inners": [{"word": "c"}, {}]}, "inners[1].word is missing"),
    ({"more": 1}, "'more' is not known"),
]


@pytest.mark.parametrize(("changes", "why"), WRONG, ids=[why for _, why in WRONG])
def test_what_would_not_be_written_is_refused_and_the_schema_agrees(changes: dict[str, Any], why: str) -> None:
    members = MEMBERS | changes
    with pytest.raises(ValueError, match=r".") as refused:
        from_members(Outer, members)
    assert str(refused.value).startswith(why)
    if "soon" not in why:  # formats are not asserted, but the pattern is
        assert not Draft202012Validator(object_schema(Outer)).is_valid(members)


def test_what_is_no_object_is_refused() -> None:
    with pytest.raises(ValueError, match="it is no object"):
        from_members(Outer, [])
