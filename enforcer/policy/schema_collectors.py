"""The JSON Schema of the `[[collector]]` tables of site files."""

from __future__ import annotations

from enforcer.model.destination import FORMS, LARGEST, SEVERITIES
from enforcer.policy.schema_values import Schema, any_text, choice, number, shaped, table, tables, word
from enforcer.policy.site_collectors import LEAST_BYTES, MAX_COLLECTORS, MAX_SPOOL

_ADDRESS = (
    r"^(?:(?:udp|tls)://(?:\[[^\]]+\]|[A-Za-z0-9_.-]+)(?::[0-9]{1,5})?"
    r"|tcp://(?:\[[^\]]+\]|[A-Za-z0-9_.-]+):[0-9]{1,5}|unix:///.+)$"
)
_PATH = "^(?:/|$)"


def collectors_schema(facilities: tuple[str, ...]) -> Schema:
    return tables(_collector(facilities), MAX_COLLECTORS)


def _collector(facilities: tuple[str, ...]) -> Schema:
    where = "Where: like tls://siem.example:6514, tcp://192.0.2.7:601, udp://[2001:db8::7]:514 or unix:///dev/log."
    longest = number("The longest message in bytes. Left out: 2048 over UDP, else 8192.", 8192, LEAST_BYTES, LARGEST)
    del longest["default"]
    return table(
        "A syslog collector. What it misses while it is away waits in the event store. See docs/collectors.md.",
        required={
            "name": word("What records call it; under this name the gateway remembers how far it has come."),
            "address": shaped(where, _ADDRESS),
        },
        optional={
            "format": choice("The form of its messages.", FORMS, FORMS[0]),
            "up_to": choice("The least grave severity that is sent.", tuple(SEVERITIES), "notice"),
            "facility": choice("The syslog facility. Left out: that of [output].", facilities),
            "max_bytes": longest,
            "spool": number("Records that may wait for it. 0: as long as the store keeps them.", 0, 0, MAX_SPOOL),
            "ca": _file("tls: the authorities, a PEM file, that may vouch for the collector. Empty: the system's."),
            "certificate": _file("tls: our certificate, a PEM file with its chain, for collectors that ask for one."),
            "key": _file("tls: the key of that certificate."),
            "server_name": any_text("tls: the name its certificate must bear. Empty: the host of `address`."),
        },
        dependencies={"certificate": ["key"], "key": ["certificate"]},
    )


def _file(description: str) -> Schema:
    return {**any_text(description), "pattern": _PATH}
