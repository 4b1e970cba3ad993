"""Every check fails on purpose, and its cure works when it is followed: on a real kernel, with real rules and sockets.

A case is what breaks the gateway. Where a thing cannot be broken here (the kernel's clock, a flowtable on a kernel
without them, a package), a file or program stands in for it, and the case says so.
"""

import contextlib
import os
import re
import socket
import sqlite3
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from certificate_fixtures import Authority, server
from control_fixtures import Asked, in_a_loop, serving
from doctor_fixtures import PATIENCE, Case, Stage, play
from namespace_fixtures import ROOT
from state_fixtures import state

from enforcer.doctor.checks import CHECKS
from enforcer.edge import clock_state, sole
from enforcer.edge.nflog import Log
from enforcer.edge.queue import Queue
from enforcer.edge.store import Store
from enforcer.model.event import Event
from enforcer.model.marks import Marks
from enforcer.model.request import Reply

pytestmark = pytest.mark.kernel

CASES: dict[str, Case] = {}
NFT = "/usr/sbin/nft"


def case(function: Case) -> Case:
    CASES[function.__name__.replace("_", "-")] = function
    return function


def nothing() -> None:
    """A step that the test has no need of: a service is told to look at what it will be asked about anyway."""


@contextlib.contextmanager
def process(*command: str) -> Iterator[subprocess.Popen[str]]:
    """Ends with us, whatever happens."""
    made = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *command], stdout=subprocess.PIPE, text=True)
    try:
        yield made
    finally:
        made.kill()
        made.wait(PATIENCE)
        if made.stdout is not None:
            made.stdout.close()


