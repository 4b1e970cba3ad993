"""The gateway's network: forwarding, interfaces, IPv6, reverse path filter, and the ways around it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Interface, IPv6Interface, ip_address, ip_interface
from shlex import quote

from enforcer.doctor.check import Told, doubtful, fine, wrong
from enforcer.doctor.facts import Facts, seen
from enforcer.doctor.finding import Cure, do, run, site
from enforcer.model.observation import Address
from enforcer.model.settings import HOST, INLINE, TAP, Settings
from enforcer.model.surroundings import Link, Surroundings
from enforcer.model.ways import Treatment, Way, Ways
from enforcer.policy.site import Group

FORWARD4, FORWARD6 = "net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"
LOOSE = "2"
_HIDE = (Way.DOH, Way.DOT, Way.DOQ)
"""Ways that hide names altogether, and that a plain site file has flagged."""


def sysctl(name: str, value: str) -> Cure:
    return run(f"sysctl -w {name}={value}")


def forwarding(facts: Facts) -> Iterator[Told]:
    found, mode = seen(facts.surroundings), facts.settings.mode
    families = [family for family, on in (("IPv4", found.forwards4), ("IPv6", found.forwards6)) if on]
    if mode == INLINE and not families:
        yield wrong(
            "mode inline, and this machine forwards nothing: only its own traffic is judged",
            sysctl(FORWARD4, "1"),
            sysctl(FORWARD6, "1"),
        )
    elif mode == HOST and families:
        told = f"mode host, and this machine forwards {' and '.join(families)}: what it forwards is not judged"
        yield doubtful(told, site("datapath", 'mode = "inline"'))
    else:
        yield fine(f"mode {mode}; forwarded: {' and '.join(families) or 'nothing'}")


def interfaces(facts: Facts) -> Iterator[Told]:
    found, settings = seen(facts.surroundings), facts.settings
    policy = seen(facts.loaded).policy
    right = list(dict.fromkeys(_right(settings, found)))
    # One line for all that is amiss, so that it can be followed whole.
    cure = site("datapath", f"interfaces = {_quoted(right or _clients(found))}")
    told = [wrong(why, cure) for why in _misnamed(settings, found)]
    told += [doubtful(why, cure) for why in _left_out(settings, found, right)]
    told += _down(settings, found)
    told += _group_links(policy.site.groups if policy else (), found)
    yield from told
    if not told:
        names = ", ".join(settings.interfaces) or "all"
        yield fine(f"interfaces of the site file: {names}; clients may be at {', '.join(_clients(found)) or 'none'}")


def _clients(found: Surroundings) -> list[str]:
    return [link.name for link in found.client_links]


def _of(link: Link) -> list[IPv4Interface | IPv6Interface]:
    return [ip_interface(address) for address in link.addresses]


def _right(settings: Settings, found: Surroundings) -> Iterator[str]:
    """The names that `interfaces` should have."""
    known = {link.name: link for link in found.links}
    for name in settings.interfaces:
        if name in known:
            yield (settings.mode == INLINE and known[name].master) or name
    if settings.mode == INLINE and settings.interfaces:
        yield from _clients(found)


def _misnamed(settings: Settings, found: Surroundings) -> Iterator[str]:
    known = {link.name: link for link in found.links}
    for name in settings.interfaces:
        if name not in known:
            yield f"there is no interface {name}, which the site file names"
        elif settings.mode == INLINE and (master := known[name].master):
            yield f"{name} is a port of {master}: packets come in by the name of that one, and no rule is for it"


def _left_out(settings: Settings, found: Surroundings, right: list[str]) -> Iterator[str]:
    masters = {link.master for link in found.links if link.name in settings.interfaces}
    others = [name for name in right if name not in settings.interfaces and name not in masters]
    if others:
        yield f"clients that come in at {', '.join(others)} are not judged: `interfaces` does not name them"


def _down(settings: Settings, found: Surroundings) -> Iterator[Told]:
    for link in found.links:
        if link.name in settings.interfaces and not link.up:
            yield wrong(
                f"the interface {link.name} is down: nothing comes in there", run(f"ip link set {quote(link.name)} up")
            )


def _group_links(groups: tuple[Group, ...], found: Surroundings) -> Iterator[Told]:
    known = [link.name for link in found.links]
    for group in groups:
        if missing := [name for name in group.interfaces if name not in known]:
            left = [name for name in group.interfaces if name in known] or _clients(found)
            told = f"group {group.name} is of {', '.join(missing)}, which is not there: it has no clients there"
            yield doubtful(told, site(f"group {group.name}", f"interfaces = {_quoted(left)}"))


def ipv6(facts: Facts) -> Iterator[Told]:
    """What is written for IPv4 alone, while IPv6 goes the same way."""
    found, settings, policy = seen(facts.surroundings), facts.settings, seen(facts.loaded).policy
    if settings.mode == TAP or not found.forwards6:
        yield fine("IPv6 is not forwarded here" if settings.mode != TAP else "mode tap judges IPv6 as IPv4")
        return
    told = list(_redirect(settings.bypass))
    for group in policy.site.groups if policy else ():
        if group.subnets and not any(net.version == 6 for net in group.subnets) and not group.macs:
            nets = [str(net) for net in group.subnets]
            of_links = _networks6(found, group)
            why = f"group {group.name} has IPv4 subnets only: over IPv6 its clients are judged as the site's others"
            told.append(doubtful(why, site(f"group {group.name}", f"subnets = {_quoted([*nets, *of_links])}")))
    yield from told
    if not told:
        yield fine("IPv6 is forwarded, and judged as IPv4 is")


def _networks6(found: Surroundings, group: Group) -> list[str]:
    """Of the links that have an address in one of the group's networks; else an example of how to write one."""
    nets: list[str] = []
    for link in found.inner:
        addresses = _of(link)
        if any(one.ip in net for one in addresses for net in group.subnets if net.version == one.version):
            nets += [str(one.network) for one in addresses if one.version == 6 and not one.is_link_local]
    return nets or ["fd00:1::/64"]


