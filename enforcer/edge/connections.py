"""How a connection to a syslog collector is made, and when its certificate is good enough."""

from __future__ import annotations

import errno
import socket
import ssl
from pathlib import Path

from enforcer.edge.links import Datagrams, Halting, Link, Sealed, Stream
from enforcer.model.destination import TCP, TLS, UDP, UNIX, Destination

PATIENCE = 10.0
"""Seconds for a connection, and for a handshake."""


def connect(to: Destination, halting: Halting) -> Link:
    """Raises OSError; the socket of the link never blocks."""
    if to.transport == UNIX:
        return _local(to.host, halting)
    if to.transport == UDP:
        return Datagrams(_over(to, socket.SOCK_DGRAM), halting)
    made = _over(to, socket.SOCK_STREAM)
    try:
        _keep_alive(made)
        if to.transport == TCP:
            return Stream(made, halting)
        assert to.transport == TLS  # noqa: S101 (the reader of the site file knows no other)
        made.settimeout(PATIENCE)
        return Sealed(_context(to).wrap_socket(made, server_hostname=to.server_name or to.host), halting)
    except BaseException:
        made.close()
        raise


def _local(path: str, halting: Halting) -> Link:
    for kind, link in ((socket.SOCK_DGRAM, Datagrams), (socket.SOCK_STREAM, Stream)):
        made = socket.socket(socket.AF_UNIX, kind)
        try:
            made.connect(path)
            return link(made, halting)
        except OSError as error:
            made.close()
            if error.errno != errno.EPROTOTYPE:
                raise
    raise OSError(errno.EPROTOTYPE, "it is neither a datagram nor a stream socket")


def _over(to: Destination, kind: socket.SocketKind) -> socket.socket:
    """A socket connected to the first of the host's addresses that answers."""
    fault: OSError | None = None
    for family, _, protocol, _, address in socket.getaddrinfo(to.host, to.port, type=kind):
        made = socket.socket(family, kind, protocol)
        try:
            made.settimeout(PATIENCE)
            made.connect(address)
            return made
        except OSError as error:
            made.close()
            fault = error
    raise fault or OSError(errno.EADDRNOTAVAIL, "its name has no address")


def _keep_alive(made: socket.socket) -> None:
    """A machine that vanished is noticed within a minute, even while nothing is sent."""
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in ((socket.TCP_KEEPIDLE, 30), (socket.TCP_KEEPINTVL, 10), (socket.TCP_KEEPCNT, 3)):
        made.setsockopt(socket.IPPROTO_TCP, option, value)


def _context(to: Destination) -> ssl.SSLContext:
    """Checks the certificate's chain and its alternative names; TLS 1.2 at least (RFC 9662 section 5)."""
    for file in filter(None, (to.ca, to.certificate, to.key)):
        Path(file).open("rb").close()  # ssl would not say which it is
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False  # RFC 9525 section 2
    if to.ca:
        context.load_verify_locations(to.ca)
    else:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    if to.certificate:
        context.load_cert_chain(to.certificate, to.key)
    return context
