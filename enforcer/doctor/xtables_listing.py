"""What `iptables-save` tells of other programs' rules: iptables-extensions(8), with all defaults written out."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterator
from shlex import quote

from enforcer.doctor.foreign import ALL_BITS, FLOW, PACKET, ForeignRule, MarkUse
from enforcer.doctor.nft_listing import OURS

_SET = re.compile(r"-j ((?:CONN)?MARK) (--set-x?mark) (0x[0-9a-f]+)/(0x[0-9a-f]+)")
_COPY = re.compile(r"-j CONNMARK --(save|restore)-mark --nfmask (0x[0-9a-f]+) --ctmask (0x[0-9a-f]+)")
_MATCH = re.compile(r"-m (conn)?mark (?:! )?--mark (0x[0-9a-f]+)(?:/(0x[0-9a-f]+))?")
_QUEUE = re.compile(r"-j NFQUEUE --queue-(?:num (\d+)|balance (\d+):(\d+))")
_GROUP = re.compile(r"-j NFLOG\b(?:.* --nflog-group (\d+))?")
_UNTRACKED = re.compile(r"-j (?:CT --notrack|NOTRACK)\b")
_OFFLOADS = re.compile(r"-j FLOWOFFLOAD\b")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
"""What somebody wrote: a comment, the prefix of a log. It may look like the rest of a rule."""


def foreign_rules(program: str, saved: str) -> tuple[ForeignRule, ...]:
    """`program` is what lists, without `-save`: `iptables-nft`. Only rules that matter to us."""
    rules = (_rule(program, table, number, line) for table, number, line in _lines(saved))
    return tuple(rule for rule in rules if rule.marks or rule.queues or rule.groups or rule.untracked or rule.offloads)


def tables(saved: str) -> frozenset[str]:
    """The names of the tables that were listed."""
    return frozenset(line[1:].strip() for line in saved.splitlines() if line.startswith("*"))


def _lines(saved: str) -> Iterator[tuple[str, int, str]]:
    """Table, number in its chain from 1 on, and `CHAIN what it says`."""
    table, counts = "", Counter[str]()
    for line in saved.splitlines():
        if line.startswith("*"):
            table, counts = line[1:].strip(), Counter()
        elif line.startswith("-A ") and not table.startswith(OURS):
            chain = line.split()[1]
            counts[chain] += 1
            yield table, counts[chain], line[3:]


def _rule(program: str, table: str, number: int, line: str) -> ForeignRule:
    chain, bare = line.split()[0], _QUOTED.sub('""', line)
    queues = [(int(one or low), int(one or high)) for one, low, high in _QUEUE.findall(bare)]
    return ForeignRule(
        where=f"{program} {table} {chain}",
        replace=f"{program} -t {quote(table)} -R {quote(chain)} {number} {{rule}}",
        delete=f"{program} -t {quote(table)} -D {_words(line) or f'{quote(chain)} {number}'}",
        text=_words(line.removeprefix(chain)),
        marks=tuple(_marks(bare)),
        queues=tuple(queues),
        groups=tuple(int(group or 0) for group in _GROUP.findall(bare)),
        untracked=bool(_UNTRACKED.search(bare)),
        offloads=bool(_OFFLOADS.search(bare)),
    )


def _words(rule: str) -> str:
    """The rule as a shell takes it: a comment may hold what one would run. Empty if it cannot be read."""
    try:
        return shlex.join(shlex.split(rule))
    except ValueError:
        return ""


def _marks(line: str) -> Iterator[MarkUse]:
    """`--set-xmark` and `--set-mark` clear the mask's bits; what they then set is the value's."""
    for target, option, value, mask in _SET.findall(line):
        bits = int(mask, 16) | int(value, 16)
        yield MarkUse(
            key=FLOW if target == "CONNMARK" else PACKET,
            bits=bits,
            sets=int(value, 16),
            writes=True,
            said=f"-j {target} {option} {value}/{mask}",
            masked=f"-j {target} {option} {{value}}/{{keep}}" if bits == ALL_BITS else "",
            number=int(value, 16),
        )
    for verb, nfmask, ctmask in _COPY.findall(line):
        bits = int(ctmask if verb == "save" else nfmask, 16)
        yield MarkUse(
            key=FLOW if verb == "save" else PACKET,
            bits=bits,
            sets=bits,
            writes=True,
            said=f"-j CONNMARK --{verb}-mark --nfmask {nfmask} --ctmask {ctmask}",
            masked=f"-j CONNMARK --{verb}-mark --nfmask {{keep}} --ctmask {{keep}}" if bits == ALL_BITS else "",
        )
    for connection, value, mask in _MATCH.findall(line):
        bits = int(mask or hex(ALL_BITS), 16)
        yield MarkUse(key=FLOW if connection else PACKET, bits=bits, writes=False, said=f"asks for {value}/{bits:#x}")
