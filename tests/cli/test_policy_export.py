"""`enforcer policy export`, run as a command, and with --follow as a process over real boundaries."""

import hashlib
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from policy_verbs_fixtures import FILES, STEPS, as_json, run, site_file, told, written

FULL = "2020-07-01T00:00:00-04:00"
GROUP = '[[group]]\nname = "guests"\nsubnets = ["10.1.0.0/16"]\nprofile = "protective"\n'


def place(tmp_path: Path, site: str = "") -> list[object]:
    """The options that name the small world."""
    return ["--policies", written(tmp_path / "p"), "--config", site_file(tmp_path, site)]


def test_one_file_goes_to_standard_output(tmp_path: Path) -> None:
    zone = told("export", "rpz", "--at", FULL, *place(tmp_path))
    assert zone.startswith("; Egress policy as a response policy zone (RPZ).\n")
    assert "instant          2020-07-01T04:00:00Z" in zone
    assert "\n*.upd.acme.example CNAME . ; block: acme update by xx-steps/full\n" in zone
    assert "store.acme.example" not in zone
    assert zone == told("export", "rpz", "--output", "-", "--at", FULL, *place(tmp_path))


def test_the_second_before_nothing_is_blocked(tmp_path: Path) -> None:
    assert "CNAME" not in told("export", "rpz", "--at", "2020-06-30T23:59:59-04:00", *place(tmp_path))


def test_for_a_group_with_its_profile(tmp_path: Path) -> None:
    zone = told("export", "rpz", "--group", "guests", "--at", FULL, *place(tmp_path, GROUP))
    assert "store.acme.example CNAME . ; block" in zone
    assert "for              client group guests; subjects us-person" in zone


def test_what_is_flagged_only_when_asked_for(tmp_path: Path) -> None:
    zone = told("export", "rpz", "--log-only", "--at", FULL, *place(tmp_path))
    assert "store.acme.example CNAME rpz-passthru. ; flag" in zone


def test_files_with_their_hashes(tmp_path: Path) -> None:
    options = [*place(tmp_path), "--at", FULL, "--output", tmp_path / "out/er"]
    answer = as_json("export", "bind", "squid", "nft", *options)
    assert answer["at"] == "2020-07-01T04:00:00Z"
    assert answer["valid_until"] is None
    assert (answer["group"], answer["profile"], answer["refused"]) == ("", "statutory", [])
    names = ["enforcer.rpz", "enforcer.named-options.conf", "enforcer.named.conf"]
    names += ["enforcer.squid.conf", "enforcer.squid-sni.conf", "enforcer.nft"]
    assert [Path(file["path"]).name for file in answer["files"]] == names
    assert sorted(names) == sorted(path.name for path in (tmp_path / "out/er").iterdir())
    for file in answer["files"]:
        data = Path(file["path"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file["bytes"], file["sha256"])
    assert f'file "{tmp_path}/out/er/enforcer.rpz";' in (tmp_path / "out/er/enforcer.named.conf").read_text()


def test_the_same_again_gives_the_same_hashes(tmp_path: Path) -> None:
    options = [*place(tmp_path), "--at", FULL, "--output", tmp_path / "out"]
    assert as_json("export", "rpz", "suricata", *options) == as_json("export", "rpz", "suricata", *options)


def test_text_tells_files_and_notes(tmp_path: Path) -> None:
    result = run("export", "hosts", "--at", FULL, "--output", tmp_path / "out", *place(tmp_path))
    assert result.exit_code == 0
    first, second = result.stdout.splitlines()
    assert first.endswith("at 2020-07-01T04:00:00Z, no later change is known.")
    assert second.startswith(f"wrote {tmp_path}/out/enforcer.hosts  ")
    assert "note: a hosts file cannot say" in result.stderr


def test_what_cannot_be_said_is_told_and_the_rest_is_written(tmp_path: Path) -> None:
    result = run("export", "cilium", "rpz", "--at", "2020-02-01", "--output", tmp_path / "out", *place(tmp_path))
    assert result.exit_code == 1
    assert "cilium: not written: Cilium cannot deny by name" in result.stderr
    assert "cure: give the cluster's DNS the RPZ form" in result.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["enforcer.rpz"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["rpzz"], 2, "there is no format 'rpzz'; did you mean 'rpz'?"),
        ([], 2, "FORMAT"),
        (["bind"], 2, "give a folder with --output DIR"),
        (["cilium", "--at", "2020-02-01"], 1, "cannot deny by name"),
        (["rpz", "--json"], 2, "--output DIR"),
        (["rpz", "--follow"], 2, "--output DIR"),
        (["rpz", "--group", "guest"], 1, "there is no group 'guest'; did you mean 'guests'?"),
        (["rpz", "--at", "2020-13-01"], 2, "2020-13-01"),
        (["dnsmasq", "--nftset", "x"], 1, "such as inet#filter"),
    ],
)
def test_refusals(tmp_path: Path, words: list[str], code: int, said: str) -> None:
    result = run("export", *words, *place(tmp_path, GROUP))
    assert result.exit_code == code
    assert said in result.stderr
    assert result.stdout == ""


