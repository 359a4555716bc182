"""Work in a task of its own: whoever waits for it may leave, and resumes in the pass after its last step."""

import asyncio
import gc
from typing import Any

import pytest

from adapters.openrouter.transport.shielded_task import ShieldedTask


class Work:
    """Work that ends when a test opens its gate."""

    def __init__(self, error: Exception | None = None) -> None:
        self.gate, self.error, self.ended = asyncio.Event(), error, False

    async def __call__(self) -> str:
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        self.ended = True
        return "done"


async def _passes(count: int = 3) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_its_result_is_returned() -> None:
    work = Work()
    work.gate.set()
    assert await ShieldedTask(work(), "work").result() == "done"


async def test_its_error_is_raised() -> None:
    work = Work(ValueError("broken"))
    work.gate.set()
    with pytest.raises(ValueError, match="broken"):
        await ShieldedTask(work(), "work").result()


async def test_it_goes_on_when_its_waiter_is_cancelled() -> None:
    work = Work()
    shielded = ShieldedTask(work(), "work")
    waiter = asyncio.create_task(shielded.result())
    await _passes()
    waiter.cancel()
    await asyncio.wait((waiter,))
    assert waiter.cancelled()
    assert not shielded.task.done()
    work.gate.set()
    await asyncio.wait((shielded.task,))
    assert work.ended


async def test_its_waiter_resumes_in_the_pass_after_its_last_step() -> None:
    work, order = Work(), []
    shielded = ShieldedTask(work(), "work")

    async def wait() -> None:
        await shielded.result()
        order.append("resumed")

    waiter = asyncio.create_task(wait())
    await _passes()
    work.gate.set()
    await asyncio.sleep(0)  # its last step
    await asyncio.sleep(0)
    order.append("a pass later")
    await waiter
    assert order == ["resumed", "a pass later"]


@pytest.mark.parametrize("passes", [0, 1, 3])
async def test_cancelling_it_ends_the_wait(passes: int, recwarn: pytest.WarningsRecorder) -> None:
    shielded = ShieldedTask(Work()(), "work")
    waiter = asyncio.create_task(shielded.result())
    await _passes(passes)
    shielded.task.cancel()
    await asyncio.wait((waiter,))
    assert waiter.cancelled()
    del shielded, waiter
    gc.collect()
    assert not recwarn.list


async def test_an_error_that_nobody_waits_for_is_not_reported() -> None:
    reported: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: reported.append(context))
    work = Work(ValueError("late"))
    shielded = ShieldedTask(work(), "work")
    waiter = asyncio.create_task(shielded.result())
    await _passes()
    waiter.cancel()
    work.gate.set()
    await asyncio.wait((waiter, shielded.task))
    await _passes()
    del shielded, waiter
    gc.collect()
    assert not reported
