"""An auditor unpacks the archive in an empty folder and runs its script with nothing but Python."""

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from event_fixtures import CUT_OFF, event
from rotation_fixtures import in_three_files
from signing_fixtures import key_pair, openssl

from enforcer.cli.main import main
from enforcer.edge.clock import Clock
from enforcer.edge.store import Store
from enforcer.edge.store_heads import key_file
from enforcer.edge.store_segments import segments

HOUR = 3600


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record an hour, signed each ten hours."""
    path = tmp_path_factory.mktemp("store") / "events.sqlite"
    with Store(path) as made:
        made.append([(event(at=CUT_OFF, kind="start", reason="in force"), CUT_OFF)])
        for n in range(1, 48):
            made.append([(event(at=CUT_OFF + n * HOUR, name=f"s{n}.upd.kaspersky.com"), CUT_OFF + n)])
            if n % 10 == 9:
                made.seal(CUT_OFF + n + 60)
    return path


def run(store: Path, out: Path, *more: str) -> Result:
    period = ("--since", "2024-09-29T10:00:00Z", "--until", "2024-09-30T00:00:00Z")
    return CliRunner().invoke(main, ["audit", "bundle", "--store", str(store), "--out", str(out), *(more or period)])


@pytest.fixture(scope="module")
def archive(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out") / "september.tar.gz"
    result = run(store, out)
    assert result.exit_code == 0, result.output
    return out


@pytest.fixture
def unpacked(archive: Path, tmp_path: Path) -> Path:
    subprocess.run(["tar", "xzf", archive, "-C", tmp_path], check=True)
    return tmp_path / "enforcer-audit"


def verify(folder: Path, *arguments: str) -> tuple[int, str]:
    """As the README says, elsewhere: the script finds its folder by itself."""
    command = [sys.executable, "-I", str(folder / "verify.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", env={})
    assert done.stderr == ""
    return done.returncode, done.stdout


def about(folder: Path) -> dict[str, object]:
    read: dict[str, object] = json.loads((folder / "about.json").read_text())
    return read


def test_an_untouched_bundle_is_proven(unpacked: Path) -> None:
    code, said = verify(unpacked)
    assert code == 0, said
    assert "Records 7 to 20 are proven by signature." in said
    assert "The gateway's key signed the manifest" in said
    assert "Compare that fingerprint" in said
    code, said = verify(unpacked, "--key", str(about(unpacked)["key"])[:16])
    assert (code, "Compare" in said) == (0, False)


def test_what_is_in_it(unpacked: Path) -> None:
    names = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}
    flat = {name for name in names if "/" not in name}
    assert flat == {
        *("README.txt", "MANIFEST.sha256", "MANIFEST.sig", "about.json", "verify.py", "site.toml"),
        *("events.jsonl", "chain.tsv", "heads.jsonl", "report.html", "report.csv", "report.json"),
    }
    assert "policies/us/commerce-kaspersky-2024.toml" in names
    assert "policies/vendors/kaspersky.toml" in names
    lines = (unpacked / "events.jsonl").read_text().splitlines()
    assert [json.loads(line)["name"] for line in lines] == [f"s{n}.upd.kaspersky.com" for n in range(6, 20)]
    assert json.loads((unpacked / "report.json").read_text())["happened"]["occurrences"] == 14
    assert "Gateway    gw.example" in (unpacked / "README.txt").read_text()


def test_the_commands_of_the_readme_work(unpacked: Path) -> None:
    subprocess.run(["sha256sum", "--quiet", "-c", "MANIFEST.sha256"], cwd=unpacked, check=True)
    head = json.loads((unpacked / "heads.jsonl").read_text().splitlines()[-1])
    names = ("serial", "number", "digest", "at", "occasion", "key", "previous")
    (unpacked / "head.txt").write_text("enforcer-head-1\n" + "".join(f"{name} {head[name]}\n" for name in names))
    (unpacked / "head.sig").write_bytes(bytes.fromhex(head["signature"]))
    key = unpacked / "keys" / f"{head['key']}.pub"
    openssl(
        *("pkeyutl", "-verify", "-pubin", "-inkey", key),
        *("-rawin", "-in", unpacked / "head.txt", "-sigfile", unpacked / "head.sig"),
    )


def test_the_archive_tells_nothing_of_the_machine_and_is_its_owners(archive: Path) -> None:
    assert archive.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in archive.parent.iterdir()] == [archive.name]
    with tarfile.open(archive) as tar:
        members = tar.getmembers()
    assert {(one.mtime, one.uid, one.gid, one.uname, one.gname, one.mode) for one in members} == {
        (0, 0, 0, "", "", 0o644)
    }
    assert [one.name for one in members] == sorted(one.name for one in members)


def test_the_same_gives_the_same_bytes(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Clock, "now", lambda _clock: CUT_OFF + 10**6)
    made = [tmp_path / "a.tar.gz", tmp_path / "b.tar.gz"]
    assert [run(store, out).exit_code for out in made] == [0, 0]
    assert made[0].read_bytes() == made[1].read_bytes()


def edited(name: str, old: bytes, new: bytes) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        data = (folder / name).read_bytes()
        assert old in data
        (folder / name).write_bytes(data.replace(old, new, 1))

    return edit


def listed_anew(change: Callable[[Path], None]) -> Callable[[Path], None]:
    """The change, and a manifest made to fit it, unsigned: what somebody would do who knows the form."""

    def forge(folder: Path) -> None:
        change(folder)
        names = (line.split("  ", 1)[1] for line in (folder / "MANIFEST.sha256").read_text().splitlines())
        lines = (f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names)
        (folder / "MANIFEST.sha256").write_text("".join(lines))
        (folder / "MANIFEST.sig").unlink(missing_ok=True)

    return forge


def without_line(name: str, place: int) -> Callable[[Path], None]:
    def cut(folder: Path) -> None:
        lines = (folder / name).read_text().splitlines(keepends=True)
        del lines[place]
        (folder / name).write_text("".join(lines))

    return cut


def both(*changes: Callable[[Path], None]) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        for one in changes:
            one(folder)

    return change


def another_key(folder: Path) -> None:
    (path,) = (folder / "keys").iterdir()
    with tempfile.TemporaryDirectory() as made:
        path.write_bytes(key_pair(Path(made)).public.read_bytes())


def appended(name: str) -> Callable[[Path], None]:
    def append(folder: Path) -> None:
        (folder / name).write_bytes((folder / name).read_bytes() + b"\n")

    return append


def no_key(folder: Path) -> None:
    for path in (folder / "keys").iterdir():
        path.write_text("none")


EVENT = edited("events.jsonl", b"s9.upd", b"s8.upd")
PARTS = [
    *("README.txt", "about.json", "verify.py", "site.toml", "events.jsonl", "chain.tsv", "heads.jsonl"),
    *("report.html", "report.csv", "report.json", "policies/vendors/kaspersky.toml"),
]
TAMPERED = {
    **{f"{name} edited": (appended(name), f"{name} was changed") for name in PARTS},
    "a file removed": (lambda folder: (folder / "report.csv").unlink(), "report.csv is missing"),
    "a file added": (lambda folder: (folder / "more.txt").write_text("x"), "more.txt was added"),
    "a record edited": (listed_anew(EVENT), "record 10 was changed, inserted or swapped"),
    "a record removed": (
        listed_anew(both(without_line("events.jsonl", 3), without_line("chain.tsv", 3))),
        "record 11 stands where record 10 should",
    ),
    "the end cut off": (
        listed_anew(both(without_line("events.jsonl", -1), without_line("chain.tsv", -1))),
        "records 20 to 20 are missing",
    ),
    "the end cut off and the facts made to fit": (
        listed_anew(
            both(
                without_line("events.jsonl", -1),
                without_line("chain.tsv", -1),
                edited("about.json", b'"last": 20', b'"last": 19'),
            )
        ),
        "records up to 20 are signed, and those from 20 on are missing",
    ),
    "a head edited": (listed_anew(edited("heads.jsonl", b'"number": 10', b'"number": 11')), "signed head 3 does not"),
    "a head removed": (listed_anew(without_line("heads.jsonl", -1)), "are chained, and not signed yet"),
    "another key": (listed_anew(another_key), "is not signed by the key"),
    "no key": (
        listed_anew(no_key),
        "is not signed by the key",
    ),
    "the manifest edited": (
        both(
            edited("report.csv", b"kaspersky", b"another"),
            lambda folder: edited(
                "MANIFEST.sha256",
                next(line for line in (folder / "MANIFEST.sha256").read_bytes().splitlines() if b"report.csv" in line),
                f"{hashlib.sha256((folder / 'report.csv').read_bytes()).hexdigest()}  report.csv".encode(),
            )(folder),
        ),
        "MANIFEST.sig does not fit",
    ),
    "no JSON": (listed_anew(edited("heads.jsonl", b"{", b"x")), "a part is not as it was"),
    "no numbers": (listed_anew(edited("chain.tsv", b"10\t", b"ten\t")), "a part is not as it was written"),
    "no manifest": (lambda folder: (folder / "MANIFEST.sha256").write_text("x\n"), "MANIFEST.sha256 is not as it was"),
}


@pytest.mark.parametrize(("change", "says"), TAMPERED.values(), ids=TAMPERED.keys())
def test_tampering_is_named(unpacked: Path, change: Callable[[Path], object], says: str) -> None:
    change(unpacked)
    code, said = verify(unpacked)
    assert says in said
    assert code == (0 if "not signed yet" in says else 4)


def test_another_gateways_bundle_is_told_by_the_fingerprint(unpacked: Path) -> None:
    code, said = verify(unpacked, "--key", "0" * 64)
    assert (code, "which is not the one that was given" in said) == (4, True)


def signed_by_another(folder: Path, change: Callable[[Path], None]) -> None:
    """The change, with a manifest that a stranger signed with a key of his own, laid beside the gateway's."""
    key = Ed25519PrivateKey.generate()
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    name = f"keys/{hashlib.sha256(der).hexdigest()}.pub"
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / name).write_bytes(pem)
    facts = {**about(folder), "key": hashlib.sha256(der).hexdigest()}
    (folder / "about.json").write_text(json.dumps(facts))
    with (folder / "MANIFEST.sha256").open("a") as manifest:
        manifest.write(f"{'0' * 64}  {name}\n")
    listed_anew(change)(folder)
    document = b"enforcer-audit-bundle-1\n" + (folder / "MANIFEST.sha256").read_bytes()
    (folder / "MANIFEST.sig").write_text(key.sign(document).hex())


