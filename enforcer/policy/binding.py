"""Whom a ban binds and what it asks, in a sentence; and whether it concerns a group."""

from __future__ import annotations

from enforcer.model.verdict import Effect
from enforcer.policy.ban import Ban
from enforcer.policy.site import Group

MEANING = {
    Effect.VENDOR_PROHIBITED: "binds the vendor, not the user of a network",
    Effect.USE_PROHIBITED: "binds the user: the product is not to be used",
    Effect.PROCUREMENT_PROHIBITED: "binds the buyer: the product is not to be bought or provided",
    Effect.TRAFFIC_PROHIBITED: "binds whoever runs the network: the traffic is to be stopped",
    Effect.ADVISORY: "advice, which binds nobody",
    Effect.PROPOSED: "a proposal, which binds nobody and never blocks by itself",
}


def concerns(ban: Ban, group: Group) -> str:
    """Why the ban is or is not one of the group's."""
    ours = [subject for subject in ban.subjects if subject in group.subjects]
    we = ", ".join(group.subjects) or "nobody that a ban names"
    if not ours:
        return f"not adopted: it is for {', '.join(ban.subjects)}, and we are {we}"
    if group.bans and ban.id not in group.bans:
        return f"not adopted: it is for {', '.join(ours)}, but the site file leaves it out"
    return f"adopted: it is for {', '.join(ours)}"
