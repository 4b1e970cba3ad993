"""Site files: every key optional, every fault told."""

import pytest
from policy_fixtures import WAIVER, faults, small

from enforcer.model.calendar import Interval
from enforcer.model.settings import Settings
from enforcer.model.verdict import Profile, Verdict

GROUP = '[[group]]\nname = "lab"\nsubnets = ["10.1.0.0/16"]\n'
SCOPED = WAIVER + 'vendors = ["acme"]\n'


def instead(old: str, new: str) -> str:
    assert old in SCOPED
    return SCOPED.replace(old, new)


BROKEN = {
    "misspelt table": ("[sites]", "sites: unknown key; did you mean 'site'?"),
    "misspelt key": ('[site]\nprofil = "statutory"', "site.profil: unknown key; did you mean 'profile'?"),
    "unknown profile": ('[site]\nprofile = "strict"', "site.profile: 'strict' is none of statutory, protective"),
    "group without clients": (
        '[[group]]\nname = "lab"',
        "group[0]: names no client: give `subnets`, `macs` or `interfaces`",
    ),
    "group without name": ('[[group]]\nsubnets = ["10.1.0.0/16"]', "group[0].name: is missing"),
    "bad subnet": (
        '[[group]]\nname = "lab"\nsubnets = ["10.1.0.1/16"]',
        "group[0].subnets[0]: '10.1.0.1/16' is not the normal form; write '10.1.0.0/16'",
    ),
    "no subnet": (
        '[[group]]\nname = "lab"\nsubnets = ["10.1/16"]',
        "group[0].subnets[0]: '10.1/16' is no network; wanted one like 10.1.0.0/16 or fd00:1::/48",
    ),
    "MAC with dashes": (
        '[[group]]\nname = "lab"\nmacs = ["02-00-5E-10-00-01"]',
        "group[0].macs[0]: '02-00-5E-10-00-01' is no MAC address in normal form; write '02:00:5e:10:00:01'",
    ),
    "no MAC": (
        '[[group]]\nname = "lab"\nmacs = ["printer"]',
        "group[0].macs[0]: 'printer' is no MAC address in normal form; wanted one like 02:00:5e:10:00:01",
    ),
    "a subnet in which no client would be found": (
        '[[group]]\nname = "lab"\nsubnets = ["::ffff:10.0.0.0/104"]',
        "group[0].subnets[0]: '::ffff:10.0.0.0/104' is not the normal form; write '10.0.0.0/8'",
    ),
    "no interface": (
        '[[group]]\nname = "lab"\ninterfaces = ["a-name-too-long-for-linux"]',
        "group[0].interfaces[0]: 'a-name-too-long-for-linux' is no interface name (1 to 15 of A-Z a-z 0-9 _ . : @ -)",
    ),
    "waiver without end": (instead("ends = 2021-03-01T00:00:00Z\n", ""), "waiver[0].ends: is missing"),
    "waiver that ends as it starts": (
        instead("ends = 2021-03-01", "ends = 2021-02-01"),
        "waiver[0].ends: 2021-02-01T00:00:00Z is not after `starts`, 2021-02-01T00:00:00Z",
    ),
    "waiver with an end that is no date": (
        instead("ends = 2021-03-01T00:00:00Z", 'ends = "next spring"'),
        "waiver[0].ends: wanted a date-time with offset like 2024-07-20T00:00:00-04:00, this is a string: "
        "write it without quotes",
    ),
    "waiver that hardens": (
        instead('softens_to = "flag"', 'softens_to = "block"'),
        "waiver[0].softens_to: 'block' is none of allow, observe, flag",
    ),
    "waiver without scope": (
        WAIVER,
        "waiver[0]: has no scope: give `clients`, `vendors`, `services`, `bans` or `names`",
    ),
    "waiver without approver": (instead('approver = "CISO"\n', ""), "waiver[0].approver: is missing"),
    "waiver for a name with a star": (
        WAIVER + 'names = ["*.acme.example"]',
        "waiver[0].names[0]: '*.acme.example': a pattern has no leading dot or `*`; write 'acme.example' under",
    ),
    "waiver for an address without length": (
        WAIVER + 'clients = ["10.1.2.3"]',
        "waiver[0].clients[0]: '10.1.2.3' is not the normal form; write '10.1.2.3/32'",
    ),
    "odd mark mask": (
        "[datapath]\nmark_mask = 0xff0ff000",
        "datapath.mark_mask: mask 0xff0ff000 is not one run of at least 5 bits within 32",
    ),
    "odd mode": (
        '[datapath]\nmode = "hots"',
        "datapath.mode: 'hots' is none of inline, host, tap; did you mean 'host'?",
    ),
    "an interface of a group that nft would take for many": (
        '[[group]]\nname = "lab"\ninterfaces = ["eth*"]',
        "group[0].interfaces[0]: 'eth*' is no interface name (1 to 15 of A-Z a-z 0-9 _ . : @ -)",
    ),
    "an interface of a group that nft would take for a rule": (
        '[[group]]\nname = "lab"\ninterfaces = [\'a"drop;#\']',
        "group[0].interfaces[0]: 'a\"drop;#' is no interface name (1 to 15 of A-Z a-z 0-9 _ . : @ -)",
    ),
    "tap without interfaces": (
        '[datapath]\nmode = "tap"',
        'datapath.interfaces: mode "tap" needs the interfaces at which mirrored traffic comes in',
    ),
    "host with interfaces": (
        '[datapath]\nmode = "host"\ninterfaces = ["eth0"]',
        'datapath.interfaces: mode "host" is about all of this machine\'s own traffic and takes no interfaces',
    ),
    "an interface that nft would misread": (
        '[datapath]\ninterfaces = ["eth*"]',
        "datapath.interfaces[0]: 'eth*' is no interface name (1 to 15 of A-Z a-z 0-9 _ . : @ -)",
    ),
    "a flowtable where nothing is forwarded": (
        '[datapath]\nmode = "host"\nflowtable = ["eth0"]',
        'datapath.flowtable: mode "host" judges nothing that is forwarded, so nothing of it can be offloaded',
    ),
    "an interface of the flowtable twice": (
        '[datapath]\nflowtable = ["eth0", "eth1", "eth0"]',
        "datapath.flowtable[2]: 'eth0' stands here twice",
    ),
    "senders where nothing is forwarded": (
        '[datapath]\nmode = "host"\ncheck_senders = ["eth0"]',
        'datapath.check_senders: mode "host" has no clients that come in at an interface',
    ),
    "an odd interface of the flowtable": (
        "[datapath]\nflowtable = ['eth\"0']",
        "datapath.flowtable[0]: 'eth\"0' is no interface name (1 to 15 of A-Z a-z 0-9 _ . : @ -)",
    ),
    "odd fail": ('[datapath]\nfail = "opne"', "datapath.fail: 'opne' is none of open, closed; did you mean 'open'?"),
    "queues past the end": (
        "[datapath]\nqueue = 65535\ninspectors = 2",
        "datapath.inspectors: the last queue would be 65536, 65535 is the last",
    ),
    "an answer that is not held": ("[datapath]\nhold_ms = 0", "datapath.hold_ms: 0 is not between 1 and 1000"),
    "an answer that is held until its client asks again": (
        "[datapath]\nhold_ms = 1001",
        "datapath.hold_ms: 1001 is not between 1 and 1000",
    ),
    "seconds that an answer is held": (
        "[datapath]\nhold_ms = 0.25",
        "datapath.hold_ms: wanted a whole number, this is a float",
    ),
    "Multipath TCP dropped": ("[datapath]\nmptcp = 'drop'", "datapath.mptcp: 'drop' is none of strip, pass"),
    "odd facility": ('[output]\nfacility = "local8"', "output.facility: 'local8' is none of kern, user"),
}


