"""Verifies an audit bundle of the egress enforcer: needs Python 3.9 or later, and nothing besides.

    python3 -I verify.py                     in the folder that the archive was unpacked to
    python3 -I verify.py --key FINGERPRINT   hold it against the fingerprint that was noted at the gateway

It trusts no file of the bundle but itself: read it, or write your own by README.txt. Ed25519 is computed here, after
RFC 8032, sections 5.1 and 6. Exit codes: 0 all fits; 4 something was changed; 2 the command line.
"""

# A copy of this module goes into each bundle, so it imports nothing of ours and stays readable to an auditor.
from __future__ import annotations

import base64
import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
MANIFEST, SIGNATURE = "MANIFEST.sha256", "MANIFEST.sig"
# RFC 8410 section 4: what stands before the 32 bytes of an Ed25519 public key in DER.
DER_PREFIX = bytes.fromhex("302a300506032b6570032100")

Point = tuple[int, int, int, int]

# --- Ed25519 (RFC 8032): points are (X, Y, Z, T), with x = X/Z, y = Y/Z, x * y = T/Z
P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def add(one: Point, other: Point) -> Point:
    a, b = (one[1] - one[0]) * (other[1] - other[0]) % P, (one[1] + one[0]) * (other[1] + other[0]) % P
    c, d = 2 * one[3] * other[3] * D % P, 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def multiply(scalar: int, point: Point) -> Point:
    result: Point = (0, 1, 1, 0)
    while scalar > 0:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def same(one: Point, other: Point) -> bool:
    return (one[0] * other[2] - other[0] * one[2]) % P == 0 and (one[1] * other[2] - other[1] * one[2]) % P == 0


def x_of(y: int, sign: int) -> int | None:
    """The x that belongs to a y; None if that is no point."""
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if square == 0:
        return None if sign else 0
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P != 0:
        x = x * SQRT_M1 % P
    if (x * x - square) % P != 0:
        return None
    return P - x if (x & 1) != sign else x


def point_of(data: bytes) -> Point | None:
    """A point from its 32 bytes; None if they are none."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    x = x_of(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little")) or (0, 1, 1, 0)


def is_signed(public: bytes, document: bytes, signature: bytes) -> bool:
    """Whether the 64 bytes are the signature on the document, by the key of these 32 bytes."""
    if len(public) != 32 or len(signature) != 64:
        return False
    a, r = point_of(public), point_of(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= Q:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + document).digest(), "little") % Q
    return same(multiply(s, BASE), add(r, multiply(h, a)))


# --- the parts of the bundle


class Wrong(Exception):
    """A part does not fit, and nothing behind it can be told."""


def read(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


def digest_of(name: str) -> str:
    digest = hashlib.sha256()
    with open(FOLDER / name, "rb") as file:
        for chunk in iter(lambda: file.read(2**20), b""):
            digest.update(chunk)
    return digest.hexdigest()


def members() -> Iterator[str]:
    """Every file that is here, by its name within the bundle."""
    for path in FOLDER.rglob("*"):
        if not path.is_dir():
            yield path.relative_to(FOLDER).as_posix()


def listed() -> dict[str, str]:
    """The manifest's digest of each file."""
    found: dict[str, str] = {}
    for line in read(MANIFEST).decode().split("\n")[:-1]:
        digest, _, name = line.partition("  ")
        if len(digest) != 64 or not name or name in found:
            raise Wrong(f"{MANIFEST} is not as it was written")
        found[name] = digest
    return found


def check_files() -> Iterator[str]:
    """Yields what is wrong with the files, by the manifest."""
    expected, here = listed(), set(members()) - {MANIFEST, SIGNATURE}
    for name in sorted(set(expected) - here):
        yield f"{name} is missing"
    for name in sorted(here - set(expected)):
        yield f"{name} was added: the manifest does not list it"
    for name in sorted(here & set(expected)):
        if digest_of(name) != expected[name]:
            yield f"{name} was changed: its SHA-256 is not the manifest's"