class Daemon:
    """The real one, in this namespace."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        run = ["enforcer", "run", "--config", str(self._stage.site), *self._stage.arguments]
        command = ["setpriv", "--pdeathsig", "KILL", *run]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        patience = threading.Timer(PATIENCE, self._process.kill)
        patience.start()
        lines: list[str] = []
        while "ready:" not in "".join(lines[-1:]):
            lines.append(self._process.stdout.readline())
            assert lines[-1], f"the daemon ended: {lines}"
        patience.cancel()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE)
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None
            self._gone()

    def _gone(self) -> None:
        """Its inspectors have its lock too, and end a moment after it."""
        end = time.monotonic() + PATIENCE
        while sole.is_claimed():
            assert time.monotonic() < end, "the inspectors do not end"
            time.sleep(0.02)


@contextlib.contextmanager
def syslog(stage: Stage) -> Iterator[None]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as collector:
        collector.bind(str(stage.folder / "log"))
        yield


# The machine


@case
def capabilities(stage: Stage) -> Iterator[str]:
    stage.etc()
    weak = ("--bounding-set", "-net_raw", "--inh-caps", "-net_raw")
    command = ["doctor", "--only", "capabilities", "--config", str(stage.site)]
    done = subprocess.run(["setpriv", *weak, "enforcer", *command], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "this process lacks CAP_NET_RAW: what needs them is not looked at" in done.stdout
    assert "run: sudo enforcer doctor" in done.stdout
    asked = Asked()
    with process("setpriv", *weak, "sleep", "60") as service, serving(stage.folder / "control", asked) as (control, _):
        asked.reply = Reply(done=True, told="", cure="", state=state(pid=service.pid))
        until_named(service.pid, "sleep")
        with in_a_loop(control), process("sleep", "60") as restarted:

            def restart() -> None:
                text = Path("/etc/systemd/system/enforcer.service.d/rights.conf").read_text()
                assert "AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW" in text
                asked.reply = Reply(done=True, told="", cure="", state=state(pid=restarted.pid))

            stage.instead["systemctl daemon-reload && systemctl restart"] = restart
            yield "the running service lacks CAP_NET_RAW"


def until_named(pid: int, name: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while Path(f"/proc/{pid}/comm").read_text().strip() != name:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@case
def nft(stage: Stage) -> Iterator[str]:
    """No package is installed here: the old program goes."""
    stage.instead["apt-get install nftables"] = stage.programs(nft="echo 'nftables v0.9.0 (Fearless Fosdick)'")
    yield "nft 0.9.0 is older than 0.9.8"
    stage.instead["apt-get install nftables"] = stage.programs(nft="exit 1")
    yield "no nft program that runs"


@case
def kernel(stage: Stage) -> Iterator[str]:
    """An nft that refuses what an older kernel would refuse."""
    script = 'text=$(cat)\ncase "$text" in *"meta time"*) echo "Error: no such thing" >&2; exit 1;; esac\n'
    restore = stage.programs(nft=f'[ "$1" = --version ] && exec {NFT} "$@"\n{script}echo "$text" | {NFT} "$@"')
    stage.instead["use Linux"] = restore
    yield "the time of day"
    script = 'text=$(cat)\ncase "$text" in *"reset tcp option"*) echo "Error: syntax error" >&2; exit 1;; esac\n'
    restore = stage.programs(nft=f'[ "$1" = --version ] && exec {NFT} "$@"\n{script}echo "$text" | {NFT} "$@"')
    stage.instead["Linux from 5.18"] = restore
    yield "a name on two paths is not read"


@case
def firewalls(stage: Stage) -> Iterator[str]:
    stage.sh("iptables-nft -t mangle -A PREROUTING -j MARK --set-mark 1")
    refuses = "echo 'not here' >&2; exit 1"
    restore = stage.programs(**{"iptables-nft-save": refuses})
    stage.instead["apt-get install iptables"] = restore
    yield "rules of iptables-nft cannot be listed: not here"


@case
def clock(_stage: Stage) -> Iterator[str]:
    """The machine's clock is everybody's: what the kernel says of it is put in its place."""
    asked = clock_state._asked
    for said, told in (((0x40, 16_000_000), "not synchronised"), ((0, 5_000_000), "may be wrong by 5 s")):
        clock_state._asked = lambda said=said: said  # type: ignore[misc]
        for keeper in ("timedatectl set-ntp true", "systemctl enable --now", "apt-get install chrony"):
            _stage.instead[keeper] = lambda: setattr(clock_state, "_asked", lambda: (0, 2_000))
        yield told
    clock_state._asked = asked


@case
def boot(stage: Stage) -> Iterator[str]:
    """systemctl works on the files alone (SYSTEMD_OFFLINE)."""
    stage.etc()
    packaged = stage.folder / "packaged"
    packaged.mkdir()
    stage.sh(f"mkdir -p /etc/systemd/system; mount --bind {packaged} /usr/lib/systemd/system")
    yield "there is no unit enforcer.service"
    stage.sh("systemctl disable enforcer")
    yield "is not enabled"
    unit = Path("/etc/systemd/system/enforcer.service")
    whole = unit.read_text()
    unit.write_text(whole.replace("Before=network-pre.target\n", ""))
    stage.instead["systemctl daemon-reload"] = nothing
    yield "does not start before the network"
    stage.sh("systemctl disable enforcer")
    unit.unlink()
    (packaged / unit.name).write_text(whole)
    stage.sh("systemctl enable enforcer; systemctl mask enforcer")
    yield "is masked"


# Other programs


@case
def queue(stage: Stage) -> Iterator[str]:
    ids = Queue(4010, marks=Marks(), fail_open=True)
    yield "queue 4010 is served by another program"
    ids.close()
    stage.sh("iptables-nft -A FORWARD -j NFQUEUE --queue-balance 4010:4013")
    yield "iptables-nft filter FORWARD sends packets to our queue"


@case
def log_group(stage: Stage) -> Iterator[str]:
    other = Log(4010)
    yield "another program listens to log group 4010"
    other.close()
    chain = "{ type filter hook forward priority 0; }"
    stage.sh(f"nft 'add table ip a; add chain ip a b {chain}; add rule ip a b log group 4011'")
    yield "ip a b logs to our group 4011"


def chained(*rules: str) -> str:
    """Puts a table of another program's there."""
    chain = "{ type filter hook prerouting priority -150; }"
    added = (f"add rule inet other c {rule}" for rule in rules)
    return f"nft '{'; '.join(('add table inet other', f'add chain inet other c {chain}', *added))}'"


