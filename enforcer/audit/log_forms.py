"""Every form of log that can be read, and which of them a file is in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from enforcer.audit.contact import Contact
from enforcer.audit.log_bind import Bind
from enforcer.audit.log_dnsmasq import Dnsmasq
from enforcer.audit.log_eve import Eve
from enforcer.audit.log_proxy import Combined, Squid
from enforcer.audit.log_time import Dating
from enforcer.audit.log_unbound import Unbound
from enforcer.audit.log_zeek import Zeek

LOOK = 200
"""Lines that are looked at to tell a form: a log may begin with what its program says of itself."""


class Log(Protocol):
    """Reads one file, line by line; keeps what a line needs of those before it."""

    def read(self, line: str) -> Iterator[Contact]:
        """The contacts that a line tells, without its end. Raises LogFault."""


class Form(NamedTuple):
    """What a file may be in."""

    name: str
    knows: Callable[[Sequence[str]], bool]
    """Whether some of these lines, the first of a file, are of this form."""
    reader: Callable[[Dating], Log]


FORMS = tuple(Form(one.name, one.knows, one) for one in (Zeek, Eve, Dnsmasq, Unbound, Bind, Squid, Combined))
NAMES = tuple(form.name for form in FORMS)


def form_of(lines: Iterable[str]) -> Form | None:
    """The form that knows a line of these; None if none does."""
    looked = [line for line, _ in zip(lines, range(LOOK), strict=False)]
    return next((form for form in FORMS if form.knows(looked)), None)


def named(name: str) -> Form:
    """`name` is one of NAMES."""
    return next(form for form in FORMS if form.name == name)
