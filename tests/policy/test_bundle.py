"""Bundles: what was packed comes out, and no changed byte gets through."""

import json
from pathlib import Path

import pytest
from bundle_fixtures import (
    CREATED,
    SET,
    SIGNER,
    SMALL,
    assembled,
    opened,
    packed,
    place,
    refusals,
    seal,
)
from bypass_fixtures import BYPASS
from hypothesis import given, settings
from hypothesis import strategies as st

from enforcer.model.errors import PolicyError
from enforcer.policy import bundle
from enforcer.policy.bundle import FOLDER, pack, policies_of
from enforcer.policy.bundle_tar import BLOCK, END, member
from enforcer.policy.load import load, revision
from enforcer.policy.manifest import MAX_MEMBERS, Manifest, Member
from enforcer.policy.policy_set import MAX_FILE

BUNDLE = packed(SMALL)


def test_what_was_packed_comes_out() -> None:
    found = opened(packed())
    assert (found.files, found.signer) == (SET, SIGNER)
    assert (found.manifest.serial, found.manifest.created) == (7, CREATED)


def test_only_what_decides_is_loaded_and_has_a_revision() -> None:
    found = opened(packed())
    assert sorted(found.policies) == ["vendors/acme.toml", "xx/steps.toml"]
    assert found.bypass == BYPASS
    assert found.manifest.revision == load(found.policies, bypass=found.bypass).revision
    assert opened(packed({**SET, "tests/steps.toml": b"# other cases\n"})).manifest.revision == found.manifest.revision
    assert opened(packed({**SET, "bypass/around.toml": b"# none\n"})).manifest.revision != found.manifest.revision


def test_the_same_arguments_give_the_same_bytes_in_any_order() -> None:
    assert packed(dict(reversed(SET.items()))) == packed()
    assert packed(serial=8) != packed()


def test_bytes_that_are_no_utf8_stay_as_they_are() -> None:
    odd = {"a.toml": b"\xff\r\n"}
    assert opened(packed(odd)).files == odd
    assert policies_of(odd) == {"a.toml": "\udcff\r\n"}


def test_every_changed_byte_is_refused() -> None:
    for at in range(len(BUNDLE)):
        assert refusals(BUNDLE[:at] + bytes([BUNDLE[at] ^ 1 << at % 8]) + BUNDLE[at + 1 :])


def test_every_cut_is_refused() -> None:
    for at in range(0, len(BUNDLE), 7):
        assert refusals(BUNDLE[:at])


A, B = place(BUNDLE, "policies/a.toml"), place(BUNDLE, "policies/b.toml")
MANIFEST_SIZE = len(BUNDLE[BLOCK : place(BUNDLE, "manifest.sig")].rstrip(b"\0"))
TAMPERED = {
    "the manifest": (
        BUNDLE.replace(b'"serial": 7', b'"serial": 9'),
        "x.bundle: manifest.sig: is by none of the keys that are trusted here, or the manifest was changed",
    ),
    "the signature": (
        BUNDLE.replace(seal(BUNDLE[BLOCK : BLOCK + MANIFEST_SIZE]), bytes(64)),
        "x.bundle: manifest.sig: is by none of the keys",
    ),
    "a file": (
        BUNDLE.replace(b"# b\n", b"# c\n"),
        "x.bundle: b.toml: was changed after the bundle was signed: its SHA-256 is not the manifest's",
    ),
    "a file's length": (
        BUNDLE.replace(member("policies/b.toml", b"# b\n"), member("policies/b.toml", b"# b\n#")),
        f"x.bundle: byte {B}: the header of policies/b.toml should be here",
    ),
    "the order": (
        BUNDLE[:A] + BUNDLE[B:-1024] + BUNDLE[A:B] + END,
        f"x.bundle: byte {A}: the header of policies/a.toml should be here",
    ),
    "a file left out": (
        BUNDLE[:A] + BUNDLE[B:],
        f"x.bundle: byte {A}: the header of policies/a.toml should be here",
    ),
    "the last file left out": (
        BUNDLE[:B] + END,
        f"x.bundle: byte {B}: the header of policies/b.toml should be here",
    ),
    "a file too many": (
        BUNDLE[:-1024] + member("policies/c.toml", b"") + END,
        f"x.bundle: byte {len(BUNDLE) - 1024}: the end of the bundle should be here",
    ),
    "a file twice": (
        BUNDLE[:B] + BUNDLE[A:],
        f"x.bundle: byte {B}: the header of policies/b.toml should be here",
    ),
    "bytes after the end": (
        BUNDLE + b"more",
        f"x.bundle: byte {len(BUNDLE)}: 4 bytes more than the bundle should have",
    ),
    "cut in a file": (
        BUNDLE[: B + BLOCK + 2],
        f"x.bundle: byte {B + BLOCK + 2}: the bundle ends within policies/b.toml",
    ),
    "cut before a file": (BUNDLE[: B + 20], f"x.bundle: byte {B + 20}: the bundle ends before policies/b.toml"),
    "cut before the end": (
        BUNDLE[:-1024],
        f"x.bundle: byte {len(BUNDLE) - 1024}: the end of the bundle should be here",
    ),
    "a link instead of a file": (
        BUNDLE[: A + 156] + b"2" + BUNDLE[A + 157 :],
        f"x.bundle: byte {A}: the header of policies/a.toml should be here",
    ),
    "a file in place of the padding": (
        BUNDLE[: B - 10] + b"#" + BUNDLE[B - 9 :],
        "policies/a.toml is followed by something else than zeros",
    ),
    "another file": (b"PK\3\4", "x.bundle: is no policy bundle: it does not begin with manifest.json"),
    "nothing": (b"", "x.bundle: is no policy bundle"),
    "a manifest beyond its bound": (
        member("manifest.json", bytes(2**20 + 1)),
        "x.bundle: byte 0: manifest.json has 1048577 bytes, 1048576 are allowed",
    ),
}