@case
def marks(stage: Stage) -> Iterator[str]:
    stage.sh("iptables-nft -t mangle -A PREROUTING -p tcp -j CONNMARK --save-mark")
    yield "iptables-nft mangle PREROUTING overwrites our bits of conntrack marks"
    assert "--nfmask 0xfffff --ctmask 0xfffff" in stage.sh("iptables-nft-save -t mangle")
    stage.sh("iptables-nft -t mangle -F; ip6tables-nft -t mangle -A OUTPUT -j CONNMARK --restore-mark")
    yield "may put our bits into packet marks"
    stage.sh(chained("ct mark set 0x7"))
    yield "inet other c overwrites our bits of conntrack marks"
    assert "ct mark set ct mark & 0xfff00007 | 0x00000007" in stage.sh("nft list table inet other")
    stage.sh(f"nft delete table inet other; {chained('ct mark set meta mark')}")
    stage.instead["and put it back with a mask"] = nothing
    yield "inet other c overwrites our bits"
    stage.sh(f"nft delete table inet other; {chained('ct mark 0x5 accept')}")
    mend = "nft flush chain inet other c; nft add rule inet other c 'ct mark & 0x000fffff == 0x5 accept'"
    stage.instead["or give it the mask"] = lambda: stage.sh(mend)
    yield "asks for ct mark with our bits"
    stage.sh("nft delete table inet other; ip6tables-nft -t mangle -F")
    stage.sh("iptables-nft -t mangle -A PREROUTING -j MARK --or-mark 0x10000000")
    yield "sets our bits of packet marks"
    assert stage.followed[-1] == "[datapath] mark_mask = 0x0fffffff"
    stage.sh("ip -6 rule add fwmark 0x00400000/0x00c00000 lookup 100")
    yield "policy routing to table 100 asks for our bits"
    assert stage.followed[-1] == "[datapath] mark_mask = 0x003fffff"


@case
def untracked(stage: Stage) -> Iterator[str]:
    stage.sh("iptables-nft -t raw -A PREROUTING -p udp --dport 443 -j CT --notrack")
    yield "iptables-nft raw PREROUTING takes packets out of conntrack"
    stage.sh(chained("notrack"))
    yield "inet other c takes packets out of conntrack"


@case
def offload(stage: Stage) -> Iterator[str]:
    """This kernel has no flowtables: nft's listing of one stands in for it, until it is told to delete the rule."""
    flow = '[{"flow":{"op":"add","flowtable":"@ft"}}]'
    rule = f'{{"rule":{{"family":"inet","table":"fast","chain":"f","handle":9,"expr":{flow}}}}}'
    gone = stage.folder / "gone"
    stage.programs(
        nft=f'[ "$1" = delete ] && touch {gone} && exit 0\n'
        f"[ -e {gone} ] || [ \"$*\" != '--json list ruleset' ] || exec echo '{{\"nftables\":[{rule}]}}'\n"
        f'exec {NFT} "$@"'
    )
    yield "inet fast f offloads flows"
    assert stage.followed == ["nft delete rule inet fast f handle 9"]


# The network


@case
def forwarding(stage: Stage) -> Iterator[str]:
    stage.sh("sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0")
    yield "this machine forwards nothing"
    stage.write_site(datapath={"mode": '"host"'})
    yield "what it forwards is not judged"


@case
def interfaces(stage: Stage) -> Iterator[str]:
    stage.write_site(datapath={"interfaces": '["eth9", "lan"]'})
    yield "there is no interface eth9"
    stage.sh("ip link set lan down")
    yield "lan is down"
    stage.sh("ip link add br0 type bridge && ip addr add 10.9.0.1/24 dev br0 && ip link set br0 up")
    yield "clients that come in at br0 are not judged"
    stage.write_site(datapath={"interfaces": '["lan"]'})
    stage.sh("ip addr flush dev lan && ip link set lan master br0")
    yield "lan is a port of br0"
    stage.site.write_text(stage.site.read_text() + '[[group]]\nname = "lab"\ninterfaces = ["eth7"]\n')
    yield "group lab is of eth7, which is not there"


@case
def flowtable(stage: Stage) -> Iterator[str]:
    """Whether the kernel has any is an nft's word that stands in for the real one."""
    says = f'[ "$1" = --check ] || exec {NFT} "$@"\ntext=$(cat)\ncase $text in *"flow add"*) exit'
    asks = f';; esac\nprintf "%s\\n" "$text" | {NFT} "$@"'
    stage.write_site(datapath={"flowtable": '["lan", "wan"]'})
    stage.programs(nft=f"{says} 1{asks}")
    stage.instead["or a kernel"] = nothing
    yield "this kernel has no flowtables"
    stage.programs(nft=f"{says} 0{asks}")
    stage.instead["enforcer reload"] = nothing  # no service runs
    stage.write_site(datapath={"flowtable": '["lan", "eth9"]'})
    yield "there is no interface eth9"
    stage.sh("ip link add br0 type bridge && ip link set wan master br0 && ip link set br0 up")
    stage.write_site(datapath={"flowtable": '["lan", "wan"]'})
    yield "wan is a port of br0"
    assert stage.followed[-2:] == ['[datapath] flowtable = ["lan", "br0"]', "enforcer reload"]


