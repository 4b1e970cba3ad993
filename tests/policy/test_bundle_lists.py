"""Bundles with lists: what was named comes out, in chunks, and no changed byte gets through at any time."""

import pytest
from bundle_fixtures import CREATED, SIGNER, SMALL, opened, packed, refusals, seal, sealed_by
from list_fixtures import NAMED
from policy_fixtures import STEPS

from enforcer.model.errors import EdgeError, PolicyError
from enforcer.policy import bundle, bundle_tar
from enforcer.policy.bundle import pack, unpack
from enforcer.policy.lists import MAX_LISTS, Lists
from enforcer.policy.load import load
from enforcer.policy.manifest import FORMAT, WITH_LISTS, Member

LISTS = {"lists/a.txt": b"a.example\nb.example\n", "lists/b/c.txt": b"# none but\nc.example\n"}
FILES = {
    "vendors/acme.toml": (NAMED + 'domains_list = "lists/a.txt"\nnames_list = "lists/b/c.txt"\n').encode(),
    "xx/steps.toml": STEPS.encode(),
}


def with_lists(files: dict[str, bytes] = FILES, lists: dict[str, bytes] = LISTS) -> bytes:
    members = {Member.of(path, content): [content[:5], content[5:]] for path, content in lists.items()}
    return b"".join(pack(files, serial=7, created=CREATED, sign=seal, lists=members))


BUNDLE = with_lists(SMALL)


def test_the_lists_that_were_packed_are_loaded() -> None:
    found = opened(with_lists())
    policy = load(found.policies, lists=Lists(open=found.open_list))
    assert (found.files, found.signer) == (FILES, SIGNER)
    assert policy.patterns.listed == {"lists/a.txt": 2, "lists/b/c.txt": 1}
    assert policy.revision == found.manifest.revision


def test_a_list_comes_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "CHUNK", 4)
    size, chunks = opened(BUNDLE).open_list("lists/a.txt")
    assert (size, [*chunks]) == (20, [b"a.ex", b"ampl", b"e\nb.", b"exam", b"ple\n"])


def test_a_list_that_is_not_there_is_told() -> None:
    with pytest.raises(EdgeError, match=r"lists/x\.txt is not in this set"):
        opened(BUNDLE).open_list("lists/x.txt")


def test_every_changed_byte_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle_tar, "CHUNK", 8)
    for at in range(len(BUNDLE)):
        assert refusals(BUNDLE[:at] + bytes([BUNDLE[at] ^ 1 << at % 8]) + BUNDLE[at + 1 :])


def test_every_cut_is_refused() -> None:
    for at in range(0, len(BUNDLE), 7):
        assert refusals(BUNDLE[:at])


def test_what_is_changed_after_the_check_is_told_when_it_is_loaded() -> None:
    data = bytearray(with_lists())
    found = unpack(data, "x.bundle", sealed_by)  # type: ignore[arg-type] # bytes that change, as a file's can
    at = data.index(b"b.example")
    data[at : at + 1] = b"x"
    with pytest.raises(PolicyError, match=r"lists/a\.txt changed while it was read; try again"):
        load(found.policies, lists=Lists(open=found.open_list))


def test_a_set_without_lists_is_of_the_first_format() -> None:
    assert FORMAT.encode() in packed()
    assert WITH_LISTS.encode() in BUNDLE


def test_a_list_that_changes_while_it_is_packed_is_told() -> None:
    member = Member.of("lists/a.txt", b"a.example\n")
    chunks = pack(SMALL, serial=7, created=CREATED, sign=seal, lists={member: [b"a.exampel\n"]})
    with pytest.raises(EdgeError, match=r"lists/a\.txt changed while it was read"):
        list(chunks)


def faults_of(lists: dict[str, bytes]) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        with_lists(SMALL, lists)
    return [str(fault) for fault in caught.value.faults]


def test_what_does_not_fit_is_not_packed(monkeypatch: pytest.MonkeyPatch) -> None:
    [fault] = faults_of({"../a.txt": b""})
    assert "is no path of a list" in fault
    [fault] = faults_of({f"lists/{'a' * 90}.txt": b""})
    assert "has 100 characters, 90 are allowed in a bundle" in fault
    monkeypatch.setattr(bundle, "MAX_BYTES", 40)
    assert faults_of(LISTS) == ["the set: its lists have 41 bytes together, 40 are allowed in a bundle"]
    assert refusals(BUNDLE) == ["x.bundle: its lists have 41 bytes together, 40 are allowed in a bundle"]


def test_too_many_lists_are_refused_by_their_reader() -> None:
    many = {f"lists/{number}.txt": b"" for number in range(MAX_LISTS + 1)}
    assert refusals(with_lists(SMALL, many)) == ["x.bundle: manifest.json.lists: has 65 tables, 64 are allowed"]