def _redirect(ways: Ways) -> Iterator[Told]:
    redirects = [way.value for way in Way if ways.of(way) is Treatment.REDIRECT]
    if redirects and not any(address.version == 6 for address in ways.redirect_to):
        now = [str(address) for address in ways.redirect_to]
        told = f"plain DNS is redirected over IPv4 only ({', '.join(redirects)}): `redirect_to` has no IPv6 address"
        yield doubtful(told, site("bypass", f"redirect_to = {_quoted([*now, 'fd00::53'])}"))


def rp_filter(facts: Facts) -> Iterator[Told]:
    """RFC 3704: strict drops what comes back by another uplink; none lets a client take another one's address."""
    found, settings = seen(facts.surroundings), facts.settings
    sysctls, policy = seen(facts.sysctls), seen(facts.loaded).policy
    effective = {link.name: _effective(link.name, sysctls) for link in found.links}
    told: list[Told] = []
    if settings.mode != TAP and (len(found.uplinks) > 1 or seen(facts.foreign).routes):
        why = "strict rp_filter where answers may come by another way: they are dropped, and it looks like ours"
        told += [_set(link, why, LOOSE) for link in found.uplinks if effective[link.name] == "1"]
    if settings.mode == INLINE and policy and any(group.subnets for group in policy.site.groups):
        why = "no rp_filter, and groups are told apart by address: a client may send with that of another network"
        unchecked = (link for link in found.inner if link.name not in settings.check_senders)
        told += [_set(link, why, "1") for link in unchecked if effective[link.name] == "0"]
    yield from told
    if not told:
        yield fine("the reverse path filter is not in the way")


def _set(link: Link, why: str, value: str) -> Told:
    return doubtful(f"{link.name}: {why}", sysctl(quote(f"net.ipv4.conf.{_dotted(link.name)}.rp_filter"), value))


def _effective(name: str, sysctls: Mapping[str, str]) -> str:
    """The larger of `all` and the interface's own (ip-sysctl)."""
    return max(sysctls.get(f"net.ipv4.conf.{one}.rp_filter", "0") for one in ("all", _dotted(name)))


def _dotted(name: str) -> str:
    """sysctl(8) takes a `/` for the dot in a VLAN's name."""
    return name.replace(".", "/")


def resolvers(facts: Facts) -> Iterator[Told]:
    """The gateway's own questions; those of clients are judged where they come in."""
    names, settings = seen(facts.names), facts.settings
    told: list[Told] = []
    if names.over_tls and settings.mode != TAP:
        where = "/etc/systemd/resolved.conf.d"
        told.append(
            doubtful(
                f"systemd-resolved asks over TLS (DNSOverTLS={names.over_tls}): nobody reads this machine's questions",
                run(f"mkdir -p {where} && printf '[Resolve]\\nDNSOverTLS=no\\n' > {where}/zz-enforcer.conf"),
                run("systemctl restart systemd-resolved"),
            )
        )
    if not names.servers:
        told.append(
            doubtful("no name server in /etc/resolv.conf: collectors are not found by name", _a_server(settings))
        )
    told += _cut_off(facts, names.servers)
    yield from told
    if not told:
        yield fine(f"this machine asks {', '.join(names.servers)} in the clear")


def _a_server(settings: Settings) -> Cure:
    own = next(iter(settings.bypass.redirect_to), None)
    if own is None:
        return do("name your resolver there: nameserver ADDRESS")
    return run(f"echo 'nameserver {own}' >> /etc/resolv.conf")


def _cut_off(facts: Facts, servers: tuple[str, ...]) -> Iterator[Told]:
    ways, policy = facts.settings.bypass, seen(facts.loaded).policy
    if not ways.gateway or ways.resolvers not in (Treatment.BLOCK, Treatment.REDIRECT) or policy is None:
        return
    for server in servers:
        address = _address(server)
        if address is None or address.is_loopback or address in (*ways.excepted, *ways.redirect_to):
            continue
        if ways.any_resolver or address in policy.bypass.doors.resolvers:
            told = f"this machine asks {server}, and `[bypass] gateway` treats that as a way around"
            yield wrong(told, site("bypass", f"except = {_quoted([*map(str, ways.excepted), server])}"))


def _address(text: str) -> Address | None:
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None


def ways_around(facts: Facts) -> Iterator[Told]:
    ways, mode = facts.settings.bypass, facts.settings.mode
    allowed = [way.value for way in _HIDE if ways.of(way) is Treatment.ALLOW]
    for way in allowed:
        yield doubtful(f"{way} is allowed: names asked for by it are seen by nobody", site("bypass", f'{way} = "flag"'))
    if not allowed:
        told = ", ".join(f"{way.value} {ways.of(way).value}" for way in (*_HIDE, Way.PRIVATE_RELAY, Way.RESOLVERS))
        yield fine(f"{told}{'; nothing is stopped in mode tap' if mode == TAP else ''}")


def _quoted(words: list[str]) -> str:
    """A TOML array of strings: JSON spells them alike."""
    return json.dumps(words, ensure_ascii=False)
