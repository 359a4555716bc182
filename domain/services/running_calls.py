"""The tool calls of one turn that are running: a task each, and what they report to the turn."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from domain.services.owned_tasks import Own
from domain.tools.replies import FAILED
from domain.turn.events import CallBegan, CallFinished, TurnEvent
from ports.toolbox import ToolCall, ToolResult

OVERDUE = "overdue"
"""The message with which a call is cancelled whose time is up."""


class CallRunner(Protocol):
    """Runs the tool calls of one turn."""

    async def run(self, call: ToolCall, began: Callable[[], None]) -> ToolResult:
        """Run one call to its end; `began` is called when it really begins. A failure is a failed result."""
        ...


class RunningCalls:
    """Starts and cancels calls; `news` is called whenever one of them has begun or ended."""

    def __init__(self, runner: CallRunner | None, own: Own, news: Callable[[], None]) -> None:
        self._runner, self._own, self._news = runner, own, news
        self._tasks: dict[str, asyncio.Task[ToolResult]] = {}
        self._begun: list[TurnEvent] = []

    def __bool__(self) -> bool:
        return bool(self._tasks)

    def start(self, call: ToolCall) -> None:
        """Run a call in a task of its own; without a runner nothing runs."""
        if self._runner is None:
            return
        work = self._runner.run(call, partial(self._began, call.call_id))
        task = asyncio.get_running_loop().create_task(work, name=f"openrouter-pipe-tool-{call.name}")
        task.add_done_callback(self._ended)
        self._tasks[call.call_id] = task

    def cancel(self, call_id: str, *, overdue: bool) -> None:
        """Cancel a call; its result will not be reported."""
        task = self._tasks.pop(call_id, None)
        if task is not None:
            self._own(cancelled(task, OVERDUE if overdue else ""), "openrouter-pipe-cancel-call")

    def events(self) -> list[TurnEvent]:
        """Return what happened since the last time: calls that began, then results of those that ended."""
        events, self._begun = self._begun, []
        for call_id, task in list(self._tasks.items()):
            if task.done():
                del self._tasks[call_id]
                failed = task.cancelled() or task.exception() is not None
                result = ToolResult(FAILED, failed=True) if failed else task.result()
                events.append(CallFinished(call_id, result))
        return events

    def released(self) -> "list[asyncio.Task[ToolResult]]":
        """Let go of the tasks and return them: the caller cancels them."""
        tasks, self._tasks = list(self._tasks.values()), {}
        return tasks

    def _began(self, call_id: str) -> None:
        self._begun.append(CallBegan(call_id))
        self._news()

    def _ended(self, _task: "asyncio.Task[ToolResult]") -> None:
        self._news()


async def cancelled(task: "asyncio.Task[Any]", why: str = "") -> None:
    """Cancel a task and wait until it has ended; `why` reaches it with the cancellation."""
    task.cancel(why or None)
    await asyncio.wait((task,))
    if not task.cancelled():
        task.exception()