def without_records(folder: Path) -> None:
    for name in ("events.jsonl", "chain.tsv", "heads.jsonl"):
        (folder / name).write_text("")
    chain = {"first": 1, "last": 0, "before": "0" * 64}
    (folder / "about.json").write_text(json.dumps({**about(folder), "chain": chain}))


REPORT = edited("report.csv", b"kaspersky", b"another")


@pytest.mark.parametrize("change", [REPORT, without_records], ids=["the report", "without records"])
def test_a_manifest_that_a_stranger_signed_is_not_the_gateways(unpacked: Path, change: Callable[[Path], None]) -> None:
    key = str(about(unpacked)["key"])
    signed_by_another(unpacked, change)
    code, said = verify(unpacked, "--key", key)
    assert code == 4, said
    assert "which is not the one that was given" in said
    code, said = verify(unpacked)
    if change is REPORT:
        assert (code, "MANIFEST.sig is by another key than the records" in said) == (4, True)
    else:
        assert str(about(unpacked)["key"]) in said, "the auditor is to compare it"


def test_a_key_is_not_content_with_what_nobody_signed(unpacked: Path) -> None:
    key = str(about(unpacked)["key"])
    listed_anew(without_records)(unpacked)
    assert verify(unpacked)[0] == 0
    code, said = verify(unpacked, "--key", key)
    assert (code, "nothing in it is signed" in said) == (4, True)