@pytest.mark.parametrize(("site", "why"), BROKEN.values(), ids=BROKEN.keys())
def test_tells_the_fault(site: str, why: str) -> None:
    told = faults(site)
    assert len(told) == 1
    assert told[0].startswith(f"enforcer.toml: {why}")


def test_an_absent_file_means_the_defaults() -> None:
    policy = small("")
    (group,) = policy.site.groups
    assert (group.name, group.subjects, group.profile, group.bans) == ("", ("us-person",), Profile.STATUTORY, ())
    assert policy.settings == Settings()
    assert policy.site.waivers == ()


def test_every_setting_is_read() -> None:
    policy = small("""
        [site]
        name = "gw-1"
        [datapath]
        mode = "inline"
        interfaces = ["lan0", "lan1.5"]
        flowtable = ["lan0", "wan0"]
        check_senders = ["lan0"]
        fail = "closed"
        queue = 100
        inspectors = 4
        hold_ms = 40
        mark_mask = 0x0ff0_0000
        blocked_dns = "refused"
        http = "first"
        quic = "reject"
        mptcp = "pass"
        [output]
        store = "/tmp/x.sqlite"
        syslog = ""
        facility = "authpriv"
    """)
    assert policy.settings == Settings(
        gateway="gw-1",
        mode="inline",
        interfaces=("lan0", "lan1.5"),
        flowtable=("lan0", "wan0"),
        check_senders=("lan0",),
        fail="closed",
        queue=100,
        inspectors=4,
        hold_ms=40,
        mark_mask=0x0FF00000,
        blocked_dns="refused",
        http="first",
        quic="reject",
        mptcp="pass",
        store="/tmp/x.sqlite",  # noqa: S108 (never opened)
        syslog="",
        facility="authpriv",
    )


def test_what_a_group_does_not_say_it_has_from_the_site() -> None:
    policy = small(
        '[site]\nsubjects = ["agency", "us-person"]\nprofile = "protective"\nbans = ["xx-agency"]\n'
        + GROUP
        + '[[group]]\nname = "own"\nmacs = ["02:00:5e:10:00:01"]\n'
        + 'subjects = ["us-person"]\nprofile = "statutory"\nbans = []'
    )
    _, lab, own = policy.site.groups
    assert (lab.subjects, lab.profile, lab.bans) == (("agency", "us-person"), Profile.PROTECTIVE, ("xx-agency",))
    assert (own.subjects, own.profile, own.bans) == (("us-person",), Profile.STATUTORY, ())


def test_a_waiver_is_read_whole() -> None:
    policy = small(
        GROUP
        + WAIVER
        + 'clients = ["lab", "10.2.0.0/16", "fd00::/8"]\nservices = ["update"]\n'
        + 'bans = ["xx-steps"]\nnames = ["a.example"]'
    )
    (waiver,) = policy.site.waivers
    assert (waiver.id, waiver.reason, waiver.ticket, waiver.approver) == ("W-1", "migration", "CHG-1", "CISO")
    assert waiver.interval == Interval(1612137600.0, 1614556800.0)
    assert waiver.softens_to is Verdict.FLAG
    assert waiver.groups == ("lab",)
    assert [str(subnet) for subnet in waiver.subnets] == ["10.2.0.0/16", "fd00::/8"]
    assert (waiver.services, waiver.bans, waiver.names) == (("update",), ("xx-steps",), frozenset(["a.example"]))
    assert waiver.fine
