"""The running tool calls of one turn, one task each, and their events for the turn."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from domain.services.owned_tasks import Own
from domain.tools.replies import FAILED
from domain.turn.events import CallBegan, CallFinished, TurnEvent
from ports.toolbox import ToolCall, ToolResult

OVERDUE = "overdue"
"""The cancellation message for a call that exceeded its time limit."""


class CallRunner(Protocol):
    """Runs the tool calls of one turn."""

    async def run(self, call: ToolCall, began: Callable[[], None]) -> ToolResult:
        """Run one call to its end; call `began` when the tool begins. A failure is returned as a failed result."""
        ...


class RunningCalls:
    """Starts and cancels calls; `news` is called whenever a call begins or ends."""

    def __init__(self, runner: CallRunner | None, own: Own, news: Callable[[], None]) -> None:
        self._runner, self._own, self._news = runner, own, news
        self._tasks: dict[str, asyncio.Task[ToolResult]] = {}
        self._begun: list[TurnEvent] = []

    def __bool__(self) -> bool:
        return bool(self._tasks)

    def start(self, call: ToolCall) -> None:
        """Run a call in its own task; does nothing without a runner."""
        if self._runner is None:
            return
        work = self._runner.run(call, partial(self._began, call.call_id))
        task = asyncio.get_running_loop().create_task(work, name=f"openrouter-pipe-tool-{call.name}")
        task.add_done_callback(self._ended)
        self._tasks[call.call_id] = task

    def cancel(self, call_id: str, *, overdue: bool) -> None:
        """Cancel a call; its result is not reported."""
        task = self._tasks.pop(call_id, None)
        if task is not None:
            self._own(cancelled(task, OVERDUE if overdue else ""), "openrouter-pipe-cancel-call")

    def events(self) -> list[TurnEvent]:
        """Return the events since the last call: calls that began, then results of calls that ended."""
        events, self._begun = self._begun, []
        for call_id, task in list(self._tasks.items()):
            if task.done():
                del self._tasks[call_id]
                failed = task.cancelled() or task.exception() is not None
                result = ToolResult(FAILED, failed=True) if failed else task.result()
                events.append(CallFinished(call_id, result))
        return events

    def released(self) -> "list[asyncio.Task[ToolResult]]":
        """Hand the tasks over to the caller, who must cancel them."""
        tasks, self._tasks = list(self._tasks.values()), {}
        return tasks

    def forget(self) -> None:
        """Tell nobody any more."""
        self._news = _nothing

    def _began(self, call_id: str) -> None:
        self._begun.append(CallBegan(call_id))
        self._news()

    def _ended(self, _task: "asyncio.Task[ToolResult]") -> None:
        self._news()


def _nothing() -> None:
    """Tell nobody."""


async def cancelled(task: "asyncio.Task[Any]", why: str = "") -> None:
    """Cancel a task and wait until it has ended; `why` is the cancellation message."""
    task.cancel(why or None)
    await asyncio.wait((task,))
    if not task.cancelled():
        task.exception()
