"""One upstream attempt, read batch by batch on request.

`read` reads in the caller's task; this is cheap, and right while nothing else can happen. `ask` reads in a separate
task and calls `news`; nothing interrupts that read.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager

from domain.turn.events import AttemptFailed, Crashed, TurnEvent
from ports.clock import Clock
from ports.response_events import StreamClosed, UpstreamEvent
from ports.responses import Refused, ResponsesClient, ResponsesError, UpstreamCall
from ports.timings import timing

Batches = AsyncIterator[Sequence[UpstreamEvent]]
FROM_OUTSIDE = (Crashed("the upstream read was cancelled from outside"),)


class Attempt:
    """Reads the batches of one upstream call that starts at clock value `at` (s). One read at a time."""

    def __init__(
        self, client: ResponsesClient, call: UpstreamCall, clock: Clock, at: float, news: Callable[[], None]
    ) -> None:
        self._client, self._call, self._clock, self._at = client, call, clock, at
        self._news, self._loop = news, asyncio.get_running_loop()
        self._open: AbstractAsyncContextManager[Batches] | None = None  # the connection, once there are batches
        self._batches: Batches | None = None
        self._asked: asyncio.Task[Sequence[TurnEvent]] | None = None
        self._here: asyncio.Task[object] | None = None  # the caller's task that reads now
        self._interrupted = False
        self._left: asyncio.Future[None] | None = None  # done once that task has left the read

    @property
    def asked(self) -> bool:
        """Return whether a batch was requested and not yet taken."""
        return self._asked is not None

    @property
    def begun(self) -> bool:
        """Return whether the call was sent or is about to be."""
        return self._batches is not None or self._asked is not None or self._here is not None

    @property
    def read_here(self) -> bool:
        """Return whether a caller waits in `read` in its own task."""
        return self._here is not None and self._asked is None

    def ask(self) -> None:
        """Read the next batch in a separate task, unless one was requested and not yet taken."""
        if self._asked is None:
            self._asked = self._loop.create_task(self.read(), name="openrouter-pipe-upstream")
            self._asked.add_done_callback(self._arrived)

    def taken(self) -> Sequence[TurnEvent]:
        """Return the requested batch, once, if it has arrived."""
        asked = self._asked
        if asked is None or not asked.done():
            return ()
        self._asked = None
        return FROM_OUTSIDE if asked.cancelled() else asked.result()

    async def read(self) -> Sequence[TurnEvent]:
        """Return the next batch or how the attempt ended; empty if `close` ended the wait.

        Reads in the running task; its cancellation passes through.
        """
        task: asyncio.Task[object] | None = asyncio.current_task(self._loop)
        assert task is not None
        self._here, cancelled = task, task.cancelling()
        try:
            if self._batches is None:
                self._batches = await self._opened()
            return await self._batches.__anext__()
        except StopAsyncIteration:
            return (StreamClosed(said_done=False),)
        except ResponsesError as error:
            return (AttemptFailed(error),)
        except asyncio.CancelledError:
            if task.cancelling() == cancelled:  # what the task waited for was cancelled, not the task
                return FROM_OUTSIDE
            if self._interrupted and task.cancelling() == cancelled + 1:
                return ()
            raise
        except Exception as error:  # noqa: BLE001 - the edge of a turn: a broken adapter becomes a fault
            return (Crashed(f"{type(error).__name__}: {error}"),)
        finally:
            self._here = None
            if self._left is not None:
                self._gone(task, self._left)

    async def close(self) -> None:
        """Stop reading and close the connection."""
        try:
            await self._close()
        finally:
            if self._call.watch is not None:
                self._call.watch.closed()

    async def _close(self) -> None:
        if self._asked is not None:
            self._asked.cancel()
            await asyncio.wait((self._asked,))
            self._tell(() if self._asked.cancelled() else self._asked.result())
        elif self._here is not None:
            self._left = self._loop.create_future()
            self._interrupted = True
            self._here.cancel()
            await self._left
        await self._disconnect()

    def _tell(self, unread: Sequence[TurnEvent]) -> None:
        """Tell whoever books the attempt of a refusal that arrived and that nobody will read."""
        watch = self._call.watch
        for event in unread:
            error = event.error if isinstance(event, AttemptFailed) else None
            if watch is not None and isinstance(error, Refused) and error.problem.status is not None:
                watch.refused(error.problem.status)

    def _gone(self, task: "asyncio.Task[object]", left: "asyncio.Future[None]") -> None:
        """Note that the reader has left the read that `close` ended."""
        task.uncancel()
        left.set_result(None)

    async def _opened(self) -> Batches:
        if self._clock.monotonic() < self._at:
            await self._clock.sleep_until(self._at)
        with timing("open_upstream"):
            opening = self._client.attempt(self._call)
            batches = await opening.__aenter__()
        self._open = opening
        return batches

    async def _disconnect(self) -> None:
        opened, self._open = self._open, None
        if opened is None:
            return
        try:
            if isinstance(self._batches, AsyncGenerator):  # else Python closes it later, in no task of ours
                await self._batches.aclose()
        except BaseException as error:
            await opened.__aexit__(type(error), error, error.__traceback__)
            raise
        await opened.__aexit__(None, None, None)

    def _arrived(self, _task: "asyncio.Task[Sequence[TurnEvent]]") -> None:
        self._news()
