"""What `check_senders` costs one TCP stream, in slices of it (slices.py): with that chain awake and asleep, by turns.

    .venv/bin/python benchmarks/senders.py [--pairs N]

The daemon's own tables are awake throughout. `up` is what a client sends, each packet of which is looked up; of `down`
its acknowledgements are. 100 pairs take a minute for each of the four.
"""

import argparse
import statistics

from slices import Sliced, asleep_meanwhile, rate, streaming, switch

from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import RESOLVER, Hosts
from enforcer.model.settings import Settings
from enforcer.plan.senders import DROPPED, sender_chains

TABLE = ("inet", "bench")
STREAMS = (("up", "wan", ()), ("down", "lan", ("-R",)))


def table() -> str:
    chains = "".join(sender_chains(Settings(check_senders=("lan",))))
    return f"table {' '.join(TABLE)} {{\n\tcounter {DROPPED} {{\n\t}}\n{chains}}}\n"


def sliced(hosts: Hosts, daemon: Daemon, to: str, link: str, more: tuple[str, ...], pairs: int) -> Sliced:
    without: list[float] = []
    with_it: list[float] = []
    with streaming(hosts, 4.0 + pairs, to, *more), asleep_meanwhile(hosts.gateway, daemon, [TABLE]):
        for number in range(pairs):
            for awake in (False, True) if number % 2 else (True, False):
                switch(hosts.gateway, [TABLE], awake=awake)
                (with_it if awake else without).append(rate(daemon.process.pid, link))
    return Sliced(without, with_it)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=100)
    pairs = parser.parse_args().pairs
    with Hosts() as hosts:
        daemon = Daemon(hosts.gateway, at=None)
        daemon.start()
        hosts.gateway.must("nft", "-f", "-", text=table())
        for (way, link, more), to in ((stream, to) for stream in STREAMS for to in RESOLVER):
            found = sliced(hosts, daemon, to, link, more, pairs)
            rates = (f"{statistics.mean(some):.2f}" for some in (found.without, found.with_it))
            print(f"{way:<5} {to:<10}", *rates, f"Gbit/s {found.ratio:.3f} ± {found.error:.3f}", flush=True)
        daemon.stop()


if __name__ == "__main__":
    main()
