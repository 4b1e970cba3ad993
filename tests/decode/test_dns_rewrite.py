"""dnspython reads what we changed: everything as before, but what had to go."""

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rdatatype
import dns.rrset
import dns.tsigkeyring
import pytest
from decode_fixtures import refusal
from hypothesis import given
from hypothesis import strategies as st

from enforcer.decode.dns_rewrite import MOST_EDNS, MOST_PLAIN, lasting, without_hidden
from enforcer.model.errors import DecodeError

OWNER = "www.acme.test."
HIDDEN = {4, 5, 6}
FILLING = 65280
SIGNATURE = f"{OWNER} 300 IN RRSIG HTTPS 13 3 300 20300101000000 20200101000000 1 acme.test. AAAA"
PARAMETERS = {
    "alpn": "alpn=h2,h3",
    "port": "port=8443",
    "ipv4hint": "ipv4hint=192.0.2.1,192.0.2.2",
    "ech": "ech=AAT+DQAA",
    "ipv6hint": "ipv6hint=2001:db8::1",
    "key7": "key7=/dns-query",
}


def response(
    *records: str, edns: int = 0, kind: str = "HTTPS", options: tuple[dns.edns.Option, ...] = ()
) -> dns.message.Message:
    query = dns.message.make_query(
        OWNER, kind, use_edns=edns, want_dnssec=edns >= 0, payload=1400, options=list(options)
    )
    reply = dns.message.make_response(query, our_payload=4096)
    if edns >= 0:
        reply.use_edns(0, ednsflags=dns.flags.DO, payload=4096, options=list(options))
    for record in records:
        name, ttl, where, type_, data = record.split(" ", 4)
        rrset = dns.rrset.from_text(name, int(ttl), where, type_, data)
        reply.answer.append(rrset)
    return reply


def changed(reply: dns.message.Message, **more: object) -> dns.message.Message:
    new = lasting(reply.to_wire(), **more)  # type: ignore[arg-type]
    assert new is not None
    return dns.message.from_wire(new)


@given(
    st.sets(st.sampled_from(sorted(PARAMETERS))),
    st.booleans(),
    st.integers(0, 1),
    st.sampled_from([".", "svc.acme.test."]),
)
def test_whatever_stands_there_only_what_hides_goes_and_nothing_moves(
    which: set[str], mandatory: bool, priority: int, target: str
) -> None:
    words = [PARAMETERS[name] for name in PARAMETERS if name in which] if priority else []
    if mandatory and words:
        words.insert(0, "mandatory=" + ",".join(word.split("=")[0] for word in words))
    record = " ".join([f"{OWNER} 300 IN HTTPS {priority} {target}", *words])
    behind = (
        f"{OWNER} 300 IN A 192.0.2.7",
        "a.b.acme.test. 300 IN CNAME svc.acme.test.",
        "x.svc.acme.test. 1 IN A 192.0.2.8",
    )
    reply = response(record, *behind)
    new = lasting(reply.to_wire())
    if not {"ipv4hint", "ech", "ipv6hint"} & set(words and which):
        assert new is None
        return
    assert new is not None
    assert len(new) == len(reply.to_wire())
    read = dns.message.from_wire(new)
    params = read.answer[0][0].params
    old = reply.answer[0][0].params
    assert {key for key in params if key not in (0, FILLING)} == {key for key in old if key not in {0, *HIDDEN}}
    assert all(params[key].to_text() == old[key].to_text() for key in params if key not in (0, FILLING))
    if mandatory and 0 in params:
        assert set(params[0].keys) == set(params) - {0, FILLING}
    assert list(map(int, params)) == sorted(map(int, params))
    assert read.answer[1:] == reply.answer[1:]
    assert (read.id, read.flags, read.ednsflags, read.payload) == (reply.id, reply.flags, reply.ednsflags, 4096)
    assert lasting(new) is None


@given(st.lists(st.integers(0, 0xFFFFFFFF), min_size=1, max_size=5), st.integers(1, 0x7FFFFFFF))
def test_no_ttl_is_above_the_limit_and_the_flags_of_edns_stay(ttls: list[int], most: int) -> None:
    reply = response(kind="A")
    for number, ttl in enumerate(ttls):
        rrset = dns.rrset.from_text(f"n{number}.acme.test.", 0, "IN", "A", "192.0.2.1")
        rrset.ttl = ttl
        [reply.answer, reply.authority, reply.additional][number % 3].append(rrset)
    wire = reply.to_wire()
    new = dns.message.from_wire(lasting(wire, ttl=most) or wire)
    for old_section, section in zip(dns.message.from_wire(wire).sections[1:], new.sections[1:], strict=True):
        assert [rrset.ttl for rrset in section] == [min(rrset.ttl, most) for rrset in old_section]
    assert (new.ednsflags, new.payload, new.edns) == (reply.ednsflags, 4096, 0)
    assert lasting(wire, ttl=0x7FFFFFFF) is None


def test_without_strip_only_ttls_change() -> None:
    reply = response(f"{OWNER} 300 IN HTTPS 1 . ech=AAT+DQAA")
    read = changed(reply, ttl=5, strip=False)
    assert (read.answer[0].ttl, read.answer[0][0].to_text()) == (5, reply.answer[0][0].to_text())


HINTED = f"{OWNER} 300 IN HTTPS 1 . ipv4hint=192.0.2.1"


