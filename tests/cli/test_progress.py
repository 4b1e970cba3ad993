import os
import pty
import subprocess
import sys
from pathlib import Path

from enforcer.cli.progress import progress

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


def test_a_bar_on_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(1000))
    master, slave = pty.openpty()
    subprocess.run([sys.executable, "-c", PROGRAM, path], stderr=slave, check=True, timeout=20)
    os.close(slave)
    shown = os.read(master, 65536).decode()
    os.close(master)
    assert "100%" in shown
    assert "MB/s" in shown
