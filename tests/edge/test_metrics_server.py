"""The server alone, asked over loopback by whoever: what is no request is refused, and nobody keeps out the next."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from state_fixtures import STATE

from enforcer.audit.metrics import Family, families
from enforcer.edge import metrics_server
from enforcer.edge.metrics_server import LARGEST, MOST, Server

T = TypeVar("T")
GET = b"GET /metrics HTTP/1.1\r\nHost: gw\r\n\r\n"


async def told() -> tuple[Family, ...]:
    return families(STATE)


async def silent() -> tuple[Family, ...]:
    raise TimeoutError


def served(talk: Callable[[int], Awaitable[T]], ask: metrics_server.Ask = told) -> T:
    """What `talk` gives, that is told the port."""

    async def whole() -> T:
        server = await asyncio.start_server(Server(ask).serve, "127.0.0.1", 0, limit=LARGEST)
        async with server:
            return await asyncio.wait_for(talk(server.sockets[0].getsockname()[1]), 20)

    return asyncio.run(whole())


async def request(port: int, text: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(text)
        return await reader.read()
    except ConnectionResetError:  # it went while we still talked
        return b""
    finally:
        writer.transport.abort()


def answer(text: bytes, ask: metrics_server.Ask = told) -> tuple[str, bytes]:
    """The status and the body."""
    head, _, body = served(lambda port: request(port, text), ask).partition(b"\r\n\r\n")
    return head.decode().splitlines()[0].removeprefix("HTTP/1.1 "), body


def test_metrics_are_there_for_the_asking() -> None:
    status, body = answer(GET)
    assert status == "200 OK"
    assert b'enforcer_phase_in_force{ban="us-acme-2024",phase="full"} 1.0\n' in body
    assert answer(b"HEAD /metrics?a=b HTTP/1.0\r\n\r\n") == ("200 OK", b"")


def test_the_form_is_the_one_asked_for() -> None:
    _, body = answer(b"GET /metrics HTTP/1.1\r\nacCept: application/openmetrics-text; version=1.0.0\r\n\r\n")
    assert body.endswith(b"# EOF\n")


def test_a_form_that_is_none_is_answered_in_the_plain_one() -> None:
    status, body = answer(b"GET /metrics HTTP/1.1\r\nAccept: text/plain; version=abc\r\n\r\n")
    assert status == "200 OK"
    assert body.startswith(b"# HELP")


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "404 Not Found"),
        (b"GET /metrics/../../etc/passwd HTTP/1.1\r\n\r\n", "404 Not Found"),
        (b"POST /metrics HTTP/1.1\r\n\r\n", "405 Method Not Allowed"),
        (b"GET /metrics\r\n\r\n", "400 Bad Request"),
        (b"\x16\x03\x01\x02\x00\r\n\r\n", "400 Bad Request"),
        (b"\r\n\r\n", "400 Bad Request"),
        (b"GET /metrics HTTP/1.1\r\nX: " + b"a" * 3 * LARGEST, "400 Bad Request"),
    ],
)
def test_what_is_no_request_for_them_is_refused(text: bytes, status: str) -> None:
    assert answer(text)[0] == status


def test_a_daemon_that_does_not_answer_is_told() -> None:
    assert answer(GET, silent)[0] == "503 Service Unavailable"


def test_who_is_too_slow_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_server, "PATIENCE", 0.2)
    assert served(lambda port: request(port, b"GET /met")) == b""


def test_who_is_slow_to_ask_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_server, "PATIENCE", 100.0)  # else a busy machine lets all go for their slowness

    async def talk(port: int) -> tuple[bytes, int]:
        slow = [await asyncio.open_connection("127.0.0.1", port) for _ in range(MOST + 8)]
        answered = await request(port, GET)
        going = [asyncio.create_task(reader.read()) for reader, _ in slow]
        while sum(task.done() for task in going) < 8:  # or the patience of `served` ends
            await asyncio.wait([task for task in going if not task.done()], return_when=asyncio.FIRST_COMPLETED)
        done = [task for task in going if task.done()]
        for task in going:
            task.cancel()
        for _, writer in slow:
            writer.transport.abort()
        await asyncio.gather(*going, return_exceptions=True)
        return answered, len(done)

    answered, let_go = served(talk)
    assert answered.startswith(b"HTTP/1.1 200 OK")
    assert let_go < MOST
