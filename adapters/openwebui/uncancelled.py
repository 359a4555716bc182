"""Lets calls into the host end by themselves, whatever becomes of the turn that waits for them.

Hosts from 0.9 on call their database in coroutines. One that is cancelled in the middle of a statement returns its
connection to the host's pool with that statement still open: until Python's garbage collector finds it, the host's own
writes fail with "database is locked" wherever they get this connection. Seen in 0.12.4 with SQLite; in 0.10 the
connection is lost to the pool.
"""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

T = TypeVar("T")

GRACE = 0.5
"""Seconds a cancelled caller waits for the call's end. Then the call ends beside it."""

_left: "set[asyncio.Future[Any]]" = set()
"""Calls whose callers are gone; the event loop itself does not keep them."""


async def uncancelled(call: Awaitable[T], seconds: float | None = None) -> T:
    """Return or raise the result of a call into the host; cancelling the caller does not cancel the call.

    Raises TimeoutError if the call has not ended after `seconds`; it goes on then, too.
    """
    running = asyncio.ensure_future(call)
    try:
        await asyncio.wait((running,), timeout=seconds)
    except asyncio.CancelledError:
        _leave(running)
        await asyncio.wait((running,), timeout=GRACE)
        raise
    if not running.done():
        _leave(running)
        raise TimeoutError
    try:
        return running.result()
    finally:
        del running  # an error and this frame would hold each other, and with them the host's frames


def _leave(call: "asyncio.Future[Any]") -> None:
    _left.add(call)
    call.add_done_callback(_ended)


def _ended(call: "asyncio.Future[Any]") -> None:
    """Forget a call that nobody waits for, and its error with it."""
    _left.discard(call)
    if not call.cancelled():
        call.exception()
