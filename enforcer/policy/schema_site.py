"""The JSON Schema of site files. site_file.py and trust.py are the truth; tests hold this to them."""

from __future__ import annotations

from enforcer.model.settings import MODES, Control, Settings
from enforcer.model.verdict import SERVICES, Profile
from enforcer.policy.schema_bypass import addresses, bypass_schema
from enforcer.policy.schema_collectors import collectors_schema
from enforcer.policy.schema_store import limits_schema
from enforcer.policy.schema_values import (
    HOST,
    SUBNET,
    Schema,
    any_text,
    choice,
    choices,
    flag,
    instant,
    number,
    one_of_these,
    table,
    tables,
    text,
    texts,
    word,
)
from enforcer.policy.site import DEFAULT_SUBJECTS
from enforcer.policy.site_blocked_dns import BLOCKED_DNS
from enforcer.policy.site_control import GROUP, LONGEST_EVER
from enforcer.policy.site_file import (
    CEILINGS,
    FACILITIES,
    HOLD_MS,
    MAC,
    MAX_GROUPS,
    MAX_INTERFACES,
    MAX_WAIVERS,
    PROFILES,
    RULE_INTERFACE,
    SOFTER,
)
from enforcer.policy.site_metrics import METRICS
from enforcer.policy.site_names import MAX_NAME_FILES
from enforcer.policy.trust import MAX_KEYS, STATE

_PROFILE = "`statutory`: what the texts ask for and no more. `protective`: what a careful organisation chooses."
_ALL = "Left out: all."
_BLOCKED_DNS = "How a blocked question is answered. `sinkhole`: with an address of yours."
_SINKHOLE = 'With `blocked_dns = "sinkhole"`: one address of IPv4, one of IPv6, or either.'
_FLOWTABLE = (
    "Interfaces between which the kernel forwards flows that pass for good past all chains. Left out: nowhere."
    " See docs/kernel.md."
)
_CHECK_SENDERS = (
    "Interfaces at which clients come in, and nobody with an address that is not reached by them. Left out: nowhere."
    " See docs/kernel.md."
)
_CEILING = "How far we go at most, whatever a ban asks for. `observe`: recorded, never alerted, never stopped."


def site_schema() -> Schema:
    own = {"policy": _policy(), "datapath": _datapath(), "output": _output(), "bypass": bypass_schema()}
    own["collector"] = collectors_schema(FACILITIES)
    own["control"] = _control()
    return table("Who we are, what we adopted, our clients, our waivers.", {}, {**site_tables(), **own})


def site_tables() -> dict[str, Schema]:
    """The tables that case files may have too."""
    return {
        "site": _site(),
        "group": tables(_group(), MAX_GROUPS),
        "waiver": tables(_waiver(), MAX_WAIVERS),
    }


def _site() -> Schema:
    return table(
        "Whoever no group claims.",
        {},
        {
            "name": any_text("What records call this gateway. Empty: the host's own name."),
            "subjects": texts("Who we are: words of subjects.toml.", default=DEFAULT_SUBJECTS),
            "profile": choice(_PROFILE, PROFILES, Profile.STATUTORY),
            "bans": texts("Adopt only these. Empty: every loaded ban that binds one of our subjects.", default=()),
            "ceiling": choice(_CEILING, CEILINGS, "block"),
        },
    )


def _group() -> Schema:
    inherited = "Left out: as the site."
    return table(
        "Clients that are judged alike. What a group does not say, it has from the site.",
        required={"name": word("What records and waivers call the group.")},
        optional={
            "subnets": texts("Clients by address: networks like 10.1.0.0/16.", pattern=SUBNET, default=()),
            "macs": texts("Clients by MAC address, like 02:00:5e:10:00:01.", pattern=f"^{MAC.pattern}$", default=()),
            "interfaces": _rule_interfaces("Clients by the interface they come in on."),
            "subjects": texts(f"Who these clients are: words of subjects.toml. {inherited}"),
            "profile": choice(f"{_PROFILE} {inherited}", PROFILES),
            "bans": texts(f"Adopt only these. {inherited}"),
            "ceiling": choice(f"{_CEILING} {inherited}", CEILINGS),
        },
        anyOf=one_of_these(("subnets", "macs", "interfaces"), filled=True),
    )


def _waiver() -> Schema:
    return table(
        "A documented exception. It softens, never hardens, and it ends. It says whom or what it is about.",
        required={
            "id": word("What records call the waiver."),
            "reason": text("Why."),
            "ticket": text("Where it was asked for."),
            "approver": text("Who answers for it."),
            "starts": instant("Its first instant."),
            "ends": instant("The first instant after it: a hard end."),
            "softens_to": choice("What becomes of a stricter verdict.", SOFTER),
        },
        optional={
            "clients": texts(f"Names of groups, or networks like 10.9.7.0/24. {_ALL}", default=()),
            "vendors": texts(f"Ids of vendors. {_ALL}", default=()),
            "services": choices(f"Services. {_ALL}", SERVICES, default=()),
            "bans": texts(f"Ids of bans. {_ALL}", default=()),
            "names": texts(f"These names and everything below them. {_ALL}", pattern=HOST, default=()),
        },
        anyOf=one_of_these(("clients", "vendors", "services", "bans", "names"), filled=True),
    )


