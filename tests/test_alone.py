"""Of two workers, none runs anything beside a test that is marked `alone` (tests/conftest.py)."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

CONFTEST = Path(__file__).with_name("conftest.py")
TESTS = """
import pytest, time
from pathlib import Path
{mark}
@pytest.mark.parametrize("number", range(8))
def test_it(number):
    at = [time.monotonic()]
    time.sleep(0.05)
    with Path("spans").open("a") as spans:
        spans.write(f"{name} {{at[0]}} {{time.monotonic()}}\\n")
"""


def test_nothing_runs_beside_it(tmp_path: Path) -> None:
    shutil.copy(CONFTEST, tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = alone\n")
    (tmp_path / "test_house.py").write_text(TESTS.format(name="alone", mark="@pytest.mark.alone"))
    (tmp_path / "test_other.py").write_text(TESTS.format(name="other", mark=""))
    command = (sys.executable, "-m", "pytest", "-p", "xdist", "-p", "no:cacheprovider", "-n", "2", "--dist", "loadfile")
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    plain = kept | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=plain, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    told = [line.split() for line in (tmp_path / "spans").read_text().splitlines()]
    alone, other = ([(float(a), float(b)) for who, a, b in told if who == name] for name in ("alone", "other"))
    assert (len(alone), len(other)) == (8, 8)
    assert [(one, two) for one in alone for two in other if one[0] < two[1] and two[0] < one[1]] == []