def test_heads_of_earlier_records_prove_nothing_of_these(unpacked: Path) -> None:
    def cut(folder: Path) -> None:
        """The head of record 10, and the records behind it, which no head is of."""
        for name, begins in (("events.jsonl", 4), ("chain.tsv", 4)):
            lines = (folder / name).read_text().splitlines(keepends=True)
            (folder / name).write_text("".join(lines[begins:]))
        lines = (folder / "heads.jsonl").read_text().splitlines(keepends=True)
        (folder / "heads.jsonl").write_text(lines[0])
        before = json.loads(lines[0])["digest"]
        facts = {**about(folder), "chain": {"first": 11, "last": 20, "before": before}}
        (folder / "about.json").write_text(json.dumps(facts))

    listed_anew(cut)(unpacked)
    code, said = verify(unpacked)
    assert (code, "No record is proven" in said) == (0, True), said


@pytest.mark.parametrize("content", ["[" * 200_000, '{"key": "\\ud800"}'])
def test_what_is_not_as_written_is_no_traceback(unpacked: Path, content: str) -> None:
    def write(folder: Path) -> None:
        (folder / "about.json").write_text(content)

    listed_anew(write)(unpacked)
    code, said = verify(unpacked)
    assert (code, "a part is not as it was written" in said) == (4, True)


