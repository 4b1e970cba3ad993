"""What a process may do afterwards; in a process of its own, since there is no way back."""

import subprocess
import sys

CODE = """
from enforcer.edge.privileges import drop
drop()
drop()
print(open("/proc/self/status").read())
"""


def test_no_capability_is_left_and_none_can_be_had() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    status = dict(line.split(":\t", 1) for line in done.stdout.splitlines() if ":\t" in line)
    assert {status[f"Cap{which}"] for which in ("Inh", "Prm", "Eff", "Amb")} == {"0" * 16}
    assert status["NoNewPrivs"] == "1"