def _policy() -> Schema:
    bundle = (
        "The signed file to take the policies from, by its absolute path. Empty: the folder that came with the program."
    )
    keys = texts(
        "Public keys, by their absolute paths. A bundle is used if one of them signed it.", pattern="^/", default=()
    )
    return table(
        "Whose policies are loaded, and whether their lists may shrink. See docs/bundles.md.",
        {},
        {
            "bundle": {**any_text(bundle), "pattern": "^(?:/|$)"},
            "keys": {**keys, "maxItems": MAX_KEYS},
            "require_signature": flag("Refuse a folder, even one given on the command line. Needs `bundle`.", False),
            "state": {**any_text("Where the serials of accepted bundles are kept.", STATE), "pattern": "^(?:/|$)"},
            "allow_shrink": flag("Let a list be empty, or lose half of the patterns that are in force.", False),
        },
    )


def _datapath() -> Schema:
    plain = Settings()
    fail = "While no inspector answers. `open`: traffic passes unjudged. `closed`: what needs judgement is dropped."
    mask = "The bits of packet and conntrack marks that are ours: one run of at least 5 bits, such as 0xfff00000."
    share = (
        "Percent of an inspector's time that one client may use; what it sends beyond it is dropped if it has to be"
        " judged. 100: no bound. See docs/kernel.md."
    )
    hold = (
        "Milliseconds that an answer waits for the kernel to confirm the addresses in it, at the most; then it goes on,"
        " and is counted. See docs/failure.md."
    )
    mode = (
        "`inline`: a gateway's traffic. `host`: this machine's own only. `tap`: what a mirror port shows; nothing is"
        " stopped. See docs/modes.md."
    )
    interfaces = "tap: where mirrored traffic comes in. inline: judge only clients that come in here. Left out: all."
    return table(
        "How traffic is handled.",
        {},
        {
            "mode": choice(mode, MODES, plain.mode),
            "interfaces": _rule_interfaces(interfaces),
            "flowtable": _rule_interfaces(_FLOWTABLE),
            "check_senders": _rule_interfaces(_CHECK_SENDERS),
            "fail": choice(fail, ("open", "closed"), plain.fail),
            "queue": number("The first NFQUEUE number; inspector n listens on queue + n.", plain.queue, 0, 65_535),
            "inspectors": number("Processes that judge.", plain.inspectors, 1, 256),
            "client_share": number(share, plain.client_share, 1, 100),
            "hold_ms": number(hold, plain.hold_ms, *HOLD_MS),
            "mark_mask": number(mask, plain.mark_mask, 0, 0xFFFFFFFF),
            **_protocols(plain),
            "blocked_dns": choice(_BLOCKED_DNS, BLOCKED_DNS, plain.blocked_dns),
            "sinkhole": {**addresses(_SINKHOLE), "maxItems": 2},
        },
    )


def _protocols(plain: Settings) -> dict[str, Schema]:
    quic = "QUIC to port 443. `reject`: an ICMP error, on which clients turn to TCP, where the same names are judged."
    http = "Which requests of a plain HTTP connection are judged. `first`: what follows on it passes unread."
    invalid = (
        "Forwarded TCP of which conntrack sees one direction only, so that nobody can judge it. `drop`: for"
        " two gateways. See docs/high-availability.md."
    )
    mptcp = (
        "Multipath TCP. `strip`: turned to plain TCP, which is judged. `pass`: a name that goes over two paths is not"
        " read. See docs/wire.md."
    )
    return {
        "quic": choice(quic, ("judge", "reject"), plain.quic),
        "http": choice(http, ("every", "first"), plain.http),
        "invalid": choice(invalid, ("pass", "drop"), plain.invalid),
        "mptcp": choice(mptcp, ("strip", "pass"), plain.mptcp),
    }


def _rule_interfaces(told: str) -> Schema:
    return {**texts(told, pattern=f"^{RULE_INTERFACE.pattern}$", default=()), "maxItems": MAX_INTERFACES}


def _output() -> Schema:
    plain = Settings()
    metrics = (
        "Where Prometheus may ask: 127.0.0.1:9464, [::1]:9464, or a port alone, which is one of 127.0.0.1. Empty:"
        " nowhere. See docs/metrics.md."
    )
    names = "Files that name clients: a hosts file, leases of dnsmasq or Kea. Absolute paths."
    collapse = "Seconds for which what is alike is held, at the most, to become one record. 0: each is a record."
    crowd = "Alerts alike within a minute, of whatever clients; those beyond are told as one. 0: each is an alert."
    return table(
        "Where records and alerts go.",
        {},
        {
            "store": any_text("The event store, a file.", plain.store),
            "syslog": any_text("The local syslog socket. Empty: no alerts.", plain.syslog),
            "facility": choice("The syslog facility of alerts.", FACILITIES, plain.facility),
            "metrics": {**any_text(metrics), "pattern": METRICS},
            **limits_schema(),
            "client_names": {**texts(names, pattern="^/", default=()), "maxItems": MAX_NAME_FILES},
            "collapse": number(collapse, plain.collapse, 0, 86_400),
            "crowd": number(crowd, plain.crowd, 0, 1_000_000),
        },
    )


def _control() -> Schema:
    plain = Control()
    path = "The socket, by its absolute path. Empty: none."
    group = "A group of users that may, besides root and the service's own user. Empty: nobody else."
    return table(
        "How the running service is asked and told: enforcer status, reload, pause, resume. See docs/operate.md.",
        {},
        {
            "socket": {
                **any_text(path, plain.socket),
                "pattern": "^(?:/|$)",
            },
            "group": {**any_text(group), "pattern": f"^(?:{GROUP.pattern})?$"},
            "longest_pause": number(
                "Seconds that a pause may last; 0 forbids pauses.", plain.longest_pause, 0, LONGEST_EVER
            ),
        },
    )
