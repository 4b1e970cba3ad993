"""A small policy set as a bundle, with a signature that needs no key: the edge's tests have real ones."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from bypass_fixtures import BYPASS
from policy_fixtures import ACME, STEPS

from enforcer.model.errors import PolicyError
from enforcer.policy.bundle import Bundle, pack, unpack
from enforcer.policy.bundle_tar import BLOCK, END, member
from enforcer.policy.manifest import NAME

SET = {
    **{path: text.encode() for path, text in BYPASS.items()},
    "subjects.toml": b"# words\n",
    "tests/steps.toml": b"# cases\n",
    "vendors/acme.toml": ACME.encode(),
    "xx/steps.toml": STEPS.encode(),
}
SMALL = {"a.toml": b"# a\n", "b.toml": b"# b\n"}
CREATED = 1_719_000_000.0
SIGNER = "key"


def seal(document: bytes) -> bytes:
    return hashlib.sha512(document).digest()


def sealed_by(document: bytes, signature: bytes) -> str:
    return SIGNER if signature == seal(document) else ""


def packed(files: Mapping[str, bytes] = SET, serial: int = 7) -> bytes:
    return b"".join(pack(files, serial=serial, created=CREATED, sign=seal))


def assembled(manifest: bytes, files: Mapping[str, bytes] = SMALL) -> bytes:
    """A bundle with any manifest, well signed: what a signer's faulty program could make."""
    head = member(NAME, manifest) + member("manifest.sig", seal(manifest))
    return head + b"".join(member(f"policies/{path}", content) for path, content in files.items()) + END


def opened(data: bytes) -> Bundle:
    return unpack(data, "x.bundle", sealed_by)


def refusals(data: bytes) -> list[str]:
    """Why the bundle is refused; fails if it is not."""
    try:
        opened(data)
    except PolicyError as error:
        return [str(fault) for fault in error.faults]
    raise AssertionError("it was accepted")


def place(data: bytes, name: str) -> int:
    """Where the header of a member stands."""
    return next(at for at in range(0, len(data), BLOCK) if data[at:].startswith(name.encode() + b"\0"))
