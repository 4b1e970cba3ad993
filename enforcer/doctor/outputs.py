"""Where alerts and records go: syslog, collectors, the store, its key and its disk."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from enforcer.doctor.check import Told, doubtful, fine, unseen, wrong
from enforcer.doctor.facts import Facts, FileState, Record, seen
from enforcer.doctor.finding import do, run, site
from enforcer.model.calendar import iso

DAY = 86_400.0
SOON = 30 * DAY
LITTLE, NOTHING = 256 << 20, 32 << 20
"""Bytes free: a day of a busy gateway's records, and what SQLite needs to go on at all."""
SMALL_PART = 0.05
OTHERS = 0o077


def syslog(facts: Facts) -> Iterator[Told]:
    if not facts.settings.syslog:
        collectors = bool(facts.settings.collectors)
        yield (
            fine("no local syslog is set; alerts go to collectors")
            if collectors
            else doubtful("no syslog and no collector is set: nobody is alerted", site("output", 'syslog = "/dev/log"'))
        )
        return
    reach = seen(facts.syslog)
    if reach.fault:
        cure = site("output", f'syslog = "{reach.instead}"') if reach.instead else run(reach.cure)
        yield doubtful(f"{reach.name}: {reach.fault}: alerts wait", cure)
    else:
        yield fine(f"{reach.name} takes alerts")


def collectors(facts: Facts) -> Iterator[Told]:
    reached = seen(facts.collectors)
    for one in reached:
        if one.fault:
            yield doubtful(f"{one.name}: {one.fault}: its alerts wait in the store", do(one.cure))
        elif one.expires is not None and one.expires - facts.now < SOON:
            days = int((one.expires - facts.now) // DAY)
            told = f"{one.name}: its certificate ends {iso(float(int(one.expires)))}, in {days} days"
            yield doubtful(told, do("renew it on the collector"))
        elif one.blind:
            yield fine(f"{one.name}: there is a way to it; over UDP nothing tells whether it listens")
        else:
            yield fine(f"{one.name} answers")
    if not reached:
        yield fine("no [[collector]] is set")


def store(facts: Facts) -> Iterator[Told]:
    record = seen(facts.record)
    if record.folder is None:
        folder = record.path.rpartition("/")[0]
        own = [run(f"chown {record.user}: {quote(folder)}")] if record.user != "root" else []
        yield wrong(f"{folder} does not exist: nothing can be recorded", run(f"mkdir -p -m 750 {quote(folder)}"), *own)
        return
    told = [*_ownership(record, record.folder, 0o300), *_ownership(record, record.store, 0o600)]
    if record.read_only:
        mount = quote(seen(facts.disk).mount)
        yield wrong(f"{record.path} is on a file system that is read-only", run(f"mount -o remount,rw {mount}"))
    elif record.fault:
        yield wrong(record.fault, do(record.cure))
    yield from told
    if told or record.read_only or record.fault:
        return
    if record.store is None:
        yield fine(f"{record.path} is made at the first start")
    else:
        behind = "; the next start brings its schema up to date" if record.behind else ""
        yield fine(f"{record.path} can be written by {record.user}{behind}")


def _ownership(record: Record, file: FileState | None, wanted: int) -> Iterator[Told]:
    if file is None or record.user == "root":
        return
    if file.owner != record.user:
        told = f"{file.path} is {file.owner}'s, and the service runs as {record.user}: nothing can be recorded"
        yield wrong(told, run(f"chown {record.user}: {quote(file.path)}"))
    elif file.mode & wanted != wanted:
        yield wrong(f"{file.path} may not be written by its owner", run(f"chmod u+rwX {quote(file.path)}"))


def key(facts: Facts) -> Iterator[Told]:
    record = seen(facts.record)
    if record.key is not None:
        told = [*_kept(record, record.key), *_same(record, record.key)]
        yield from told or [fine(f"{record.key.path} is {record.key.owner}'s alone")]
    elif record.heads:
        path = f"{record.path}.key"
        cure = do(f"put it back from your backup: install -m 600 -o {record.user} BACKUP {quote(path)}")
        yield doubtful(f"{path} is gone: the next start makes another, which no auditor knows", cure)
    else:
        yield fine("the key is made at the first start")


def _kept(record: Record, file: FileState) -> Iterator[Told]:
    if file.mode & OTHERS:
        told = f"{file.path} has mode {file.mode:04o}: whoever reads it can sign a record of his own"
        yield wrong(told, run(f"chmod 600 {quote(file.path)}"))
    if file.owner != record.user:
        told = f"{file.path} is {file.owner}'s, and the service runs as {record.user}"
        yield wrong(told, run(f"chown {record.user}: {quote(file.path)}"))


def _same(record: Record, file: FileState) -> Iterator[Told]:
    if record.key_fault:
        yield wrong(record.key_fault, do("put the right one back from your backup"))
    elif record.head_key and record.fingerprint and record.fingerprint != record.head_key:
        told = f"{file.path} is not the key that signed last ({record.head_key[:16]})"
        yield doubtful(told, do("put that one back from your backup, or tell your auditors of the new one"))


def disk(facts: Facts) -> Iterator[Told]:
    found = seen(facts.disk)
    told = f"{_bytes(found.free)} of {_bytes(found.size)} are free on {found.mount}"
    cures = (
        run(f"du -xh --max-depth=2 {quote(found.mount)} | sort -h | tail -n 20"),
        do("remove what is not needed there; or set `keep` in [output], or `store` on another disk"),
    )
    if found.free < NOTHING or not found.files_left:
        yield wrong(f"{told}: nothing more can be recorded", *cures)
    elif found.free < max(LITTLE, SMALL_PART * found.size):
        yield doubtful(told, *cures)
    else:
        yield fine(told)


def head(facts: Facts) -> Iterator[Told]:
    record = seen(facts.record)
    if record.fault:
        yield unseen("the store cannot be read", do("see the check `store`"))
    elif record.head:
        path = quote(record.path)
        yield wrong(
            f"the end of the record does not prove itself: {record.head}",
            run(f"cp -a {path} {path}.evidence"),
            run(f"enforcer audit verify --store {path}"),
            site("output", f'store = "{record.path}.new"'),
        )
    elif not record.heads:
        yield fine("nothing was signed yet")
    else:
        yield fine(f"the last of {record.heads:,} signed heads proves itself (all: enforcer audit verify)")


def _bytes(count: int) -> str:
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.0f} MiB"
