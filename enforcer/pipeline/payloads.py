"""Requests that look like those for a vendor's updates, to hosts that are nobody's: relays on the LAN, bare addresses.

Weak evidence, since anybody may have such paths: a finding, flagged at most, and nothing is stopped for it.
"""

from __future__ import annotations

from dataclasses import replace

from enforcer.model.command import Record
from enforcer.model.decision import Decision
from enforcer.model.verdict import Verdict
from enforcer.model.ways import UPDATE_PAYLOAD
from enforcer.pipeline.stamp import Sighting, Stamp, record
from enforcer.policy.compiled import Policy
from enforcer.policy.shapes import Shaped


def update_payload(policy: Policy, stamp: Stamp, sighting: Sighting, shaped: Shaped) -> Record | None:
    """The finding, if there is one. A host that any rule knows, a trap too, is judged by its name instead."""
    if any(policy.find(name) for name in sighting.seen.names):
        return None
    track = policy.track(policy.group(sighting.client), shaped.topic, sighting.client)
    decision = Decision(*track.at(sighting.at), revision=policy.revision, pattern=shaped.shape)
    if decision.verdict is Verdict.ALLOW:
        return None
    told = f"a request like those for {shaped.topic.title}'s {shaped.topic.service} at a host that is nobody's"
    decision = decision._replace(reason=f"{told}; confidence {shaped.confidence}: {decision.reason}")
    return Record(replace(record(stamp, sighting, decision, "passed").event, kind="finding", way=UPDATE_PAYLOAD))
