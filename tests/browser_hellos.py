"""ClientHellos as browsers send them: made by curl_cffi, caught by a listener on the loopback."""

import contextlib
import socket
import threading
from functools import cache

import pytest
from curl_cffi import CurlHttpVersion, requests
from curl_cffi.const import CurlOpt
from curl_cffi.requests.exceptions import RequestException

BROWSERS = ("chrome", "firefox", "safari")
"""The newest shape of each that curl_cffi knows. Chrome's and Firefox's carry a post-quantum key share."""
PATIENCE = 60.0


@cache
def browser_hello(browser: str, name: str = "dnl-03.geo.kaspersky.com") -> bytes:
    """The first bytes of a connection to https://NAME/, whole TLS records with the ClientHello and nothing else."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE)
        port = listener.getsockname()[1]
        caller = threading.Thread(target=_call, args=(browser, name, port))
        caller.start()
        try:
            with listener.accept()[0] as connection:
                connection.settimeout(PATIENCE)
                return _first_record(connection)
        finally:
            caller.join()


def _call(browser: str, name: str, port: int) -> None:
    resolve = {CurlOpt.RESOLVE: [f"{name}:{port}:127.0.0.1"]}
    try:
        requests.get(f"https://{name}:{port}/", impersonate=browser, curl_options=resolve, timeout=PATIENCE)
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
    # Nobody answers, so that waiting longer brings only repetitions; but on a busy machine the first flight takes long.
    for seconds in (0.2, 1.0, 5.0, 20.0):
        flight = _first_flight(browser, name, seconds)
        if len(flight) > 1:
            return flight[0], flight[1]
    raise AssertionError(f"{browser} sends no two datagrams")


def _first_flight(browser: str, name: str, seconds: float) -> list[bytes]:
    """The datagrams of a caller who waits so long for an answer."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        resolve = {CurlOpt.RESOLVE: [f"{name}:{port}:127.0.0.1"]}
        url, quic = f"https://{name}:{port}/", CurlHttpVersion.V3ONLY
        with pytest.raises(RequestException):
            requests.get(url, impersonate=browser, http_version=quic, curl_options=resolve, timeout=seconds)
        listener.setblocking(False)
        caught: list[bytes] = []
        with contextlib.suppress(BlockingIOError):
            while True:
                caught.append(listener.recv(65536))
        return caught
