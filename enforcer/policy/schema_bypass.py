"""The JSON Schema of the `[bypass]` table of site files, and of the files of ways around DNS."""

from __future__ import annotations

from enforcer.model.ways import Way, Ways
from enforcer.policy.bypass_file import ANSWERS, KINDS, PORT
from enforcer.policy.schema_values import (
    ADDRESS,
    HOST,
    SUBNET,
    Schema,
    choice,
    cited,
    day,
    flag,
    one_of_these,
    sources_table,
    table,
    tables,
    text,
    texts,
    word,
)
from enforcer.policy.site_bypass import CHOICES
from enforcer.policy.vendor import LEVELS

_ABOUT = {
    Way.CANARY: "Firefox asks whether it may encrypt its DNS. `block` says no.",
    Way.PRIVATE_RELAY: "Apple's Private Relay. `block` says that it is not there; devices then tell their users.",
    Way.DESIGNATED_RESOLVERS: "Clients ask for an encrypted resolver of yours. `block` says that there is none.",
    Way.DOH: "DNS over HTTPS, by name and by the resolver's address.",
    Way.DOT: "DNS over TLS: TCP 853, and by its protocol name on other ports.",
    Way.DOQ: "DNS over QUIC: UDP 853, 784 and 8853, and by its protocol name on other ports.",
    Way.HTTPDNS: "Resolvers of apps over plain HTTP or HTTPS, by name.",
    Way.RESOLVERS: "Plain DNS to public resolvers. `redirect` sends it to yours.",
    Way.WALK: "A product asks the resolvers that its vendor built in, in the vendor's order.",
}


def bypass_schema() -> Schema:
    plain = Ways()
    treated = {way.value: choice(_ABOUT[way], choices, plain.of(way)) for way, choices in CHOICES.items()}
    return table(
        "What is done about ways around the gateway's DNS. See docs/bypass.md.",
        {},
        {
            **treated,
            "redirect_to": {**addresses("Your resolver: one address of IPv4, one of IPv6, or either."), "maxItems": 2},
            "except": addresses("Resolvers that everybody may use: your own upstreams, for example."),
            "exempt_clients": texts("Clients that may use any: networks like 10.1.0.0/16.", pattern=SUBNET, default=()),
            "any_resolver": flag("`resolvers` means any resolver outside, not only those of the shipped list.", False),
            "gateway": flag("Treat the gateway's own traffic too.", False),
        },
    )


def bypass_file_schema() -> Schema:
    id_ = word("The id: the file's name without `.toml`.")
    return table(
        "Ways around the gateway's DNS: names, addresses, and the walks of vendors' products.",
        required={
            "bypass": id_,
            "title": text("What it is called."),
            "verified_on": day("The day the facts were gathered."),
            "sources": sources_table(),
        },
        optional={"host": tables(_host()), "address": tables(_address()), "walk": tables(_walk())},
    )


def _host() -> Schema:
    return table(
        "Names that belong together.",
        required={"kind": choice("What they are.", tuple(KINDS)), **_fact()},
        optional={
            "names": texts("Exactly these.", pattern=HOST, default=()),
            "domains": texts("These and everything below them.", pattern=HOST, default=()),
            "answer": choice("How a stopped question is answered; `site`: as it blocks names.", ANSWERS, ANSWERS[0]),
            "ports": _ports(),
        },
        anyOf=one_of_these(("names", "domains")),
    )


def _address() -> Schema:
    return table(
        "Addresses of public resolvers.",
        required={"operator": text("Whose they are."), "addresses": _public(1), **_fact()},
        optional={"ports": _ports()},
    )


def _walk() -> Schema:
    return table(
        "Resolvers that a product asks by itself, in this order, when the system's DNS fails.",
        required={
            "vendor": word("Whose product: the id of a vendor file."),
            "trigger": {**text("The name whose failure starts it."), "pattern": HOST},
            "addresses": _public(3),
            **_fact(),
        },
    )


def _fact() -> dict[str, Schema]:
    return {"confidence": choice("How sure this is. What is `low` is never stopped.", LEVELS), "sources": cited()}


def _ports() -> Schema:
    return texts("What was seen, as documentation.", pattern=f"^{PORT.pattern}$", default=())


def _public(least: int) -> Schema:
    return {**texts("Public addresses.", pattern=ADDRESS), "minItems": least}


def addresses(description: str) -> Schema:
    return texts(description, pattern=ADDRESS, default=())
