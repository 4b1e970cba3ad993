"""What a process may do afterwards; in processes of their own, since there is no way back."""

import platform
import subprocess
import sys

import pytest

DROP = """
from enforcer.edge.privileges import drop
drop()
drop()
print(open("/proc/self/status").read())
"""
# As systemd's filter: capset fails with EPERM (seccomp(2)). Then a program that clears what is ambient runs another.
FORBIDDEN = """
import ctypes, os, struct, sys
libc = ctypes.CDLL(None)
steps = [(0x20, 0, 0, 0), (0x15, 0, 1, %d), (0x06, 0, 0, 0x50001), (0x06, 0, 0, 0x7FFF0000)]
code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))
program = struct.pack("@HxxxxxxP", len(steps), ctypes.addressof(code))
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, program, 0, 0) == 0
from enforcer.edge.privileges import drop
assert not drop()
os.execvp("cat", ["cat", "/proc/self/status"])
"""
CAPSET = {"x86_64": 126, "aarch64": 91}


def capabilities(*command: str) -> dict[str, str]:
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(line.split(":\t", 1) for line in done.stdout.splitlines() if line.startswith(("Cap", "NoNew")))


def assert_none(status: dict[str, str]) -> None:
    assert {status[f"Cap{which}"] for which in ("Prm", "Eff", "Amb")} == {"0" * 16}
    assert status["NoNewPrivs"] == "1"


def test_no_capability_is_left_and_none_can_be_had() -> None:
    assert_none(capabilities(sys.executable, "-c", DROP))


@pytest.mark.kernel
def test_where_a_filter_forbids_it_the_next_program_has_none() -> None:
    """As the service runs: a user who is nobody special, two ambient capabilities, no privileged system call."""
    caps = "+net_admin,+net_raw"
    user = ["setpriv", "--securebits=+noroot", f"--inh-caps={caps}", f"--ambient-caps={caps}"]
    before = capabilities(*user, "cat", "/proc/self/status")
    assert before["CapEff"] == before["CapAmb"] != "0" * 16
    assert_none(capabilities(*user, sys.executable, "-c", FORBIDDEN % CAPSET[platform.machine()]))
