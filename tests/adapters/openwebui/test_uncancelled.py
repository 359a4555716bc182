"""Calls into the host end by themselves, whatever becomes of who waits for them."""

import asyncio
import gc

import pytest

from adapters.openwebui import uncancelled as module
from adapters.openwebui.uncancelled import uncancelled


class Call:
    """A call into the host that ends when the test wants it to."""

    def __init__(self) -> None:
        self.release = asyncio.Event()
        self.ended = False

    async def run(self) -> str:
        await self.release.wait()
        self.ended = True
        return "stored"


async def cancelled(waiting: "asyncio.Task[str]", *, passes: int = 3) -> None:
    """Cancel a task and let the loop run."""
    for _ in range(passes):
        await asyncio.sleep(0)
    waiting.cancel()
    for _ in range(passes):
        await asyncio.sleep(0)


async def test_result_is_returned() -> None:
    call = Call()
    call.release.set()
    assert await uncancelled(call.run()) == "stored"


async def test_error_is_raised() -> None:
    async def fails() -> None:
        raise LookupError("locked")

    with pytest.raises(LookupError, match="locked"):
        await uncancelled(fails())


async def test_cancelled_caller_ends_with_the_call() -> None:
    call = Call()
    waiting = asyncio.create_task(uncancelled(call.run()))
    await cancelled(waiting)
    assert not waiting.done()
    call.release.set()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert call.ended


async def test_caller_does_not_wait_for_a_call_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GRACE", 0.0)
    call = Call()
    waiting = asyncio.create_task(uncancelled(call.run()))
    await cancelled(waiting)
    with pytest.raises(asyncio.CancelledError):
        await waiting
    gc.collect()  # the event loop alone would lose the call
    call.release.set()
    for _ in range(3):
        await asyncio.sleep(0)
    assert call.ended


async def test_call_that_takes_too_long_goes_on() -> None:
    call = Call()
    with pytest.raises(TimeoutError):
        await uncancelled(call.run(), 0.0)
    call.release.set()
    for _ in range(3):
        await asyncio.sleep(0)
    assert call.ended


async def test_error_of_a_call_that_nobody_waits_for_is_not_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: reported.append(context))
    release = asyncio.Event()

    async def fails() -> str:
        await release.wait()
        raise LookupError("locked")

    monkeypatch.setattr(module, "GRACE", 0.0)
    waiting = asyncio.create_task(uncancelled(fails()))
    await cancelled(waiting)
    release.set()
    for _ in range(3):
        await asyncio.sleep(0)
    del waiting
    gc.collect()
    assert reported == []
