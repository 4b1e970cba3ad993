"""Tables come and go by netlink, and refusals are words."""

import errno

import pytest
from namespace_fixtures import apart, nft

from enforcer.edge import netfilter, tables
from enforcer.model.errors import EdgeError
from enforcer.plan.nf_tables import INET, IPV4, IPV6, batch, new_table

OURS = [(INET, "a"), (IPV4, "b"), (IPV6, "c")]


@pytest.mark.kernel
def test_only_what_is_there_is_removed_and_others_stay() -> None:
    def work() -> tuple[object, ...]:
        nft("add", "table", "inet", "a")
        nft("add", "table", "ip6", "c")
        nft("add", "table", "inet", "theirs")
        return tables.remove(OURS), tables.remove(OURS), nft("list", "tables")

    assert apart(work) == ([(INET, "a"), (IPV6, "c")], [], "table inet theirs\n")


@pytest.mark.kernel
def test_the_comment_of_a_table() -> None:
    def work() -> tuple[str | None, ...]:
        tables.tell(batch([new_table(INET, "a", "hello"), new_table(INET, "b")]))
        return tuple(tables.comment(INET, name) for name in ("a", "b", "c"))

    assert apart(work) == ("hello", "", None)


@pytest.mark.parametrize(
    ("number", "why", "code"),
    [
        (errno.EPERM, "no permission to read or change nftables", 4),
        (errno.ENOENT, "neither nftables' `queue` nor the NFQUEUE target", 5),
        (errno.EINVAL, "the kernel refuses nftables messages", 5),
    ],
)
def test_a_refusal_is_told_in_words(monkeypatch: pytest.MonkeyPatch, number: int, why: str, code: int) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, "no")

    monkeypatch.setattr(netfilter.Netfilter, "tell", refuse)
    monkeypatch.setattr(netfilter.Netfilter, "read", refuse)
    with pytest.raises(EdgeError, match=why) as caught:
        tables.tell(batch([]))
    assert caught.value.code == code
    assert caught.value.cure
    with pytest.raises(EdgeError, match=why):
        tables.comment(INET, "a")