def test_a_faulty_policy_writes_nothing(tmp_path: Path) -> None:
    folder = written(tmp_path / "p", {**FILES, "xx/steps.toml": STEPS.replace("1 XX 1", "1 XX 1\\n") + "odd = 1\n"})
    result = run("export", "rpz", "--policies", folder, "--output", tmp_path / "out")
    assert result.exit_code == 3
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/enforcer.rpz").mkdir()
    result = run("export", "rpz", "--output", tmp_path / "out", *place(tmp_path))
    assert result.exit_code == 1
    assert "cannot write" in result.stderr
    assert "cure: " in result.stderr


def test_what_a_form_wrote_that_is_refused_now_is_taken_away_and_what_another_wrote_stays(tmp_path: Path) -> None:
    """It would go on to block what holds no longer."""
    out = tmp_path / "out"
    options = [*place(tmp_path), "--output", out]
    assert run("export", "cilium", "rpz", "--at", FULL, *options).exit_code == 0
    ours = out / "enforcer.cilium.yaml"
    before = [*options, "--at", "2020-02-01"]
    told = run("export", "cilium", "rpz", *before)
    assert (told.exit_code, ours.exists(), (out / "enforcer.rpz").exists()) == (1, False, True)
    assert f"removed {ours}: it says what holds no longer" in told.stdout
    ours.write_text("kind: CiliumNetworkPolicy\n")
    again = run("export", "cilium", *before, "--json")
    assert json.loads(again.stdout)["removed"] == []
    assert ours.read_text() == "kind: CiliumNetworkPolicy\n"


@contextmanager
def following(*words: object) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "enforcer", "policy", "export", *map(str, words), "--follow", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        watchdog = threading.Timer(100, process.kill)
        watchdog.start()
        try:
            yield process
        finally:
            watchdog.cancel()
            process.kill()


def line(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout
    text = process.stdout.readline()
    assert text, process.stderr.read() if process.stderr else ""
    answer: dict[str, Any] = json.loads(text)
    return answer


def test_follow_writes_again_at_the_boundary_and_stops_on_sigterm(tmp_path: Path) -> None:
    out = tmp_path / "out"
    start = "2020-06-30T23:59:58-04:00"
    with following("rpz", "cilium", *place(tmp_path), "--output", out, "--at", start) as process:
        before, after = line(process), line(process)
        assert before["valid_until"] == "2020-07-01T04:00:00Z"
        (first,) = before["files"]  # what stood in it then: on a busy machine it is written over before we look
        zone = told("export", "rpz", *place(tmp_path), "--at", before["at"])
        assert first["sha256"] == hashlib.sha256(zone.encode()).hexdigest()
        assert "CNAME" not in zone
        assert after["at"] >= "2020-07-01T04:00:00Z"
        assert after["valid_until"] is None
        assert "*.upd.acme.example CNAME ." in (out / "enforcer.rpz").read_text()
        assert (out / "enforcer.cilium.yaml").exists()
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def test_follow_reads_anew_on_sighup_and_takes_back_what_no_longer_holds(tmp_path: Path) -> None:
    options = place(tmp_path)
    with following("cilium", "rpz", *options, "--output", tmp_path / "out", "--at", FULL) as process:
        first = line(process)
        assert (tmp_path / "out/enforcer.cilium.yaml").exists()
        site_file(tmp_path, '[site]\nsubjects = ["agency"]\n')  # not bound yet on that day
        process.send_signal(signal.SIGHUP)
        second = line(process)
        assert second["revision"] != first["revision"]
        assert [refused["format"] for refused in second["refused"]] == ["cilium"]
        assert [path.name for path in (tmp_path / "out").iterdir()] == ["enforcer.rpz"]
        site_file(tmp_path, "[site]\nodd = 1\n")
        process.send_signal(signal.SIGHUP)
        assert line(process)["revision"] == second["revision"]
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert process.stderr
        assert "the policy in use stays" in process.stderr.read()
