"""Reach one worker of a host that has several: the system gives each new connection to any of them.

Linux only: `/proc` says which process has taken a connection.
"""

import asyncio
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

from entrypoints.devhost.server import HostServer
from entrypoints.devhost.worker_processes import accepted, owner_of, workers_of

TAKEN_SECONDS = 10.0
PIECE = 65_536


def worker_pids(server: HostServer) -> tuple[int, ...]:
    """Return the process ids of the running workers, oldest first."""
    return workers_of(server.pid)


class WorkerAddress:
    """An address that leads to one worker, inside `with`: each connection is opened again until that worker takes it.

    Set `pid` to lead to another worker from then on.
    """

    def __init__(self, server: HostServer, pid: int) -> None:
        self.pid, self.port = pid, 0
        self._server = server
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name=f"worker-{pid}", daemon=True)

    @property
    def url(self) -> str:
        """Return the URL, without a trailing slash."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        listening = await asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        self.port = listening.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        listening.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await self._connected()
            await asyncio.gather(_copy(reader, back), _copy(there, writer))
        except (OSError, asyncio.CancelledError):  # cancelled: the address closes
            writer.close()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a connection that the worker has taken. Raises OSError, also if it takes none in time."""
        async with asyncio.timeout(TAKEN_SECONDS):
            while True:
                reader, writer = await asyncio.open_connection("127.0.0.1", self._server.port)
                port = int(writer.get_extra_info("sockname")[1])
                if await self._taken_by(port) == self.pid:
                    return reader, writer
                writer.close()

    async def _taken_by(self, port: int) -> int | None:
        """Return the worker that has taken the connection from `port`, None if it was cut."""
        while (inode := accepted(self._server.port, port)) is not None:
            owner = owner_of(inode, worker_pids(self._server)) if inode else None
            if owner is not None:
                return owner
            await asyncio.sleep(0.003)
        return None


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass bytes on until the end, then end the other side too."""
    with suppress(OSError):
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()
    writer.close()
