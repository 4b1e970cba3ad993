"""A server of HTTP/3 (aioquic) that says which name it was asked for, and keeps to itself what came on no request.

h3_program.py CERTIFICATE KEY ADDRESS    prints "serving", then a line for each name that it was asked for
"""

import asyncio
import sys

from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.asyncio.server import serve
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ProtocolNegotiated, QuicEvent


class Page(QuicConnectionProtocol):
    _http: H3Connection | None = None

    def quic_event_received(self, event: QuicEvent) -> None:
        if isinstance(event, ProtocolNegotiated):
            self._http = H3Connection(self._quic)
        if self._http is None:
            return
        for said in self._http.handle_event(event):
            if isinstance(said, HeadersReceived):
                self._answer(self._http, said)

    def _answer(self, http: H3Connection, asked: HeadersReceived) -> None:
        name = dict(asked.headers)[b":authority"]
        print(name.decode(), flush=True)
        http.send_headers(asked.stream_id, [(b":status", b"200"), (b"content-type", b"text/plain")])
        http.send_data(asked.stream_id, b"you reached " + name + b" over HTTP/3", end_stream=True)
        self.transmit()


async def main(certificate: str, key: str, address: str) -> None:
    configuration = QuicConfiguration(is_client=False, alpn_protocols=H3_ALPN)
    configuration.load_cert_chain(certificate, key)
    await serve(address, 443, configuration=configuration, create_protocol=Page)
    print("serving", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
