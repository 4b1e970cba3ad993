"""`enforcer run` as a process, in a network namespace of its own: its starts, its refusals, its ends."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from namespace_fixtures import Namespace
from signing_fixtures import KeyPair, key_pair

from enforcer.edge.happenings import FOREVER
from enforcer.edge.records import Records
from enforcer.edge.signatures import read_signing_key
from enforcer.policy.bundle import pack

pytestmark = pytest.mark.kernel

ROOT = Path(__file__).parents[2]
ENFORCER = (sys.executable, "-m", "enforcer")
PATIENCE = 60.0


@pytest.fixture
def namespace() -> Iterator[Namespace]:
    made = Namespace()
    yield made
    made.close()


@pytest.fixture
def site(tmp_path: Path) -> Path:
    file = tmp_path / "site.toml"
    file.write_text(f'[output]\nstore = "{tmp_path}/events.sqlite"\nsyslog = ""\n[control]\nsocket = ""\n')
    return file


def until(daemon: "subprocess.Popen[str]", word: str) -> dict[str, object]:
    """Reads the daemon's JSON lines up to the first that holds `word`."""
    assert daemon.stdout is not None
    for line in daemon.stdout:
        if word in line:
            seen = json.loads(line)
            assert isinstance(seen, dict)
            return seen
    raise AssertionError(f"the daemon ended with {daemon.wait()} without {word!r}")


@pytest.fixture
def daemon(namespace: Namespace, site: Path) -> Iterator["subprocess.Popen[str]"]:
    running = namespace.start(*ENFORCER, "run", "--config", str(site), "--json")
    until(running, '"ready"')
    yield running
    running.kill()
    running.wait(PATIENCE)
    assert running.stdout is not None
    running.stdout.close()


