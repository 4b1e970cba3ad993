"""`enforcer panic-off` as an operator runs it."""

import json
import os
import pwd
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from control_fixtures import short_place
from namespace_fixtures import apart, nft

from enforcer.edge import kernel, tables
from enforcer.edge.records import Records
from enforcer.edge.store import Store
from enforcer.model.settings import Settings
from enforcer.plan.nf_tables import INET, batch, new_table
from enforcer.plan.ruleset import ruleset

pytestmark = pytest.mark.kernel

OTHER = 65534


@pytest.fixture
def site() -> Iterator[Path]:
    with short_place() as place:
        folder = place.parent
        file = folder / "site.toml"
        control = f'[control]\nsocket = "{place}"\n'
        file.write_text(f'[output]\nstore = "{folder}/events.sqlite"\nsyslog = "{folder}/log"\n{control}')
        yield file


def panic_off(site: Path, *before: str, more: tuple[str, ...] = ()) -> tuple[int, str, str]:
    command = [*before, sys.executable, "-m", "enforcer", "panic-off", "--config", str(site), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_everything_of_ours_goes_and_nothing_else(site: Path) -> None:
    def work() -> tuple[tuple[int, str, str], str]:
        nft("add", "table", "inet", "theirs")
        settings = Settings()
        text = ruleset([], settings, shift=0.0, native_queue=False, generation="g")
        kernel.install(kernel.Kernel(native_queue=False, nft_version=()), text, settings)
        return panic_off(site), nft("list", "ruleset")

    told, left = apart(work)
    assert told[:2] == (
        0,
        "removed table inet enforcer\nremoved table ip enforcer_queue\nremoved table ip6 enforcer_queue\n",
    )
    assert told[2].startswith("NOT ON RECORD: the store: there is none at ")
    assert left == "table inet theirs {\n}\n"


def test_a_broken_remainder_goes_without_the_nft_program(site: Path) -> None:
    def work() -> tuple[tuple[int, str, str], str]:
        nft("-f", "-", text="table inet enforcer {\n chain half {\n counter\n }\n}\n")
        return panic_off(site, "env", "PATH=/nowhere"), nft("list", "ruleset")

    told, left = apart(work)
    assert (told[:2], left) == ((0, "removed table inet enforcer\n"), "")


def test_nothing_to_remove_is_no_error(site: Path) -> None:
    told = apart(lambda: panic_off(site))
    assert told == (0, "nothing to remove: no rule of the enforcer was in force\n", "")


def test_without_permission_it_says_what_it_needs(site: Path) -> None:
    code, said, complaint = apart(lambda: panic_off(site, "setpriv", "--inh-caps=-all", "--bounding-set=-all"))
    assert (code, said) == (4, "")
    assert complaint.startswith("enforcer: missing CAP_NET_ADMIN\ncure: run as root")


def panic_off_with_rules(site: Path, *more: str) -> tuple[int, str, str]:
    nft("-f", "-", text="table inet enforcer {\n}\n")
    return panic_off(site, more=more)


def test_it_is_on_record_although_nothing_runs(site: Path) -> None:
    store, log = site.with_name("events.sqlite"), site.with_name("log")
    Store(store).close()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as collector:
        collector.bind(str(log))
        code, said, _ = apart(lambda: panic_off_with_rules(site))
        assert (code, f"on record in the store ({store}) and syslog ({log})" in said) == (0, True)
        alert = collector.recv(8192).decode()
    assert " off [" in alert
    records = Records.find(store)
    assert records is not None
    with records:
        [event] = list(records.events(0, 1e10, kinds=("off",)))
    assert f"by {pwd.getpwuid(os.getuid()).pw_name} (uid {os.getuid()})" in event.reason
    assert event.reason.startswith("the rules were taken out by `enforcer panic-off`")


def test_a_program_is_told_in_json(site: Path) -> None:
    store = site.with_name("events.sqlite")
    Store(store).close()
    told = {"version": 1, "removed": ["table inet enforcer"], "came_back": [], "service_runs": False}
    done, again = apart(lambda: (panic_off_with_rules(site, "--json"), panic_off(site, more=("--json",))))
    assert done[0] == 0
    said = json.loads(done[1])
    assert said.pop("record").startswith(f"on record in the store ({store}); not in syslog: ")
    assert said == told
    assert (again[0], json.loads(again[1])) == (0, {**told, "removed": [], "record": ""})


@pytest.mark.skipif(os.geteuid() != 0, reason="another user can only be made by root")
def test_what_it_writes_stays_the_services(site: Path) -> None:
    """Else a service with a user of its own could not open its record any more."""
    with short_place() as place:
        folder, store = place.parent, place.with_name("events.sqlite")
        os.chown(folder, OTHER, OTHER)
        make = f"from enforcer.edge.store import Store; Store({str(store)!r}).close()"
        drop = ("setpriv", f"--reuid={OTHER}", f"--regid={OTHER}", "--clear-groups")
        subprocess.run([*drop, sys.executable, "-c", make], check=True)
        store.with_name(f"{store.name}.key").unlink()
        site.write_text(f'[output]\nstore = "{store}"\nsyslog = ""\n')
        code, said, complaint = apart(lambda: panic_off_with_rules(site))
        assert (code, f"on record in the store ({store})" in said) == (0, True), complaint
        assert {file.stat().st_uid for file in folder.iterdir()} == {OTHER}


@pytest.mark.parametrize("text", ["[site", "colour = 3\n[output]\nstore = 5\n"])
def test_a_broken_site_file_is_in_nobodys_way(site: Path, text: str) -> None:
    site.write_text(text)
    done, left = apart(lambda: (panic_off_with_rules(site), nft("list", "ruleset")))
    assert (done[0], left) == (0, "")


def test_rules_that_come_back_are_removed_again_and_told(site: Path) -> None:
    def work() -> tuple[int, str, str]:
        again = batch([new_table(INET, "enforcer")])
        tables.tell(again)
        over = threading.Event()

        def come_back() -> None:
            while not over.is_set():
                tables.tell(again)

        rival = threading.Thread(target=come_back)
        rival.start()
        try:
            return panic_off(site)
        finally:
            over.set()
            rival.join()

    code, _, complaint = apart(work)
    assert code == 1
    assert "they come back as soon as they are removed: table inet enforcer" in complaint
