"""The few words at the end of a line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcer.export.ground import Grounds, plain
from enforcer.model.decision import Decision
from enforcer.model.verdict import Verdict


@given(st.text())
def test_no_text_leaves_a_comment(text: str) -> None:
    assert plain(text).isascii()
    assert plain(text).isprintable()
    assert len(plain(text)) == len(text)


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        ({"verdict": Verdict.ALLOW}, "allow: no rule"),
        ({"verdict": Verdict.OBSERVE, "trap": "look-alike: malware host"}, "observe: trap, look-alike"),
        (
            {"verdict": Verdict.BLOCK, "vendor": "acme", "service": "update", "ban": "xx", "phase": "full"},
            "block: acme update by xx/full",
        ),
        (
            {"verdict": Verdict.FLAG, "vendor": "acme", "service": "store", "waiver": "W-1", "ban": "xx", "phase": "p"},
            "flag: acme store by xx/p, waiver W-1",
        ),
        ({"verdict": Verdict.ALLOW, "vendor": "acme", "service": "oem"}, "allow: acme oem"),
    ],
)
def test_grounds(decision: dict[str, object], said: str) -> None:
    assert Grounds().of(Decision(reason="", revision="", **decision)).words == said  # type: ignore[arg-type] # each is of its field's type


def test_each_ground_is_made_once() -> None:
    grounds = Grounds()
    first, second = (grounds.of(Decision(verdict=Verdict.BLOCK, reason=why, revision="")) for why in "ab")
    assert first is second
    assert grounds.of(Decision(verdict=Verdict.FLAG, reason="a", revision="")) is not first
