"""Inside a network namespace of its own: dnsmasq with our lines, asked for names, and what is then in our sets.

In: the dnsmasq file and the nft file as arguments, names as a JSON list on standard input. Out: for each set that holds
addresses, how many, as JSON. The names are asked one after the other; the sets are told after each.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from resolver_fixtures import dnsmasq, passing, upstream


def main(config: str, sets: str) -> None:
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["nft", "-f", sets], check=True)
    told = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        upstream() as server,
        dnsmasq(Path(folder), server, more=f"conf-file={config}") as port,
    ):
        for name in json.load(sys.stdin):
            passing(port, [name])
            told[name] = filled()
            for found in told[name]:
                subprocess.run(["nft", "flush", "set", "inet", "lab", found], check=True)
    json.dump(told, sys.stdout)


def filled() -> list[str]:
    listed = subprocess.run(["nft", "--json", "list", "sets"], check=True, capture_output=True)
    sets = [one["set"] for one in json.loads(listed.stdout)["nftables"] if "set" in one]
    return [one["name"] for one in sets if one.get("elem")]


main(*sys.argv[1:])