@case
def ipv6(stage: Stage) -> Iterator[str]:
    stage.site.write_text(stage.site.read_text() + '[[group]]\nname = "lab"\nsubnets = ["10.1.0.0/24"]\n')
    yield "group lab has IPv4 subnets only"
    assert stage.followed == ['[group lab] subnets = ["10.1.0.0/24", "fd00:1::/64"]']
    stage.write_site(bypass={"resolvers": '"redirect"', "redirect_to": '["10.1.0.53"]'})
    yield "redirected over IPv4 only"


@case
def rp_filter(stage: Stage) -> Iterator[str]:
    stage.sh(
        "ip link add wan2 type veth peer name far && ip addr add 198.51.100.2/24 dev wan2 && ip link set wan2 up &&"
        " ip link set far up && ip route add default via 198.51.100.1 metric 10 &&"
        " sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.wan.rp_filter=1"
    )
    yield "wan: strict rp_filter where answers may come by another way"
    stage.site.write_text(
        stage.site.read_text() + '[[group]]\nname = "lab"\nsubnets = ["10.1.0.0/24", "fd00:1::/64"]\n'
    )
    stage.sh("sysctl -qw net.ipv4.conf.lan.rp_filter=0")
    yield "lan: no rp_filter, and groups are told apart by address"


@case
def senders(stage: Stage) -> Iterator[str]:
    yield "lan: nobody checks senders there before conntrack"
    stage.write_site(datapath={"check_senders": '["lan", "eth9"]'})
    yield "there is no interface eth9"
    stage.sh(
        "ip link add wan2 type veth peer name far && ip addr add 198.51.100.2/24 dev wan2 && ip link set wan2 up &&"
        " ip link set far up && ip route add default via 198.51.100.1 metric 10"
    )
    stage.write_site(datapath={"check_senders": '["lan", "wan"]'})
    yield "wan: answers to what leaves by another way out"
    stage.sh(
        "ip link add br0 type bridge && ip addr flush dev lan && ip link set lan master br0 &&"
        " ip addr add 10.9.0.1/24 dev br0 && ip link set br0 up"
    )
    yield "lan is a port of br0"
    assert stage.followed[-1] == '[datapath] check_senders = ["br0"]'


def instead_of(stage: Stage, path: str, text: str) -> None:
    """That file says this, and can be written."""
    stand_in = stage.folder / Path(path).name
    stand_in.write_text(text)
    stage.sh(f"mount --bind {stand_in} {path}")


@case
def conntrack(stage: Stage) -> Iterator[str]:
    """The size of the table is the whole machine's: files stand in for both numbers, and sysctl writes into one."""
    instead_of(stage, "/proc/sys/net/netfilter/nf_conntrack_max", "65536\n")
    instead_of(stage, "/proc/sys/net/netfilter/nf_conntrack_count", "65500\n")
    yield "100 % full (65,500 of 65,536): packets of new connections are dropped"
    (stage.folder / "nf_conntrack_count").write_text("99999\n")
    yield "76 % full"


@case
def conntrack_checksum(stage: Stage) -> Iterator[str]:
    stage.sh("sysctl -qw net.netfilter.nf_conntrack_checksum=0")
    yield "a client can show us a name in a packet that no server takes"


@case
def conntrack_liberal(stage: Stage) -> Iterator[str]:
    stage.sh("sysctl -qw net.netfilter.nf_conntrack_tcp_be_liberal=1")
    yield "segments out of the window are judged"


@case
def resolvers(stage: Stage) -> Iterator[str]:
    stage.etc()
    asked = Path("/etc/resolv.conf")
    asked.write_text("nameserver 127.0.0.53\n")
    Path("/etc/systemd").mkdir()
    Path("/etc/systemd/resolved.conf").write_text("[Resolve]\nDNS=9.9.9.9\nDNSOverTLS=opportunistic\n")
    stage.instead["systemctl restart systemd-resolved"] = nothing
    yield "systemd-resolved asks over TLS (DNSOverTLS=opportunistic)"
    asked.write_text("# nobody\n")
    stage.instead["name your resolver there"] = lambda: asked.write_text("nameserver 10.1.0.53\n")
    yield "no name server in /etc/resolv.conf"
    asked.write_text("nameserver 9.9.9.9\n")
    stage.write_site(bypass={"resolvers": '"block"', "gateway": "true"})
    stage.arguments = []  # the shipped policies know whose 9.9.9.9 is
    yield "this machine asks 9.9.9.9, and `[bypass] gateway` treats that as a way around"


