"""The same table with other rules, its base chains standing: no packet that waits in a queue is lost.

A base chain that is deleted takes with it, in the kernel, every packet that waits in a queue (nf_queue_nf_hook_drop):
the verdict on it comes too late, and what its sender says again is judged without what came before. So a table that
stands is emptied and filled in one transaction; deleted is only what the new text has no more.

A flowtable stays with its flows, which meet no rule any more. So where what stays in sight has changed, the table is
made anew: all that was offloaded comes back and is offloaded by the new conditions, or not. While they are the same,
their sets are not emptied.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from enforcer.plan.doors import RESOLVERS
from enforcer.plan.offload import CONDITIONS

_BLOCK = re.compile(r"^\t(chain|flowtable|set|counter) (\S+) \{\n(.*?)^\t\}\n", re.M | re.S)
_HEAD = re.compile(r"table inet (\S+)\ndelete table inet \1\n(?=table inet \1 \{\n)")
_BASE = re.compile(r"^\t\ttype .* hook .*\n", re.M)
_ELEMENTS = re.compile(r"^\t\telements = .*\n", re.M)
_DEVICES = re.compile(r"^\t\tdevices = \{ (.*) \}\n", re.M)
# What refers to others goes first.
_ORDER = ("chain", "flowtable", "set", "counter")
_IN_SIGHT = (("chain", CONDITIONS), ("set", f"{RESOLVERS}4"), ("set", f"{RESOLVERS}6"))

_Name = tuple[str, str]
"""The kind and the name of a block."""
_Blocks = Mapping[_Name, str]


def in_place(stands: str, wanted: str) -> str:
    """`wanted` (text of plan/ruleset.py) as a change of the table that was made of `stands`.

    What comes before the table stays as it is. The answer is `wanted` itself, which replaces the table as a whole,
    where a base chain or a set would have to become another, or a flowtable hold others or be at fewer places.
    """
    begins, head = _HEAD.search(stands), _HEAD.search(wanted)
    if begins is None or head is None:
        return wanted
    old, new = _blocks(stands[begins.end() :]), _blocks(wanted[head.end() :])
    if any(_frame(block[0], body) != _frame(block[0], new[block]) for block, body in old.items() if block in new):
        return wanted
    offloads = bool(_flowtable(old) and _flowtable(new))
    if offloads and not _goes_on(old, new):
        return wanted
    table = f"inet {head[1]}"
    emptied = "".join(_emptied(table, old, new, _IN_SIGHT if offloads else ()))
    return f"{wanted[: head.start()]}table {table}\nflush table {table}\n{emptied}{wanted[head.end() :]}"


def _blocks(text: str) -> _Blocks:
    return {(kind, name): body for kind, name, body in _BLOCK.findall(text)}


def _frame(kind: str, body: str) -> str:
    """What cannot be changed of a block without deleting it."""
    if kind == "chain":
        return "".join(_BASE.findall(body))
    changes = {"set": _ELEMENTS, "flowtable": _DEVICES}.get(kind)
    return changes.sub("", body) if changes else body


def _flowtable(blocks: _Blocks) -> str:
    """Its text; empty if there is none."""
    return next((body for (kind, _), body in blocks.items() if kind == "flowtable"), "")


def _goes_on(old: _Blocks, new: _Blocks) -> bool:
    """Whether what is offloaded may stay so. Another interface can be added, none be taken away."""
    before, after = ({*_DEVICES.findall(_flowtable(one))[0].split(", ")} for one in (old, new))
    return before <= after and all(old.get(one) == new.get(one) for one in _IN_SIGHT)


def _emptied(table: str, old: _Blocks, new: _Blocks, kept: Collection[_Name]) -> Iterator[str]:
    """`kept`: blocks that are the same in both, as far as they are there."""
    for wanted in _ORDER:
        for kind, name in old:
            if kind != wanted:
                continue
            if (kind, name) not in new:
                yield f"delete {kind} {table} {name}\n"
            elif (kind, name) not in kept and _ELEMENTS.search(old[kind, name]):
                yield f"flush {kind} {table} {name}\n"