def keys() -> dict[str, bytes]:
    """The public keys, 32 bytes each, by fingerprint: SHA-256 of the key in DER."""
    found = {}
    for name in members():
        if name.startswith("keys/"):
            lines = [line for line in read(name).decode("ascii", "replace").splitlines() if "-----" not in line]
            try:
                der = base64.b64decode("".join(lines), validate=True)
            except ValueError:
                continue
            if der.startswith(DER_PREFIX):
                found[hashlib.sha256(der).hexdigest()] = der[len(DER_PREFIX) :]
    return found


def document_of(head: dict[str, Any]) -> bytes:
    """The text that a head's signature is on."""
    names = ("serial", "number", "digest", "at", "occasion", "key", "previous")
    return ("enforcer-head-1\n" + "".join(f"{name} {head[name]}\n" for name in names)).encode("ascii")


def check_heads(heads: Sequence[dict[str, Any]], known: dict[str, bytes]) -> Iterator[str]:
    """Yields what is wrong with the signed heads: one signature of each key holds all heads before it."""
    before = None
    for place, head in enumerate(heads):
        if before is not None:
            link = hashlib.sha256(document_of(before) + bytes.fromhex(before["signature"])).hexdigest()
            if head["serial"] != before["serial"] + 1 or head["previous"] != link:
                yield f"signed head {head['serial']} does not follow head {before['serial']}"
        ends = place + 1 == len(heads) or heads[place + 1]["key"] != head["key"]
        if ends and not by_key(known, head["key"], document_of(head), bytes.fromhex(head["signature"])):
            yield f"signed head {head['serial']} is not signed by the key {head['key']}"
        before = head


def by_key(known: dict[str, bytes], fingerprint: str, document: bytes, signature: bytes) -> bool:
    return fingerprint in known and is_signed(known[fingerprint], document, signature)


def check_chain(about: dict[str, Any], signed: dict[int, str]) -> Iterator[str]:
    """Yields what is wrong with the records; `signed` has the digest of each record with a signed head."""
    digest, expected = about["chain"]["before"], about["chain"]["first"]
    with open(FOLDER / "events.jsonl", "rb") as bodies, open(FOLDER / "chain.tsv", "rb") as links:
        for line in links:
            number, recorded, kept = line.decode("ascii").split()
            body = bodies.readline().rstrip(b"\n")
            if int(number) != expected:
                yield f"record {number} stands where record {expected} should"
            text = b"enforcer-chain-1\n" + bytes.fromhex(digest) + f"{number} {recorded}\n".encode() + body
            if hashlib.sha256(text).hexdigest() != kept:
                yield f"record {number} was changed, inserted or swapped"
            if signed.get(int(number), kept) != kept:
                yield f"record {number} is not the one that was signed: it or one before it was changed"
            digest, expected = kept, int(number) + 1
        if bodies.readline():
            yield "events.jsonl has more records than chain.tsv"
    if expected != about["chain"]["last"] + 1:
        yield f"records {expected} to {about['chain']['last']} are missing"
    beyond = [number for number in signed if number >= expected]
    if beyond:
        yield f"records up to {max(beyond)} are signed, and those from {expected} on are missing"


def check_manifest(known: dict[str, bytes], fingerprint: str) -> Iterator[str]:
    """Yields what is wrong with the signature on the manifest; it has none if the bundle was made from a copy."""
    if (FOLDER / SIGNATURE).exists():
        document = b"enforcer-audit-bundle-1\n" + read(MANIFEST)
        if not by_key(known, fingerprint, document, bytes.fromhex(read(SIGNATURE).decode("ascii"))):
            yield f"{SIGNATURE} does not fit: the manifest was changed after the gateway signed it"


def signers(about: dict[str, Any], heads: Sequence[dict[str, Any]]) -> set[str]:
    """The fingerprints of all keys that anything here is signed by."""
    return {head["key"] for head in heads} | ({about["key"]} if (FOLDER / SIGNATURE).exists() else set())


