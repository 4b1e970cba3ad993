"""What stands in the kernel of ours, looked at without the service: tables, and the policy they were made of."""

from __future__ import annotations

import re

from enforcer.audit.posture import KernelView
from enforcer.edge import kernel, portraits
from enforcer.model.errors import EdgeError
from enforcer.plan.ruleset import GENERATION

_GENERATION = re.compile(rf"\b{GENERATION}(\w+)")


def kernel_view() -> KernelView | None:
    """None if we may not look, or the kernel does not say."""
    try:
        found, _ = portraits.taken(kernel.OURS)
        made = (match[1] for part in found if (match := _GENERATION.search(part)))
        return KernelView(tables=kernel.standing(), revision=next(made, ""), taken_out=kernel.is_off())
    except (EdgeError, OSError):
        return None
