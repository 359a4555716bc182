"""One question and its answer, as the page receives it."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, Self

from entrypoints.devhost.client import HostClient, Json
from entrypoints.devhost.failures import DevhostError
from entrypoints.devhost.forms import ChatHistory
from entrypoints.devhost.shown import ShownMessage, reasoning_of, text_of
from entrypoints.devhost.waiting import deadline

TURN_SECONDS = 240.0


@dataclass(frozen=True, slots=True)
class Event:
    """One event of an answer; `at` is its arrival (s, perf_counter)."""

    at: float
    kind: str
    data: Json


class Tab(Protocol):
    """The parts of a tab that a turn uses."""

    client: HostClient
    keep_data: bool

    async def close_turn(self, turn: "Turn") -> None:
        """Send the requests that the page sends after an answer has ended."""


class Turn:
    """One question and its answer; events fill it while it runs.

    `sent_at` and `first_text_at` are times (s, perf_counter); `first_text_at` is infinite until text has arrived.
    `message` is the stored answer as `read_back` last returned it.
    """

    def __init__(self, tab: Tab, history: ChatHistory, *, user_id: str, answer_id: str) -> None:
        self.history = history
        self.user_id, self.answer_id = user_id, answer_id
        self.events: list[Event] = []
        self.shown = ShownMessage()
        self.message: dict[str, Json] = {}
        self.sent_at = 0.0
        self.first_text_at = float("inf")
        self._tab = tab
        self._changed = asyncio.Event()
        self._ended = False

    @property
    def chat_id(self) -> str:
        """Return the id of the chat. Raises DevhostError if the host has not accepted the message yet."""
        if self.history.chat_id is None:
            raise DevhostError("the host has not accepted the message yet")
        return self.history.chat_id

    @property
    def text_shown(self) -> str:
        """Return the text that the page shows now."""
        return self.shown.text

    @property
    def reasoning_shown(self) -> str:
        """Return the thinking that the page shows now."""
        return self.shown.reasoning

    @property
    def statuses(self) -> list[dict[str, Json]]:
        """Return the status lines shown so far."""
        return self.shown.statuses

    @property
    def stored_text(self) -> str:
        """Return the text of the stored message, as last read back."""
        return text_of(self.message)

    @property
    def stored_reasoning(self) -> str:
        """Return the thinking of the stored message, as last read back."""
        return reasoning_of(self.message)

    def take(self, kind: str, data: Json) -> None:
        """Apply one event of this answer."""
        at = time.perf_counter()
        self.events.append(Event(at, kind, data if self._tab.keep_data else None))
        self.shown.take(kind, data)
        if self.first_text_at == float("inf") and self.shown.text:
            self.first_text_at = at
        self._changed.set()

    async def until(self, wanted: Callable[[Self], object], *, seconds: float = TURN_SECONDS) -> None:
        """Wait until `wanted(turn)` is true; it is checked after every event.

        Raises DevhostError after `seconds`, or at once if the answer has ended with an error.
        """
        async with deadline(seconds, self._standstill):
            while not wanted(self):
                if self.shown.error and (self.shown.done or self.shown.failed):
                    raise DevhostError(self._standstill())
                self._changed.clear()
                await self._changed.wait()

    async def finish(self, *, seconds: float = TURN_SECONDS) -> None:
        """Wait for the end of the answer, send the page's closing requests, and read the stored message back."""
        await self.until(lambda turn: turn.shown.done or turn.shown.failed, seconds=seconds)
        if not self.shown.done:
            await self._tab.client.wait_until_idle(self.chat_id, seconds=seconds)
        if not self._ended:
            self._ended = True
            await self._tab.close_turn(self)
        await self.read_back()

    async def stop(self) -> None:
        """Press the stop button, wait for the end and read the stored message back."""
        await self._tab.client.stop_chat(self.chat_id)
        await self.finish()

    async def title(self) -> str:
        """Wait until the page shows a title that the host has generated, and return it.

        The stored title proves less: from 0.10 on the host writes the first title while the answer runs, both writes
        replace the whole chat, and on SQLite the later one can undo the earlier.
        """
        await self.until(lambda turn: turn.shown.title)
        return str(self.shown.title)

    async def idle(self) -> None:
        """Wait until no task of the chat runs."""
        await self._tab.client.wait_until_idle(self.chat_id)

    async def read_back(self) -> dict[str, Json]:
        """Read the stored message and return it; for a temporary chat, return what the page keeps."""
        if self.history.temporary:
            self.message = dict(self.history.messages[self.answer_id])
            return self.message
        self.message = await self._tab.client.stored_message(self.chat_id, self.answer_id)
        return self.message

    def _standstill(self) -> str:
        seen = f"{len(self.events)} events, {len(self.text_shown)} characters, error: {self.shown.error}"
        return f"the answer did not reach the expected state ({seen})"
