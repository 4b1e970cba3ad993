"""How this program calls itself where a format asks for the maker, the product and its version."""

from __future__ import annotations

VENDOR = "egress-enforcer"
PRODUCT = "enforcer"
VERSION = "0.1.0"
"""As pyproject.toml has it; a test compares."""
