"""What is handed out: the Debian package, the wheel, the lock file. In a machine of its own: tests/systemd/run.sh."""

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NEEDED = [Requirement(line) for line in PROJECT["dependencies"]]
POLICIES = {path.relative_to(ROOT / "policies").as_posix() for path in (ROOT / "policies").rglob("*.toml")}
SCRIPTS = ("postinst", "prerm", "postrm")


def said(*command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def deb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("deb")
    # It finds the program that writes the manual pages where this test runs.
    said(ROOT / "packaging/deb/build.sh", env={**os.environ, "DIST": str(folder)})
    (found,) = folder.glob("*.deb")
    yield found


@pytest.fixture(scope="module")
def content(deb: Path) -> list[list[str]]:
    return [line.split(maxsplit=5) for line in said("dpkg-deb", "-c", deb).splitlines()]


def test_the_debian_package_asks_for_what_the_project_asks_for(deb: Path) -> None:
    """Debian's own packages, from the versions of pyproject.toml on."""
    asked = dict(re.findall(r"(\S+) \(>= ([0-9.]+)\)", said("dpkg-deb", "-f", deb, "Depends")))
    for needed in NEEDED:
        (floor,) = needed.specifier
        assert asked[f"python3-{needed.name}"] == floor.version
    assert asked["python3"] == PROJECT["requires-python"].removeprefix(">=")
    assert "nftables" in asked


def test_it_holds_what_a_gateway_needs_and_all_is_roots(content: list[list[str]]) -> None:
    files = {row[5].removeprefix("./"): row[0] for row in content}
    for path in ("usr/bin/enforcer", "lib/systemd/system-generators/enforcer-generator"):
        assert files[path] == "-rwxr-xr-x"
    for path in ("enforcer.service", "enforcer-report.service", "enforcer-report.timer"):
        assert files[f"lib/systemd/system/{path}"] == "-rw-r--r--"
    for path in (
        "usr/lib/sysusers.d/enforcer.conf",
        "usr/lib/tmpfiles.d/enforcer.conf",
        "usr/share/man/man1/enforcer.1.gz",
    ):
        assert path in files
    assert files["etc/enforcer/"] == "drwxr-x---"
    shipped = {path.removeprefix("usr/share/enforcer/policies/") for path in files if path.endswith(".toml")}
    assert shipped - {"usr/share/enforcer/enforcer.toml"} == POLICIES
    assert {row[1] for row in content} == {"root/root"}
    assert files[""] == "drwxr-xr-x", "the root of the tree is the machine's own"
    assert [path for path in files if "__pycache__" in path] == []


def test_the_site_file_is_the_operators_and_blocks_nothing_at_first(deb: Path, tmp_path: Path) -> None:
    said("dpkg-deb", "-R", deb, tmp_path / "x")
    assert not (tmp_path / "x/DEBIAN/conffiles").exists(), "dpkg would ask about it at an upgrade"
    assert not (tmp_path / "x/etc/enforcer/enforcer.toml").exists(), "an upgrade would replace it"
    site = tomllib.loads((tmp_path / "x/usr/share/enforcer/enforcer.toml").read_text())
    assert site["site"]["ceiling"] == "observe"
    for script in SCRIPTS:
        said("sh", "-n", tmp_path / "x/DEBIAN" / script)


def test_the_wheel_carries_the_policies(tmp_path: Path) -> None:
    """Installed into an empty environment, asked from an empty folder. The packages it needs are lent by this one."""
    said(sys.executable, "-m", "hatchling", "build", "-d", tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    venv.create(tmp_path / "v", with_pip=False)
    python, program = tmp_path / "v/bin/python", tmp_path / "v/bin/enforcer"
    said(sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", "--no-index", wheel)
    (site,) = (tmp_path / "v/lib").glob("python*/site-packages")
    for needed in (*NEEDED, Requirement("cffi")):
        for found in Path(sysconfig.get_path("purelib")).glob(f"*{needed.name}*"):
            (site / found.name).symlink_to(found)
    (empty := tmp_path / "empty").mkdir()
    told = said(program, "check", "dnl-03.geo.kaspersky.com", "--at", "2024-09-29T04:00:00Z", cwd=empty)
    assert "dnl-03.geo.kaspersky.com  block" in told
    assert "share/enforcer/policies" in said(
        python, "-c", "from enforcer.edge.files import shipped_policies as s; print(s())", cwd=empty
    )


def test_the_lock_file_pins_every_package_by_hashes() -> None:
    text = (ROOT / "requirements.lock").read_text()
    locked = {name: Version(version) for name, version in re.findall(r"^(\S+)==(\S+) \\$", text, re.MULTILINE)}
    for needed in (
        *NEEDED,
        *(Requirement(line) for extra in PROJECT["optional-dependencies"].values() for line in extra),
    ):
        assert locked[needed.name.replace("_", "-")] in needed.specifier, "run ./do lock"
    for entry in re.split(r"^(?=\S+==)", text, flags=re.MULTILINE)[1:]:
        assert entry.count("--hash=sha256:") >= 2, entry.splitlines()[0]
