"""The shipped policies and a made-up vendor with a list of so many names, for the lab's gateway."""

import shutil

from enforcer.edge.files import shipped_policies
from enforcer.lab.hosts import SPOOL, Host

VENDOR = """
vendor = "many"
title = "Made up"
verified_on = 2026-06-30
[sources]
here = "benchmarks"
[[hosts]]
service = "website"
names_list = "lists/many.txt"
ports = ["tcp/443"]
evidence = "strong"
confidence = "high"
sources = ["here"]
"""
BAN = """
ban = "us-many"
title = "Made up"
vendors = ["many"]
effect = "vendor-prohibited"
status = "in-force"
subjects = ["us-person"]
wording = "aligned with"
citations = ["none"]
verified_on = 2026-06-30
verified_through = 2026-06-30
[sources]
here = "benchmarks"
[[phase]]
phase = "prohibited"
starts = 2024-01-01T00:00:00Z
clock = "stated"
confidence = "high"
summary = "Made up."
sources = ["here"]
statutory = { observe = [], flag = [], block = ["website"], otherwise = "observe", undecodable = "observe" }
protective = { observe = [], flag = [], block = ["website"], otherwise = "observe", undecodable = "observe" }
"""


def put(gateway: Host, patterns: int) -> str:
    """Where the daemon finds them."""
    folder = gateway.file(f"policies-{patterns}")
    shutil.copytree(shipped_policies(), folder, dirs_exist_ok=True)
    (folder / "lists").mkdir(exist_ok=True)
    # A thousand registered domains, as long lists have them: each is an ending that the classifier knows.
    names = "".join(f"host{number}.site{number % 1000}.many.test\n" for number in range(patterns))
    (folder / "lists/many.txt").write_text(names)
    (folder / "vendors/many.toml").write_text(VENDOR)
    (folder / "us/many.toml").write_text(BAN)
    return f"{SPOOL}/policies-{patterns}"
