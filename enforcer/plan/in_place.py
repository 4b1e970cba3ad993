"""The same table with other rules, its base chains standing: no packet that waits in a queue is lost.

A base chain that is deleted takes with it, in the kernel, every packet that waits in a queue (nf_queue_nf_hook_drop):
the verdict on it comes too late, and what its sender says again is judged without what came before. So a table that
stands is emptied and filled in one transaction; deleted is only what the new text has no more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_BLOCK = re.compile(r"^\t(chain|set|counter) (\S+) \{\n(.*?)^\t\}\n", re.M | re.S)
_HEAD = re.compile(r"table inet (\S+)\ndelete table inet \1\n(?=table inet \1 \{\n)")
_BASE = re.compile(r"^\t\ttype .* hook .*\n", re.M)
_ELEMENTS = re.compile(r"^\t\telements = .*\n", re.M)
# What refers to others goes first.
_ORDER = ("chain", "set", "counter")

_Blocks = Mapping[tuple[str, str], str]


def in_place(stands: str, wanted: str) -> str:
    """`wanted` (text of plan/ruleset.py) as a change of the table that was made of `stands`.

    What comes before the table stays as it is. The answer is `wanted` itself, which replaces the table as a whole,
    where a base chain or a set would have to become another.
    """
    begins, head = _HEAD.search(stands), _HEAD.search(wanted)
    if begins is None or head is None:
        return wanted
    old, new = _blocks(stands[begins.end() :]), _blocks(wanted[head.end() :])
    if any(_frame(block[0], body) != _frame(block[0], new[block]) for block, body in old.items() if block in new):
        return wanted
    table = f"inet {head[1]}"
    emptied = "".join(_emptied(table, old, new))
    return f"{wanted[: head.start()]}table {table}\nflush table {table}\n{emptied}{wanted[head.end() :]}"


def _blocks(text: str) -> _Blocks:
    return {(kind, name): body for kind, name, body in _BLOCK.findall(text)}


def _frame(kind: str, body: str) -> str:
    """What cannot be changed of a block without deleting it."""
    if kind == "chain":
        return "".join(_BASE.findall(body))
    return _ELEMENTS.sub("", body) if kind == "set" else body


def _emptied(table: str, old: _Blocks, new: _Blocks) -> Iterator[str]:
    for wanted in _ORDER:
        for kind, name in old:
            if kind != wanted:
                continue
            if (kind, name) not in new:
                yield f"delete {kind} {table} {name}\n"
            elif _ELEMENTS.search(old[kind, name]):
                yield f"flush {kind} {table} {name}\n"
