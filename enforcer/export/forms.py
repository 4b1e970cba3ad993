"""The forms that a policy can be written in, by their names on the command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from enforcer.export import bind, cilium, dnsmasq, hosts_file, nft_sets, rpz, squid, suricata, unbound
from enforcer.export.edition import Edition
from enforcer.export.refusal import ExportRefused
from enforcer.export.text import TextFile
from enforcer.policy.spelling import meant


@dataclass(frozen=True, slots=True)
class Form:
    name: str
    about: str
    """For the help, in a few words."""
    write: Callable[[Edition], tuple[TextFile, ...]]
    files: tuple[str, ...]
    """The names of all that it may write."""


FORMS = {
    form.name: form
    for form in (
        Form("rpz", "response policy zone: Unbound, BIND, Knot Resolver, PowerDNS", rpz.write, (rpz.ZONE,)),
        Form("unbound", "local zones of Unbound", unbound.write, (unbound.NAME,)),
        Form(
            "dnsmasq",
            "address= and server= lines, with --nftset also sets for nftables",
            dnsmasq.write,
            (dnsmasq.NAME, dnsmasq.SETS),
        ),
        Form(
            "bind",
            "the zone with the statements that load it",
            bind.write,
            (rpz.ZONE, bind.OPTIONS, bind.STATEMENT),
        ),
        Form("hosts", "lines for /etc/hosts: single names only", hosts_file.write, (hosts_file.NAME,)),
        Form("suricata", "rules on DNS, TLS, QUIC and HTTP names", suricata.write, (suricata.NAME,)),
        Form("nft", "sets of networks blocked by address", nft_sets.write, (nft_sets.NAME,)),
        Form("cilium", "networks blocked by address; Cilium cannot deny names", cilium.write, (cilium.NAME,)),
        Form("squid", "access lists by host and by TLS server name", squid.write, (squid.NAME, squid.SNI)),
    )
}


@dataclass(frozen=True, slots=True)
class Refused:
    """A form that cannot say this edition."""

    form: str
    why: str
    cure: str
    files: tuple[str, ...]
    """The names of what it would have written."""


def forms_named(words: Sequence[str]) -> tuple[Form, ...]:
    """Each form once, in the order asked for. Raises ExportRefused with the nearest right spelling."""
    for word in words:
        if word not in FORMS:
            why = f"there is no format {word[:100]!r}{meant(word, FORMS)}"
            raise ExportRefused(why, cure=f"the formats are: {', '.join(FORMS)}")
    return tuple(FORMS[word] for word in dict.fromkeys(words))


def written(forms: Sequence[Form], edition: Edition) -> tuple[tuple[TextFile, ...], tuple[Refused, ...]]:
    """All files, each name once, and what could not be written. `bind` and `rpz` share the zone."""
    files: dict[str, TextFile] = {}
    refused = []
    for form in forms:
        try:
            files.update({file.name: file for file in form.write(edition)})
        except ExportRefused as refusal:
            refused.append(Refused(form.name, refusal.why, refusal.cure, form.files))
    return tuple(files.values()), tuple(refused)
