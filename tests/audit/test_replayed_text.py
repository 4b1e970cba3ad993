from event_fixtures import CUT_OFF, HOSTILE, event

from enforcer.audit.replayed import Replayed
from enforcer.audit.replayed_text import MAX_LINES, members, text
from enforcer.audit.visible import visible


def replayed(**changes: str) -> Replayed:
    one = Replayed(path=changes.pop("path", "dns.log"), form="zeek", records=9)
    one.saw(CUT_OFF)
    one.saw(CUT_OFF + 60)
    one.keep(event(at=CUT_OFF, **changes))
    one.keep(event(at=CUT_OFF + 60, verdict="observe", phase="announced", would_block_from=CUT_OFF + 90, **changes))
    return one


def told(*files: Replayed, at: float | None = None) -> str:
    return "\n".join(text(files, "0123456789abcdef", at))


def test_what_was_read_and_what_it_comes_to() -> None:
    said = told(replayed())
    assert "each at its own time" in said
    assert "dns.log: zeek, 9 records, 2 contacts, 2024-09-29T04:00:00Z to 2024-09-29T04:01:00Z (1 min)" in said
    assert "us-commerce-kaspersky-2024, phase full: 1 contact, 1 client" in said
    assert "10.1.0.2         update         block          1  2024-09-29T04:00Z  s07.upd.kaspersky.com" in said
    assert "[would block from 2024-09-29T04:01:30Z]" in said
    assert "Together: 1 block, 1 observe, of 2 contacts" in said


def test_another_day_is_said() -> None:
    assert "all as if it were 2024-09-29T04:00:00Z" in told(replayed(), at=CUT_OFF)


def test_nothing_found_is_said() -> None:
    assert "No rule is about any of them." in told(Replayed(path="a", form="bind"))


def test_what_could_not_be_read_is_said() -> None:
    one = replayed()
    for one.records in range(1, 10):
        one.fault("it is no JSON")
    one.broken = "the file is cut"
    said = told(one)
    assert "dns.log: 9 records could not be read:\n  record 1: it is no JSON" in said
    assert "and 4 more" in said
    assert "dns.log: the file is cut" in said


def test_packets_that_were_passed_over_are_one_line() -> None:
    one = replayed(path="a.pcap")
    one.unread = 2
    assert told(one).splitlines()[-1] == "a.pcap: 2 packets passed over: no IP, UDP or TCP that can be read alone"


def test_many_rows_are_bounded_and_said_to_be() -> None:
    one = Replayed(path="a", form="zeek")
    for n in range(MAX_LINES + 5):
        one.keep(event(client=f"10.1.0.{n}"))
    assert "and 5 more rows: --json has them" in told(one)
    assert len(members([one], "r", None)["rows"]) == MAX_LINES + 5


def test_nothing_hostile_acts_on_the_terminal() -> None:
    for hostile in HOSTILE:
        one = replayed(path=hostile, client=hostile, name=hostile, ban=hostile)
        one.fault(hostile)
        assert all(line == visible(line) for line in told(one).split("\n"))


def test_json_says_the_same() -> None:
    said = members([replayed()], "0123456789abcdef", None)
    assert said["files"][0]["records"] == 9
    assert [(row["verdict"], row["contacts"]) for row in said["rows"]] == [("block", 1), ("observe", 1)]
    assert said["rows"][1]["would_block_from"] == "2024-09-29T04:01:30Z"


def test_findings_are_told_after_contacts_and_not_counted_among_them() -> None:
    one = Replayed(path="a.pcap", form="pcap")
    for kept in (
        event(),
        event(),
        event(kind="finding", way="doh", ban="", phase="", name="dns.google", verdict="flag"),
    ):
        one.saw(kept.at)
        one.keep(kept)
    said = "\n".join(text([one], "r", None))
    assert said.index("us-commerce-kaspersky-2024, phase full: 2 contacts") < said.index(
        "Finding: DNS over HTTPS (doh): 1 time"
    )
    assert said.endswith("Together: 2 block, 1 finding, of 3 contacts")
    rows = members([one], "r", None)["rows"]
    assert [(row["kind"], row["way"]) for row in rows] == [("decision", None), ("finding", "doh")]
