"""Blocking work in threads of its own, so that neither the event loop nor the host's threads wait for it."""

import asyncio
import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")


class WorkExited(Exception):
    """The work tried to end the process, or cancelled itself."""


class OwnThreads:
    """Runs blocking work in daemon threads, at most `places` at once; one instance per event loop, for all turns.

    A thread that never ends does not prevent the process from exiting. An abandoned thread counts until it ends;
    `left(name)` is called once for it.
    """

    def __init__(self, places: int, left: Callable[[str], object] | None = None) -> None:
        self._left = left
        self._free = asyncio.Semaphore(places)

    async def run(self, name: str, work: Callable[[], T]) -> T:
        """Return or raise the result of `work()`; waits for a free thread first.

        If the caller is cancelled, the thread is abandoned.
        """
        await self._free.acquire()
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[T] = loop.create_future()

        def settle(give: Callable[[], None]) -> None:
            self._free.release()
            if not ended.cancelled():
                give()

        def returned(value: T) -> None:
            loop.call_soon_threadsafe(settle, lambda: ended.set_result(value))

        def raised(error: Exception) -> None:
            loop.call_soon_threadsafe(settle, lambda: ended.set_exception(error))

        try:
            _start(name, work, returned, raised)
        except RuntimeError:  # the machine gives no more threads
            self._free.release()
            raise
        try:
            return await ended
        except asyncio.CancelledError:
            ended.cancel()
            if self._left is not None:
                self._left(name)
            raise


def _start(
    name: str, work: Callable[[], T], returned: Callable[[T], object], raised: Callable[[Exception], object]
) -> None:
    context = copy_context()

    def body() -> None:
        try:
            try:
                value = context.run(work)
            except Exception as error:  # noqa: BLE001 - the edge of the thread: every error is passed to the caller
                raised(WorkExited("StopIteration") if isinstance(error, StopIteration) else error)
            except BaseException as stop:  # noqa: BLE001 - the same edge: the work must not end the process or its caller
                raised(WorkExited(type(stop).__name__))
            else:
                returned(value)
        except RuntimeError:
            return  # the loop has closed meanwhile: there is no waiter

    threading.Thread(target=body, name=f"openrouter-pipe {name}", daemon=True).start()
