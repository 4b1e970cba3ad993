"""What a service manager kept for us, by the descriptors and names that come with our start."""

import json
import os
import socket
import subprocess
import sys

import pytest

from enforcer.edge.kept import FIRST, Kept
from enforcer.edge.systemd import ServiceManager

PROGRAM = """
import json, os
from enforcer.edge.kept import Kept
kept = Kept.of_this_process()
told = {"queues": kept.queues, "told": kept.told, "left": [key for key in os.environ if key.startswith("LISTEN")]}
if one := kept.take(7):
    told |= {"heard": one.recv(9).decode(), "inheritable": one.get_inheritable(), "again": kept.take(7)}
print(json.dumps(told))
"""


def started(names: str, *, count: str = "", pid: str = "$$") -> dict[str, object]:
    """What the program says that is started with one end of a pair, which holds a word, for each name."""
    pairs = [socket.socketpair() for _ in names.split(":")]

    def pass_on() -> None:
        high = [os.dup2(theirs.fileno(), 100 + place, inheritable=False) for place, (_, theirs) in enumerate(pairs)]
        for place, one in enumerate(high):
            os.dup2(one, FIRST + place)

    for ours, _ in pairs:
        ours.send(b"word")
    command = f'LISTEN_PID={pid} LISTEN_FDS={count or len(pairs)} LISTEN_FDNAMES={names} exec "$@"'
    said = subprocess.run(
        ["sh", "-c", command, "sh", sys.executable, "-c", PROGRAM],
        preexec_fn=pass_on,
        close_fds=False,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for pair in pairs:
        for end in pair:
            end.close()
    return dict(json.loads(said))


def test_the_sockets_of_queues_are_found_by_their_names() -> None:
    said = started("stored:queue-7:queue-12:queue-x")
    assert (said["queues"], said["told"]) == ([7, 12], "took over 2 queues of the run before")
    assert (said["heard"], said["again"]) == ("word", None)


def test_no_program_that_we_start_gets_anything_of_it() -> None:
    said = started("queue-7")
    assert (said["left"], said["inheritable"]) == ([], False)


@pytest.mark.parametrize(
    ("names", "more"),
    [("queue-7", {"pid": "1"}), ("queue-7", {"count": "x"}), ("stored", {})],
    ids=["meant for another", "no number", "other things"],
)
def test_what_is_not_for_us_is_left_alone(names: str, more: dict[str, str]) -> None:
    said = started(names, **more)
    assert (said["queues"], said["told"]) == ([], "")


def test_what_nobody_takes_is_closed_and_the_manager_lets_go_of_all() -> None:
    ours, theirs = socket.socketpair()
    taken, other = socket.socketpair()
    with ours, other, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ears:
        name = f"enforcer-test-kept-{os.getpid()}"
        ears.bind(f"\0{name}")
        kept = Kept({4010: theirs, 4011: taken})
        assert kept.take(4011) is taken
        manager = ServiceManager(f"@{name}")
        kept.let_go(manager)
        manager.close()
        assert ours.recv(1) == b"", "closed"
        told = [ears.recv(100).decode() for _ in range(2)]
        assert told == ["FDSTOREREMOVE=1\nFDNAME=queue-4010", "FDSTOREREMOVE=1\nFDNAME=queue-4011"]
    taken.close()
