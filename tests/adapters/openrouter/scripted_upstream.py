"""An upstream on loopback that sends exactly the bytes of a test's script, and observes the client."""

import json
import socket
import ssl
import struct
from asyncio import Event, StreamReader, StreamWriter, start_server
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

Script = Callable[["Visit"], Awaitable[None]]

STREAM_HEADERS = {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"}
COMPLETED: dict[str, Any] = {
    "type": "response.completed",
    "response": {"id": "gen-1", "model": "a/b", "status": "completed"},
}


@dataclass
class Asked:
    """One received request."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Visit:
    """One request on one connection; `number` counts connections from 1."""

    asked: Asked
    reader: StreamReader
    writer: StreamWriter
    number: int
    gone: Event = field(default_factory=Event)

    async def head(self, status: int = 200, headers: dict[str, str] | None = None) -> None:
        """Send the status line and headers."""
        lines = [f"HTTP/1.1 {status} Scripted", *(f"{key}: {value}" for key, value in (headers or {}).items())]
        await self.raw("\r\n".join([*lines, "", ""]).encode())

    async def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        """Send a whole answer."""
        await self.head(status, {"Content-Length": str(len(body)), **(headers or {})})
        await self.raw(body)

    async def answer_json(self, value: object, status: int = 200, **headers: str) -> None:
        """Send a whole JSON answer."""
        more = {key.replace("_", "-"): text for key, text in headers.items()}
        await self.answer(status, json.dumps(value).encode(), {"Content-Type": "application/json", **more})

    async def chunk(self, data: bytes) -> None:
        """Send one HTTP chunk."""
        await self.raw(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    async def frames(self, *frames: object) -> None:
        """Send each frame as an event in a chunk of its own."""
        for frame in frames:
            await self.chunk(sse(frame))

    async def end(self) -> None:
        """End a chunked body."""
        await self.raw(b"0\r\n\r\n")

    async def raw(self, data: bytes) -> None:
        self.writer.write(data)
        with suppress(ConnectionError):
            await self.writer.drain()

    def cut(self) -> None:
        """Close the connection without an answer."""
        self.writer.close()

    def reset(self) -> None:
        """Break the connection with a TCP reset."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def left(self) -> None:
        """Return once the client has closed the connection."""
        with suppress(ConnectionError):
            while await self.reader.read(65536):
                pass
        self.gone.set()


def sse(frame: object) -> bytes:
    """Return one event; text is sent unchanged."""
    return b"data: " + (frame.encode() if isinstance(frame, str) else json.dumps(frame).encode()) + b"\n\n"


def delta(text: str, **more: object) -> dict[str, object]:
    """Return a text delta frame."""
    place = {"output_index": 0, "item_id": "msg_1", "content_index": 0}
    return {"type": "response.output_text.delta", "sequence_number": 1, **place, "delta": text, **more}


class ScriptedUpstream:
    """Runs one script per request, in order; the last one repeats."""

    def __init__(self, *scripts: Script) -> None:
        self.scripts = list(scripts)
        self.visits: list[Visit] = []
        self.connections = 0
        self.url = ""

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        with suppress(ConnectionError, EOFError):
            while asked := await read_request(reader):
                visit = Visit(asked, reader, writer, number)
                script = self.scripts[min(len(self.visits), len(self.scripts) - 1)]
                self.visits.append(visit)
                await script(visit)
                if writer.is_closing():
                    break
        writer.close()


async def read_request(reader: StreamReader) -> Asked | None:
    """Read one request with a Content-Length, or None at the end."""
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")[:-2]
    headers = dict(line.split(": ", 1) for line in lines)
    method, target, _ = first.split(" ")
    body = await reader.readexactly(int(headers.get("Content-Length", "0")))
    return Asked(method, target, headers, body)


@asynccontextmanager
async def scripted(*scripts: Script, tls: ssl.SSLContext | None = None) -> AsyncIterator[ScriptedUpstream]:
    """Serve `scripts` on loopback."""
    upstream = ScriptedUpstream(*scripts)
    server = await start_server(upstream.serve, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    upstream.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}/api/v1"
    try:
        yield upstream
    finally:
        server.close()
        for visit in upstream.visits:
            visit.writer.close()


async def a_short_answer(visit: Visit) -> None:
    """Send two deltas, the end event and `[DONE]`."""
    await visit.head(200, STREAM_HEADERS)
    await visit.frames(delta("Hel"), delta("lo"), COMPLETED, "[DONE]")
    await visit.end()
