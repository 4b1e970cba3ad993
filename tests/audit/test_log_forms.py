"""Every form against the program that writes it, and against anything."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from replay_fixtures import LOGS, READ

from enforcer.audit.contact import Contact, LogFault
from enforcer.audit.log_forms import FORMS, NAMES, form_of, named
from enforcer.audit.log_time import Dating


@pytest.mark.parametrize("made", LOGS)
def test_a_real_log_is_known_and_tells_what_was_asked(made: str, tmp_path: Path) -> None:
    path = LOGS[made](tmp_path)
    lines = path.read_text().splitlines()
    form = form_of(lines)
    assert form is not None
    assert form.name == made.partition("-")[0]
    log = form.reader(Dating(newest=path.stat().st_mtime))
    contacts = [contact for line in lines for contact in log.read(line)]
    # Unbound writes a question mark for what it does not print.
    asked = [name for contact in contacts for name in contact.names if name != "ready.example"]
    assert asked == [name.replace("\\032", "\\063") if form.name == "unbound" else name for name in READ]
    assert {contact.client for contact in contacts} == {"127.0.0.1"}
    assert all(abs(contact.at - path.stat().st_mtime) < 60 for contact in contacts)


def test_no_form_is_known_of_prose() -> None:
    assert form_of(["It was a dark and stormy night.", ""]) is None
    assert form_of([]) is None


def test_names_lead_to_their_forms() -> None:
    assert [named(name).name for name in NAMES] == list(NAMES)


_bits = st.sampled_from(
    ['"', "{", "}", "\t", "-", ".", "10.1.0.2", "#", "query", "client", "a.example", " from ", "[1727582400]", "ts"]
)
_stamps = st.sampled_from(
    [
        "Sep 29 04:00:00 dnsmasq[1]: query[A] ",
        "[1727582400] unbound[1:0] info: 10.1.0.2 ",
        "29-Sep-2024 04:00:00.000 client @0x1 10.1.0.2#1 (a): query: ",
        "1727582400.250 1 10.1.0.2 TCP_MISS/200 1 GET ",
        '10.1.0.2 - - [29/Sep/2024:04:00:00 +0000] "GET ',
        '{"timestamp":"2024-09-29T04:00:00Z","event_type":"dns","dns":',
        '{"ts":1727582400,"id.orig_h":"10.1.0.2","query":',
        "#fields\tts\tquery\tid.orig_h",
        "",
    ]
)


@given(st.lists(st.builds("".join, st.tuples(_stamps, st.lists(_bits | st.text(), max_size=6).map("".join)))))
def test_no_line_is_too_odd_for_any_form(lines: list[str]) -> None:
    for form in FORMS:
        form.knows(lines)
        log = form.reader(Dating(newest=1727600000.0))
        for line in lines:
            try:
                assert all(isinstance(one, Contact) and one.at >= 0 for one in log.read(line))
            except LogFault as fault:
                assert str(fault)
