"""What befalls a store: a kill amid a batch, a torn log, a full disk, an older file. Nothing is spoiled unseen."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from event_fixtures import CUT_OFF, event

from enforcer.edge.records import Records
from enforcer.edge.store import Store
from enforcer.edge.store_schema import SCHEMA
from enforcer.edge.verify import Asked, verify
from enforcer.model.errors import EdgeError

TESTS = Path(__file__).parents[1]
WRITE = """
import sys, time
sys.path.append(sys.argv[2])
from event_fixtures import CUT_OFF, event
from enforcer.edge.store import Store
store, number = Store(sys.argv[1]), 0
while number < int(sys.argv[3]):
    batch = [(event(at=CUT_OFF + number + n), CUT_OFF + number + n) for n in range(37)]
    store.append(batch)
    number += len(batch)
    print(number, flush=True)
time.sleep(100)
"""
ONE_LOG = 150 * 37
"""Records of which SQLite has moved none from its log into the file yet: that it does once there are twice as many."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.sqlite"


def killed(path: Path, seconds: float, most: int = 2**31) -> int:
    """A writer that is killed at any moment after its first batch; how many records it was told are kept."""
    command = [sys.executable, "-c", WRITE, str(path), str(TESTS), str(most)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        told = writer.stdout.readline()
        time.sleep(seconds)
        writer.send_signal(signal.SIGKILL)
        rest = writer.stdout.read().splitlines()
    whole = [line for line in (told.strip(), *rest) if line]
    return int(whole[-1])


def newest(path: Path) -> int:
    with Records(path) as records:
        return records.newest()


@pytest.mark.parametrize("seconds", [0.01, 0.1, 0.23])
def test_a_kill_amid_a_batch(path: Path, seconds: float) -> None:
    told = killed(path, seconds)
    with Store(path) as store:
        store.append([(event(kind="start", reason="again"), CUT_OFF)])
    found = verify(path, Asked())
    assert found is not None
    assert found.intact
    assert found.proof.newest >= told + 1, "nothing is lost that append returned from"
    assert (found.proof.newest - 1) % 37 == 0, "a batch is whole or not there"
    assert found.proof.unsigned == 0, "the next start signs what the kill left"


@pytest.mark.parametrize("how", ["cut short", "garbled", "its end zeroed"])
def test_a_torn_log(path: Path, tmp_path: Path, how: str) -> None:
    """The disk lost what it had confirmed. What is left is a beginning, and is proven or named as not signed.

    The file itself is as it was: half moved into, and the log torn then, it has damaged pages (test_chain_walk.py).
    """
    told = killed(path, 0.1, ONE_LOG)
    random.seed(how)
    for turn in range(6):
        copy = tmp_path / str(turn) / path.name
        copy.parent.mkdir()
        for tail in ("", "-wal", ".key"):
            shutil.copy(f"{path}{tail}", f"{copy}{tail}")
        tear(Path(f"{copy}-wal"), how)
        with Store(copy) as store:
            left = store.append([(event(kind="start", reason="again"), CUT_OFF)])
            assert left == ()
        found = verify(copy, Asked())
        assert found is not None
        assert found.intact, found.proof
        assert 1 <= found.proof.newest <= told + 2 * 37 + 1
        assert (found.proof.newest - 1) % 37 == 0


def tear(log: Path, how: str) -> None:
    data = bytearray(log.read_bytes())
    at = random.randrange(32, len(data))
    if how == "cut short":
        data = data[:at]
    elif how == "garbled":
        data[at : at + 100] = os.urandom(len(data[at : at + 100]))
    else:
        data[at:] = bytes(len(data) - at)
    log.write_bytes(data)


FILL = """
import subprocess, sys
from pathlib import Path
folder = Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1600k", "none", folder], check=True)
sys.path.append(sys.argv[2])
from event_fixtures import event
from enforcer.edge.clock import Clock
from enforcer.edge.outputs import Outputs
from enforcer.edge.store import Store
from enforcer.pipeline.stamp import Stamp
(folder / "filler").write_bytes(bytes(400_000))
seen = []
stamp = Stamp(gateway="gw", mode="inline", simulated=False)
store = Store(folder / "events.sqlite")
outputs = Outputs(Clock(), stamp, store, None, seen.append)
while not outputs.weakness:
    outputs.keep([event()])
for _ in range(5):
    outputs.keep([event()])
    outputs.flush()
print(outputs.weakness)
(folder / "filler").unlink()
outputs.flush()
print(*[one.kind for one in seen if one.kind != "decision"], store.waiting, outputs.weakness)
print(next(one.reason for one in seen if one.kind == "error"))
outputs.close()
from enforcer.edge.verify import Asked, verify
found = verify(folder / "events.sqlite", Asked())
print(found.intact, found.proof.newest - len([one for one in seen if one.kind == "decision"]))
"""


@pytest.mark.kernel
def test_a_full_disk_is_told_once_and_is_over_by_itself() -> None:
    """As in tests/edge/test_store.py, with all that stands around the store."""
    as_root = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    private = ["sh", "-c", 'mount --make-rprivate /proc && exec "$@"', "sh"]
    run = subprocess.run(
        [
            *("unshare", *as_root, "--mount", "--propagation=unchanged", *private),
            *(sys.executable, "-c", FILL, "/proc/fs", str(TESTS)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    weakness, told, error, proven = run.stdout.splitlines()
    assert "NOTHING IS RECORDED" in weakness
    assert "full" in weakness
    assert told == "error repair 0 "
    assert "free some space; recording goes on by itself" in error
    assert proven == "True 1", "all of them, and the repair: the error was told, and could not be recorded"


def test_an_older_programs_file_is_brought_up_to_date_and_signed(path: Path) -> None:
    """schema-3.sqlite was written by the program as it was before heads were signed."""
    shutil.copy(Path(__file__).with_name("schema-3.sqlite"), path)
    with pytest.raises(EdgeError, match="written by an older enforcer: its schema is 3") as caught:
        verify(path, Asked())
    assert caught.value.cure == "start the daemon once: it brings the store up to date"
    with closing(sqlite3.connect(path)) as connection:
        before = connection.execute("SELECT number, recorded, body, digest FROM events").fetchall()
    with Store(path) as store:
        assert store.lane_numbers(["kaspersky/store@"]) == {"kaspersky/store@": 1}
        store.append([(event(kind="start", reason="again"), CUT_OFF)])
    with closing(sqlite3.connect(path)) as connection:
        after = connection.execute("SELECT number, recorded, body, digest FROM events").fetchall()
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA,)
    assert after[:-1] == before
    found = verify(path, Asked())
    assert found is not None
    assert (found.intact, found.proof.proven) == (True, ((1, 13),))


def test_a_newer_programs_file_is_refused_and_left_alone(path: Path) -> None:
    Store(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    before = path.read_bytes()
    for opened in (Store, lambda path: verify(path, Asked())):
        with pytest.raises(EdgeError, match=f"its schema is {SCHEMA + 1}, this one knows {SCHEMA}") as caught:
            opened(path)
        assert caught.value.cure.startswith("upgrade the enforcer")
    assert path.read_bytes() == before
