"""Skeletons of policy files: the questions that an author must answer, and marked places for the answers.

A line that begins with MARK waits for its value: take the mark off and write it. Until then loading says that the
key is missing, and a mark that was taken off without a value is no TOML: nothing unanswered loads. A line with MAYBE is
for what not every law has; with its neighbours it is filled or taken out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from enforcer.model.verdict import SERVICES, Effect
from enforcer.policy.binding import MEANING
from enforcer.policy.skeleton_texts import BAN, HEAD, VENDOR

MARK = "#> "
MAYBE = "#? "

SERVICE_MEANING = {
    "update": "signatures and new versions of what is installed",
    "reputation": "questions about files and addresses to the vendor's cloud",
    "telemetry": "reports of the product about itself and its machine",
    "download": "installers",
    "activation": "licences: new ones and renewals alike",
    "store": "the shop",
    "account": "the customer's account: data, refunds, devices",
    "cloud-console": "where administrators or owners manage their devices",
    "website": "information for everybody",
    "support": "help, forums, tools to remove the product",
    "threat-intel": "threat intelligence for security teams",
    "training": "courses",
    "vpn": "the vendor's tunnels",
    "oem": "the vendor's engine inside products of others",
    "other": "what is the vendor's and none of these",
}
# Of each capital: the offset in winter and in summer, as a reminder that a year has two.
ZONES = {
    "au": "Canberra is at +10:00, from early October to early April at +11:00",
    "ca": "Ottawa is at -05:00, from mid-March to early November at -04:00",
    "cz": "Prague is at +01:00, from late March to late October at +02:00",
    "de": "Berlin is at +01:00, from late March to late October at +02:00",
    "fr": "Paris is at +01:00, from late March to late October at +02:00",
    "gb": "London is at +00:00, from late March to late October at +01:00",
    "it": "Rome is at +01:00, from late March to late October at +02:00",
    "lt": "Vilnius is at +02:00, from late March to late October at +03:00",
    "nl": "Amsterdam is at +01:00, from late March to late October at +02:00",
    "pl": "Warsaw is at +01:00, from late March to late October at +02:00",
    "ro": "Bucharest is at +02:00, from late March to late October at +03:00",
    "tw": "Taipei is at +08:00 all year",
    "ua": "Kyiv is at +02:00, from late March to late October at +03:00",
    "us": "Washington is at -05:00, from mid-March to early November at -04:00",
}


def ban_skeleton(id_: str, country: str, today: date, subjects: Mapping[str, str]) -> str:
    """`subjects` is the list of subjects: those of the country are offered."""
    return BAN.format(
        head=HEAD.format(what="law"),
        id=id_,
        effects=_comments(f"  {effect.value:<24}{MEANING[effect]}" for effect in Effect),
        subjects=_comments(_offered(subjects, country)),
        today=today,
        zone=_zone(country),
        services=_services(),
    )


def vendor_skeleton(id_: str, today: date) -> str:
    return VENDOR.format(head=HEAD.format(what="vendor"), id=id_, today=today, services=_services())


def _services() -> str:
    return _comments(f"  {service:<16}{SERVICE_MEANING[service]}" for service in SERVICES)


def _comments(lines: Iterable[str]) -> str:
    return "\n".join(f"# {line}" for line in lines)


def _offered(subjects: Mapping[str, str], country: str) -> Iterator[str]:
    """The country's own words; all, where it has none."""
    own = {word: title for word, title in subjects.items() if word.startswith(f"{country}-")}
    for word, title in (own or subjects).items():
        yield f"  {word:<24}{title}"


def _zone(country: str) -> str:
    return f":\n#   {ZONES[country]}" if country in ZONES else ""
