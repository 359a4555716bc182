"""The contract of every Offload."""

import asyncio

import pytest

from adapters.process.threads import ThreadOffload
from ports.offload import LARGE, Offload
from tests.doubles.offload import InlineOffload

OFFLOADS: tuple[type[Offload], ...] = (ThreadOffload, InlineOffload)
SIZES = (0, LARGE - 1, LARGE, 100 * LARGE)


@pytest.fixture(params=OFFLOADS)
async def offload(request):
    made = request.param()
    yield made
    if isinstance(made, ThreadOffload):
        await made.aclose()


@pytest.mark.parametrize("size", SIZES)
async def test_it_returns_what_the_work_returns(offload, size):
    assert await offload.run(lambda: size + 1, size=size) == size + 1


@pytest.mark.parametrize("size", SIZES)
async def test_it_raises_what_the_work_raises(offload, size):
    def fail() -> None:
        raise LookupError("of the work")

    with pytest.raises(LookupError, match="of the work"):
        await offload.run(fail, size=size)


async def test_any_number_of_callers_get_their_own_answer(offload):
    answers = await asyncio.gather(*(offload.run(lambda number=number: number, size=LARGE) for number in range(100)))

    assert answers == list(range(100))
