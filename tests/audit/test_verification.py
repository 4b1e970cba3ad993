import json

from enforcer.audit.chain import GENESIS, Proof
from enforcer.audit.verification import Verification, members, text

HEAD = bytes(range(32))


def found(
    *, noted: bool = False, misfiled: int | None = None, miscounted: int | None = None, **proof: object
) -> Verification:
    made = Proof(**{"records": 3, "head": HEAD, **proof})  # type: ignore[arg-type]
    return Verification(store="s", proof=made, misfiled=misfiled, miscounted=miscounted, noted=noted)


def said(one: Verification) -> str:
    return "\n".join(text(one))


def test_intact() -> None:
    assert found().intact
    assert said(found()).startswith("Proven: 3 records, each chained to the one before.\nHead: 3:000102")
    assert "Not proven by the chain alone" in said(found())
    assert "Not proven" not in said(found(noted=True))
    assert said(found(records=0, head=GENESIS)).startswith("Proven: no record.\nNot proven")
    assert "1 record, each" in said(found(records=1))


def test_each_fault_alone_is_one() -> None:
    wrong = found(wrong=4, why="it is missing")
    assert said(wrong).startswith("Record 4 is wrong: it is missing.\nProven before it: 3 records")
    assert "Not proven" not in said(wrong)
    assert "Record 17 stands under other headings" in said(found(misfiled=17))
    assert "The counts of 2024-09-30 are" in said(found(miscounted=19996))
    assert not any(one.intact for one in (wrong, found(misfiled=0), found(miscounted=0)))


def test_as_json() -> None:
    told = members(found(wrong=4, why="it is missing", miscounted=19996, noted=True))
    assert json.loads(json.dumps(told)) == told
    assert told == {
        "version": 1,
        "store": "s",
        "intact": False,
        "proven": 3,
        "head": f"3:{HEAD.hex()}",
        "head_compared": True,
        "wrong": 4,
        "why": "it is missing",
        "misfiled": None,
        "miscounted": "2024-09-30",
    }
    assert members(found(records=0))["head"] is None