@pytest.mark.parametrize(("data", "why"), TAMPERED.values(), ids=TAMPERED.keys())
def test_tampering_is_refused_with_its_place(data: bytes, why: str) -> None:
    assert data != BUNDLE
    [fault] = refusals(data)
    assert why in fault


@settings(deadline=None)
@given(data=st.binary(max_size=600))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    assert refusals(data)
    assert refusals(BUNDLE[:1024] + data)


def manifest(**changes: object) -> bytes:
    members = tuple(Member.of(path, content) for path, content in SMALL.items())
    real = revision(policies_of(SMALL), "")
    return Manifest(**{"serial": 7, "created": CREATED, "revision": real, "members": members} | changes).as_bytes()  # type: ignore[arg-type]


def test_what_a_signer_could_get_wrong_is_refused_too() -> None:
    assert opened(assembled(manifest())).files == SMALL
    assert "manifest.json.revision: is 0000" in refusals(assembled(manifest(revision="0" * 16)))[0]
    [fault] = refusals(assembled(json.dumps({"format": "another document"}).encode()))[:1]
    assert "made for another version" in fault


def test_nothing_is_read_before_the_signature_is_checked() -> None:
    """Behind a manifest that nobody trusted signed, the rest may be anything: it is not looked at."""
    unsigned = member("manifest.json", b"[" * 100_000) + member("manifest.sig", bytes(64)) + b"anything"
    assert refusals(unsigned) == [
        "x.bundle: manifest.sig: is by none of the keys that are trusted here, or the manifest was changed"
    ]


def faults_of(files: dict[str, bytes]) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        pack(files, serial=1, created=CREATED, sign=seal)
    return [str(fault) for fault in caught.value.faults]


def test_what_does_not_fit_is_not_packed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert faults_of({"us/a b.toml": b"", ".x.toml": b""}) == [
        f"{path}: {path!r} is no path for a bundle; wanted letters, digits, `-`, `_`, `.`, at most 8 folders deep, "
        "no part that begins with a dot, `.toml` at the end"
        for path in (".x.toml", "us/a b.toml")
    ]
    assert faults_of({"a.toml": bytes(MAX_FILE + 1)}) == ["a.toml: has 4194305 bytes, 4194304 are allowed"]
    many = {f"{n}.toml": b"" for n in range(MAX_MEMBERS + 1)}
    assert faults_of(many)[0] == "the set: has 4001 files, 4000 are allowed in a bundle"
    with monkeypatch.context() as patch:
        patch.setattr(bundle, "MAX_FILES", 7)
        assert faults_of(SMALL) == ["the set: its files have 8 bytes together, 7 are allowed in a bundle"]
        assert refusals(BUNDLE) == ["x.bundle: its files have 8 bytes together, 7 are allowed in a bundle"]
    monkeypatch.setattr(bundle, "MAX_BUNDLE", len(BUNDLE) - 1)
    assert refusals(BUNDLE) == [f"x.bundle: has more than {len(BUNDLE) - 1} bytes"]


def test_files_lie_in_a_folder_of_their_own() -> None:
    assert place(packed(), f"{FOLDER}subjects.toml")


def test_a_bundle_of_the_first_format_is_read_for_ever() -> None:
    """Made once by `packed(SMALL)`. If this fails, sites refuse the bundles that they have: raise FORMAT instead."""
    assert (Path(__file__).parent / "format-1.bundle").read_bytes() == BUNDLE
