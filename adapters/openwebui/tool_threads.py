"""Runs tools that block, or ignore cancellation, without blocking the event loop; abandons them if necessary."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextvars import copy_context
from typing import Any

from ports.telemetry import Telemetry

PLACES = 32
"""Most tool threads at once; an abandoned thread counts until it ends."""

GRACE = 0.5
"""Seconds a cancelled tool gets to clean up before it is abandoned."""


class ToolExited(Exception):
    """A tool tried to end the process, or cancelled itself."""


class ToolThreads:
    """Runs blocking tools in threads of their own; one instance per event loop, for all turns.

    The threads are daemons: a thread that never ends does not prevent the process from exiting.
    """

    def __init__(self, telemetry: Telemetry, places: int = PLACES) -> None:
        self._telemetry = telemetry
        self._free = asyncio.Semaphore(places)

    async def run(self, name: str, work: Callable[[], Any]) -> Any:
        """Return or raise the result of `work()`; waits for a free thread first.

        If the caller is cancelled, the thread is abandoned and logged once.
        """
        await self._free.acquire()
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[Any] = loop.create_future()

        def settle(value: object, error: BaseException | None) -> None:
            self._free.release()
            if ended.cancelled():
                return
            if error is None:
                ended.set_result(value)
            else:
                ended.set_exception(error)

        _start(name, work, lambda value, error: loop.call_soon_threadsafe(settle, value, error))
        try:
            return await ended
        except asyncio.CancelledError:
            ended.cancel()
            self._telemetry.event("warning", "tool_left_running", tool=name, where="thread")
            raise


async def finished(name: str, work: Coroutine[Any, Any, Any], telemetry: Telemetry) -> Any:
    """Run a tool's coroutine in a task of its own; return or raise its result.

    If the caller is cancelled, so is the task; a task that does not end within GRACE is abandoned and logged once.
    """
    task = asyncio.create_task(_contained(work), name=f"tool {name}")
    try:
        await asyncio.wait((task,))
    except asyncio.CancelledError:
        task.cancel()
        _, left = await asyncio.wait((task,), timeout=GRACE)
        if left:
            telemetry.event("warning", "tool_left_running", tool=name, where="task")
        task.add_done_callback(_forget)
        raise
    if task.cancelled():
        raise ToolExited("it cancelled itself")
    return task.result()


def driven(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that never really awaits to its end, in the current thread."""
    try:
        work.send(None)
    except StopIteration as end:
        return end.value
    work.close()
    raise ToolExited("it awaits although it is not asynchronous")


async def _contained(work: Coroutine[Any, Any, Any]) -> Any:
    try:
        return await work
    except (SystemExit, KeyboardInterrupt) as error:
        raise ToolExited(type(error).__name__) from error


def _start(name: str, work: Callable[[], Any], report: Callable[[object, BaseException | None], object]) -> None:
    context = copy_context()

    def body() -> None:
        value: object = None
        error: BaseException | None = None
        try:
            value = context.run(work)
        except Exception as raised:  # noqa: BLE001 - the edge of the thread: every error is passed to the caller
            error = ToolExited("StopIteration") if isinstance(raised, StopIteration) else raised
        except BaseException as stop:  # noqa: BLE001 - the same edge: a tool must not end the process or its caller
            error = ToolExited(type(stop).__name__)
        try:
            report(value, error)
        except RuntimeError:
            return  # the loop has closed meanwhile: there is no waiter

    threading.Thread(target=body, name=f"tool {name}", daemon=True).start()


def _forget(task: "asyncio.Task[Any]") -> None:
    if not task.cancelled():
        task.exception()
