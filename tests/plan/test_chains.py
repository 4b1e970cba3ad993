"""Chains as text."""

from enforcer.plan.chains import base_chain, chain


def test_a_chain() -> None:
    assert chain("a", ["drop", "accept"]) == "\tchain a {\n\t\tdrop\n\t\taccept\n\t}\n"
    assert chain("a", [], comment="why") == '\tchain a {\n\t\tcomment "why"\n\t}\n'


def test_a_base_chain_accepts_at_its_end() -> None:
    assert base_chain("b", "forward", "filter - 10", ["drop"]) == (
        "\tchain b {\n\t\ttype filter hook forward priority filter - 10; policy accept;\n\t\tdrop\n\t}\n"
    )
