"""Servers that answer the way no healthy Redis does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

OK, PONG = b"+OK\r\n", b"+PONG\r\n"


def bulk(value: bytes) -> bytes:
    """Return a reply of one text."""
    return b"$%d\r\n%s\r\n" % (len(value), value)


def of_version(version: str) -> Callable[[list[bytes]], bytes]:
    """Answer like a server of that version."""

    def answer(command: list[bytes]) -> bytes:
        match command[0].upper():
            case b"PING":
                return PONG
            case b"INFO":
                return bulk(f"# Server\r\nredis_version:{version}\r\n".encode())
        return OK

    return answer


@asynccontextmanager
async def answering(answer: Callable[[list[bytes]], bytes]) -> AsyncIterator[str]:
    """Serve what `answer` returns for each command; yield the URL."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                parts = int((await reader.readuntil(b"\r\n"))[1:])
                command = []
                for _ in range(parts):
                    size = int((await reader.readuntil(b"\r\n"))[1:])
                    command.append((await reader.readexactly(size + 2))[:-2])
                writer.write(answer(command))
                await writer.drain()
        writer.close()

    async with _listening(serve) as url:
        yield url


@asynccontextmanager
async def hanging() -> AsyncIterator[str]:
    """Accept connections and never answer; yield the URL."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while await reader.read(4_096):
                pass
        writer.close()

    async with _listening(serve) as url:
        yield url


@asynccontextmanager
async def _listening(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
    finally:
        server.close()
        await server.wait_closed()
