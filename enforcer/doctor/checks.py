"""All checks, in the order in which they are told. Each has a row in docs/doctor.md, and a test that makes it fail."""

from __future__ import annotations

from enforcer.doctor import connections, host, marks, neighbours, network, offload, outputs, senders, service
from enforcer.doctor.check import Check

CHECKS = (
    Check(
        id="capabilities",
        looks_at="the rights of this process and of the running service",
        why="without CAP_NET_ADMIN no rule can be changed, without CAP_NET_RAW nothing answered",
        needs=("rights",),
        judge=host.capabilities,
    ),
    Check(
        id="nft",
        looks_at="the nft program and its version",
        why="it puts the rules into the kernel",
        needs=("nft",),
        judge=host.nft,
    ),
    Check(
        id="kernel",
        looks_at="what the kernel and nft can do, by asking whether they would take each kind of rule",
        why="without it the service cannot start",
        needs=("features",),
        judge=host.kernel,
    ),
    Check(
        id="firewalls",
        looks_at="whether the rules of all other programs can be listed",
        why="the checks `queue`, `log-group`, `marks`, `untracked` and `offload` know only what is listed",
        needs=("foreign",),
        judge=neighbours.listed,
    ),
    Check(
        id="queue",
        looks_at="netfilter queues that others serve, or send packets to",
        why="two programs cannot serve one queue (an IDS beside us)",
        needs=("bound", "foreign"),
        judge=neighbours.queue,
    ),
    Check(
        id="log-group",
        looks_at="NFLOG groups that others listen to, or log to",
        why="the kernel tells us of what it cut by one",
        needs=("bound", "foreign"),
        judge=neighbours.log_group,
    ),
    Check(
        id="marks",
        looks_at="other programs' rules about packet and conntrack marks, and policy routing by marks",
        why="our bits in a flow's mark are the memory of what was decided",
        needs=("foreign",),
        judge=marks.marks,
    ),
    Check(
        id="untracked",
        looks_at="other programs' rules that take packets out of conntrack",
        why="a flow without a conntrack entry is not judged",
        needs=("foreign",),
        judge=neighbours.untracked,
    ),
    Check(
        id="offload",
        looks_at="flowtables and other rules that hand flows over, to software or hardware",
        why="an offloaded flow meets no rule any more",
        needs=("foreign",),
        judge=neighbours.offload,
    ),
    Check(
        id="forwarding",
        looks_at="IPv4 and IPv6 forwarding against the mode",
        why="inline judges what is forwarded, host what is the machine's own",
        needs=("surroundings",),
        judge=network.forwarding,
    ),
    Check(
        id="interfaces",
        looks_at="the interfaces of the site file: there, up, no bridge ports, and none left out",
        why="a rule about another name watches nothing, in silence",
        needs=("surroundings", "loaded"),
        judge=network.interfaces,
    ),
    Check(
        id="flowtable",
        looks_at="the flowtable that the site file asks for: whether the kernel has any, and its interfaces",
        why="what is not in it is judged as ever, and passes more slowly",
        needs=("surroundings", "features", "service"),
        judge=offload.flowtable,
    ),
    Check(
        id="ipv6",
        looks_at="what the site file says for IPv4 alone while IPv6 is forwarded",
        why="a client with both takes the one that is left open",
        needs=("surroundings", "loaded"),
        judge=network.ipv6,
    ),
    Check(
        id="rp-filter",
        looks_at="the reverse path filter, where there are several ways out or groups by address",
        why="strict drops answers that come another way; none lets a client take another's address",
        needs=("surroundings", "sysctls", "loaded", "foreign"),
        judge=network.rp_filter,
    ),
    Check(
        id="senders",
        looks_at="whether `check_senders` names each interface at which clients come in, and no other",
        why="else a client can say what its server says, and conntrack and we believe it",
        needs=("surroundings",),
        judge=senders.senders,
    ),
    Check(
        id="conntrack",
        looks_at="how full the table of connections is, and what the kernel dropped for lack of room",
        why="a full one drops every new connection",
        needs=("conntrack",),
        judge=connections.room,
    ),
    Check(
        id="conntrack-checksum",
        looks_at="nf_conntrack_checksum",
        why="a packet with a wrong checksum is read by us and by no server",
        needs=("sysctls",),
        judge=connections.checksum,
    ),
    Check(
        id="conntrack-liberal",
        looks_at="nf_conntrack_tcp_be_liberal",
        why="a segment out of the window is read by us and by no server",
        needs=("sysctls",),
        judge=connections.liberal,
    ),
    Check(
        id="resolvers",
        looks_at="whom this machine itself asks for names, and how",
        why="its own questions over TLS are not read; a resolver that is blocked answers nobody",
        needs=("names", "loaded"),
        judge=network.resolvers,
    ),
    Check(
        id="ways-around",
        looks_at="DNS over HTTPS, TLS and QUIC in `[bypass]`",
        why="what is allowed hides names, and leaves no trace",
        needs=(),
        judge=network.ways_around,
    ),
    Check(
        id="clock",
        looks_at="whether the kernel's clock is synchronised (adjtimex(2))",
        why="phases begin and end by it",
        needs=("clock",),
        judge=host.clock,
    ),
    Check(
        id="syslog",
        looks_at="whether something listens at the local syslog socket",
        why="alerts go there",
        needs=("syslog",),
        judge=outputs.syslog,
    ),
    Check(
        id="collectors",
        looks_at="whether each `[[collector]]` can be reached, and when its certificate ends",
        why="alerts wait in the store until it can be",
        needs=("collectors",),
        judge=outputs.collectors,
    ),
    Check(
        id="store",
        looks_at="whether the service can write the event store, and its schema",
        why="what cannot be recorded is lost, in the end",
        needs=("record", "disk"),
        judge=outputs.store,
    ),
    Check(
        id="disk",
        looks_at="the room where the event store is",
        why="a full disk loses records",
        needs=("disk",),
        judge=outputs.disk,
    ),
    Check(
        id="key",
        looks_at="the key that signs the record: mode, owner, and whether it is still the same",
        why="whoever can read it can sign a record of his own",
        needs=("record",),
        judge=outputs.key,
    ),
    Check(
        id="head",
        looks_at="the last signed head and the last record that it covers",
        why="if they do not fit, the record was altered",
        needs=("record",),
        judge=outputs.head,
    ),
    Check(
        id="policy",
        looks_at="whether policies and site file load, and bind anybody",
        why="a policy with a fault is not loaded at the next start",
        needs=("loaded",),
        judge=service.policy,
    ),
    Check(
        id="policy-age",
        looks_at="when somebody last verified the policies, and the next boundary",
        why="hosts and bans change",
        needs=("loaded",),
        judge=service.policy_age,
    ),
    Check(
        id="control",
        looks_at="the control socket's group of users",
        why="without it the service does not start",
        needs=("service",),
        judge=service.control,
    ),
    Check(
        id="service",
        looks_at="whether the service runs, and what it is in doubt about",
        why="without it nothing is judged",
        needs=("service", "unit"),
        judge=service.service,
    ),
    Check(
        id="rules",
        looks_at="whether the kernel's rules, the service and the files are of one policy",
        why="else what is in force is not what you wrote",
        needs=("service", "kernel", "loaded", "unit"),
        judge=service.rules,
    ),
    Check(
        id="boot",
        looks_at="the systemd unit: enabled, not masked, before the network",
        why="after a boot nothing is judged without it",
        needs=("unit",),
        judge=host.boot,
    ),
)
"""Ids are for ever: a program may ask for one."""

BY_ID = {check.id: check for check in CHECKS}


def needed(checks: tuple[Check, ...]) -> frozenset[str]:
    """The facts that these checks need."""
    return frozenset(name for check in checks for name in check.needs)
