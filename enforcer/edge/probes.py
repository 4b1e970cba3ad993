"""Probes from the gateway itself: a question to a resolver, a hello to a server, both about names that are blocked.

They go the way of this machine's own traffic, which the rules judge as they judge what is forwarded. Beside each kind
goes a name of nobody's: only if that passes does the other's failure prove anything.
"""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from pathlib import Path

from enforcer.audit.posture import Outcome, Probe
from enforcer.audit.probing import FREE, NOERROR, Answer, Target, question, read_answer
from enforcer.model.errors import EdgeError
from enforcer.model.names import HostName

PATIENCE = 2.0
"""Seconds for one answer."""
RESOLV_CONF = Path("/etc/resolv.conf")
Place = tuple[str, int]


def system_resolver() -> str:
    """The first name server of this machine. Raises EdgeError."""
    try:
        lines = RESOLV_CONF.read_text(errors="replace").splitlines()
    except OSError as fault:
        raise EdgeError(f"cannot read {RESOLV_CONF}: {fault.strerror}", cure="name one with --resolver") from fault
    for line in lines:
        words = line.split()
        if words[:1] == ["nameserver"] and len(words) > 1:
            return words[1]
    raise EdgeError(f"{RESOLV_CONF} names no resolver", cure="name one with --resolver")


def source_address(to: str) -> str:
    """By which address of ours packets to that one go; nothing is sent. Raises EdgeError if there is no way."""
    try:
        with socket.socket(_family(to), socket.SOCK_DGRAM) as end:
            end.connect((to, 53))
            return str(end.getsockname()[0])
    except OSError as fault:
        raise EdgeError(f"there is no way to {to}: {fault.strerror}", cure="name another with --resolver") from fault


def dns_probes(targets: Iterable[Target], resolver: str) -> Iterator[Probe]:
    free = _asked(FREE, resolver)
    works = free is not None and free.rcode == NOERROR
    for target in targets:
        outcome, told = _dns_outcome(_asked(target.name, resolver), works)
        yield _probe("dns", target, outcome, told)


def tls_probes(targets: Iterable[Target], server: Place) -> Iterator[Probe]:
    """`server` is any that answers a ClientHello: a web server of one's own, never the vendor's."""
    works, how = _greeted(FREE, server)
    for target in targets:
        answered, told = _greeted(target.name, server)
        if answered:
            yield _probe("tls", target, Outcome.PASSED, told)
        elif works:
            yield _probe("tls", target, Outcome.STOPPED, told)
        else:
            yield _probe("tls", target, Outcome.UNCLEAR, f"{told}; but {FREE} did not pass either: {how}")


def _probe(kind: str, target: Target, outcome: Outcome, told: str) -> Probe:
    vendor, service, name = target
    return Probe(kind=kind, vendor=vendor, service=service, name=name, outcome=outcome.value, told=told)


def _dns_outcome(answer: Answer | None, works: bool) -> tuple[Outcome, str]:
    if answer is None:
        return Outcome.UNCLEAR, f"no answer within {PATIENCE:.0f} s"
    if answer.policy:
        return Outcome.OURS, answer.policy
    if answer.rcode == NOERROR:
        return Outcome.PASSED, f"answered, with {answer.records} records"
    if works:
        return Outcome.STOPPED, f"refused (code {answer.rcode}), without a word by whom"
    return Outcome.UNCLEAR, f"refused (code {answer.rcode}), as {FREE} is"


def _asked(name: HostName, resolver: str) -> Answer | None:
    query = question(name, int.from_bytes(os.urandom(2), "big"))
    try:
        with socket.socket(_family(resolver), socket.SOCK_DGRAM) as end:
            end.settimeout(PATIENCE)
            end.connect((resolver, 53))
            end.send(query)
            return read_answer(query, end.recv(4096))
    except OSError:
        return None


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET if ip_address(address).version == 4 else socket.AF_INET6


def _greeted(name: HostName, server: Place) -> tuple[bool, str]:
    """Whether a server said anything to a ClientHello with that name, and what happened."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # we look whether it answers, and say nothing
    try:
        with socket.create_connection(server, PATIENCE) as plain:
            try:
                with context.wrap_socket(plain, server_hostname=name):
                    return True, "the server answered"
            except ssl.SSLEOFError:
                return False, "the connection was ended"
            except ssl.SSLError as fault:
                return True, f"the server answered: {fault.reason or 'an alert'}"
    except ConnectionResetError:
        return False, "the connection was reset"
    except TimeoutError:
        return False, f"no answer within {PATIENCE:.0f} s"
    except OSError as fault:
        return False, str(fault)
