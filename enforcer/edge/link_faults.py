"""Why a collector cannot be reached, in words for the operator, with what to do."""

from __future__ import annotations

import errno
import socket
import sqlite3
import ssl

from enforcer.model.destination import TLS, UNIX, Destination

# OpenSSL's X509_V_ERR_*: https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/
_EXPIRED, _NOT_YET, _NAME, _ADDRESS = 10, 9, 62, 64
_UNTRUSTED = (2, 18, 19, 20, 21)
_REVOKED, _PURPOSE = 23, 26
_CONTACT = {
    errno.ECONNREFUSED: ("nothing listens there", "start the collector, or correct `address`"),
    errno.ENOENT: ("there is no such socket", "start the collector, or correct `address`"),
    errno.EACCES: ("permission is denied", "check owner and mode of the socket"),
    errno.EHOSTUNREACH: ("the host cannot be reached", "check the route and the host"),
    errno.ENETUNREACH: ("there is no route to it", "check the routes of this machine"),
    errno.ETIMEDOUT: ("it does not answer", "check the host, and firewalls on the way"),
    errno.ECONNRESET: ("it closed the connection", "see the collector's own log"),
    errno.EPIPE: ("it closed the connection", "see the collector's own log"),
    errno.EMSGSIZE: ("a message is too long for the way", "set a smaller `max_bytes`"),
}


def refusal(error: Exception, to: Destination) -> tuple[str, str]:
    """Why it failed, and the cure."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _certificate(error, to)
    if isinstance(error, ssl.SSLError):
        return _handshake(error, to)
    if isinstance(error, socket.gaierror):
        return f"the name {to.host} has no address ({error.strerror})", "check `address`, and this machine's resolver"
    if isinstance(error, sqlite3.Error):
        return f"the event store cannot be read: {error}", "see the errors about the store"
    if isinstance(error, TimeoutError):
        return _CONTACT[errno.ETIMEDOUT]
    if isinstance(error, OSError) and error.filename and to.transport == TLS:
        return f"{error.filename}: {error.strerror}", "check `ca`, `certificate` and `key`, and who may read them"
    if isinstance(error, OSError) and to.transport == TLS and error.errno in (errno.ECONNRESET, errno.EPIPE):
        # Some collectors refuse a certificate without a word.
        why, cure = _CONTACT[errno.ECONNRESET]
        shown = "the certificate that we show" if to.certificate else "`certificate` and `key`, if it asks for one"
        return why, f"{cure}; check {shown}"
    if isinstance(error, OSError) and error.errno in _CONTACT:
        return _CONTACT[error.errno]
    return str(error) or type(error).__name__, "see the collector's own log" if to.transport != UNIX else "see its log"


def _certificate(error: ssl.SSLCertVerificationError, to: Destination) -> tuple[str, str]:
    code, name = error.verify_code, to.server_name or to.host
    if code == _EXPIRED:
        return "its certificate has expired, or one of its issuers'", "renew it on the collector"
    if code == _NOT_YET:
        return "its certificate is not valid yet", "check this machine's clock, or renew it on the collector"
    if code in (_NAME, _ADDRESS):
        return f"its certificate is not for {name}", "name one of its alternative names in `address` or `server_name`"
    if code in _UNTRUSTED:
        return "no authority that we trust vouches for its certificate", "name the authority's file in `ca`"
    if code == _REVOKED:
        return "its certificate was revoked", "renew it on the collector"
    if code == _PURPOSE:
        return "its certificate is not one for servers", "renew it on the collector"
    return f"its certificate is refused: {error.verify_message}", "look at it: openssl s_client -connect HOST:PORT"


def _handshake(error: ssl.SSLError, to: Destination) -> tuple[str, str]:
    reason = (error.reason or "").upper()
    if "ALERT" in reason and ("CERTIFICATE" in reason or "UNKNOWN_CA" in reason or "DECRYPT_ERROR" in reason):
        if to.certificate:
            return f"it refuses our certificate ({_plain(reason)})", "show one that the collector's authority signed"
        return f"it asks for a certificate of ours ({_plain(reason)})", "give `certificate` and `key`"
    if "HANDSHAKE_FAILURE" in reason and not to.certificate:
        return (
            f"it ended the handshake ({_plain(reason)})",
            "if it asks for a certificate, give `certificate` and `key`",
        )
    if "PROTOCOL" in reason or "VERSION" in reason:
        return f"it does not speak TLS 1.2 or later ({_plain(reason)})", "check the port, and the collector's settings"
    if "KEY_VALUES_MISMATCH" in reason:
        return "`key` is not the key of `certificate`", "give the two that belong together"
    if "NO_CERTIFICATE_OR_CRL" in reason or "PEM" in reason or "NO_START_LINE" in reason:
        return "`ca`, `certificate` or `key` holds no certificate in PEM", "convert it: openssl x509 -in FILE -out FILE"
    if "EOF" in reason:
        return "it closed the connection in the midst of TLS", "see the collector's own log"
    return f"TLS failed ({_plain(reason) or error})", "see the collector's own log"


def _plain(reason: str) -> str:
    return reason.lower().replace("_", " ")
