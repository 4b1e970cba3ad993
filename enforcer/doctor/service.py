"""The policy, the running service, and whether what is in the kernel is what the files say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from enforcer.doctor.check import Told, doubtful, fine, wrong
from enforcer.doctor.connections import CHECKSUM
from enforcer.doctor.facts import Facts, seen
from enforcer.doctor.finding import Cure, do, run, site
from enforcer.doctor.network import sysctl
from enforcer.model.calendar import iso
from enforcer.model.settings import TAP
from enforcer.model.state import Standing, State
from enforcer.policy.passing import passing

OLD = 365
"""Days after which facts about vendors and bans are to be looked at again, as `enforcer policy lint` has it."""
RELOAD = run("enforcer reload")
_DOUBTS = {
    "rules are not in force": (RELOAD,),
    "NOT BLOCKING": (do("take `ceiling` out of the site file"), RELOAD),
    "nothing is recorded": (run("enforcer doctor --only store,disk"),),
    "alerts wait": (run("enforcer doctor --only syslog,collectors"),),
    "no alerts are sent": (site("output", 'syslog = "/dev/log"'),),
    "lost at": (run("enforcer audit tail -n 1000 -F --kind loss"), do("see docs/runbook.md for what it tells")),
    "flows that pass are not offloaded": (run("enforcer doctor --only flowtable"),),
    "Multipath TCP passes": (run("enforcer doctor --only kernel"),),
    "a packet that no server takes": (sysctl(CHECKSUM, "1"),),
}
"""By words of the doubt (edge/snapshot.py)."""
_STANDINGS = {
    Standing.PAUSED: ("a pause is in force for everybody: what the policy blocks passes", run("enforcer resume")),
    Standing.NOT_IN_FORCE: ("the rules are not in force as they should be", RELOAD),
}


def policy(facts: Facts) -> Iterator[Told]:
    loaded = seen(facts.loaded)
    if loaded.error is not None:
        faults = loaded.error.faults
        more = f" and {len(faults) - 1} more" if len(faults) > 1 else ""
        first = faults[0]
        where = f" at `{first.path}`" if first.path else ""
        yield wrong(
            f"{first}{more}: it would not be loaded", do(f"mend {first.file}{where}"), run("enforcer config check")
        )
        return
    assert loaded.policy is not None  # noqa: S101 (one of the two is there)
    idle = [group for group in loaded.policy.site.groups if not loaded.policy.adopted(group)]
    for group in idle:
        table = f"group {group.name}" if group.name else "site"
        told = f"{table}: no loaded ban binds {', '.join(group.subjects) or 'nobody'}: nothing is judged"
        yield doubtful(told, site(table, 'subjects = ["us-person"]'), run("enforcer policy list --subjects"))
    if not idle:
        bans = len(loaded.policy.bans)
        yield fine(f"policy {loaded.policy.revision}: {bans} bans, {len(loaded.policy.vendors)} vendors, no fault")


def policy_age(facts: Facts) -> Iterator[Told]:
    loaded = seen(facts.loaded)
    if loaded.policy is None:
        yield fine("there is no policy to be old")
        return
    days = [one.verified_on for one in loaded.policy.vendors] + [one.verified_on for one in loaded.policy.bans]
    if not days:
        yield fine("no vendor and no ban is loaded")
        return
    age = (datetime.fromtimestamp(facts.now, UTC).date() - max(days)).days
    boundary = next((at for at in loaded.policy.boundaries if at > facts.now), None)
    what = f"next boundary {iso(boundary)}: {passing(loaded.policy, boundary)}" if boundary else "no boundary is ahead"
    ahead = f"; {what}"
    if age > OLD:
        told = f"nobody has looked at these policies for {age} days (last on {max(days)}){ahead}"
        yield doubtful(told, run("apt-get install --only-upgrade egress-enforcer"), do("or see `enforcer policy lint`"))
    else:
        yield fine(f"last verified on {max(days)}{ahead}")


def control(facts: Facts) -> Iterator[Told]:
    service, name = seen(facts.service), facts.settings.control.group
    if not facts.settings.control.socket:
        told = "no control socket is set: `status`, `reload` and `pause` cannot work"
        yield doubtful(told, site("control", 'socket = "/run/enforcer/control"'))
    elif service.group_missing:
        told = f"there is no group of users {name}, which may ask by [control]: the service cannot start"
        yield wrong(told, run(f"groupadd --system {name}"))
    else:
        yield fine(f"{service.socket}, for root and the service's user{f', and the group {name}' if name else ''}")


def service(facts: Facts) -> Iterator[Told]:
    state = seen(facts.service).state
    if state is None:
        why = (run("journalctl -u enforcer -n 20 --no-pager"),) if seen(facts.unit).path else ()
        yield wrong("no service runs: nothing is judged", *why, _start(facts))
        return
    told = list(_doubts(state, facts.settings.mode == TAP))
    yield from told
    if not told:
        since = iso(float(int(state.since)))
        yield fine(f"process {state.pid}, {state.standing}, mode {state.mode}, fail {state.fail}, since {since}")


def _start(facts: Facts) -> Cure:
    unit = seen(facts.unit)
    return run("systemctl enable --now enforcer" if unit.path else "enforcer run")


def _doubts(state: State, tap: bool) -> Iterator[Told]:
    if found := _STANDINGS.get(Standing(state.standing)):
        yield wrong(*found)
    elif state.standing == Standing.SEEN_ONLY and not tap:
        yield wrong("the service runs in mode tap, and the site file says otherwise", run("systemctl restart enforcer"))
    if state.simulated:
        yield doubtful("this is a trial: its clock was set by --at", run("systemctl restart enforcer"))
    for one in state.waivers:
        if one.pause and one.scope:
            yield doubtful(f"{one.id} is in force for {one.scope}", run(f"enforcer resume {one.id}"))
    for doubt in state.doubts:
        yield doubtful(f"the service says: {doubt}", *_cures(doubt))


def _cures(doubt: str) -> tuple[Cure, ...]:
    return next(
        (cures for words, cures in _DOUBTS.items() if words in doubt), (do("see docs/runbook.md, by its words"),)
    )


def rules(facts: Facts) -> Iterator[Told]:
    state, kernel, loaded = seen(facts.service).state, seen(facts.kernel), seen(facts.loaded)
    there, tap = bool(kernel.tables), facts.settings.mode == TAP
    if state is None:
        yield from _left(facts, kernel.tables)
    elif kernel.taken_out:
        yield wrong("a person took the rules out (enforcer panic-off): nothing is stopped", RELOAD)
    elif not there and not tap:
        yield wrong("no rule of ours is in the kernel: nothing is stopped", RELOAD)
    elif kernel.revision not in ("", state.revision):
        told = f"the kernel's rules are of policy {kernel.revision}, the service judges by {state.revision}"
        yield wrong(told, RELOAD)
    elif loaded.policy and loaded.policy.revision != state.revision and not any(one.pause for one in state.waivers):
        told = f"in force is policy {state.revision}, the files say {loaded.policy.revision}"
        yield doubtful(told, RELOAD)
    else:
        yield fine("mode tap has no rules" if tap else f"in the kernel: policy {kernel.revision}, as the files say")


def _left(facts: Facts, tables: tuple[str, ...]) -> Iterator[Told]:
    if tables:
        told = f"left in the kernel, with no service behind them: {', '.join(tables)}"
        yield wrong(told, _start(facts), do("or `enforcer panic-off`, which takes them out"))
    else:
        yield fine("none, as no service runs")
