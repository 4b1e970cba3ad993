"""What skeletons of policy files say, with places in braces for skeleton.py to fill. MARK and MAYBE are told there."""

from __future__ import annotations

HEAD = """\
# A skeleton. Answer the questions: take the mark `#> ` off a line and write the value; `#? ` is for what not every
# {what} has, fill it or take it out. Then take the questions out too, and leave in comments what the next reader has
# to know, your doubts above all. `enforcer policy validate --policies DIR` tells what is still missing.
"""

BAN = """\
{head}
ban = "{id}"

# What is it called, in its own words? Such as "Final Determination: Case No. ICTS-2021-002".
#> title =

# Whose products or services? The names of vendor files, without `.toml`: ["kaspersky"]. One that is not there yet:
# `enforcer policy new vendor ID`.
#> vendors =

# What does the text do, and to whom?
{effects}
#> effect =

# Where does it stand? "in-force", "ended" (then the last phase has an `ends`), "proposed", or "unconfirmed" where you
# did not see the text or a source you trust. What is proposed or unconfirmed never blocks.
#> status =

# Whom does it bind or protect? Words of subjects.toml; a new one is added there.
{subjects}
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
# next. `starts` is in the law's own zone, with the offset of that day{zone}
# `clock` is "stated" if the text gives the time of day, "assumed" if you took midnight.
# `confidence`: "high" with the text at hand, "medium" from others who read it, "low" from memory; low never blocks.
#
# What is done to each service? block, flag (alert, let pass), observe (record, let pass) or allow.
# `statutory` never goes further than the text. `protective` is what a careful organisation chooses; ask yourself
# whether cutting updates leaves machines worse off, and whether people still need the site to get rid of the product.
# `otherwise` is for services not listed, `undecodable` for traffic that should carry a name and cannot be read.
{services}

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

VENDOR = """\
{head}
vendor = "{id}"

# What do people call it?
#> title =

# On which day did you look ({today})?
#> verified_on =

# Where do the names come from? A short name for each source, and what and where it is.
[sources]
#> text =

# Which hosts belong to which service? A `[[hosts]]` table for each service and quality of source. The longest pattern
# wins, so a vendor's root may stand under "other" and single names below it elsewhere.
{services}
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
