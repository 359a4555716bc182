"""Runs tools that block, or ignore cancellation, without blocking the event loop; abandons them if necessary."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from adapters.openwebui.own_threads import OwnThreads, WorkExited
from ports.telemetry import Telemetry

PLACES = 32
"""Most tool threads at once; an abandoned thread counts until it ends."""

GRACE = 0.5
"""Seconds a cancelled tool gets to clean up before it is abandoned."""


def tool_threads(telemetry: Telemetry, places: int = PLACES) -> OwnThreads:
    """Return the threads of all tools that block; an abandoned one is logged once."""

    def left(name: str) -> None:
        telemetry.event("warning", "tool_left_running", tool=name, where="thread")

    return OwnThreads(places, left)


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
        raise WorkExited("it cancelled itself")
    return task.result()


def driven(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that never really awaits to its end, in the current thread."""
    try:
        work.send(None)
    except StopIteration as end:
        return end.value
    work.close()
    raise WorkExited("it awaits although it is not asynchronous")


async def _contained(work: Coroutine[Any, Any, Any]) -> Any:
    try:
        return await work
    except (SystemExit, KeyboardInterrupt) as error:
        raise WorkExited(type(error).__name__) from error


def _forget(task: "asyncio.Task[Any]") -> None:
    if not task.cancelled():
        task.exception()
