"""What every form promises, whatever text an event carries."""

import re

import pytest
from event_fixtures import BLOCKED, HOSTILE, event, events
from hypothesis import given

from enforcer.audit.envelope import LEAST_BYTES, Envelope
from enforcer.audit.formats import FORMATS
from enforcer.model.destination import FORMS
from enforcer.model.event import Event

HEADER = re.compile(rb"<[0-9]{1,3}>1 [0-9T:.Z-]+ [!-~]{1,255} enforcer 42 [a-z-]+ ")
each_form = pytest.mark.parametrize("form", FORMATS)


@each_form
@given(one=events)
def test_a_message_is_one_line_of_utf_8_within_its_bounds(form: str, one: Event) -> None:
    for limit in (LEAST_BYTES, 8192):
        data = FORMATS[form](one, Envelope(hostname="spare", procid=42, record=7, max_bytes=limit))
        assert HEADER.match(data)
        assert len(data) <= limit
        assert not any(char < " " for char in data.decode())


@each_form
def test_the_longest_event_is_cut_to_the_least_that_is_asked_for(form: str) -> None:
    """Each text as long as it could be, of the characters that need the most escaping."""
    for text in ('"\\]' * 2000, "|=\\" * 2000, "\x00" * 4000, "🙂" * 2000, *(text * 300 for text in HOSTILE)):
        texts = {name: text for name in Event.__slots__ if isinstance(getattr(BLOCKED, name), str) and name != "kind"}
        one = event(**texts, chain=(text,) * 64, citations=(text,) * 20, last=1.0, would_block_from=2.0, count=2**63)
        data = FORMATS[form](one, Envelope(hostname="h" * 300, procid=42, record=2**63, max_bytes=LEAST_BYTES))
        assert len(data) <= LEAST_BYTES
        assert b"\n" not in data
        data.decode()


@each_form
def test_the_number_of_the_record_stands_in_the_message(form: str) -> None:
    assert b"987654321" in FORMATS[form](BLOCKED, Envelope(record=987654321))
    assert b"987654321" not in FORMATS[form](BLOCKED, Envelope())


def test_the_site_file_knows_each_form() -> None:
    assert tuple(FORMATS) == FORMS
