"""The site file's table to a `Site` (policy) and `Settings` (data path and outputs)."""

from __future__ import annotations

import re
from typing import TypedDict

from enforcer.model.calendar import Interval, iso
from enforcer.model.marks import Marks
from enforcer.model.names import HostName
from enforcer.model.settings import HOST, INLINE, MODES, TAP, Settings
from enforcer.model.verdict import SERVICES, Profile, Verdict
from enforcer.policy.site import DEFAULT_SUBJECTS, Group, Site, Waiver
from enforcer.policy.site_blocked_dns import read_blocked_dns
from enforcer.policy.site_bypass import read_ways
from enforcer.policy.site_collectors import read_collectors
from enforcer.policy.site_control import read_control
from enforcer.policy.site_metrics import read_metrics
from enforcer.policy.site_names import read_client_names
from enforcer.policy.site_renames import with_todays_names
from enforcer.policy.site_store import read_limits
from enforcer.policy.table import Table
from enforcer.policy.trust import read_trust
from enforcer.policy.vendor import Subnet
from enforcer.policy.vendor_file import read_patterns, read_subnet, read_subnets

MAX_GROUPS = 256
MAX_WAIVERS = 500
PROFILES = tuple(profile.value for profile in Profile)
SOFTER = tuple(verdict.word for verdict in Verdict if verdict < Verdict.BLOCK)
CEILINGS = tuple(verdict.word for verdict in Verdict if verdict > Verdict.ALLOW)
FACILITIES = (
    *("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp"),
    *(f"local{n}" for n in range(8)),
)
"""RFC 5424 section 6.2.1, by their usual names."""
MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")
_ADDRESSLIKE = re.compile(r"[/:]|^[0-9.]+$")
RULE_INTERFACE = re.compile(r"[A-Za-z0-9_.:@-]{1,15}")
"""One that stands in nft's rules, where quotes and `*` would mean something. IFNAMSIZ is 16 with the final NUL."""
MAX_INTERFACES = 64
HOLD_MS = (1, 1_000)
"""0 would let each answer go before its addresses are known. Clients ask again after a second (Windows), and an
inspector that is not heard of for two is taken for hung: it may be idle for half of one, then wait for this long."""


def read_site(table: Table) -> tuple[Site, Settings]:
    table = with_todays_names(table)
    site = table.table("site", required=False)
    settings = _settings(table, site.text("name", "") if site else "")
    groups = [_site_group(site)]
    groups += [_group(one, groups[0]) for one in table.tables("group", MAX_GROUPS)]
    waivers = [_waiver(one) for one in table.tables("waiver", MAX_WAIVERS)]
    read_trust(table)  # in force long before (site_trust.py); here for its faults
    table.done()
    return Site(groups=tuple(groups), waivers=tuple(waivers)), settings


def _site_group(table: Table | None) -> Group:
    if table is None:
        return Group()
    group = Group(
        subjects=table.texts("subjects", DEFAULT_SUBJECTS),
        profile=Profile(table.choice("profile", PROFILES, Profile.STATUTORY)),
        bans=table.texts("bans", ()),
        ceiling=_ceiling(table, Verdict.BLOCK),
    )
    table.done()
    return group


def _ceiling(table: Table, default: Verdict) -> Verdict:
    return Verdict[table.choice("ceiling", CEILINGS, default.word).upper()]


def _group(table: Table, site: Group) -> Group:
    """What a group does not say, it has from the site."""
    group = Group(
        name=table.word("name"),
        subnets=read_subnets(table, "subnets"),
        macs=_macs(table),
        interfaces=_rule_interfaces(table, "interfaces"),
        subjects=table.texts("subjects", site.subjects),
        profile=Profile(table.choice("profile", PROFILES, site.profile)),
        bans=table.texts("bans", site.bans),
        ceiling=_ceiling(table, site.ceiling),
    )
    if not any(table.values.get(key) for key in ("subnets", "macs", "interfaces")):
        table.fault("", "names no client: give `subnets`, `macs` or `interfaces`")
    table.done()
    return group


def _macs(table: Table) -> tuple[str, ...]:
    macs = table.texts("macs", ())
    for index, mac in enumerate(macs):
        if not MAC.fullmatch(mac):
            right = mac.lower().replace("-", ":")
            hint = f"; write {right!r}" if MAC.fullmatch(right) else "; wanted one like 02:00:5e:10:00:01"
            table.fault(f"macs[{index}]", f"{mac[:100]!r} is no MAC address in normal form{hint}")
    return macs


def _waiver(table: Table) -> Waiver:
    clients = _clients(table)
    waiver = Waiver(
        id=table.word("id"),
        reason=table.text("reason"),
        ticket=table.text("ticket"),
        approver=table.text("approver"),
        interval=_interval(table),
        softens_to=Verdict[table.choice("softens_to", SOFTER).upper()],
        groups=clients[0],
        subnets=clients[1],
        vendors=table.texts("vendors", ()),
        services=table.choices("services", SERVICES, ()),
        bans=table.texts("bans", ()),
        names=_names(table),
    )
    if not any(table.values.get(key) for key in ("clients", "vendors", "services", "bans", "names")):
        table.fault("", "has no scope: give `clients`, `vendors`, `services`, `bans` or `names`")
    table.done()
    return waiver


