import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from enforcer.model.settings import MODES
from enforcer.policy.load import load
from enforcer.policy.site_file import PROFILES
from enforcer.policy.site_text import Choices, site_text

PLAIN = Choices(subjects=("us-person",), profile="statutory", mode="inline")


TEXT = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), max_size=40)
"""Without what acts where it is shown, which does not load; `config init` loads what it is going to write."""


@given(
    name=TEXT,
    mode=st.sampled_from(MODES),
    profile=st.sampled_from(PROFILES),
    syslog=TEXT,
)
def test_it_says_what_was_chosen_whatever_that_is(name: str, mode: str, profile: str, syslog: str) -> None:
    at = ("mirror0",) if mode == "tap" else ()
    chosen = Choices(
        name=name,
        subjects=("us-person",),
        profile=profile,
        mode=mode,
        interfaces=at,
        syslog=syslog,
        queue=7,
        mark_mask=0xFF000000,
    )
    policy = load({}, site_text(chosen))
    settings = policy.settings
    assert (settings.gateway, settings.mode, settings.interfaces, settings.syslog) == (name, mode, at, syslog)
    assert (settings.queue, settings.mark_mask) == (7, 0xFF000000)
    assert str(policy.site.groups[0].profile) == profile


def test_every_example_in_it_is_right_when_its_mark_is_taken_off() -> None:
    text = site_text(PLAIN, ("lan0", "guests"), ("wan0",))
    lines = [re.sub(r"^# (?=\[|\w+ = )", "", line) for line in text.splitlines()]
    assert lines != text.splitlines()
    policy = load({}, "\n".join(lines))
    assert policy.settings.interfaces == ("lan0", "guests")
    assert policy.settings.flowtable == ("lan0", "guests", "wan0")
    assert policy.settings.check_senders == ("lan0", "guests")
    assert [group.name for group in policy.site.groups] == ["", "guests"]
    assert [(one.name, one.host, one.port) for one in policy.settings.collectors] == [("siem", "siem.example", 6514)]


def test_collectors_have_names_of_their_own() -> None:
    chosen = replace(PLAIN, collectors=("tls://siem.example", "udp://192.0.2.7:514"))
    read = load({}, site_text(chosen)).settings.collectors
    assert [(one.name, one.transport, one.host) for one in read] == [
        ("siem", "tls", "siem.example"),
        ("siem-2", "udp", "192.0.2.7"),
    ]
    assert '# ca = "/etc/enforcer/ca.pem"' in site_text(chosen)


def test_it_stays_small() -> None:
    assert len(site_text(PLAIN, ("lan0",), ("wan0",)).splitlines()) < 35
    assert "flowtable" not in site_text(PLAIN, ("lan0",))
    assert "queue" not in site_text(PLAIN)
