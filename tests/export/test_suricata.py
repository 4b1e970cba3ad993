"""Rules for Suricata: their shape here, their meaning in test_forms.py, Suricata itself in suricata_by_hand.py."""

import re

import pytest
from acme_fixtures import HEAD, hosts
from export_fixtures import BAN, LATER, acme, asked, blocks, made, world
from export_readers import suricata_rules

from enforcer.export import suricata
from enforcer.policy.load import load

RULE = re.compile(
    r'(drop|alert) (dns|tls|http|quic) any any -> any any \(msg:"enforcer [A-Za-z0-9 ._/@()-]+"; '
    r"(dns\.query|tls\.sni|http\.host|quic\.sni); dotprefix; "
    r'(?:content:!?"\.[a-z0-9._-]+"; (?:nocase; )?(?:startswith; )?endswith; )+'
    r"classtype:policy-violation; priority:[123]; "
    r"metadata:enforcer_ban [a-z0-9-]+, enforcer_revision [0-9a-f]{16}; sid:\d{7}; rev:\d+;\)"
)


def rules_of(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize("log_only", [False, True])
def test_every_line_is_a_rule_of_one_shape(log_only: bool) -> None:
    rules = rules_of(suricata.write(made(world(), log_only=log_only))[0].text)
    assert [rule for rule in rules if not RULE.fullmatch(rule)] == []
    numbers = re.findall(r"sid:(\d+)", "\n".join(rules))
    assert len(set(numbers)) == len(numbers) == len(rules) > 50
    assert not any("nocase" in rule for rule in rules if "http.host" in rule)  # Suricata refuses it there


@pytest.mark.parametrize("keyword", ["dns.query", "tls.sni", "http.host", "quic.sni"])
def test_a_thousand_names(keyword: str) -> None:
    action = suricata_rules(suricata.write(made(world()))[0].text, keyword)
    for name in asked(world()):
        assert (action(name.lower()) == "drop") == blocks(world(), name), name


def test_watched_names_alert() -> None:
    action = suricata_rules(suricata.write(made(acme(), log_only=True))[0].text, "tls.sni")
    assert action("login.example") == "drop"
    assert action("www.login.example") == "alert"
    assert action("www.free.acme.example") == "alert"
    assert action("www.scr.acme.example") == ""


def test_numbers_stay_while_the_date_moves() -> None:
    def numbered(at: float) -> dict[tuple[str, ...], str]:
        """By the buffer and what is sought first in it, a name or a domain."""
        rules = rules_of(suricata.write(made(acme(), at=at, log_only=True))[0].text)
        seen = re.compile(r'; (\S+); dotprefix; (content:"\S+"; (?:nocase; )?(?:startswith; )?)endswith.* sid:(\d+)')
        found = [re.findall(seen, rule)[0] for rule in rules]
        return {(keyword, sought): number for keyword, sought, number in found}

    before, after = numbered(LATER - 200 * 86400), numbered(LATER)
    both = before.keys() & after.keys()
    assert len(both) > 30
    assert {key: before[key] for key in both} == {key: after[key] for key in both}


def test_a_domain_with_too_many_exceptions_is_left_out_and_told() -> None:
    free = [f"host{number:04}.acme.example" for number in range(400)]
    text = HEAD + hosts("update", domains=["acme.example", "b.example"]) + hosts("support", free)
    [file] = suricata.write(made(load({"vendors/acme.toml": text, "xx/acme.toml": BAN})))
    assert any("1 domain left out" in note and "acme.example" in note for note in file.notes)
    rules = rules_of(file.text)
    assert len(rules) == 4
    assert all(".b.example" in rule for rule in rules)
    assert max(map(len, file.text.splitlines())) < 8192
