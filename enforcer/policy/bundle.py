"""A policy bundle: a policy set in one signed file.

A tar archive of `manifest.json`, `manifest.sig` (64 bytes, Ed25519 over the manifest's bytes, RFC 8032), and each file
of the set below `policies/`. The order of reading is the rule of safety: the size of the first member is all that is
believed before the signature is checked; afterwards the manifest says what every byte must be.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from enforcer.model.errors import Fault, PolicyError
from enforcer.policy.bundle_tar import END, Tape, TarFault, member
from enforcer.policy.faults import Faults
from enforcer.policy.load import revision
from enforcer.policy.manifest import MAX_MANIFEST, MAX_MEMBERS, NAME, Manifest, Member, read_manifest
from enforcer.policy.policy_set import MAX_FILE, is_bypass, is_policy, path_fault

MAX_BUNDLE = 64 * 2**20
SIGNATURE = "manifest.sig"
SIGNATURE_SIZE = 64
FOLDER = "policies/"

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

    @property
    def policies(self) -> dict[str, str]:
        """What load() takes."""
        return policies_of(self.files)

    @property
    def bypass(self) -> dict[str, str]:
        """What load() takes besides: the files of ways around DNS."""
        return {path: _text(data) for path, data in self.files.items() if is_bypass(path)}


def policies_of(files: Mapping[str, bytes]) -> dict[str, str]:
    """What load() takes of a set. Bytes that are no UTF-8 become lone surrogates, which it refuses by file and line."""
    return {path: _text(data) for path, data in files.items() if is_policy(path)}


def _text(data: bytes) -> str:
    return data.decode(errors="surrogateescape")


def pack(files: Mapping[str, bytes], *, serial: int, created: float, sign: Sign) -> bytes:
    """The bundle. The same arguments give the same bytes. Raises PolicyError if the set does not fit into one."""
    _refuse_what_does_not_fit(files)
    manifest = Manifest(
        serial=serial,
        created=created,
        revision=revision(policies_of(files), ""),
        members=tuple(Member.of(path, files[path]) for path in sorted(files)),
    ).as_bytes()
    head = member(NAME, manifest) + member(SIGNATURE, sign(manifest))
    data = head + b"".join(member(FOLDER + path, files[path]) for path in sorted(files)) + END
    if len(data) > MAX_BUNDLE:
        raise _refusal("the set", "", f"its bundle would have {len(data)} bytes, {MAX_BUNDLE} are allowed")
    return data


def unpack(data: bytes, file: str, signed_by: SignedBy) -> Bundle:
    """The bundle in `data`, if a trusted key signed it and nothing in it was changed, added or left out.

    `file` names it in faults. Raises PolicyError.
    """
    if len(data) > MAX_BUNDLE:
        raise _refusal(file, "", f"has more than {MAX_BUNDLE} bytes")
    if not data.startswith(NAME.encode("ascii")):
        raise _refusal(file, "", f"is no policy bundle: it does not begin with {NAME}")
    tape = Tape(data)
    try:
        signed = tape.take(NAME, tape.size(NAME, MAX_MANIFEST))
        signer = signed_by(signed, tape.take(SIGNATURE, SIGNATURE_SIZE))
        if not signer:
            raise _refusal(file, SIGNATURE, "is by none of the keys that are trusted here, or the manifest was changed")
        manifest = read_manifest(signed, file)
        files = {one.path: _content(tape, one, file) for one in manifest.members}
        tape.end()
    except TarFault as fault:
        raise _refusal(file, "", str(fault)) from fault
    bundle = Bundle(manifest=manifest, files=files, signer=signer)
    if manifest.revision != (real := revision(bundle.policies, "")):
        raise _refusal(file, f"{NAME}.revision", f"is {manifest.revision}, the policies have {real}")
    return bundle


def _content(tape: Tape, one: Member, file: str) -> bytes:
    content = tape.take(FOLDER + one.path, one.size)
    if hashlib.sha256(content).hexdigest() != one.sha256:
        raise _refusal(file, one.path, "was changed after the bundle was signed: its SHA-256 is not the manifest's")
    return content


def _refuse_what_does_not_fit(files: Mapping[str, bytes]) -> None:
    faults = Faults()
    if len(files) > MAX_MEMBERS:
        faults.add("the set", "", f"has {len(files)} files, {MAX_MEMBERS} are allowed in a bundle")
    for path in sorted(files):
        if why := path_fault(path):
            faults.add(path, "", why)
        if len(files[path]) > MAX_FILE:
            faults.add(path, "", f"has {len(files[path])} bytes, {MAX_FILE} are allowed")
    faults.refuse()


def _refusal(file: str, path: str, why: str) -> PolicyError:
    return PolicyError((Fault(file=file, path=path, why=why),))
