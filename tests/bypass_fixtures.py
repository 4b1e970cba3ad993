"""A small list of ways around DNS beside the policy of tests/pipeline, and a policy made with it."""

AROUND = """
bypass = "around"
title = "Around"
verified_on = 2026-06-30
[sources]
book = "the book of resolvers"
[[host]]
kind = "canary"
names = ["use-application-dns.net"]
answer = "nxdomain"
confidence = "high"
sources = ["book"]
[[host]]
kind = "relay"
names = ["mask.icloud.com"]
answer = "nxdomain"
confidence = "high"
sources = ["book"]
[[host]]
kind = "relay-alias"
names = ["mask.apple-dns.net"]
confidence = "medium"
sources = ["book"]
[[host]]
kind = "ddr"
domains = ["resolver.arpa"]
answer = "nodata"
confidence = "high"
sources = ["book"]
[[host]]
kind = "resolver"
names = ["dns.google", "doubtless.doh.example"]
domains = ["cloudflare-dns.com"]
confidence = "high"
sources = ["book"]
[[host]]
kind = "doh"
names = ["doubtful.doh.example"]
confidence = "low"
sources = ["book"]
[[host]]
kind = "httpdns"
domains = ["httpdns.acme.test"]
confidence = "medium"
sources = ["book"]
[[address]]
operator = "Google"
addresses = ["8.8.8.8", "2001:4860:4860::8888"]
confidence = "high"
sources = ["book"]
[[address]]
operator = "Cloudflare"
addresses = ["1.1.1.1"]
confidence = "high"
sources = ["book"]
[[walk]]
vendor = "acme"
trigger = "s07.upd.acme.test"
addresses = ["8.8.8.8", "1.1.1.1", "223.6.6.6", "9.9.9.9", "185.228.168.168"]
confidence = "high"
sources = ["book"]
"""
BYPASS = {"bypass/around.toml": AROUND}
ALL = ("canary", "private_relay", "designated_resolvers", "doh", "dot", "doq", "httpdns", "resolvers")


def ways(treatment: str, *keys: str) -> str:
    """The `[bypass]` table with this said of these ways, or of all, and the rest allowed."""
    chosen = keys or ALL
    lines = (f'{key} = "{treatment if key in chosen else "allow"}"\n' for key in ALL)
    return "[bypass]\n" + "".join(lines)