@pytest.mark.parametrize(
    ("records", "ad"), [((HINTED, SIGNATURE), False), ((HINTED,), True), ((HINTED, SIGNATURE), True)]
)
def test_what_can_no_longer_be_verified_says_so(records: tuple[str, ...], ad: bool) -> None:
    reply = response(*records)
    reply.flags |= dns.flags.AD if ad else 0
    read = changed(reply, told="by policy")
    assert not read.flags & dns.flags.AD
    assert [(error.code, error.text) for error in read.extended_errors()] == [(4, "by policy")]
    assert [rrset.rdtype for rrset in read.answer] == [rrset.rdtype for rrset in reply.answer]
    quiet = changed(reply)
    assert (quiet.flags & dns.flags.AD, list(quiet.extended_errors())) == (0, [])


def test_where_nothing_is_broken_nothing_is_said() -> None:
    assert list(changed(response(HINTED), told="why").extended_errors()) == []
    other = SIGNATURE.replace("RRSIG HTTPS", "RRSIG A")
    assert list(changed(response(HINTED, other), told="why").extended_errors()) == []
    reply = response(f"{OWNER} 300 IN A 192.0.2.1", SIGNATURE.replace("RRSIG HTTPS", "RRSIG A"), kind="A")
    reply.flags |= dns.flags.AD
    read = changed(reply, ttl=5, told="why")
    assert read.flags & dns.flags.AD, "a lower TTL breaks no signature (RFC 4034 section 3.1.4)"
    assert list(read.extended_errors()) == []


def test_without_edns_nothing_is_added() -> None:
    reply = response(HINTED, SIGNATURE, edns=-1)
    new = lasting(reply.to_wire(), told="why")
    assert new is not None
    assert len(new) == len(reply.to_wire())
    assert dns.message.from_wire(new).edns == -1


@pytest.mark.parametrize("most", [MOST_PLAIN, MOST_EDNS])
def test_an_explanation_that_does_not_fit_is_left_out(most: int) -> None:
    for size, fits in ((most - 9, True), (most - 8, False), (most, False)):
        reply = response(HINTED, SIGNATURE)
        room = size - len(reply.to_wire())
        filler = dns.rrset.from_text(OWNER, 300, "IN", "TYPE65400", "\\# 0")
        reply.answer.append(filler)
        data = bytes(room - (len(reply.to_wire()) - len(response(HINTED, SIGNATURE).to_wire())))
        reply.answer[-1] = dns.rrset.from_text(OWNER, 300, "IN", "TYPE65400", f"\\# {len(data)} {data.hex()}")
        assert len(reply.to_wire(max_size=65535)) == size
        new = lasting(reply.to_wire(max_size=65535), told="abc")
        assert new is not None
        assert len(list(dns.message.from_wire(new).extended_errors())) == fits
        assert len(new) == size + (9 if fits else 0)


def test_other_options_stay_before_the_explanation() -> None:
    import dns.edns

    option = dns.edns.CookieOption(b"12345678", b"")
    read = changed(response(HINTED, SIGNATURE, options=(option,)), told="why")
    assert [int(one.otype) for one in read.options] == [10, 15]


def test_behind_another_record_the_explanation_is_left_out() -> None:
    wire = response(HINTED, SIGNATURE).to_wire()
    extra = b"\xc0\x0c\0\1\0\1\0\0\0\1\0\4" + bytes(4)
    message = wire[:11] + b"\2" + wire[12:] + extra
    new = lasting(message, told="why")
    assert new is not None
    assert len(new) == len(message)


def test_a_message_signed_as_a_whole_is_refused() -> None:
    query = dns.message.make_query(OWNER, "HTTPS")
    query.use_tsig(dns.tsigkeyring.from_text({"k.": "c2VjcmV0"}))
    query.to_wire()
    reply = dns.message.make_response(query)
    reply.answer = response(HINTED).answer
    assert refusal(lasting, reply.to_wire()).startswith("the message is signed as a whole")


BROKEN = {
    "out of order": "0004 0000 0001 0000",
    "twice": "0004 0000 0004 0000",
    "cut short": "0004 0004 00",
    "half a head": "0004 00",
    "no key left": "0004 0000 fffe 0000",
    "mandatory lists what is not there": "0000 0004 0001 0004 0001 0000",
}


@pytest.mark.parametrize("words", BROKEN.values(), ids=BROKEN.keys())
def test_parameters_with_which_it_cannot_be_done_are_refused(words: str) -> None:
    with pytest.raises(DecodeError):
        without_hidden(bytes.fromhex(words))


def test_a_private_key_in_use_is_left_to_its_owner() -> None:
    new = without_hidden(bytes.fromhex("0004 0004 c0000201 ff00 0001 aa"))
    assert new == bytes.fromhex("ff00 0001 aa ff01 0004 00000000")


def test_every_prefix_is_refused_or_left() -> None:
    wire = response(HINTED, f"{OWNER} 300 IN A 192.0.2.1", SIGNATURE).to_wire()
    for size in range(len(wire)):
        with pytest.raises(DecodeError):
            lasting(wire[:size], ttl=1)


def test_a_name_that_lies_over_a_ttl_is_refused() -> None:
    """Found by fuzzing: the CNAME's pointer leads to a digit, which is the length of a label over its own record."""
    message = bytes.fromhex(
        "12348180000100020000000006646e6c2d30330367656f096b6173706572736b7903636f6d0000010001"
        "c00c000500010000003c00040178c012c036000100010000003c000400000000"
    )
    assert "lies over what is to be changed" in refusal(lambda data: lasting(data, ttl=7), message)