def check_signers(about: dict[str, Any], heads: Sequence[dict[str, Any]], wanted: Sequence[str]) -> Iterator[str]:
    """Yields what is wrong with whose keys they are: any key can be laid into an archive."""
    found = signers(about, heads)
    if heads and about["key"] != heads[-1]["key"] and (FOLDER / SIGNATURE).exists():
        yield f"{SIGNATURE} is by another key than the records: the manifest is not the gateway's"
    if wanted and not found:
        yield "nothing in it is signed, by the key that was given or by any other"
    for key in sorted(found):
        if wanted and not any(key.startswith(one) for one in wanted):
            yield f"signed by the key {key}, which is not the one that was given"


def check(wanted: Sequence[str]) -> Iterator[str]:
    """Yields what is wrong, then nothing. Raises Wrong, or what Python raises for a file that is not as written."""
    yield from check_files()
    about, known = json.loads(read("about.json")), keys()
    heads = [json.loads(line) for line in read("heads.jsonl").splitlines()]
    yield from check_manifest(known, about["key"])
    yield from check_heads(heads, known)
    first = about["chain"]["first"]
    yield from check_chain(about, {head["number"]: head["digest"] for head in heads if head["number"] >= first})
    yield from check_signers(about, heads, wanted)


def told(wanted: Sequence[str]) -> list[str]:
    about = json.loads(read("about.json"))
    heads = [json.loads(line) for line in read("heads.jsonl").splitlines()]
    chain = about["chain"]
    lines = [f"All files are those of the manifest, SHA-256 {digest_of(MANIFEST)}."]
    if (FOLDER / SIGNATURE).exists():
        lines.append("The gateway's key signed the manifest: reports, policies and configuration are as it wrote them.")
    else:
        lines.append("The manifest is not signed: reports, policies and configuration are what its maker put there,")
        beyond = f"before {chain['first']} or after {chain['last']}"
        lines.append(f"and so is the period: records {beyond} may belong to it.")
    last = max((head["number"] for head in heads), default=0)
    if min(last, chain["last"]) < chain["first"]:
        lines.append("No record is proven: none is signed.")
    else:
        lines.append(f"Records {chain['first']} to {min(last, chain['last'])} are proven by signature.")
        if last < chain["last"]:
            lines.append(f"Records {last + 1} to {chain['last']} are chained, and not signed yet.")
    lines += [f"Signed by the key {key}." for key in sorted(signers(about, heads))]
    if signers(about, heads) and not wanted:
        lines.append("Compare that fingerprint with the one that was noted at the gateway, or give it with --key.")
    return lines


def main(arguments: Sequence[str]) -> int:
    wanted = [value.lower() for value in arguments[1::2]]
    if len(arguments) % 2 or set(arguments[::2]) - {"--key"} or any(len(one) < 16 for one in wanted):
        if any(len(one) < 16 for one in wanted):
            sys.stderr.write("A fingerprint has 16 digits or more: its first 16 will do.\n\n")
        sys.stderr.write((__doc__ or "").partition("\n\n")[2])
        return 2
    try:
        faults = list(check(wanted))
    except (Wrong, OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        faults = [*named(check_files), f"a part is not as it was written: {error}"]
    for fault in faults[:100]:
        sys.stdout.write(f"WRONG: {visible(fault)}\n")
    if len(faults) > 100:
        sys.stdout.write(f"And {len(faults) - 100} more.\n")
    if not faults:
        sys.stdout.write("\n".join(told(wanted)) + "\n")
    return 4 if faults else 0


def visible(text: str) -> str:
    """On one line, in ASCII: the name of a file may move a terminal's cursor."""
    return "".join(sign if " " <= sign <= "~" else ascii(sign)[1:-1] for sign in text)


def named(look: Callable[[], Iterator[str]]) -> list[str]:
    """What it finds, where it can look at all."""
    try:
        return list(look())
    except (Wrong, OSError, ValueError):
        return []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
