"""The policy in force and its pauses over restarts and reloads: each pause on record has its end on record."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from enforcer.edge.charge import Charge
from enforcer.edge.chronicle import Chronicle
from enforcer.edge.clock import Clock
from enforcer.edge.crew import Crew
from enforcer.edge.outputs import Outputs
from enforcer.edge.peers import Peer
from enforcer.edge.records import Records
from enforcer.edge.rules import Rules
from enforcer.edge.store import Store
from enforcer.edge.succession import Succession
from enforcer.edge.unended import unended
from enforcer.model import request
from enforcer.model.errors import EdgeError
from enforcer.model.event import Event
from enforcer.pipeline.stamp import Stamp
from enforcer.policy.load import load

STAMP = Stamp(gateway="gw", mode="inline", simulated=False)
ALICE = Peer(pid=1, uid=0, groups=frozenset())
GUESTS = '[[group]]\nname = "guests"\nsubnets = ["10.2.0.0/16"]\n'
SHORT = "[control]\nlongest_pause = 60\n"


class Site:
    """A folder that runs of the service share, and the site file of the next of them."""

    def __init__(self, folder: Path) -> None:
        self.store = folder / "events.sqlite"
        self.file = folder / "pauses.json"
        self.text = GUESTS
        self.refused = ""
        """Why the kernel takes no rules; empty if it does."""

    @contextmanager
    def run(self) -> Iterator[Succession]:
        """From a start to its kill: nothing is tidied up but the store's files."""
        clock, kept = Clock(), Store(self.store)
        outputs = Outputs(clock, STAMP, kept, None, lambda _event: None)
        chronicle = Chronicle(clock, STAMP, outputs, lambda: "r")
        charge = Charge(
            load=lambda: load({}, self.text),
            accept=str,
            clock=clock,
            gateway="gw",
            lane_numbers=lambda _keys: {},
            pauses=self.file,
            unended=lambda: unended(self.store, clock.now()),
        )
        succession = Succession(charge, charge.load(), Crew(), chronicle)
        succession.begin(cast("Rules", self))
        succession.tell_of_before()
        yield succession
        outputs.close()

    def told(self) -> list[Event]:
        with Records(self.store) as records:
            return [event for _, event in records.recorded_after(0)]

    def kinds(self) -> list[str]:
        return [event.kind for event in self.told()]

    weakness = ""

    def install(self, *_: Any, **__: Any) -> None:
        if self.refused:
            raise EdgeError(self.refused, cure="wait")

    def numbers(self, _policy: Any) -> dict[str, int]:
        return {}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def paused(succession: Succession, seconds: int = 600, clients: tuple[str, ...] = ("guests",)) -> str:
    asked = request.Pause(seconds=seconds, reason="a test", ticket="", clients=clients, vendors=())
    return succession.pause(asked, ALICE).id


def test_one_that_goes_on_over_a_restart_has_no_end_yet(site: Site) -> None:
    with site.run() as first:
        id_ = paused(first)
    with site.run() as second:
        assert second.pauses == (id_,)
    assert site.kinds() == ["pause"]


def test_one_whose_clients_a_restart_no_longer_knows_is_told_and_ended_once(site: Site) -> None:
    with site.run() as first:
        id_ = paused(first)
    site.text = ""
    for _ in range(2):
        with site.run() as later:
            assert later.pauses == ()
    assert site.kinds() == ["pause", "error", "resume"]
    _, error, end = site.told()
    assert f"pause {id_} is ended: 'guests' is no group" in error.reason
    assert end.waiver == id_
    assert "ended by the start, which does not take it up" in end.reason


@pytest.mark.parametrize("lost", ["removed", "damaged", "too long by now"])
def test_one_that_is_not_taken_up_is_ended(site: Site, lost: str) -> None:
    with site.run() as first:
        id_ = paused(first)
    if lost == "removed":
        site.file.unlink()
    elif lost == "damaged":
        site.file.write_text("{")
    else:
        site.text += SHORT
    with site.run() as second:
        assert second.pauses == ()
    assert [event.waiver for event in site.told() if event.kind == "resume"] == [id_]


def test_one_that_was_over_before_the_start_is_ended_once(site: Site) -> None:
    with site.run() as first:
        id_ = paused(first)
    (pause,) = site.told()
    aged = Event(at=pause.at - 3600, kind="pause", reason="paused", waiver="pause-old", until=pause.at - 3000)
    with Store(site.store) as store:
        store.append([(aged, pause.at)])
    for _ in range(2):
        with site.run() as later:
            assert later.pauses == (id_,)
    (end,) = (event for event in site.told() if event.kind == "resume")
    assert (end.waiver, "was over before this start" in end.reason) == ("pause-old", True)


def test_a_reload_that_no_longer_knows_its_clients_ends_it(site: Site) -> None:
    with site.run() as service:
        id_ = paused(service)
        other = paused(service, clients=("10.3.0.0/16",))
        site.text = ""
        assert service.reload() == ""
        assert service.pauses == (other,)
    assert site.kinds() == ["pause", "pause", "reload", "error", "resume"]
    assert site.told()[-1].waiver == id_


def test_a_reload_that_the_kernel_refuses_leaves_every_pause_in_force(site: Site) -> None:
    with site.run() as service:
        id_ = paused(service)
        site.text, site.refused = "", "the kernel is busy"
        assert "the kernel is busy" in service.reload()
        assert service.pauses == (id_,)
        site.refused = ""
        assert service.resume("", ALICE) == (id_,)
    assert site.kinds() == ["pause", "error", "resume"]


def test_a_record_that_cannot_be_read_is_told_and_stops_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise EdgeError("it is damaged", cure="look")

    monkeypatch.setattr("enforcer.edge.unended.find_records", broken)
    with site.run():
        pass
    (told,) = site.told()
    assert (told.kind, told.reason) == ("error", "it is damaged; pauses on record may lack their end")


RESTARTS = {
    "[site] name changed from '' to 'gw-2'": '[site]\nname = "gw-2"\n',
    "[datapath] mark_mask changed from": "[datapath]\nmark_mask = 0xff000000\n",
    "[output] facility changed from 'local4' to 'local5'": '[output]\nfacility = "local5"\n',
    "[output] metrics changed,": '[output]\nmetrics = "127.0.0.1:9470"\n',
    "[output] rotate_size, rotate_age, keep or keep_size changed,": '[output]\nrotate_size = "2 GiB"\n',
    "[[collector]] changed,": '[[collector]]\nname = "a"\naddress = "udp://192.0.2.1"\n',
    "[control] group changed from '' to 'ops'": '[control]\ngroup = "ops"\n',
}


@pytest.mark.parametrize("says", RESTARTS)
def test_what_a_reload_cannot_change_is_refused_by_its_name_in_the_site_file(site: Site, says: str) -> None:
    """Taken in silence it would be in the revision in force, and not be done."""
    with site.run() as succession:
        revision = succession.policy.revision
        site.text = GUESTS + RESTARTS[says]
        refusal = succession.reload()
        assert says in refusal
        assert "which a reload cannot do" in refusal
        assert succession.policy.revision == revision
