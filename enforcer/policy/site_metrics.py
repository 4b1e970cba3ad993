"""`metrics` of the `[output]` table of the site file: where measurements are served."""

from __future__ import annotations

from enforcer.model.endpoint import Endpoint, parse_endpoint
from enforcer.policy.table import Table

METRICS = r"^(?:(?:(?:[0-9]{1,3}\.){3}[0-9]{1,3}:|\[[0-9A-Fa-f:.]+\]:)?[0-9]{1,5})?$"
"""The form, for its JSON Schema."""


def read_metrics(output: Table) -> Endpoint | None:
    """None: nowhere."""
    text = output.text("metrics", "")
    if not text:
        return None
    try:
        return parse_endpoint(text)
    except ValueError as fault:
        output.fault("metrics", str(fault))
        return None
