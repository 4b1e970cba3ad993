"""Manifests: one spelling, every fault of a signer's faulty program told with its place."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enforcer.model.errors import PolicyError
from enforcer.policy.manifest import MAX_MANIFEST, MAX_MEMBERS, MAX_SERIAL, Manifest, Member, read_manifest
from enforcer.policy.policy_set import MAX_FILE, MAX_PATH

MANIFEST = Manifest(
    serial=7,
    created=1_719_000_000.0,
    revision="0123456789abcdef",
    members=(Member.of("a.toml", b"# a\n"), Member.of("us/b.toml", b"")),
)


def test_it_is_written_so() -> None:
    assert (
        MANIFEST.as_bytes().decode()
        == """{
 "format": "enforcer-policy-bundle-1",
 "serial": 7,
 "created": "2024-06-21T20:00:00Z",
 "revision": "0123456789abcdef",
 "files": [
  {
   "path": "a.toml",
   "size": 4,
   "sha256": "f46ff6f8fbab0ee9fa9d0cd9f6a8f6c2bb93ab6b03d0d3a9e9e2b6a9e7f2d3b4"
  },
  {
   "path": "us/b.toml",
   "size": 0,
   "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
  }
 ]
}
""".replace("f46ff6f8fbab0ee9fa9d0cd9f6a8f6c2bb93ab6b03d0d3a9e9e2b6a9e7f2d3b4", MANIFEST.members[0].sha256)
    )


def test_what_is_written_is_read() -> None:
    assert read_manifest(MANIFEST.as_bytes(), "x.bundle") == MANIFEST


def test_the_largest_fits_its_bound() -> None:
    members = tuple(
        Member(path=f"{n:0{MAX_PATH - 5}}.toml", size=MAX_FILE, sha256="0" * 64) for n in range(MAX_MEMBERS)
    )
    largest = Manifest(serial=MAX_SERIAL, created=0.0, revision="0" * 16, members=members)
    assert len(largest.as_bytes()) <= MAX_MANIFEST
    assert read_manifest(largest.as_bytes(), "x.bundle") == largest


def told(data: bytes) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        read_manifest(data, "x.bundle")
    return [str(fault) for fault in caught.value.faults]


def changed(**changes: Any) -> bytes:
    values = json.loads(MANIFEST.as_bytes()) | changes
    return (json.dumps({key: value for key, value in values.items() if value is not None}, indent=1) + "\n").encode()


def file(**changes: Any) -> bytes:
    return changed(files=[json.loads(MANIFEST.as_bytes())["files"][0] | changes])


FAULTS = {
    "another format": (changed(format="x-2"), "format: is neither 'enforcer-policy-bundle-1' nor"),
    "no serial": (changed(serial=None), "serial: 0 is not between 1 and 9007199254740991"),
    "serial 0": (changed(serial=0), "serial: 0 is not between 1 and"),
    "serial too large": (changed(serial=MAX_SERIAL + 1), f"serial: {MAX_SERIAL + 1} is not between"),
    "a serial in words": (changed(serial="7"), "serial: wanted a whole number, this is a string"),
    "a serial that is true": (changed(serial=True), "serial: wanted a whole number, this is true or false"),
    "a day that is none": (changed(created="soon"), "created: 'soon' is no instant"),
    "another spelling of a day": (changed(created="2024-06-21T20:00:00+00:00"), "is not written in the canonical form"),
    "odd revision": (changed(revision="xyz"), "revision: 'xyz' is not in hexadecimal"),
    "unknown key": (changed(seriel=1), "seriel: unknown key; did you mean 'serial'?"),
    "files that are no list": (changed(files={}), "files: wanted an array, this is a table"),
    "a way out": (file(path="../a.toml"), "files[0].path: '../a.toml' is no path for a bundle"),
    "an absolute path": (file(path="/a.toml"), "files[0].path: '/a.toml' is no path for a bundle"),
    "a negative size": (file(size=-1), "files[0].size: -1 is not between 0 and"),
    "a huge file": (file(size=MAX_FILE + 1), f"files[0].size: {MAX_FILE + 1} is not between"),
    "a hash in capitals": (file(sha256="A" * 64), "files[0].sha256: 'AAAA"),
    "a key too many": (file(mode=511), "files[0].mode: unknown key"),
    "no JSON": (b"{", "is no JSON in ASCII"),
    "not ASCII": ('{"ü": 1}'.encode(), "is no JSON in ASCII"),
    "no object": (b"[]", "is no object"),
    "nested": (b"[" * 100_000, "is no JSON in ASCII"),
    "a number of many digits": (b'{"serial": ' + b"9" * 10_000 + b"}", "is no JSON in ASCII"),
    "a key twice": (MANIFEST.as_bytes().replace(b'"serial": 7', b'"serial": 6,\n "serial": 7'), "canonical form"),
    "other white space": (MANIFEST.as_bytes() + b"\n", "is not written in the canonical form"),
}


@pytest.mark.parametrize(("data", "why"), FAULTS.values(), ids=FAULTS.keys())
def test_the_fault_is_told_with_its_place(data: bytes, why: str) -> None:
    fault = told(data)[0]
    assert fault.startswith("x.bundle: manifest.json")
    assert why in fault


@pytest.mark.parametrize("order", [(1, 0), (0, 0)])
def test_files_stand_sorted_and_once(order: tuple[int, int]) -> None:
    files = json.loads(MANIFEST.as_bytes())["files"]
    assert "are not sorted by path, each once" in told(changed(files=[files[n] for n in order]))[0]


def test_too_many_files_are_refused() -> None:
    files = [{"path": f"{n}.toml", "size": 0, "sha256": "0" * 64} for n in range(MAX_MEMBERS + 1)]
    assert told(changed(files=files)) == ["x.bundle: manifest.json.files: has 4001 tables, 4000 are allowed"]


KEYS = st.sampled_from(["format", "serial", "created", "revision", "files", "path", "size", "x"])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner), max_leaves=9)


@settings(deadline=None)
@given(values=JSON)
def test_no_json_raises_anything_else(values: object) -> None:
    assert told(json.dumps(values).encode())


def test_the_digest_is_that_of_the_bytes() -> None:
    assert MANIFEST.digest == hashlib.sha256(MANIFEST.as_bytes()).hexdigest()
