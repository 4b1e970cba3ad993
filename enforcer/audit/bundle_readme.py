"""README.txt of an audit bundle: what is in it and how to check it, for whoever has never heard of the enforcer."""

from __future__ import annotations

from typing import Any

_TEXT = """\
AUDIT BUNDLE OF AN EGRESS ENFORCER

Gateway    {gateway}
Period     from {since} up to, and not including, {until}
Records    {records}
Signed by  {key}
Made       {made}

The egress enforcer is a service on a network gateway. By dated policies, which follow bans of certain vendors, it lets
pass, flags or blocks the traffic to those vendors, and records what it decided. This archive holds the record of a
period, what was made from it, and what is needed to see that the record was not altered.

WHAT IS HERE

report.html, .csv, .json  the period told: what was stopped, what passed and why, and when nobody watched
events.jsonl              the records, one a line, as they were written: JSON, see docs/events.md of the program
chain.tsv                 for each line of events.jsonl: number, time of recording (microseconds since 1970 UTC), digest
heads.jsonl               the signed heads: how far the chain had come, signed by the gateway again and again
keys/                     the public keys that signed, one a file, in PEM
policies/, site.toml      the policies and the configuration, as the program loads them when the bundle is made
about.json                the facts above, for a program
verify.py                 checks all of it; needs Python 3.9 or later, nothing else, no network
MANIFEST.sha256           the SHA-256 of each file; MANIFEST.sig is the gateway's signature on it, where there is one

The records in events.jsonl go from the first to the last of the period, and on to the next signed head, without a gap:
between them stand whatever else was recorded meanwhile.

HOW TO CHECK

1. Unpack, and in this folder run:    python3 -I verify.py
   Read verify.py first, or let somebody read it: it trusts no other file here. It names each part that was changed.
2. Compare the fingerprint of the key, above and in its answer, with the one that was noted when the gateway was set
   up (`enforcer audit key`), from another source than this archive:    python3 -I verify.py --key FINGERPRINT
3. If a log collector kept heads of this gateway (messages with the id "head", NUMBER:DIGEST), look the number up in
   chain.tsv: the digest must be the same. That proves besides that nobody with the gateway's own key made it anew.

BY HAND, WITHOUT verify.py

The files:      sha256sum -c MANIFEST.sha256
A record:       SHA-256 over "enforcer-chain-1", a line feed, the 32 bytes of the digest before, its number, a space,
                its time of recording, a line feed, and its line of events.jsonl without the line feed at the end, is
                its digest in chain.tsv. The digest before the first is chain.before of about.json.
A head:         write these lines to head.txt, each ended by a line feed, with the values of a line of heads.jsonl:
                enforcer-head-1, serial S, number N, digest D, at A, occasion O, key K, previous P
                and its signature, as bytes, to head.sig:    xxd -r -p
                openssl pkeyutl -verify -pubin -inkey keys/K.pub -rawin -in head.txt -sigfile head.sig
                `previous` is SHA-256 over the text and the signature of the head before.
The manifest:   the signature is on the line "enforcer-audit-bundle-1" and the bytes of MANIFEST.sha256 behind it.

WHAT IT DOES NOT PROVE

That the gateway saw all traffic, or that its clock was right; the report tells when the service was down or lost
events. That whoever had all rights on the gateway did not make record and signatures anew, unless a head was kept
elsewhere (3). That the report was made from these records: make it again from a copy of the store, or read them.
No record of a client is no proof that it did not ask: a name that no policy matches leaves no trace.
"""


def readme(about: dict[str, Any]) -> str:
    chain = about["chain"]
    whole = f"{chain['first']} to {chain['last']}" if chain["last"] >= chain["first"] else "none in this period"
    return _TEXT.format(
        gateway=about["gateway"],
        since=about["since"],
        until=about["until"],
        records=whole,
        key=about["key"] or "nobody: nothing was signed yet",
        made=f"{about['made']} by enforcer {about['enforcer']}",
    )
