"""The networks that the policy blocks by address, as a CiliumNetworkPolicy. Names are beyond it.

Cilium's deny rules know no toFQDNs: the type behind `egressDeny` lacks it, the documentation excludes it, and the wish
for it (cilium/cilium issue 35494) was met with reservations, because an address not learned yet would slip through.
DNS rules only allow, and cannot except a name. So there is no honest form for names, and without a network to deny
there is nothing to write (docs/decisions/0073).
"""

from __future__ import annotations

from collections.abc import Iterator

from enforcer.export.edition import Edition
from enforcer.export.refusal import ExportRefused
from enforcer.export.text import TextFile, assembled, counted
from enforcer.model.calendar import iso
from enforcer.model.verdict import Verdict

NAME = "enforcer.cilium.yaml"


def write(edition: Edition) -> tuple[TextFile, ...]:
    """Raises ExportRefused where no network is blocked."""
    if not edition.v4 and not edition.v6:
        why = "Cilium cannot deny by name (egressDeny has no toFQDNs), and no network is blocked at this instant"
        raise ExportRefused(why, cure="give the cluster's DNS the RPZ form, for instance in Unbound behind CoreDNS")
    what = "Networks blocked by the egress policy, for Cilium 1.16 or later: kubectl apply -n NAMESPACE -f."
    return (assembled(NAME, "#", what, edition, _notes(edition), _policy(edition)),)


def _policy(edition: Edition) -> Iterator[str]:
    yield "apiVersion: cilium.io/v2"
    yield "kind: CiliumNetworkPolicy"
    yield "metadata:"
    yield "  name: enforcer-export"
    yield "  annotations:"
    yield f'    enforcer/revision: "{edition.revision}"'
    yield f'    enforcer/instant: "{iso(edition.at)}"'
    yield "spec:"
    yield "  endpointSelector: {}"
    # Without this a deny rule would put every pod into default deny, and all else would stop.
    yield "  enableDefaultDeny:"
    yield "    egress: false"
    yield "    ingress: false"
    yield "  egressDeny:"
    yield "    - toCIDR:"
    for network in (*edition.v4, *edition.v6):
        yield f'        - "{network}"'


def _notes(edition: Edition) -> Iterator[str]:
    blocked = sum(region.verdict is Verdict.BLOCK for region in edition.blocks)
    yield (
        f"Cilium cannot deny by name: {counted(blocked, 'rule')} for names {'is' if blocked == 1 else 'are'} left out. "
        "Give the DNS of the cluster the RPZ form for these."
    )
    yield (
        "a name that the policy lets pass but that is served from a listed network is blocked with it. All pods of the "
        "namespace are meant: narrow endpointSelector for fewer."
    )
