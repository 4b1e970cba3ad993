"""Run in the gateway of a test while one stream flows through it: how fast it is under each of some rulesets, by turns.

    bulk_turns.py '{"files": {"without": "a.nft", ...}, "turns": 8, "seconds": 2, "settle": 1, "interface": "lan"}'

Prints one JSON object: for each of them the bytes a second that left by the interface in each turn.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

orders: dict[str, Any] = json.loads(sys.argv[1])


def sent() -> int:
    """The ninth number of its line in /proc/net/dev: bytes transmitted."""
    lines = Path("/proc/net/dev").read_text().splitlines()
    numbers = next(line for line in lines if line.strip().startswith(f"{orders['interface']}:")).partition(":")[2]
    return int(numbers.split()[8])


def rate() -> float:
    time.sleep(orders["settle"])
    began, before = time.monotonic(), sent()
    time.sleep(orders["seconds"])
    return (sent() - before) / (time.monotonic() - began)


rates: dict[str, list[float]] = {name: [] for name in orders["files"]}
for _ in range(orders["turns"]):
    for name, file in orders["files"].items():
        subprocess.run(["nft", "-f", file], check=True)
        rates[name].append(rate())
print(json.dumps(rates))