@case
def ways_around(stage: Stage) -> Iterator[str]:
    stage.write_site(bypass={"doh": '"allow"', "dot": '"allow"', "doq": '"block"'})
    yield "doh is allowed"


# Where records go


@case
def syslog_(stage: Stage) -> Iterator[str]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as rsyslog:
        stage.instead["systemctl start rsyslog"] = stage.instead["apt-get install rsyslog"] = lambda: rsyslog.bind(
            str(stage.folder / "log")
        )
        yield "there is no such socket: alerts wait"
    stage.write_site(output={"syslog": '""'})
    stage.instead["[output] syslog"] = stage.write_site
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as rsyslog:
        (stage.folder / "log").unlink()
        rsyslog.bind(str(stage.folder / "log"))
        yield "nobody is alerted"


CASES["syslog"] = CASES.pop("syslog-")


@case
def collectors(stage: Stage) -> Iterator[str]:
    authority = Authority(stage.folder)
    address = "127.0.0.1"
    short, long = authority.sign("short", address), authority.sign("long", address, days=90)
    with socket.socket() as listener:
        listener.bind((address, 0))
        port = listener.getsockname()[1]
        plain = stage.site.read_text()
        stage.site.write_text(f'{plain}[[collector]]\nname = "siem"\naddress = "tcp://{address}:{port}"\n')
        stage.instead["start the collector"] = listener.listen
        yield f"siem: tcp://{address}:{port}: nothing listens there: its alerts wait"
        contexts = [server(short)]
        threading.Thread(target=serve, args=(listener, contexts), daemon=True).start()
        ca = f'ca = "{authority.certificate}"\n'
        stage.site.write_text(f'{plain}[[collector]]\nname = "siem"\naddress = "tls://{address}:{port}"\n{ca}')
        stage.instead["renew it"] = lambda: contexts.append(server(long))
        yield "siem: its certificate ends"


def serve(listener: socket.socket, contexts: list[ssl.SSLContext]) -> None:
    """TLS by the newest of the contexts, one client after the other."""
    while True:
        with contextlib.suppress(OSError):
            plain, _ = listener.accept()
            with contexts[-1].wrap_socket(plain, server_side=True) as end:
                end.recv(1)


def recorded(stage: Stage) -> Path:
    """A store with a record, closed as a daemon does."""
    path = stage.folder / "events.sqlite"
    event = Event(kind="start", at=1.79e9, reason="a test", action="", mode="inline", gateway="gw")
    with Store(path) as made:
        made.append([(event, 1.79e9)])
    return path


@case
def store(stage: Stage) -> Iterator[str]:
    stage.etc()
    stage.write_site(output={"store": f'"{stage.folder}/new/events.sqlite"'})
    yield "/new does not exist: nothing can be recorded"
    stage.write_site()
    path = recorded(stage)
    Path("/etc/systemd/system").mkdir(parents=True)
    Path("/etc/systemd/system/enforcer.service").write_text("[Service]\nUser=nobody\n")
    path.parent.chmod(0o755)
    yield "events.sqlite is root's, and the service runs as nobody"
    path.chmod(0o400)
    yield "may not be written by its owner"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    stage.instead["upgrade the enforcer"] = path.unlink
    yield "was written by a newer enforcer"
    aside = stage.folder / "aside"
    aside.mkdir()
    stage.sh(
        f"chown nobody {aside}; mount -t tmpfs none {aside} && chown nobody: {aside} && mount -o remount,ro {aside}"
    )
    stage.write_site(output={"store": f'"{aside}/events.sqlite"'})
    yield "is on a file system that is read-only"


@case
def disk(stage: Stage) -> Iterator[str]:
    small = stage.folder / "small"
    small.mkdir()
    stage.sh(f"mount -t tmpfs -o size=300m none {small}")
    stage.write_site(output={"store": f'"{small}/events.sqlite"'})
    stage.instead["remove what is not needed"] = (small / "ballast").unlink
    fill(small / "ballast", 100)
    yield f"200 MiB of 300 MiB are free on {small}"
    assert stage.followed[0].startswith(f"du -xh --max-depth=2 {small}")
    fill(small / "ballast", 290)
    yield "nothing more can be recorded"


def fill(path: Path, mebibytes: int) -> None:
    with path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, mebibytes << 20)


