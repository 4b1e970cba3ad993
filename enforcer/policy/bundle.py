"""A policy bundle: a policy set in one signed file.

A tar archive of `manifest.json`, `manifest.sig` (64 bytes, Ed25519 over the manifest's bytes, RFC 8032), each file of
the set below `policies/`, and its lists. The order of reading is the rule of safety: the size of the first member is
all that is believed before the signature is checked; afterwards the manifest says what every byte must be.

Lists are large. They pass through in chunks when a bundle is made and when it is checked; when they are loaded they are
read once more, and must again be what was signed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from enforcer.model.errors import EdgeError, Fault, PolicyError
from enforcer.policy.bundle_tar import CHUNK, END, Data, Tape, TarFault, header, member, padding
from enforcer.policy.faults import Faults
from enforcer.policy.list_file import ListFile
from enforcer.policy.lists import MAX_BYTES, list_path_fault, not_here
from enforcer.policy.load import revision
from enforcer.policy.manifest import MAX_MANIFEST, MAX_MEMBERS, NAME, Manifest, Member, read_manifest
from enforcer.policy.policy_set import MAX_FILE, is_bypass, is_policy, path_fault

MAX_FILES = 64 * 2**20
"""Bytes of all files together, which are read whole."""
MAX_BUNDLE = MAX_FILES + MAX_BYTES + 4 * 2**20
"""With all lists, the manifest and what tar adds."""
SIGNATURE = "manifest.sig"
SIGNATURE_SIZE = 64
FOLDER = "policies/"
CHANGED = "was changed after the bundle was signed: its SHA-256 is not the manifest's"

NO_LISTS: Mapping[Member, Iterable[bytes]] = {}
Sign = Callable[[bytes], bytes]
SignedBy = Callable[[bytes, bytes], str]
"""Document and signature to the fingerprint of the key that made it; empty if it was none of those we trust."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A bundle that was verified."""

    manifest: Manifest
    files: Mapping[str, bytes]
    """By path within the set."""
    signer: str
    """The fingerprint of the key that signed it."""
    places: Mapping[str, int]
    """Where the content of each list begins in `data`, by its path."""
    data: Data = field(repr=False)

    @property
    def policies(self) -> dict[str, str]:
        """What load() takes."""
        return policies_of(self.files)

    @property
    def bypass(self) -> dict[str, str]:
        """What load() takes besides: the files of ways around DNS."""
        return bypass_of(self.files)

    def open_list(self, file: str) -> ListFile:
        """As Lists.open."""
        if file not in self.places:
            return not_here(file)
        member = next(one for one in self.manifest.lists if one.path == file)
        start, ends = self.places[file], self.places[file] + member.size
        chunks = (self.data[at : min(at + CHUNK, ends)] for at in range(start, ends, CHUNK))
        return ListFile(member.size, unchanged(member, chunks))


