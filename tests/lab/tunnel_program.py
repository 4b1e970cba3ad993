"""Servers behind which a second name is said: a CONNECT proxy (3128), a SOCKS proxy (1080), SMTP with STARTTLS (25).

tunnel_program.py CERTIFICATE KEY ADDRESS    prints "serving", then a line for each name that reaches one of them
"""

import asyncio
import ssl
import sys

PROXY, SOCKS, SMTP = 3128, 1080, 25


async def pipe(source: asyncio.StreamReader, drain: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(65536):
            drain.write(data)
            await drain.drain()
    except ConnectionError:
        pass  # the gateway's reset is what is tested; the end is told by the client
    drain.close()


async def tunnel(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: str, port: int, yes: bytes
) -> None:
    """Every tunnel leads to our own host, whatever name was asked for."""
    inner_reader, inner_writer = await asyncio.open_connection(address, port)
    writer.write(yes)
    await asyncio.gather(pipe(reader, inner_writer), pipe(inner_reader, writer))


async def serve(certificate: str, key: str, address: str) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)

    def named(_: ssl.SSLObject | ssl.SSLSocket, name: str | None, __: ssl.SSLContext) -> None:
        print(f"smtp {name}", flush=True)

    context.sni_callback = named

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        target = head.split()[1].decode()
        print(f"connect {target}", flush=True)
        await tunnel(reader, writer, address, int(target.rpartition(":")[2]), b"HTTP/1.1 200 go\r\n\r\n")

    async def socks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, count = await reader.readexactly(2)
        await reader.readexactly(count)
        writer.write(b"\5\0")
        head = await reader.readexactly(5)
        name = await reader.readexactly(head[4])
        print(f"socks {name.decode()}", flush=True)
        port = int.from_bytes(await reader.readexactly(2), "big")
        await tunnel(reader, writer, address, port, b"\5\0\0\1" + bytes(6))

    async def smtp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 lab\r\n")
        while line := await reader.readline():
            if line.upper().startswith(b"STARTTLS"):
                writer.write(b"220 go\r\n")
                await writer.start_tls(context)
            else:
                writer.write(b"250-lab\r\n250 STARTTLS\r\n" if line.upper().startswith(b"EHLO") else b"221 bye\r\n")

    for port, handler in ((PROXY, proxy), (SOCKS, socks), (SMTP, smtp)):
        await asyncio.start_server(handler, address, port)
    print("serving", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
