"""What is proven is what leads to a trusted head, and no more."""

from dataclasses import replace

from enforcer.audit.chain import CHANGED, MISSING, Checked, Fault, Head
from enforcer.audit.proof import anchor_noted, proof
from enforcer.audit.signed_heads import FIRST, SignedHead

HEAD = SignedHead(serial=1, number=40, digest=b"d" * 32, at=0, occasion="stop", key="k", previous=FIRST, signature=b"s")
OTHER = replace(HEAD, serial=2, number=80)
GOOD = HEAD.digest


def chain(*faults: Fault) -> Checked:
    return Checked(faults=faults, omitted=0, digest=b"e" * 32)


def test_up_to_the_last_signature() -> None:
    found = proof(chain(), 1, 100, [(HEAD, GOOD), (OTHER, GOOD)], [])
    assert (found.proven, found.unsigned, found.intact, found.signed) == (((1, 80),), 20, True, OTHER)


def test_without_a_signature_nothing_is_proven() -> None:
    found = proof(chain(), 1, 100, [], [])
    assert (found.proven, found.unsigned, found.intact) == ((), 100, True)


def test_a_fault_leaves_what_is_proven_on_both_sides() -> None:
    found = proof(chain(Fault(17, 17, CHANGED)), 1, 100, [(HEAD, GOOD), (OTHER, GOOD)], [])
    assert found.proven == ((18, 80),), "nothing before it leads to a head of its own"
    found = proof(chain(Fault(50, 60, MISSING)), 1, 100, [(HEAD, GOOD), (OTHER, GOOD)], [])
    assert found.proven == ((1, 40), (61, 80))
    assert not found.intact


def test_a_head_over_a_record_that_differs() -> None:
    found = proof(chain(), 1, 100, [(HEAD, GOOD), (OTHER, b"x" * 32)], [])
    (fault,) = found.faults
    assert fault.first == 80
    assert "or one from 41 on was, and the chain made anew: head 2 is signed over it" in fault.why
    assert found.proven == ((1, 40),)


def test_a_head_over_records_that_are_gone() -> None:
    found = proof(chain(), 1, 60, [(HEAD, GOOD), (OTHER, None)], [])
    assert [(fault.first, fault.last) for fault in found.faults] == [(61, 80)]
    assert "the end was cut off, for head 2 is signed over it" in found.faults[0].why
    assert found.proven == ((1, 40),)


def test_a_noted_head_is_as_good_as_a_signed_one() -> None:
    noted = anchor_noted(Head(90, GOOD[:4]), GOOD)
    assert proof(chain(), 1, 100, [(HEAD, GOOD)], [], [noted]).proven == ((1, 90),)
    cut = anchor_noted(Head(120, GOOD[:4]), None)
    assert [fault.first for fault in proof(chain(), 1, 100, [], [], [cut]).faults] == [101]


def test_where_a_noted_head_says_otherwise_no_signature_is_believed() -> None:
    denied = anchor_noted(Head(30, b"x" * 32), GOOD)
    found = proof(chain(), 1, 100, [(HEAD, GOOD), (OTHER, GOOD)], [], [denied])
    assert found.proven == ()
    assert "the chain made anew: its digest was noted, and it differs" in found.faults[0].why
