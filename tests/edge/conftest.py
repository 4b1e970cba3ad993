"""For the tests of what the host refuses."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def run_as_owner_only() -> Callable[..., str]:
    """Runs Python code with arguments as a user who has no more right to files than their modes give.

    As root that takes away what lets root pass by them; works in a user namespace too, where there is no other user.
    """

    def run(code: str, *arguments: str | Path) -> str:
        less = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
        command = [*less, sys.executable, "-c", "import sys\n" + code, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    return run
