"""Serve the metrics on loopback: one thread per process, which the newest load takes over.

The thread has an event loop of its own, so that neither delays the other. Only GET /metrics is answered, to requests
that name this machine as their host: a page in a browser here cannot read it by rebinding a name.
"""

import asyncio
import os
import socket
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from errno import EADDRINUSE
from threading import Event, Lock, Thread
from typing import Any

from adapters.metrics.prometheus_text import CONTENT_TYPE
from ports.telemetry import Telemetry

HOST = "127.0.0.1"
NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
PORTS = 16
"""Ports that are tried, from the given one on: each worker of a machine needs its own."""
CONNECTIONS, HEAD_BYTES, SECONDS = 8, 8_192, 5.0
"""Connections at the same time; beyond them new ones are closed. What a request may be, and take."""
PARTING_SECONDS = 0.5
"""How long a server that ends waits for the requests that it accepted."""
TAKE_OVER_SECONDS, END_SECONDS = 10.0, 5.0
"""How long a server waits for the one before it to end, and whoever stops a server for its thread."""


class MetricsServer:
    """Serves what `read` returns from `start` until `stop`; `read` is called in the thread.

    `state` is shared by all loads of the process: a server that starts ends the one before it. A server that cannot
    listen logs one warning with the name of the `setting`, and ends.
    """

    def __init__(
        self,
        port: int,
        read: Callable[[], bytes],
        state: MutableMapping[str, object],
        telemetry: Telemetry,
        *,
        setting: str,
    ) -> None:
        self.port = port
        self._read, self._telemetry, self._setting = read, telemetry, setting
        held: Any = state.setdefault("metrics_server", {})  # atomic, and so is the next line
        self._lock: Lock = held.setdefault("lock", Lock())
        self._held = held
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped: asyncio.Event | None = None
        self._thread: Thread | None = None
        self._stopping, self._ended = Event(), Event()
        self._open: set[asyncio.Task[None]] = set()

    @property
    def is_current(self) -> bool:
        """Whether no later server has taken the place of this one, nor has it ended."""
        current = self._held.get("current")
        return current is not None and current[1] is self._ended

    @property
    def is_missing(self) -> bool:
        """Whether the process has no server, neither this one nor a later one."""
        return self._held.get("current") is None

    def start(self) -> None:
        """Take the place of the server before, and start the thread; returns at once."""
        with self._lock:
            before = self._held.get("current")
            self._held["current"] = (self.stop, self._ended)
        self._thread = Thread(target=self._run, args=([before],), name="openrouter-pipe-metrics", daemon=True)
        try:
            self._thread.start()
        except RuntimeError as error:  # the process has no thread left
            self._failed(str(error))
            self._end()

    def stop(self) -> None:
        """Ask the thread to end; in any thread, returns at once."""
        self._stopping.set()
        loop, stopped = self._loop, self._stopped
        if loop is not None and stopped is not None:
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(stopped.set)

    def join(self) -> None:
        """Wait a little for the thread to end; blocks until then."""
        if self._thread is not None and self._thread.ident is not None:
            self._thread.join(END_SECONDS)

    # --- the thread ---------------------------------------------------------------------------------------

    def _run(self, before: "list[tuple[Callable[[], None], Event] | None]") -> None:
        try:
            _ended(before.pop())  # the thread must not hold the server of another load
            with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:  # the only one with `add_reader`
                runner.run(self._serve())
        except OSError as error:
            self._failed(error.strerror or type(error).__name__)
        except Exception as defect:  # noqa: BLE001 - the edge of a thread: the chats go on without it
            self._failed(type(defect).__name__)
        finally:
            self._end()

    async def _serve(self) -> None:
        self._stopped = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        if self._stopping.is_set():
            return
        with self._listening() as listening:
            self._listen(listening)
            url = f"http://{HOST}:{listening.getsockname()[1]}/metrics"
            self._telemetry.event("info", "metrics_served", url=url)
            await self._stopped.wait()
            self._loop.remove_reader(listening)
        if self._open:  # no new ones come: finish the requests that were accepted
            _, late = await asyncio.wait(self._open, timeout=PARTING_SECONDS)
            for task in late:
                task.cancel()

    def _listen(self, listening: socket.socket) -> None:
        if listening.fileno() >= 0:
            asyncio.get_running_loop().add_reader(listening, self._accept, listening)

    def _accept(self, listening: socket.socket) -> None:
        """Take a connection. (A server of asyncio may lose one that comes while it closes: its client then hangs.)"""
        loop = asyncio.get_running_loop()
        try:
            connection, _ = listening.accept()
        except (BlockingIOError, ConnectionAbortedError):  # the client has gone
            return
        except OSError:  # the process has no file descriptor left
            loop.remove_reader(listening)
            loop.call_later(SECONDS, self._listen, listening)
            return
        if len(self._open) >= CONNECTIONS:
            connection.close()
            return
        connection.setblocking(False)
        task = loop.create_task(self._answer(connection), name="openrouter-pipe-metrics-answer")
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    def _listening(self) -> socket.socket:
        """Return a listening socket: at the port that the process had before, else at the first free one."""
        ports = list(range(self.port, min(self.port + PORTS, 65_536)))
        if (last := self._held.get("port")) in ports:
            ports.insert(0, last)
        for port in ports:
            opened = socket.socket()
            try:
                if os.name == "posix":  # elsewhere it would share the port with a foreign listener
                    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                opened.bind((HOST, port))
                opened.listen(CONNECTIONS)
                opened.setblocking(False)
            except OSError as error:
                opened.close()
                if error.errno != EADDRINUSE:
                    raise
            else:
                self._held["port"] = port
                return opened
        raise OSError(EADDRINUSE, f"ports {ports[-1] - len(set(ports)) + 1} to {ports[-1]} are in use")

    def _failed(self, reason: str) -> None:
        self._telemetry.event("warning", "metrics_not_served", setting=self._setting, port=self.port, reason=reason)

    def _end(self) -> None:
        with self._lock:
            current = self._held.get("current")
            if current is not None and current[1] is self._ended:
                self._held["current"] = None
        self._ended.set()

    # --- one request --------------------------------------------------------------------------------------

    async def _answer(self, connection: socket.socket) -> None:
        loop, head = asyncio.get_running_loop(), b""
        with connection, suppress(TimeoutError, OSError):
            async with asyncio.timeout(SECONDS):
                while b"\r\n\r\n" not in head:
                    piece = await loop.sock_recv(connection, HEAD_BYTES)
                    head += piece
                    if not piece or len(head) > HEAD_BYTES:
                        return
                response = self._response(head.partition(b"\r\n\r\n")[0].decode("latin-1"))
                await loop.sock_sendall(connection, response)
                connection.shutdown(socket.SHUT_WR)
                if not response.startswith(b"HTTP/1.1 200"):  # what is left of the request would reset the connection
                    await loop.sock_recv(connection, HEAD_BYTES)

    def _response(self, head: str) -> bytes:
        first, *lines = head.split("\r\n")
        method, _, rest = first.partition(" ")
        path = rest.partition(" ")[0].partition("?")[0]
        if _named_host(lines) not in NAMES:
            return _written("403 Forbidden", b"This address answers to 127.0.0.1 and localhost only.\n")
        if path != "/metrics":
            return _written("404 Not Found", b"The metrics are at /metrics.\n")
        if method != "GET":
            return _written("405 Method Not Allowed", b"Use GET.\n", "Allow: GET\r\n")
        try:
            return _written("200 OK", self._read(), kind=CONTENT_TYPE)
        except Exception:  # noqa: BLE001 - the edge of a request
            return _written("500 Internal Server Error", b"The metrics cannot be read.\n")


def _ended(server: "tuple[Callable[[], None], Event] | None") -> None:
    """End another server, and wait for it."""
    if server is not None:
        stop, ended = server
        stop()
        ended.wait(TAKE_OVER_SECONDS)


def _named_host(lines: list[str]) -> str:
    """Return the host that a request names, without its port; empty if it names none or several."""
    named = [value.strip() for name, _, value in (line.partition(":") for line in lines) if name.lower() == "host"]
    if len(named) != 1:
        return ""
    host, colon, port = named[0].lower().rpartition(":")
    return host if colon and port.isdigit() else named[0].lower()


def _written(status: str, body: bytes, extra: str = "", kind: str = "text/plain; charset=utf-8") -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{extra}Connection: close\r\n\r\n"
    )
    return head.encode() + body