def _interval(table: Table) -> Interval:
    starts, ends = table.instant("starts"), table.instant("ends")
    if starts and ends and ends <= starts:
        table.fault("ends", f"{iso(ends)} is not after `starts`, {iso(starts)}")
    return Interval(starts, ends)


def _clients(table: Table) -> tuple[tuple[str, ...], tuple[Subnet, ...]]:
    """Group names, and subnets: whatever has a `/`, a `:`, or digits and dots only."""
    names, subnets = [], []
    for index, text in enumerate(table.texts("clients", ())):
        if not _ADDRESSLIKE.search(text):
            names.append(text)
        elif subnet := read_subnet(table, f"clients[{index}]", text):
            subnets.append(subnet)
    return tuple(names), tuple(subnets)


def _names(table: Table) -> frozenset[HostName]:
    return frozenset(read_patterns(table, "names"))


def _settings(table: Table, gateway: str) -> Settings:
    plain = Settings()
    datapath = table.table("datapath", required=False) or table.empty("datapath")
    output = table.table("output", required=False) or table.empty("output")
    facility = output.choice("facility", FACILITIES, plain.facility)
    settings = Settings(
        gateway=gateway,
        mode=datapath.choice("mode", MODES, INLINE),
        interfaces=_rule_interfaces(datapath, "interfaces"),
        flowtable=_rule_interfaces(datapath, "flowtable"),
        check_senders=_rule_interfaces(datapath, "check_senders"),
        fail=datapath.choice("fail", ("open", "closed"), plain.fail),
        queue=datapath.number("queue", plain.queue, 0, 65_535),
        inspectors=datapath.number("inspectors", plain.inspectors, 1, 256),
        client_share=datapath.number("client_share", plain.client_share, 1, 100),
        hold_ms=datapath.number("hold_ms", plain.hold_ms, *HOLD_MS),
        mark_mask=_mark_mask(datapath, plain.mark_mask),
        **read_blocked_dns(datapath),
        **_protocols(datapath, plain),
        store=output.text("store", plain.store),
        syslog=output.text("syslog", plain.syslog),
        limits=read_limits(output),
        client_names=read_client_names(output),
        collapse=output.number("collapse", plain.collapse, 0, 86_400),
        crowd=output.number("crowd", plain.crowd, 0, 1_000_000),
        facility=facility,
        metrics=read_metrics(output),
        collectors=read_collectors(table, FACILITIES, facility),
        bypass=read_ways(table.table("bypass", required=False)),
        control=read_control(table.table("control", required=False)),
    )
    _together(datapath, settings)
    datapath.done()
    output.done()
    return settings


class _Protocols(TypedDict):
    """Members of `Settings`: what is done about one protocol or another."""

    quic: str
    invalid: str
    mptcp: str
    http: str


def _protocols(table: Table, plain: Settings) -> _Protocols:
    return _Protocols(
        quic=table.choice("quic", ("judge", "reject"), plain.quic),
        invalid=table.choice("invalid", ("pass", "drop"), plain.invalid),
        mptcp=table.choice("mptcp", ("strip", "pass"), plain.mptcp),
        http=table.choice("http", ("every", "first"), plain.http),
    )


def _together(datapath: Table, settings: Settings) -> None:
    """Faults of values that are good by themselves."""
    last = settings.queue + settings.inspectors - 1
    if last > 65_535:
        datapath.fault("inspectors", f"the last queue would be {last}, 65535 is the last")
    if why := interfaces_fault(settings):
        datapath.fault("interfaces", why)
    if why := _flowtable_fault(settings):
        datapath.fault("flowtable", why)
    if settings.check_senders and settings.mode != INLINE:
        datapath.fault("check_senders", f'mode "{settings.mode}" has no clients that come in at an interface')


def interfaces_fault(settings: Settings) -> str:
    """What is wrong between the mode and its interfaces; empty if nothing is."""
    if settings.mode == TAP and not settings.interfaces:
        return 'mode "tap" needs the interfaces at which mirrored traffic comes in'
    if settings.mode == HOST and settings.interfaces:
        return 'mode "host" is about all of this machine\'s own traffic and takes no interfaces'
    return ""


def _flowtable_fault(settings: Settings) -> str:
    """What is wrong between the mode and a flowtable; empty if nothing is."""
    if settings.flowtable and settings.mode != INLINE:
        return f'mode "{settings.mode}" judges nothing that is forwarded, so nothing of it can be offloaded'
    return ""


def _rule_interfaces(table: Table, key: str) -> tuple[str, ...]:
    names = table.texts(key, ())
    for index, name in enumerate(names):
        if not RULE_INTERFACE.fullmatch(name):
            table.fault(f"{key}[{index}]", f"{name[:100]!r} is no interface name (1 to 15 of A-Z a-z 0-9 _ . : @ -)")
    if len(names) > MAX_INTERFACES:
        table.fault(key, f"{len(names)} names, {MAX_INTERFACES} are allowed")
    return names


def _mark_mask(table: Table, default: int) -> int:
    mask = table.number("mark_mask", default, 0, 0xFFFFFFFF)
    try:
        Marks(mask)
    except ValueError as fault:
        table.fault("mark_mask", str(fault))
        return default
    return mask