def test_it_goes_on_where_nobody_reads_any_more_what_it_shows(
    namespace: Namespace, daemon: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    """As after `| head`, or in a terminal that was closed. It hung, its rules in force, until it was killed."""
    assert daemon.stdout is not None
    daemon.stdout.close()
    daemon.send_signal(signal.SIGHUP)
    wait_for(lambda: len(on_record(tmp_path, "reload")) == 1)
    daemon.send_signal(signal.SIGHUP)
    wait_for(lambda: len(on_record(tmp_path, "reload")) == 2)
    assert "table inet enforcer" in namespace.rules()
    daemon.terminate()
    assert daemon.wait(PATIENCE) == 0
    assert namespace.rules() == ""
    assert ["no longer shown" in one for one in on_record(tmp_path, "error")] == [True]


def on_record(folder: Path, kind: str) -> list[str]:
    with Records(folder / "events.sqlite") as records:
        return [event.reason for event in records.events(0, FOREVER, kinds=(kind,))]


def wait_for(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_stopping_puts_everything_back(namespace: Namespace, daemon: "subprocess.Popen[str]", stop: int) -> None:
    assert "table inet enforcer" in namespace.rules()
    daemon.send_signal(stop)
    assert until(daemon, '"stop"')["reason"] == "rules removed, traffic passes unjudged from here"
    assert daemon.wait(PATIENCE) == 0
    assert namespace.rules() == ""


def test_a_broken_policy_is_refused_at_the_start_with_all_faults(namespace: Namespace, site: Path) -> None:
    site.write_text('[site]\nprofile = "protectve"\n[datapath]\nfial = "open"\n')
    done = namespace.run(*ENFORCER, "run", "--config", str(site))
    assert done.returncode == 3
    assert "protective" in done.stderr
    assert "fail" in done.stderr
    assert "2 faults" in done.stderr
    assert namespace.rules() == ""


def test_a_broken_policy_at_reload_leaves_the_old_one_in_force(
    namespace: Namespace, daemon: "subprocess.Popen[str]", site: Path
) -> None:
    rules, good = namespace.rules(), site.read_text()
    site.write_text("[site")
    daemon.send_signal(signal.SIGHUP)
    assert "stays in force" in str(until(daemon, '"error"')["reason"])
    assert namespace.rules() == rules
    site.write_text(good + '[site]\nprofile = "protective"\n')
    daemon.send_signal(signal.SIGHUP)
    assert "replaces" in str(until(daemon, '"reload"')["reason"])
    assert namespace.rules() != rules


def test_a_reload_that_needs_a_restart_is_refused(daemon: "subprocess.Popen[str]", site: Path) -> None:
    site.write_text(site.read_text() + '[datapath]\nfail = "closed"\n')
    daemon.send_signal(signal.SIGHUP)
    assert "a reload cannot do" in str(until(daemon, '"error"')["reason"])


def test_a_flowtable_that_cannot_be_is_told_and_all_is_judged_without(
    namespace: Namespace, daemon: "subprocess.Popen[str]", site: Path
) -> None:
    """Where the kernel has no flowtables that is said, where it has that there is no such interface."""
    site.write_text(site.read_text() + '[datapath]\nflowtable = ["wan9"]\n')
    daemon.send_signal(signal.SIGHUP)
    assert "replaces" in str(until(daemon, '"reload"')["reason"])
    told = str(until(daemon, '"error"')["reason"])
    assert told.startswith("flows that pass are not offloaded as `flowtable` asks: ")
    assert told.endswith("; all is judged as without it")
    assert "this kernel has no flowtables" in told or "there is no interface wan9" in told
    assert "chain enforce_forward" in namespace.rules()
    assert "flowtable" not in namespace.rules()


def test_only_a_newer_bundle_of_a_trusted_key_replaces_the_one_in_force(
    namespace: Namespace, site: Path, tmp_path: Path
) -> None:
    key, stranger = key_pair(tmp_path, "lawyer"), key_pair(tmp_path, "stranger")
    bundle = tmp_path / "x.bundle"
    trust = f'bundle = "{bundle}"\nkeys = ["{key.public}"]\nstate = "{tmp_path}/bundles.json"\n'
    site.write_text(site.read_text() + f"[policy]\n{trust}require_signature = true\n")

    def put(serial: int, signer: KeyPair = key) -> None:
        sign = read_signing_key(signer.private, str).sign
        files = {"subjects.toml": b"%d" % serial}
        bundle.write_bytes(b"".join(pack(files, serial=serial, created=0.0, sign=sign)))

    def refused() -> str:
        done = namespace.run(*ENFORCER, "run", "--config", str(site))
        assert namespace.rules() == ""
        assert done.returncode != 0
        return done.stderr

    put(7, stranger)
    assert "is by none of the keys" in refused()
    put(7)
    with namespace.start(*ENFORCER, "run", "--config", str(site), "--json") as daemon:
        assert "from bundle serial 7, key " in str(until(daemon, '"start"')["reason"])
        for serial, signer, why in ((6, key, "an older one: it has serial 6"), (8, stranger, "by none of the keys")):
            put(serial, signer)
            daemon.send_signal(signal.SIGHUP)
            assert why in str(until(daemon, '"error"')["reason"])
        put(8)
        daemon.send_signal(signal.SIGHUP)
        assert "from bundle serial 8, key " in str(until(daemon, '"reload"')["reason"])
        daemon.terminate()
        assert daemon.wait(PATIENCE) == 0
    put(7)
    assert "it has serial 7, and 8 by key" in refused()
    assert (
        "asks for signed policies"
        in namespace.run(*ENFORCER, "run", "--config", str(site), "--policies", str(ROOT / "policies")).stderr
    )


def test_a_dead_inspector_is_replaced_and_put_on_record(daemon: "subprocess.Popen[str]") -> None:
    [inspector] = children(daemon.pid)
    os.kill(inspector, signal.SIGKILL)
    assert "by signal 9); it was started again" in str(until(daemon, '"inspector"')["reason"])
    [fresh] = children(daemon.pid)
    assert fresh != inspector


def test_inspectors_that_keep_dying_end_the_daemon_and_the_rules(
    namespace: Namespace, daemon: "subprocess.Popen[str]"
) -> None:
    for _ in range(4):
        [inspector] = children(daemon.pid)
        os.kill(inspector, signal.SIGKILL)
        until(daemon, '"inspector"')
    [inspector] = children(daemon.pid)
    os.kill(inspector, signal.SIGKILL)
    assert daemon.wait(PATIENCE) == 70
    assert namespace.rules() == ""


def test_after_a_kill_the_inspectors_end_and_the_next_start_takes_over(
    namespace: Namespace, daemon: "subprocess.Popen[str]", site: Path
) -> None:
    [inspector] = children(daemon.pid)
    daemon.kill()
    daemon.wait(PATIENCE)
    with namespace.start(*ENFORCER, "run", "--config", str(site), "--json") as again:
        until(again, '"ready"')
        assert not is_alive(inspector)
        again.terminate()
        assert again.wait(PATIENCE) == 0
    assert namespace.rules() == ""


def test_a_second_enforcer_is_refused_and_the_first_goes_on(
    namespace: Namespace, daemon: "subprocess.Popen[str]", site: Path, tmp_path: Path
) -> None:
    rules = namespace.rules()
    done = namespace.run(*ENFORCER, "run", "--config", str(site), "--store", str(tmp_path / "other.sqlite"))
    assert done.returncode == 6
    assert "another enforcer is running" in done.stderr
    assert "cure:" in done.stderr
    assert namespace.rules() == rules
    assert daemon.poll() is None


def test_a_queue_number_that_is_taken_is_refused(namespace: Namespace, site: Path) -> None:
    program = (
        "from enforcer.edge.queue import Queue; from enforcer.model.marks import Marks; import time;"
        "q = Queue(4010, marks=Marks(), fail_open=True); print('bound', flush=True); time.sleep(60)"
    )
    with namespace.start(sys.executable, "-c", program) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "bound\n"
        done = namespace.run(*ENFORCER, "run", "--config", str(site))
        other.kill()
    assert done.returncode == 6
    assert "4010" in done.stderr
    assert namespace.rules() == ""


def test_without_capabilities_it_says_what_it_needs(namespace: Namespace, site: Path) -> None:
    bare = ("setpriv", "--bounding-set=-net_admin,-net_raw", "--inh-caps=-net_admin,-net_raw", "--")
    done = namespace.run(*bare, *ENFORCER, "run", "--config", str(site))
    assert done.returncode == 4
    assert "CAP_NET_ADMIN" in done.stderr
    assert "run as root" in done.stderr


def test_without_nft_it_says_how_to_get_it(namespace: Namespace, site: Path, tmp_path: Path) -> None:
    done = namespace.run("env", f"PATH={tmp_path}", *ENFORCER, "run", "--config", str(site))
    assert done.returncode == 5
    assert "apt-get install nftables" in done.stderr
    assert namespace.rules() == ""


def test_an_old_kernel_is_named_by_what_it_lacks(namespace: Namespace, site: Path, tmp_path: Path) -> None:
    """An old kernel cannot be had on demand; this nft refuses what one would."""
    nft = tmp_path / "nft"
    nft.write_text(
        "#!/bin/sh\ninput=$(cat)\n"
        'case "$input" in *"meta time"*) echo "Error: Could not process rule" >&2; exit 1;; esac\n'
        'printf "%s\\n" "$input" | PATH=/usr/sbin:/usr/bin exec nft "$@"\n'
    )
    nft.chmod(0o755)
    path = f"PATH={tmp_path}:{os.environ['PATH']}"
    done = namespace.run("env", path, *ENFORCER, "run", "--config", str(site))
    assert done.returncode == 5
    assert "the time of day" in done.stderr
    assert namespace.rules() == ""


def test_a_store_that_cannot_be_written_is_refused_before_anything_changes(namespace: Namespace, site: Path) -> None:
    done = namespace.run(*ENFORCER, "run", "--config", str(site), "--store", "/proc/none/events.sqlite")
    assert done.returncode == 1
    assert "cure:" in done.stderr
    assert namespace.rules() == ""


def children(pid: int) -> list[int]:
    """The inspectors of a daemon that has told of them; dead ones that it has not buried yet left out."""
    born = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [child for child in born if is_alive(child)]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False
