"""Look up what a call really cost whose answer ended without a bill: upstream's record of it appears a little later."""

import asyncio
from collections.abc import Callable

from domain.services.background_tasks import BackgroundTasks
from domain.usage.entries import given_up, recorded
from ports.clock import Clock
from ports.generations import GenerationRecord, Generations, GenerationsUnavailable
from ports.ledger import Entry, EntryState
from ports.responses import Route

GAPS = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds before each look: a record has been seen to appear twenty seconds after its call."""
AT_ONCE, MOST = 4, 500
"""Requests at the same time, and calls whose bills are awaited; those beyond wait for the sweep of the ledger."""


class LookUpBills:
    """The use case; belongs to one event loop. `note` stores an entry."""

    def __init__(self, generations: Generations, clock: Clock, note: Callable[[Entry], object]) -> None:
        self._generations, self._clock, self._note = generations, clock, note
        self._places = asyncio.Semaphore(AT_ONCE)
        self._tasks = BackgroundTasks()

    def begin(self, route: Route, entry: Entry) -> "asyncio.Task[Entry] | None":
        """Look for the bill of an entry that waits for one; `route` is the one it was called on.

        Return the task that looks; its result is the entry with all that can be known now. None if too many wait.
        """
        if len(self._tasks) >= MOST:
            return None
        return self._tasks.begin(self._follow(route, entry), "openrouter-pipe-bill")

    async def drained(self) -> None:
        """Return once no bill is awaited."""
        await self._tasks.drained()

    async def aclose(self) -> None:
        """Stop; entries without a bill stay started, and the sweep of the ledger finds them."""
        await self._tasks.aclose()

    async def find(self, route: Route, entry: Entry) -> Entry | None:
        """Return the entry with the figures of upstream's record, None while there is none.

        Raises GenerationsUnavailable.
        """
        async with self._places:
            record: GenerationRecord | None = await self._generations.find(route, entry.generation_id)
        if record is None:
            return None
        found = recorded(entry, record, self._clock.now())
        return found if found.state is EntryState.SETTLED else None

    async def _follow(self, route: Route, entry: Entry) -> Entry:
        answered = False
        for gap in GAPS:
            await self._clock.sleep_until(self._clock.monotonic() + gap)
            try:
                found = await self.find(route, entry)
            except GenerationsUnavailable:
                continue
            if found is not None:
                self._note(found)
                return found
            answered = True
        if answered:  # else upstream cannot be reached, and the sweep asks again
            entry = given_up(entry, self._clock.now())
            self._note(entry)
        return entry
