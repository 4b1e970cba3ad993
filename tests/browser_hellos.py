"""ClientHellos as browsers send them: made by curl_cffi, caught by a listener on the loopback."""

import socket
import threading
from functools import cache

from curl_cffi import CurlHttpVersion, requests
from curl_cffi.const import CurlOpt
from curl_cffi.requests.exceptions import RequestException

BROWSERS = ("chrome", "firefox", "safari")
"""The newest shape of each that curl_cffi knows. Chrome's and Firefox's carry a post-quantum key share."""


@cache
def browser_hello(browser: str, name: str = "dnl-03.geo.kaspersky.com") -> bytes:
    """The first bytes of a connection to https://NAME/, whole TLS records with the ClientHello and nothing else."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        port = listener.getsockname()[1]
        caller = threading.Thread(target=_call, args=(browser, name, port))
        caller.start()
        try:
            with listener.accept()[0] as connection:
                connection.settimeout(10)
                return _first_record(connection)
        finally:
            caller.join()


def _call(browser: str, name: str, port: int) -> None:
    resolve = {CurlOpt.RESOLVE: [f"{name}:{port}:127.0.0.1"]}
    try:
        requests.get(f"https://{name}:{port}/", impersonate=browser, curl_options=resolve, timeout=10)
    except RequestException:
        return  # the listener hangs up once it has the hello
    raise AssertionError("a listener that says nothing was taken for a server")


def _first_record(connection: socket.socket) -> bytes:
    """Browsers send the hello in one record of up to 16 KiB."""
    got = b""
    while len(got) < 5 or len(got) < 5 + int.from_bytes(got[3:5], "big"):
        part = connection.recv(65536)
        assert part, f"the client hung up after {len(got)} bytes"
        got += part
    return got


@cache
def browser_datagrams(browser: str, name: str = "dnl-03.geo.kaspersky.com") -> tuple[bytes, ...]:
    """The first two datagrams of a QUIC connection to https://NAME/: post-quantum hellos need both."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(10)
        caller = threading.Thread(target=_call_quic, args=(browser, name, listener.getsockname()[1]))
        caller.start()
        try:
            return listener.recv(65536), listener.recv(65536)
        finally:
            caller.join()


def _call_quic(browser: str, name: str, port: int) -> None:
    resolve = {CurlOpt.RESOLVE: [f"{name}:{port}:127.0.0.1"]}
    url = f"https://{name}:{port}/"
    try:
        # The first flight leaves at once; nobody answers, so waiting longer brings only repetitions.
        requests.get(url, impersonate=browser, http_version=CurlHttpVersion.V3ONLY, curl_options=resolve, timeout=0.2)
    except RequestException:
        return
    raise AssertionError("a listener that says nothing was taken for a server")
