"""A small, commented site file. Whatever it leaves out has its default; `enforcer config show` prints all of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from enforcer.model.settings import INLINE, Settings

_PLAIN = Settings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the operator decided."""

    name: str = ""
    subjects: tuple[str, ...]
    profile: str
    ceiling: str = "block"
    mode: str
    interfaces: tuple[str, ...] = ()
    fail: str = _PLAIN.fail
    queue: int = _PLAIN.queue
    mark_mask: int = _PLAIN.mark_mask
    syslog: str = _PLAIN.syslog
    collectors: tuple[str, ...] = ()
    """Addresses of other machines that get alerts."""


def site_text(choices: Choices, inner: Sequence[str] = (), uplinks: Sequence[str] = ()) -> str:
    """`inner`: interfaces behind which clients are, and `uplinks`, for the examples."""
    datapath = _datapath(choices, inner, uplinks)
    return "\n".join([*_head(), *_site(choices), *datapath, *_output(choices), *_collectors(choices), *_more()]) + "\n"


def _head() -> Iterator[str]:
    yield "# Site file of the egress enforcer. Every key: docs/policy.md, or `enforcer config show`."
    yield "# After a change: `enforcer config check`, then `enforcer reload`."
    yield ""


def _site(choices: Choices) -> Iterator[str]:
    yield "[site]"
    yield f"name = {_toml(choices.name)}  # what records call this gateway; empty: the host's name"
    yield f"subjects = {_toml(choices.subjects)}  # who you are: it decides which bans bind you"
    yield "# statutory: what the texts ask for; protective: what a careful organisation chooses"
    yield f"profile = {_toml(choices.profile)}"
    if choices.ceiling != "block":
        yield f"ceiling = {_toml(choices.ceiling)}  # at most; take the line out to do what the policy says"
    yield ""


def _datapath(choices: Choices, inner: Sequence[str], uplinks: Sequence[str]) -> Iterator[str]:
    yield "[datapath]"
    yield "# inline: a gateway; host: this machine's own traffic; tap: a mirror port, where nothing is stopped"
    yield f"mode = {_toml(choices.mode)}"
    if choices.interfaces:
        yield f"interfaces = {_toml(choices.interfaces)}"
    elif inner:
        yield f"# interfaces = {_toml(inner)}  # judge only clients that come in there; left out: all"
    yield f"fail = {_toml(choices.fail)}  # while nobody can judge: open passes, closed drops what needs judgement"
    if inner and choices.mode == INLINE:
        yield f"# check_senders = {_toml(inner)}  # nobody sends there as a server outside; left out: not checked"
    if inner and uplinks and choices.mode == INLINE:
        both = _toml([*inner, *uplinks])
        yield f"# flowtable = {both}  # what passes for good goes past all chains; left out: nothing does"
    if choices.queue != _PLAIN.queue:
        yield f"queue = {choices.queue}"
    if choices.mark_mask != _PLAIN.mark_mask:
        yield f"mark_mask = {choices.mark_mask:#010x}"
    yield ""


def _output(choices: Choices) -> Iterator[str]:
    yield "[output]"
    yield f"syslog = {_toml(choices.syslog)}  # the local socket for alerts; empty: none"
    yield ""


def collectors_text(addresses: Sequence[str]) -> Iterator[str]:
    """A `[[collector]]` table for each."""
    for number, address in enumerate(addresses, 1):
        yield "[[collector]]"
        yield f'name = "siem{f"-{number}" if number > 1 else ""}"  # what alerts about it call it'
        yield f"address = {_toml(address)}"
        if address.startswith("tls:"):
            yield '# ca = "/etc/enforcer/ca.pem"  # who signed its certificate; left out: whom this machine trusts'
        yield ""


def _collectors(choices: Choices) -> Iterator[str]:
    yield from collectors_text(choices.collectors)
    if not choices.collectors:
        yield "# Alerts to another machine as well (docs/collectors.md):"
        yield "# [[collector]]"
        yield '# name = "siem"'
        yield '# address = "tls://siem.example:6514"'
        yield ""


def _more() -> Iterator[str]:
    yield "# Clients that are judged by other rules than the site:"
    yield "# [[group]]"
    yield '# name = "guests"'
    yield '# subnets = ["192.168.50.0/24"]'
    yield '# profile = "statutory"'


def _toml(value: str | Sequence[str]) -> str:
    """TOML's basic strings and arrays are spelt as JSON's, but for DEL, which TOML wants escaped too."""
    spelt = json.dumps(value if isinstance(value, str) else list(value), ensure_ascii=False)
    return spelt.replace("\x7f", "\\u007f")