@case
def key(stage: Stage) -> Iterator[str]:
    path = recorded(stage)
    secret = path.with_name(path.name + ".key")
    secret.chmod(0o644)
    yield "has mode 0644: whoever reads it can sign a record of his own"
    backup = stage.folder / "backup"
    secret.rename(backup)
    put_back = f"install -m 600 -o root {backup} {secret}"
    stage.instead["put it back from your backup"] = lambda: stage.sh(put_back)
    yield "is gone: the next start makes another"
    stage.sh(f"openssl genpkey -algorithm ed25519 -out {secret}")
    stage.instead["put that one back"] = lambda: stage.sh(put_back)
    yield "is not the key that signed last"
    secret.write_text("no key\n")
    stage.instead["put the right one back"] = lambda: stage.sh(put_back)
    yield "is no private key"


@case
def head(stage: Stage) -> Iterator[str]:
    path = recorded(stage)
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE events SET body = replace(body, 'a test', 'a lie')")
    stage.instead["enforcer audit verify"] = lambda: found_altered(path)
    yield "does not follow the one before it"
    assert path.with_name(path.name + ".evidence").exists()
    assert stage.followed[-1] == f'[output] store = "{path}.new"'
    stage.write_site()
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE heads SET at = at + 1")
    yield "it was changed: its signature does not fit"


def found_altered(path: Path) -> None:
    done = subprocess.run(["enforcer", "audit", "verify", "--store", str(path)], capture_output=True, check=False)
    assert done.returncode != 0


# The policy and the service


@case
def policy(stage: Stage) -> Iterator[str]:
    well = stage.site.read_text()
    stage.site.write_text(well.replace("[datapath]", '[datapath]\nmood = "inline"'))
    stage.instead["mend"] = lambda: stage.site.write_text(well)
    yield "datapath.mood"
    stage.site.write_text(well + "[site]\nsubjects = []\n")
    yield "site: no loaded ban binds"


@case
def policy_age(stage: Stage) -> Iterator[str]:
    stage.write_policies(2019)
    stage.instead["apt-get install --only-upgrade"] = stage.write_policies
    stage.instead["or see `enforcer policy lint`"] = nothing
    yield "nobody has looked at these policies for"


@case
def control(stage: Stage) -> Iterator[str]:
    stage.etc()
    stage.write_site(control={"group": '"enforcer-askers"'})
    yield "there is no group of users enforcer-askers"


@case
def service(stage: Stage) -> Iterator[str]:
    daemon = Daemon(stage)
    stage.instead["journalctl"] = nothing  # only where a unit is installed
    stage.instead["enforcer run"] = stage.instead["systemctl enable --now enforcer"] = daemon.start
    with syslog(stage):
        yield "no service runs: nothing is judged"
        stage.sh(f"enforcer pause --for 10m --reason trial --config {stage.site}")
        yield "a pause is in force for everybody"
        stage.sh(f"enforcer pause --for 10m --reason trial --client 10.1.0.7 --config {stage.site}")
        yield "is in force for subnets 10.1.0.7/32"
        stage.instead["take `ceiling` out"] = stage.write_site
        stage.site.write_text(stage.site.read_text() + '[site]\nceiling = "observe"\n')
        stage.sh(f"enforcer reload --config {stage.site}")
        yield "NOT BLOCKING"
        daemon.kill()


@case
def rules(stage: Stage) -> Iterator[str]:
    daemon = Daemon(stage)
    with syslog(stage):
        daemon.start()
        stage.sh("enforcer panic-off")
        yield "a person took the rules out"
        stage.site.write_text(stage.site.read_text() + '[site]\nceiling = "flag"\n')
        yield "the files say"
        daemon.kill()
        stage.instead["enforcer run"] = stage.instead["systemctl enable --now enforcer"] = daemon.start
        stage.instead["or `enforcer panic-off`"] = nothing
        yield "left in the kernel, with no service behind them"
        daemon.kill()


NEED_ROOT = ("control", "log-group", "queue", "store")
"""Other users' files, and tables in /proc that are the real root's: a user namespace has neither."""


@pytest.mark.parametrize("check", [check.id for check in CHECKS])
def test_it_fails_on_purpose_and_its_cure_works(check: str) -> None:
    if check in NEED_ROOT and os.geteuid() != 0:
        pytest.skip("needs root")
    assert play(check, CASES[check])


def test_every_check_has_a_case() -> None:
    assert set(CASES) == {check.id for check in CHECKS}


def test_the_page_has_a_row_for_every_check() -> None:
    page = (ROOT / "docs/doctor.md").read_text().partition("## The checks")[2]
    rows = re.findall(r"^\| `([a-z0-9-]+)` \|", page, re.MULTILINE)
    assert rows == [check.id for check in CHECKS]