def test_a_name_of_a_file_can_neither_end_the_line_nor_the_verifier(unpacked: Path) -> None:
    Path(os.fsdecode(os.fsencode(unpacked) + b"/a\nAll files are those of the manifest\x1b[2J\xff")).write_text("x")
    code, said = verify(unpacked)
    assert code == 4
    assert all(line.startswith("WRONG: ") for line in said.splitlines())
    assert "\x1b" not in said


def test_from_a_copy_it_is_not_signed_as_a_whole_and_says_so(store: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite"
    copy.write_bytes(store.read_bytes())
    assert not key_file(copy).exists()
    made = run(copy, tmp_path / "b.tar.gz")
    assert made.exit_code == 0
    assert "are not held by a signature" in made.stderr
    assert "are not held by a signature" not in run(store, tmp_path / "c.tar.gz").stderr
    subprocess.run(["tar", "xzf", tmp_path / "b.tar.gz", "-C", tmp_path], check=True)
    code, said = verify(tmp_path / "enforcer-audit")
    assert (code, "The manifest is not signed" in said) == (0, True)
    assert "so is the period: records before 7 or after 20 may belong to it" in said


def test_a_period_without_records(store: Path, tmp_path: Path) -> None:
    result = run(store, tmp_path / "b.tar.gz", "--since", "2020-01-01", "--until", "2020-02-01")
    assert (result.exit_code, "nothing in it is signed" in result.stderr) == (0, True)
    subprocess.run(["tar", "xzf", tmp_path / "b.tar.gz", "-C", tmp_path], check=True)
    assert verify(tmp_path / "enforcer-audit")[0] == 0


def test_what_cannot_be_written_leaves_nothing(store: Path, tmp_path: Path) -> None:
    result = run(store, tmp_path / "none" / "b.tar.gz")
    assert result.exit_code == 1
    assert "cannot write" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_file_is_not_replaced(store: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for out in (pipe, Path()):
        result = run(store, out)
        assert (result.exit_code, "it is no plain file" in result.stderr) == (1, True), result.output
    assert pipe.is_fifo()


def test_no_store(tmp_path: Path) -> None:
    result = run(tmp_path / "none.sqlite", tmp_path / "b.tar.gz")
    assert (result.exit_code, "nothing was ever recorded" in result.stderr) == (1, True)


def test_a_dash_is_standard_output(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = run(store, Path("-"))
    assert made.exit_code == 0
    assert made.stderr.startswith("wrote to standard output: 14 records")
    assert list(tmp_path.iterdir()) == []
    with tarfile.open(fileobj=io.BytesIO(made.stdout_bytes)) as tar:
        assert "enforcer-audit/verify.py" in tar.getnames()


def test_what_retention_left_is_proven_from_its_first_record_on(tmp_path: Path) -> None:
    """The record before it is gone: its digest stands in the seam."""
    store = in_three_files(tmp_path / "events.sqlite")
    segments(store)[0].path.unlink()
    made = run(store, tmp_path / "b.tar.gz", "--since", "2024-09-01", "--until", "2024-10-20")
    assert made.exit_code == 0, made.output
    subprocess.run(["tar", "xzf", tmp_path / "b.tar.gz", "-C", tmp_path], check=True)
    code, said = verify(tmp_path / "enforcer-audit")
    assert code == 0, said
    assert "Records 21 to 50 are proven by signature." in said
