"""Hold the tasks that outlive a turn's reader: settlement and upkeep."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from domain.request.turn_request import Person
from ports.telemetry import Telemetry
from ports.turn_scope import of_no_turn, running_turn

Own = Callable[[Coroutine[Any, Any, None], str], None]
"""Runs a coroutine in a named background task."""


class OwnedTasks:
    """Holds tasks until they are done and logs those that fail. Belongs to one event loop."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._tasks: set[asyncio.Task[Any]] = set()
        self._by_chat: dict[Person, set[asyncio.Task[Any]]] = {}

    def own(
        self, work: Coroutine[Any, Any, object], name: str, person: Person | None = None, *, apart: bool = False
    ) -> None:
        """Run `work` in a background task; `person`: the task belongs to a turn in their chat.

        `apart`: it belongs to no turn, since it goes on with what later turns bring.
        """
        context = of_no_turn() if apart else None
        task = asyncio.get_running_loop().create_task(work, name=name, context=context)
        self._tasks.add(task)
        turn = running_turn()
        task.add_done_callback(partial(self._done, turn.ids.get("error_id") if turn is not None else None))
        if person is not None:
            chat = _chat(person)
            self._by_chat.setdefault(chat, set()).add(task)
            task.add_done_callback(partial(self._leave, chat))

    def of_chat(self, person: Person) -> "set[asyncio.Task[Any]]":
        """Return the running tasks of earlier turns in a chat."""
        return self._by_chat.get(_chat(person), set())

    async def drained(self) -> None:
        """Return once every task is done."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    def _leave(self, chat: Person, task: "asyncio.Task[Any]") -> None:
        self._by_chat[chat].discard(task)
        if not self._by_chat[chat]:
            del self._by_chat[chat]

    def _done(self, error_id: str | None, task: "asyncio.Task[Any]") -> None:
        """Log a failure; by then the turn of the task may be closed."""
        self._tasks.discard(task)
        if not task.cancelled() and (defect := task.exception()) is not None:
            values = {} if error_id is None else {"error_id": error_id}
            self._telemetry.event("error", "upkeep_failed", task=task.get_name(), detail=named(defect), **values)


def named(defect: BaseException) -> str:
    """Return the name of a defect for the log."""
    return f"{type(defect).__name__}: {defect}"


def _chat(person: Person) -> Person:
    """Return the key of a chat; a caller without chats has one key."""
    return Person(user_id=person.user_id, chat_id=person.chat_id)
