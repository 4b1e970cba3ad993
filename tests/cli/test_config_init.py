"""`config init`: unasked with options, and asked on a real terminal."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from namespace_fixtures import apart

from enforcer.cli.main import main
from enforcer.edge import sole
from enforcer.model.surroundings import Surroundings
from enforcer.policy.load import load

ENFORCER = str(Path(sys.executable).parent / "enforcer")


def init(*options: str) -> Result:
    return CliRunner().invoke(main, ["config", "init", *options])


def test_unasked_it_writes_what_it_proposes(tmp_path: Path) -> None:
    file = tmp_path / "new/enforcer.toml"
    done = init("--yes", "--output", str(file))
    assert done.exit_code == 0, done.output
    assert load({}, file.read_text()).settings.fail == "open"
    checked = CliRunner().invoke(main, ["config", "check", "--config", str(file)])
    assert checked.exit_code == 0, checked.output


def test_what_is_given_stands_in_the_file() -> None:
    done = init(
        *("--yes", "--output", "-", "--name", "gw 1", "--subject", "us-federal-civilian", "--subject", "us-person"),
        *("--profile", "protective", "--mode", "tap", "--interface", "eth9", "--fail", "closed", "--syslog", ""),
        *("--collector", "tls://siem.test:6514", "--collector", "udp://192.0.2.7"),
    )
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    for line in ('profile = "protective"', 'mode = "tap"', 'interfaces = ["eth9"]'):
        assert line in lines
    assert 'name = "gw 1"' in done.stdout
    assert 'subjects = ["us-federal-civilian", "us-person"]' in done.stdout
    assert 'syslog = ""' in done.stdout
    for line in ('address = "tls://siem.test:6514"', 'address = "udp://192.0.2.7"'):
        assert line in lines


def test_a_file_that_is_there_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "enforcer.toml"
    file.write_text("# mine\n")
    done = init("--yes", "--output", str(file))
    assert done.exit_code == 1
    assert "--force" in done.stderr
    assert file.read_text() == "# mine\n"
    assert init("--yes", "--force", "--output", str(file)).exit_code == 0
    assert "# mine" not in file.read_text()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--subject", "us-persn"], "no subject is called 'us-persn'; did you mean 'us-person'?"),
        (["--mode", "tap"], "needs the interface of the mirror"),
        (["--mode", "host", "--interface", "eth0"], "takes no interfaces"),
        (["--mode", "tap", "--interface", "e/th"], "is no interface name"),
        (["--collector", "siem.test:514"], "'siem.test:514' is no address of a collector; wanted one like"),
    ],
)
def test_what_the_daemon_would_not_take_is_not_written(tmp_path: Path, options: list[str], told: str) -> None:
    file = tmp_path / "enforcer.toml"
    done = init("--yes", "--output", str(file), *options)
    assert done.exit_code in (1, 3)
    assert told in done.stderr
    assert not file.exists()


def test_on_a_terminal_it_asks_and_takes_the_answers(tmp_path: Path) -> None:
    leader, follower = pty.openpty()
    file = tmp_path / "enforcer.toml"
    asked = [ENFORCER, "config", "init", "--output", str(file), "--profile", "protective"]
    with subprocess.Popen(asked, stdin=follower, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        os.close(follower)
        # mode, name, subjects with a slip and again, ceiling, interfaces and so on; the profile was given
        os.write(leader, b"inline\nmy gateway\nus-person us-exportr\nus-person us-exporter\nobserve\nl0\nlo\n")
        os.write(leader, b"closed\n/run/log\nsiem.test\ntls://siem.test:6514\n")
        _, told = process.communicate(timeout=60)
    os.close(leader)
    assert process.returncode == 0, told
    assert "Who you are decides which bans bind you" in told
    assert "Error: no subject is called 'us-exportr'; did you mean 'us-exporter'?" in told
    policy = load({}, file.read_text().replace(', "us-exporter"', ""))
    assert (policy.settings.mode, policy.settings.fail, policy.settings.syslog) == ("inline", "closed", "/run/log")
    assert "Error: no interface here is called 'l0'" in told
    assert "Error: 'siem.test' is no address of a collector; wanted one like" in told
    assert policy.settings.interfaces == ("lo",)
    assert [(one.transport, one.host, one.port) for one in policy.settings.collectors] == [("tls", "siem.test", 6514)]
    assert policy.settings.gateway == "my gateway"
    assert 'profile = "protective"' in file.read_text()
    assert str(policy.site.groups[0].ceiling.word) == "observe"


@pytest.mark.kernel
def test_the_queue_of_an_enforcer_that_runs_here_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Surroundings(queues=(4010,), log_socket="/dev/log")
    monkeypatch.setattr("enforcer.cli.config_init.look", lambda: found)

    def work() -> tuple[str, str]:
        before = init("--yes", "--output", "-").stdout
        with sole.claim():
            return before, init("--yes", "--output", "-").stdout

    before, then = apart(work)
    assert "queue = 4011" in before
    assert "queue = " not in then
