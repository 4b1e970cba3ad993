"""Port numbers that several readings know, of TCP and UDP alike."""

from __future__ import annotations

DNS = 53
"""RFC 1035 section 4.2."""
RESERVED = 1024
"""Ports below it are servers' (RFC 6335 section 6 calls them system ports)."""
