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

_HEAD = """\
# A skeleton. Answer the questions: take the mark `#> ` off a line and write the value; `#? ` is for what not every
# {what} has, fill it or take it out. Then take the questions out too, and leave in comments what the next reader has
# to know, your doubts above all. `enforcer policy validate --policies DIR` tells what is still missing.
"""


def ban_skeleton(id_: str, country: str, today: date, subjects: Mapping[str, str]) -> str:
    """`subjects` is the list of subjects: those of the country are offered."""
    return f"""{_HEAD.format(what="law")}
ban = "{id_}"

# What is it called, in its own words? Such as "Final Determination: Case No. ICTS-2021-002".
#> title =

# Whose products or services? The names of vendor files, without `.toml`: ["kaspersky"]. One that is not there yet:
# `enforcer policy new vendor ID`.
#> vendors =

# What does the text do, and to whom?
{_comments(f"  {effect.value:<24}{MEANING[effect]}" for effect in Effect)}
#> effect =

# Where does it stand? "in-force", "ended" (then the last phase has an `ends`), "proposed", or "unconfirmed" where you
# did not see the text or a source you trust. What is proposed or unconfirmed never blocks.
#> status =

# Whom does it bind or protect? Words of subjects.toml; a new one is added there.
{_comments(_offered(subjects, country))}
#> subjects =

# How may a report say it? "required by" only if the text itself binds whoever runs the network, else "aligned with".
#> wording =

# How is it cited? The best first: reports show that one. Such as ["89 FR 52434", "15 CFR 791.109"].
#> citations =

# On which day did you look ({today}), and up to which day do you know that nothing changed?
#> verified_on =
#> verified_through =

# Where did you read it? A short name for each source, and what and where it is; say so if it is from memory.
[sources]
#> text =

# What does the text leave alone? This mutes this ban only.
#? [[exemption]]
#? services = ["threat-intel"]
#? text = "in the words of the law"
#? sources = ["text"]

# When does what begin? A phase for each day on which something changes, in the order of time; each lasts until the
# next. `starts` is in the law's own zone, with the offset of that day{_zone(country)}
# `clock` is "stated" if the text gives the time of day, "assumed" if you took midnight.
# `confidence`: "high" with the text at hand, "medium" from others who read it, "low" from memory; low never blocks.
#
# What is done to each service? block, flag (alert, let pass), observe (record, let pass) or allow.
# `statutory` never goes further than the text. `protective` is what a careful organisation chooses; ask yourself
# whether cutting updates leaves machines worse off, and whether people still need the site to get rid of the product.
# `otherwise` is for services not listed, `undecodable` for traffic that should carry a name and cannot be read.
{_comments(f"  {service:<16}{SERVICE_MEANING[service]}" for service in SERVICES)}

[[phase]]
phase = "announced"
#> starts =
#> clock =
#> confidence =
# In a line: what holds from then on?
#> summary =
#> sources =
statutory = {{ otherwise = "observe", undecodable = "observe" }}
protective = {{ otherwise = "observe", undecodable = "observe" }}

[[phase]]
phase = "in-force"
#> starts =
#> clock =
#> confidence =
#> summary =
#> sources =
# Such as {{ block = ["update", "download"], flag = ["account"], otherwise = "observe", undecodable = "observe" }}
#> statutory =
#> protective =
"""


def vendor_skeleton(id_: str, today: date) -> str:
    return f"""{_HEAD.format(what="vendor")}
vendor = "{id_}"

# What do people call it?
#> title =

# On which day did you look ({today})?
#> verified_on =

# Where do the names come from? A short name for each source, and what and where it is.
[sources]
#> text =

# Which hosts belong to which service? A `[[hosts]]` table for each service and quality of source. The longest pattern
# wins, so a vendor's root may stand under "other" and single names below it elsewhere.
{_comments(f"  {service:<16}{SERVICE_MEANING[service]}" for service in SERVICES)}
[[hosts]]
#> service =
# `names` are exactly these, `domains` these and everything below; one of the two will do. Lower case, no dot at the
# end, no `*`. Never a suffix that strangers share.
#> names =
#> domains =
# What was seen? Documentation only: ["tcp/443"].
#? ports = ["tcp/443"]
# How well does a contact show that the product is in use? "strong" (only the product asks for it), "medium", "weak"
# (people too).
#> evidence =
# "high": the vendor says so, or several lists do; "medium": one good list; "low": one place, or memory: never blocks.
#> confidence =
#> sources =

# Which names look like the vendor's and are no evidence of it?
#   not-evidence  asked for by people without the product      look-alike  somebody who poses as the vendor
#   not-vendor    belongs to somebody else                     shared      hosting that strangers share
#? [[trap]]
#? kind = "not-evidence"
#? domains = ["scripts.example.com"]
#? reason = "why, in a line"
#? confidence = "high"
#? sources = ["text"]

# Which networks are announced by the vendor? `exclusive = true` only where nobody else lives there: the rest is
# observed, never more.
#? [[network]]
#? prefixes = ["192.0.2.0/24"]
#? asn = "AS64500"
#? exclusive = false
#? service = "other"
#? confidence = "low"
#? sources = ["text"]
"""


def _comments(lines: Iterable[str]) -> str:
    return "\n".join(f"# {line}" for line in lines)


def _offered(subjects: Mapping[str, str], country: str) -> Iterator[str]:
    """The country's own words; all, where it has none."""
    own = {word: title for word, title in subjects.items() if word.startswith(f"{country}-")}
    for word, title in (own or subjects).items():
        yield f"  {word:<24}{title}"


def _zone(country: str) -> str:
    return f":\n#   {ZONES[country]}" if country in ZONES else ""
