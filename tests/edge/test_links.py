"""Single connections: what TLS refuses and in which words, what a link knows of its other side, how it ends."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from certificate_fixtures import Authority, Pair, server
from collector_fixtures import StreamCollector, until
from control_fixtures import short_place

from enforcer.edge.connections import connect
from enforcer.edge.link_faults import refusal
from enforcer.edge.links import Halted, Link
from enforcer.model.destination import Destination

MESSAGE = b"<13>1 - - - - - -"


class Certificates:
    """All that the tests need, made once."""

    def __init__(self, folder: Path) -> None:
        self.ours, self.theirs = Authority(folder, "ours"), Authority(folder, "theirs")
        self.good = self.ours.sign("good", "siem.example", "127.0.0.1")
        self.expired = self.ours.sign("expired", "siem.example", since=-2)
        self.early = self.ours.sign("early", "siem.example", since=2)
        self.wrong_name = self.ours.sign("wrong-name", "other.example")
        self.common_name = self.ours.sign("siem.example")
        self.foreign = self.theirs.sign("foreign", "siem.example")
        self.gateway = self.ours.sign("gateway")
        self.stranger = self.theirs.sign("stranger")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def serve() -> Iterator[Callable[[ssl.SSLContext | None], StreamCollector]]:
    started: list[StreamCollector] = []

    def start(context: ssl.SSLContext | None) -> StreamCollector:
        started.append(StreamCollector(context).start())
        return started[-1]

    yield start
    for one in started:
        one.stop()


def to(collector: StreamCollector, certificates: Certificates, **more: Any) -> Destination:
    usual = {"ca": str(certificates.ours.certificate), "server_name": "siem.example"}
    return Destination(name="siem", transport="tls", host="127.0.0.1", port=collector.port, **{**usual, **more})


def shown(pair: Pair) -> dict[str, str]:
    return {"certificate": str(pair.certificate), "key": str(pair.key)}


def link(where: Destination) -> Link:
    return connect(where, lambda: False)


def refused(where: Destination) -> tuple[str, str]:
    """Connects and waits for the end of it; why and what to do."""
    with pytest.raises((OSError, ValueError)) as caught, link(where) as made:
        made.send(MESSAGE)
        until(lambda: made.check(), "it was not refused")
    return refusal(caught.value, where)


Serve = Callable[[ssl.SSLContext | None], StreamCollector]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_with_both_certificates(serve: Serve, certificates: Certificates, version: ssl.TLSVersion) -> None:
    context = server(certificates.good, certificates.ours.certificate, minimum=version, maximum=version)
    collector = serve(context)
    with link(to(collector, certificates, **shown(certificates.gateway))) as made:
        for _ in range(100):
            made.send(MESSAGE)
        made.check()
        assert made.finish()
    until(lambda: len(collector.messages) == 100, "they did not come")
    assert set(collector.messages) == {MESSAGE}
    assert collector.faults == []


def test_an_address_in_the_certificate_is_a_name_too(serve: Serve, certificates: Certificates) -> None:
    with link(to(serve(server(certificates.good)), certificates, server_name="")) as made:
        made.send(MESSAGE)
        assert made.finish()


@pytest.mark.parametrize(
    ("pair", "why"),
    [
        ("expired", "its certificate has expired, or one of its issuers'"),
        ("early", "its certificate is not valid yet"),
        ("wrong_name", "its certificate is not for siem.example"),
        ("common_name", "its certificate is not for siem.example"),
        ("foreign", "no authority that we trust vouches for its certificate"),
    ],
)
def test_a_bad_certificate_is_refused(serve: Serve, certificates: Certificates, pair: str, why: str) -> None:
    collector = serve(server(getattr(certificates, pair)))
    told, cure = refused(to(collector, certificates))
    assert told == why
    assert cure
    assert collector.messages == []


def test_without_an_authority_of_ours_the_systems_are_asked(serve: Serve, certificates: Certificates) -> None:
    told, cure = refused(to(serve(server(certificates.good)), certificates, ca=""))
    assert (told, cure) == (
        "no authority that we trust vouches for its certificate",
        "name the authority's file in `ca`",
    )


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_collector_that_wants_a_certificate_of_ours_says_so(
    serve: Serve, certificates: Certificates, version: ssl.TLSVersion
) -> None:
    context = server(certificates.good, certificates.ours.certificate, minimum=version, maximum=version)
    told, cure = refused(to(serve(context), certificates))
    assert told.startswith(("it asks for a certificate of ours", "it ended the handshake"))
    assert "give `certificate` and `key`" in cure
    told, cure = refused(to(serve(context), certificates, **shown(certificates.stranger)))
    assert told.startswith("it refuses our certificate")
    assert cure == "show one that the collector's authority signed"


def test_tls_below_1_2_is_refused(serve: Serve, certificates: Certificates) -> None:
    context = server(certificates.good)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    told, _ = refused(to(serve(context), certificates))
    assert told.startswith("it does not speak TLS 1.2 or later")


def test_what_is_no_tls_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer_in_plain, args=(listener,))
        thread.start()
        where = Destination(name="siem", transport="tls", host="127.0.0.1", port=listener.getsockname()[1])
        assert refused(where)[0].startswith("it does not speak TLS 1.2 or later")
        thread.join()


def answer_in_plain(listener: socket.socket) -> None:
    came, _ = listener.accept()
    with came:
        came.recv(65536)
        came.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def test_files_that_are_missing_or_no_certificates_are_named(
    serve: Serve, certificates: Certificates, tmp_path: Path
) -> None:
    collector = serve(server(certificates.good))
    told, cure = refused(to(collector, certificates, ca="/nowhere/ca.pem"))
    assert "No such file" in told
    assert "`ca`" in cure
    (tmp_path / "empty.pem").write_text("nothing\n")
    told, _ = refused(to(collector, certificates, ca=str(tmp_path / "empty.pem")))
    assert told == "`ca`, `certificate` or `key` holds no certificate in PEM"
    mixed = {"certificate": str(certificates.gateway.certificate), "key": str(certificates.stranger.key)}
    assert refused(to(collector, certificates, **mixed))[0] == "`key` is not the key of `certificate`"


def test_a_name_without_an_address_is_told() -> None:
    where = Destination(name="a", transport="tcp", host="nowhere.invalid", port=601)
    assert refused(where)[0].startswith("the name nowhere.invalid has no address")


def test_bytes_that_nobody_reads_are_outstanding_on_a_local_socket() -> None:
    with short_place() as path, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as taker:
        taker.bind(str(path))
        with link(Destination(name="l", transport="unix", host=str(path))) as made:
            made.send(MESSAGE)
            assert made.outstanding() >= len(MESSAGE)
            assert not made.finish()
            taker.recv(100)
            assert made.outstanding() == 0
            assert made.finish()


def test_bytes_for_a_collector_that_does_not_read_are_outstanding(serve: Serve) -> None:
    collector = serve(None)
    collector.reading.clear()
    halting = False
    where = Destination(name="t", transport="tcp", host="127.0.0.1", port=collector.port)
    with connect(where, lambda: halting) as made:
        sent = 0
        while not made.outstanding():
            sent += made.send(MESSAGE * 400)
        halting = True
        with pytest.raises(Halted):
            while True:
                sent += made.send(MESSAGE * 400)
        assert 0 < made.outstanding() <= sent + len(MESSAGE) * 401
    collector.reading.set()


def test_a_collector_that_closes_is_noticed(serve: Serve) -> None:
    collector = serve(None)
    with link(Destination(name="t", transport="tcp", host="127.0.0.1", port=collector.port)) as made:
        made.send(MESSAGE)
        until(lambda: collector.messages, "it did not come")
        collector.stop()
        with pytest.raises(OSError) as caught:
            until(lambda: made.check(), "nothing was noticed")
        assert refusal(caught.value, Destination(name="t", transport="tcp", host=""))[0] == "it closed the connection"
