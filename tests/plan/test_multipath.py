"""Which packets lose the option of Multipath TCP; tests/lab/test_two_paths.py has both ends of it."""

import pytest
from namespace_fixtures import apart, nft

from enforcer.model.settings import Settings
from enforcer.plan.ruleset import ruleset

RULE = "tcp option mptcp exists fib daddr type != local counter name multipath_stripped reset tcp option mptcp"


def chains(settings: Settings) -> dict[str, list[str]]:
    text = ruleset([], settings, shift=0.0, native_queue=False, generation="0")
    parts = [part.split("\n\t}")[0].splitlines() for part in text.split("\tchain ")[1:]]
    return {head.split()[0]: [line.strip() for line in rules] for head, *rules in parts}


@pytest.mark.parametrize("mode", ["inline", "host"])
def test_a_syn_loses_it_before_it_is_queued_or_let_pass(mode: str) -> None:
    stand = chains(Settings(mode=mode))
    assert stand["tcp_bare"] == ["tcp flags & syn == syn goto tcp_begins"]
    assert stand["tcp_begins"] == [RULE, "goto tcp_queue"]


def test_a_syn_with_data_or_ip_options_does_too() -> None:
    payload = chains(Settings())["tcp_payload"]
    assert payload.index(f"tcp flags & syn == syn {RULE}") == 1
    assert payload[0] == "ct direction reply goto tcp_queue"


def test_it_stays_where_the_site_says_so_and_no_rule_asks_for_it() -> None:
    text = ruleset([], Settings(mptcp="pass"), shift=0.0, native_queue=False, generation="0")
    assert "mptcp" not in text
    assert "multipath" not in text


@pytest.mark.kernel
def test_the_kernel_takes_it() -> None:
    text = ruleset([], Settings(), shift=0.0, native_queue=False, generation="0")
    assert apart(lambda: nft("--check", "-f", "-", text=text)) == ""
