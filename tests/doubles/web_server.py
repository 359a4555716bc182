"""Listeners on loopback that count connections and answer GET requests byte for byte."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

Script = Callable[[asyncio.StreamWriter], Awaitable[None]]


def answer(status: int = 200, body: bytes = b"", **headers: str) -> bytes:
    """Return an answer with a length; underscores of header names are hyphens."""
    lines = {"Content-Length": str(len(body)), **{name.replace("_", "-"): value for name, value in headers.items()}}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} X\r\n{head}\r\n".encode() + body


@dataclass(slots=True)
class WebServer:
    """One listener: `answers` by path, `otherwise` to all others, `requests` as received, `server_names` of TLS."""

    answers: dict[str, bytes | Script] = field(default_factory=dict)
    otherwise: bytes = answer(404)
    requests: list[bytes] = field(default_factory=list)
    server_names: list[str | None] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request, then close."""
        self.connections += 1
        with suppress(ConnectionError, EOFError, ssl.SSLError):
            request = await reader.readuntil(b"\r\n\r\n")
            self.requests.append(request)
            found = self.answers.get(request.split(b" ")[1].decode(), self.otherwise)
            if isinstance(found, bytes):
                writer.write(found)
                await writer.drain()
            else:
                await found(writer)
        writer.close()

    def headers(self) -> dict[str, str]:
        """Return the headers of the only request, names in lower case."""
        (request,) = self.requests
        lines = request.decode().split("\r\n")[1:-2]
        return {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}


@asynccontextmanager
async def web_server(
    answers: Mapping[str, bytes | Script] | None = None,
    *,
    tls: ssl.SSLContext | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
) -> AsyncIterator[WebServer]:
    """Listen on loopback."""
    server = WebServer({**(answers or {})})
    if tls is not None:
        tls.sni_callback = lambda _socket, name, _context: server.server_names.append(name)
    listener = await asyncio.start_server(server.serve, host, port, ssl=tls)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
