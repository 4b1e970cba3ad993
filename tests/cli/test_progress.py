import contextlib
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from enforcer.cli.progress import progress, progress_of

PROGRAM = """
from pathlib import Path; import sys
from enforcer.cli.progress import progress
with progress([Path(sys.argv[1])]) as read:
    read(600); read(400)
"""


def test_nothing_where_nobody_watches(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(1000))
    with progress([path]) as read:
        read(1000)


def read_from(master: int) -> str:
    """All that the terminal has, which hands it on piece by piece."""
    shown = b""
    with contextlib.suppress(OSError):  # EIO: whoever wrote is gone
        while more := os.read(master, 65536):
            shown += more
    os.close(master)
    return shown.decode()


def test_a_bar_on_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(1000))
    master, slave = pty.openpty()
    subprocess.run([sys.executable, "-c", PROGRAM, path], stderr=slave, check=True, timeout=100)
    os.close(slave)
    shown = read_from(master)
    assert "100%" in shown
    assert "MB/s" in shown


COUNTED = """
from enforcer.cli.progress import progress_of
with progress_of("records") as tell:
    tell(40_000, 100_000); tell(100_000, 100_000)
"""


def test_things_that_are_counted() -> None:
    master, slave = pty.openpty()
    subprocess.run([sys.executable, "-c", COUNTED], stderr=slave, check=True, timeout=100)
    os.close(slave)
    shown = read_from(master)
    assert "100%" in shown
    assert "records/s" in shown


def test_of_things_too_nothing_where_nobody_watches(capfd: pytest.CaptureFixture[str]) -> None:
    with progress_of("records") as tell:
        tell(1, 2)
    assert capfd.readouterr() == ("", "")
