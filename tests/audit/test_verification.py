import json
from dataclasses import replace

from enforcer.audit.chain import Fault
from enforcer.audit.head_check import HeadFault
from enforcer.audit.proof import Proof
from enforcer.audit.signed_heads import FIRST, SignedHead
from enforcer.audit.verification import TOLD, Verification, members, text

DIGEST = bytes(range(32))
HEAD = SignedHead(
    serial=7, number=3, digest=DIGEST, at=1727582400000000, occasion="stop", key="ab" * 32, previous=FIRST
)
PROOF = Proof(newest=3, digest=DIGEST, faults=(), omitted=0, head_faults=(), heads=7, signed=HEAD, proven=((1, 3),))
FOUND = Verification(
    store="s", proof=PROOF, misfiled=None, miscounted=None, doubts=(), pinned=True, keys=1, noted=False
)


def found(**proof: object) -> Verification:
    return replace(FOUND, proof=replace(PROOF, **proof))  # type: ignore[arg-type]


def said(one: Verification) -> str:
    return "\n".join(text(one))


def test_intact() -> None:
    assert FOUND.intact
    assert said(FOUND).startswith(
        "Proven: records 1 to 3, all there are.\n"
        "Last signed head: 7, over record 3, at 2024-09-29T04:00:00Z (stop), of 7 that hold.\n"
        f"Signed by the key that was given, {'ab' * 32}.\n"
        "Head: 3:000102"
    )
    assert "Not proven: that nothing behind the last head" in said(FOUND)
    assert "Not proven" not in said(replace(FOUND, noted=True))
    assert said(found(newest=0, proven=(), signed=None)).startswith("There is no record.\nNot proven")


def test_a_key_of_the_stores_own_is_told_as_such() -> None:
    assert "as the store itself says: that proves no more" in said(replace(FOUND, pinned=False))
    assert "The store was signed by 2 keys." in said(replace(FOUND, pinned=False, keys=2))


def test_what_is_not_signed_yet() -> None:
    assert "Proven: records 1 to 3.\n" in said(found(newest=5))
    assert "Chained, and not signed: records 4 to 5." in said(found(newest=5))
    nothing = said(found(proven=(), signed=None, heads=0))
    assert nothing.startswith("No record is proven: no signature")
    assert "Chained, and not signed: records 1 to 3." in nothing


def test_each_fault_alone_is_one() -> None:
    wrong = found(faults=(Fault(2, 2, "missing"),), proven=((1, 1), (3, 3)))
    assert said(wrong).startswith("Record 2 is wrong: missing.\nProven: record 1 and record 3.\n")
    assert "Not proven" not in said(wrong)
    several = found(faults=(Fault(2, 1200, "missing"),))
    assert "Records 2 to 1,200 are wrong: missing." in said(several)
    head = found(head_faults=(HeadFault(4, "it is missing"),))
    assert "Signed head 4 is wrong: it is missing." in said(head)
    filed, counted = replace(FOUND, misfiled=17), replace(FOUND, miscounted=19996)
    assert "Record 17 stands under other headings" in said(filed)
    assert "The counts of 2024-09-30 are" in said(counted)
    doubtful = replace(FOUND, doubts=("the columns cannot be read",))
    assert "The columns cannot be read." in said(doubtful)
    assert not any(one.intact for one in (wrong, several, head, filed, counted, doubtful))


def test_many_faults_are_counted() -> None:
    many = found(
        faults=tuple(Fault(n, n, "missing") for n in range(50)),
        omitted=5,
        head_faults=tuple(HeadFault(n, "it is missing") for n in range(50)),
    )
    assert f"And {55 - TOLD} more." in said(many)
    assert f"And {50 - TOLD} more heads." in said(many)


def test_as_json() -> None:
    told = members(replace(found(faults=(Fault(4, 5, "missing"),)), miscounted=19996))
    assert json.loads(json.dumps(told)) == told
    assert told == {
        "version": 1,
        "store": "s",
        "intact": False,
        "records": 3,
        "proven": [[1, 3]],
        "head": f"3:{DIGEST.hex()}",
        "head_compared": False,
        "unsigned": 0,
        "signed": {
            "serial": 7,
            "number": 3,
            "at": "2024-09-29T04:00:00Z",
            "occasion": "stop",
            "key": "ab" * 32,
        },
        "key_given": True,
        "wrong": 4,
        "why": "missing",
        "faults": [{"first": 4, "last": 5, "why": "missing"}],
        "faults_omitted": 0,
        "head_faults": [],
        "misfiled": None,
        "miscounted": "2024-09-30",
        "doubts": [],
        "files": 1,
        "deleted": None,
    }
    empty = members(found(newest=0, digest=b"", signed=None, heads=0, proven=()))
    assert (empty["head"], empty["signed"], empty["wrong"]) == (None, None, None)
