"""The units as systemd itself reads them: without a fault, and as narrow as docs/install.md says."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNITS = ROOT / "systemd"
SCORE = re.compile(r"Overall exposure level for [\w-]+\.service: ([0-9.]+)")
MOST = {"enforcer": 1.5, "enforcer-report": 0.5}
"""What `systemd-analyze security` may give them at most, of 10."""


def exposure(unit: Path) -> float:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(unit)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = SCORE.search(told)
    assert found, told
    return float(found[1])


def with_example(folder: Path, name: str) -> Path:
    """The service with one of the examples as a drop-in."""
    (folder / "enforcer.service.d").mkdir()
    shutil.copy(UNITS / f"{name}.conf.example", folder / f"enforcer.service.d/{name}.conf")
    return Path(shutil.copy(UNITS / "enforcer.service", folder))


@pytest.mark.parametrize("name", MOST)
def test_a_service_is_as_narrow_as_promised(name: str) -> None:
    assert exposure(UNITS / f"{name}.service") <= MOST[name]


def test_the_page_shows_the_scores(tmp_path: Path) -> None:
    page = (ROOT / "docs/install.md").read_text()
    scores = {f"`{name}.service`": exposure(UNITS / f"{name}.service") for name in MOST}
    for name in ("classifier", "tap"):
        (folder := tmp_path / name).mkdir()
        scores[f"with `{name}.conf`"] = exposure(with_example(folder, name))
    for what, score in scores.items():
        assert f"| {what} | {score} |" in page


def test_a_capability_more_is_found(tmp_path: Path) -> None:
    """The scores above can fail."""
    unit = Path(shutil.copy(UNITS / "enforcer.service", tmp_path))
    unit.write_text(unit.read_text().replace("CAP_NET_RAW\n", "CAP_NET_RAW CAP_SYS_ADMIN\n"))
    assert exposure(unit) > MOST["enforcer"]


@pytest.mark.parametrize("name", ["enforcer.service", "enforcer-report.service", "enforcer-report.timer"])
def test_systemd_finds_no_fault(name: str, tmp_path: Path) -> None:
    for unit in UNITS.glob("enforcer*.*"):
        # It looks whether programs and pages are there: those of this machine are not installed.
        text = re.sub(r"^Documentation=.*\n", "", unit.read_text(), flags=re.MULTILINE)
        (tmp_path / unit.name).write_text(text.replace("/usr/bin/enforcer", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / name)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_two_capabilities_and_no_third() -> None:
    text = (UNITS / "enforcer.service").read_text()
    for key in ("CapabilityBoundingSet", "AmbientCapabilities"):
        assert re.findall(rf"^{key}=(.*)$", text, re.MULTILINE) == ["CAP_NET_ADMIN CAP_NET_RAW"]


def test_nothing_opens_the_network_by_accident() -> None:
    """What stays at the end is the daemon's own decision, by `fail`: no command comes after it."""
    text = (UNITS / "enforcer.service").read_text()
    assert "ExecStop" not in text
    assert "RestartKillSignal=SIGUSR1" in text


@pytest.mark.parametrize("folder", ["etc/systemd/system", "lib/systemd/system", "usr/lib/systemd/system"])
def test_beside_cloud_init_the_circle_is_opened(folder: str, tmp_path: Path) -> None:
    (tmp_path / folder).mkdir(parents=True)
    out = tmp_path / "out"
    command = [UNITS / "enforcer-generator", out, out, out]
    subprocess.run(command, env={"ROOT": str(tmp_path), "PATH": "/usr/bin:/bin"}, check=True)
    assert not out.exists()
    (tmp_path / folder / "cloud-init.service").touch()
    subprocess.run(command, env={"ROOT": str(tmp_path), "PATH": "/usr/bin:/bin"}, check=True)
    assert "DefaultDependencies=no\n" in (out / "enforcer.service.d/early.conf").read_text()


def test_the_user_and_the_folders_are_as_the_service_wants_them() -> None:
    assert (UNITS / "enforcer.sysusers").read_text().startswith("u enforcer - ")
    assert "d /var/lib/enforcer/reports 0750 enforcer enforcer -\n" in (UNITS / "enforcer.tmpfiles").read_text()