def unchanged(member: Member, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks; behind the last one an EdgeError if they are not what the manifest says."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
        yield chunk
    if digest.hexdigest() != member.sha256:
        raise EdgeError(f"{member.path} changed while it was read", cure="try again when nobody writes there")


def policies_of(files: Mapping[str, bytes]) -> dict[str, str]:
    """What load() takes of a set. Bytes that are no UTF-8 become lone surrogates, which it refuses by file and line."""
    return {path: _text(data) for path, data in files.items() if is_policy(path)}


def bypass_of(files: Mapping[str, bytes]) -> dict[str, str]:
    """What load() takes of a set besides."""
    return {path: _text(data) for path, data in files.items() if is_bypass(path)}


def _text(data: bytes) -> str:
    return data.decode(errors="surrogateescape")


def pack(
    files: Mapping[str, bytes],
    *,
    serial: int,
    created: float,
    sign: Sign,
    lists: Mapping[Member, Iterable[bytes]] = NO_LISTS,
) -> Iterator[bytes]:
    """The bundle, in chunks. The same arguments give the same bytes.

    Raises PolicyError if the set does not fit into one; the iteration EdgeError if a list is not what its member says.
    """
    _refuse_what_does_not_fit(files, [*lists])
    order = sorted(lists, key=lambda one: one.path)
    manifest = Manifest(
        serial=serial,
        created=created,
        revision=_revision(files, order),
        members=tuple(Member.of(path, files[path]) for path in sorted(files)),
        lists=tuple(order),
    ).as_bytes()
    head = member(NAME, manifest) + member(SIGNATURE, sign(manifest))
    return chain(
        (head,),
        (member(FOLDER + path, files[path]) for path in sorted(files)),
        *(_list_member(one, lists[one]) for one in order),
        (END,),
    )


def _list_member(one: Member, chunks: Iterable[bytes]) -> Iterator[bytes]:
    yield header(FOLDER + one.path, one.size)
    yield from unchanged(one, chunks)
    yield padding(one.size)


def unpack(data: Data, file: str, signed_by: SignedBy) -> Bundle:
    """The bundle in `data`, if a trusted key signed it and nothing in it was changed, added or left out.

    `file` names it in faults. Raises PolicyError.
    """
    if len(data) > MAX_BUNDLE:
        raise _refusal(file, "", f"has more than {MAX_BUNDLE} bytes")
    if data[: len(NAME)] != NAME.encode("ascii"):
        raise _refusal(file, "", f"is no policy bundle: it does not begin with {NAME}")
    tape = Tape(data)
    try:
        signed = tape.take(NAME, tape.size(NAME, MAX_MANIFEST))
        signer = signed_by(signed, tape.take(SIGNATURE, SIGNATURE_SIZE))
        if not signer:
            raise _refusal(file, SIGNATURE, "is by none of the keys that are trusted here, or the manifest was changed")
        manifest = read_manifest(signed, file)
        _refuse_sizes(file, manifest.members, manifest.lists)
        files = {one.path: _content(tape, one, file) for one in manifest.members}
        places = {one.path: _place(tape, one, file) for one in manifest.lists}
        tape.end()
    except TarFault as fault:
        raise _refusal(file, "", str(fault)) from fault
    bundle = Bundle(manifest=manifest, files=files, signer=signer, places=places, data=data)
    if manifest.revision != (real := _revision(files, manifest.lists)):
        raise _refusal(file, f"{NAME}.revision", f"is {manifest.revision}, the policies have {real}")
    return bundle


def _revision(files: Mapping[str, bytes], lists: Iterable[Member]) -> str:
    """That of load() for the same set without a site file."""
    digests = {one.path: bytes.fromhex(one.sha256) for one in lists}
    return revision({**policies_of(files), **bypass_of(files)}, "", digests)


def _place(tape: Tape, one: Member, file: str) -> int:
    place, sha256 = tape.hash(FOLDER + one.path, one.size)
    if sha256 != one.sha256:
        raise _refusal(file, one.path, CHANGED)
    return place


def _content(tape: Tape, one: Member, file: str) -> bytes:
    content = tape.take(FOLDER + one.path, one.size)
    if hashlib.sha256(content).hexdigest() != one.sha256:
        raise _refusal(file, one.path, CHANGED)
    return content


def _refuse_what_does_not_fit(files: Mapping[str, bytes], lists: Sequence[Member]) -> None:
    faults = Faults()
    if len(files) > MAX_MEMBERS:
        faults.add("the set", "", f"has {len(files)} files, {MAX_MEMBERS} are allowed in a bundle")
    for path in sorted(files):
        if why := path_fault(path):
            faults.add(path, "", why)
        if len(files[path]) > MAX_FILE:
            faults.add(path, "", f"has {len(files[path])} bytes, {MAX_FILE} are allowed")
    for one in lists:
        if why := list_path_fault(one.path):
            faults.add(one.path, "", why)
    faults.refuse()
    _refuse_sizes("the set", [Member.of(path, content) for path, content in files.items()], lists)


def _refuse_sizes(file: str, members: Iterable[Member], lists: Iterable[Member]) -> None:
    for what, part, most in (("files", members, MAX_FILES), ("lists", lists, MAX_BYTES)):
        size = sum(one.size for one in part)
        if size > most:
            raise _refusal(file, "", f"its {what} have {size} bytes together, {most} are allowed in a bundle")


def _refusal(file: str, path: str, why: str) -> PolicyError:
    return PolicyError((Fault(file=file, path=path, why=why),))
