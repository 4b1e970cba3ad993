"""`python -m enforcer.lab.chrome NAME ADDRESS` sends Chrome's own ClientHello for NAME in two segments.

The hello is made by curl_cffi, a curl built with Chrome's TLS library and settings: post-quantum key share, GREASE,
shuffled extensions. It is caught on loopback, then sent to ADDRESS port 443, cut in the middle of the name. Nobody
here has the keys, so what can be learned is whether the server answers: the last line on stdout says.
"""

from __future__ import annotations

import importlib
import importlib.util
import socket
import sys
import threading
import time

MODULE = "enforcer.lab.chrome"
PAUSE = 0.1
"""Seconds between the segments, so that no stack joins them."""
SEGMENT = 1440
"""What surely fits one segment at an MTU of 1500, with timestamps."""
TRIES = 100
"""The extensions are shuffled: in about every third hello both parts fit a segment when the cut is in the name."""
SERVER_HELLO = 2
HANDSHAKE = 22


def available() -> bool:
    """Whether curl_cffi is installed; it comes with the development packages."""
    return importlib.util.find_spec("curl_cffi") is not None


def hello(name: str) -> bytes:
    """The first TLS record that Chrome would send to `name`."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(10)
        threading.Thread(target=_knock, args=(name, door.getsockname()[1]), daemon=True).start()
        caller, _ = door.accept()
        with caller, caller.makefile("rb") as stream:
            head = stream.read(5)
            return head + stream.read(int.from_bytes(head[3:], "big"))


def _knock(name: str, port: int) -> None:
    """Calls as Chrome would. It gets no answer; that error is expected, any other shows as no hello."""
    curl = importlib.import_module("curl_cffi")
    resolve = {curl.CurlOpt.RESOLVE: [f"{name}:{port}:127.0.0.1".encode()]}
    try:
        curl.requests.get(f"https://{name}:{port}/", impersonate="chrome", curl_options=resolve, timeout=5)
    except curl.requests.exceptions.RequestException:
        return


def in_two(name: str) -> tuple[bytes, bytes]:
    """A hello, cut in the middle of the name, each part no more than a segment."""
    for _ in range(TRIES):
        whole = hello(name)
        cut = whole.index(name.encode()) + len(name) // 2
        if len(whole) - SEGMENT <= cut <= SEGMENT:
            return whole[:cut], whole[cut:]
    raise SystemExit(f"no hello of {TRIES} had its name where it can be cut")


def send(first: bytes, second: bytes, address: str) -> str:
    """What came of it: `server hello`, `reset`, or `silence`."""
    with socket.create_connection((address, 443), timeout=5) as to:
        to.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            to.sendall(first)
            time.sleep(PAUSE)
            to.sendall(second)
            answer = to.recv(16)
        except ConnectionResetError:
            return "reset"
        except TimeoutError:
            return "silence"
    return "server hello" if answer[:1] == bytes([HANDSHAKE]) and answer[5:6] == bytes([SERVER_HELLO]) else "alert"


def main(name: str, address: str) -> None:
    first, second = in_two(name)
    print(f"a ClientHello in {len(first)} and {len(second)} bytes, the name cut in two")  # noqa: T201 (its interface)
    print(send(first, second, address))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
