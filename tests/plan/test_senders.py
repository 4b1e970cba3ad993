"""Where the senders of packets are checked; tests/lab/test_senders_lab.py forges them."""

import pytest
from namespace_fixtures import apart, nft

from enforcer.model.settings import Settings
from enforcer.plan.ruleset import ruleset
from enforcer.plan.senders import DROPPED


def text(**settings: str | tuple[str, ...]) -> str:
    return ruleset([], Settings(**settings), shift=0.0, native_queue=False, generation="0")  # type: ignore[arg-type]


def test_they_are_not_unless_the_site_says_where() -> None:
    assert "forged" not in text() + text(interfaces=("lan0",))
    assert "forged" not in text(mode="host", check_senders=("lan0",))


def test_one_rule_an_interface_before_conntrack() -> None:
    one, other = (f'\t\tiifname "{name}" fib saddr . iif oif missing jump forged\n' for name in ("lan0", "guests.5"))
    base = "\tchain check_senders {\n\t\ttype filter hook prerouting priority raw; policy accept;\n"
    assert f"{base}{one}{other}\t}}\n" in text(check_senders=("lan0", "guests.5"))
    assert f"\t\tcounter name {DROPPED} drop\n" in text(check_senders=("lan0",))


@pytest.mark.kernel
def test_the_kernel_takes_it() -> None:
    assert apart(lambda: nft("--check", "-f", "-", text=text(check_senders=("lo", "guests.5")))) == ""
