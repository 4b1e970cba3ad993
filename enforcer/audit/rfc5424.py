"""Events as syslog messages (RFC 5424): the header, every member as structured data, and one sentence.

Invariants: a message is one line of at most `max_bytes`, valid UTF-8, and no byte of a name can end a value, an
element or the message. What is too long is cut, ends in `...`, and is named in the parameter `cut`.
"""

from __future__ import annotations

from enforcer.audit.envelope import Envelope
from enforcer.audit.visible import shown
from enforcer.model.calendar import iso
from enforcer.model.event import CROWD, LISTS, Event
from enforcer.model.product import PRODUCT
from enforcer.model.ways import ASKED

APP_NAME = PRODUCT
ENTERPRISE = 32473
"""The number set aside for documentation (RFC 5612); to be replaced when one is assigned to the project."""
SD_ID = f"{APP_NAME}@{ENTERPRISE}"

ERROR, WARNING, NOTICE, INFO = 3, 4, 5, 6
"""Severities of RFC 5424 table 2."""
_BY_VERDICT = {"block": WARNING, "flag": NOTICE}
_BY_KIND = {"loss": ERROR, "error": ERROR, "off": ERROR}

# RFC 5424 table 1, by the names of syslog(3).
_FACILITY_NAMES = ["kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp"]
FACILITIES = {name: number for number, name in enumerate(_FACILITY_NAMES)} | {f"local{n}": 16 + n for n in range(8)}
LIMITS = (2048, 512, 128, 48, 24, 12)
"""Bytes for one value, tried in turn until the message fits: of 12 bytes all members do, escapes and all."""
_NAME_LIMIT = 255
"""Of the HOSTNAME (RFC 5424 section 6)."""
_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"


def severity(event: Event) -> int:
    """How grave it is: block warns, flag and what the service does are notices, what fails is an error."""
    if event.alert:
        return INFO
    if event.kind in ("decision", CROWD):
        return _BY_VERDICT.get(event.verdict, INFO if event.kind == "decision" else NOTICE)
    if event.kind == "finding":
        return INFO if event.way in ASKED else NOTICE
    return _BY_KIND.get(event.kind, NOTICE)


def message(event: Event, envelope: Envelope) -> bytes:
    """The whole message, without framing."""
    head = header(event, envelope)
    for limit in LIMITS:
        line = f"{head} {_structured_data(event, envelope.record, limit)} {_text(event, limit)}".encode()
        if len(line) <= envelope.max_bytes:
            break
    return line


def header(event: Event, envelope: Envelope) -> str:
    """HEADER of section 6: what stands before the structured data, without the space between. ASCII."""
    return " ".join(
        (
            f"<{FACILITIES[envelope.facility] * 8 + severity(event)}>1",
            iso(event.at),
            _header_word(event.gateway or envelope.hostname),
            APP_NAME,
            str(envelope.procid),
            _header_word(event.kind),
        )
    )


def _structured_data(event: Event, record: int | None, limit: int) -> str:
    """One element with a parameter for each member; `at` too, since collectors by default put their own TIMESTAMP."""
    params, cut = [], []
    for name, value in event.as_dict().items():
        text, whole = shown(_value(name, value), limit)
        params.append(f'{name}="{_escaped(text)}"')
        if not whole:
            cut.append(name)
    if record is not None:
        params.append(f'record="{record}"')
    if cut:
        params.append(f'cut="{" ".join(cut)}"')
    return f"[{SD_ID} {' '.join(params)}]"


def _value(name: str, value: object) -> str:
    if name in LISTS and isinstance(value, tuple):
        return ("; " if name == "citations" else " ").join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _escaped(text: str) -> str:
    """RFC 5424 section 6.3.3: these three, and nothing else, get a backslash."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")


def _text(event: Event, limit: int) -> str:
    text, _ = shown(sentence(event), limit)
    # Section 6.4: MSG in UTF-8 starts with the BOM. ASCII needs none, and plain readers stumble over it.
    return text if text.isascii() else _BOM + text


def sentence(event: Event) -> str:
    """What happened, for a person: `block s07.upd.kaspersky.com for 10.1.0.2 (dns, answered): why`."""
    if event.kind not in ("decision", "finding"):
        told = f"{event.kind}: {event.reason}"
    else:
        what = event.matched or event.name or event.server or "unreadable traffic"
        how = ", ".join(word for word in (event.how, event.action) if word)
        what += f" and {len(event.names) - 1} more names" if event.names else ""
        whom = f" for {event.client}" if event.client else ""
        whom += f", {event.count} times" if event.count > 1 else ""
        told = f"{event.verdict} {what}{whom}{f' ({how})' if how else ''}: {event.reason}"
    return f"SIMULATED {told}" if event.simulated else told


def _header_word(text: str) -> str:
    """Printable ASCII without a space, or the NILVALUE."""
    word = "".join(char if "!" <= char <= "~" else "?" for char in text[:_NAME_LIMIT])
    return word or "-"
