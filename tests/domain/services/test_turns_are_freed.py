"""What a turn is made of is freed as it ends, however it ends: only reference counts, no collection of cycles."""

import gc
from collections.abc import Callable, Iterator

import pytest

from domain.services.drive_turn import Driver
from domain.services.settle_turn import Settlement
from domain.turn.machine import TurnMachine
from tests.domain.services.stage import REQUEST, Stage, said
from tests.domain.services.test_run_turn_tools import asked
from tests.doubles.clock import until
from tests.doubles.responses import Hang
from tests.doubles.toolbox import ScriptedToolbox

PARTS = (Driver, Settlement, TurnMachine)


@pytest.fixture
def left() -> Iterator[Callable[[], list[str]]]:
    """Collect nothing meanwhile; the function returns what turns have left since."""
    gc.collect()
    before = parts()  # of other tests
    gc.disable()
    yield lambda: [type(one).__name__ for one in parts() if all(one is not other for other in before)]
    gc.enable()


def parts() -> list[object]:
    return [one for one in gc.get_objects() if isinstance(one, PARTS)]


async def test_a_finished_turn_leaves_no_cycle(left: Callable[[], list[str]]):
    stage = Stage(said("a"))
    await stage.read()
    await stage.run_turn.drained()
    assert left() == []


async def test_a_turn_with_tools_leaves_no_cycle(left: Callable[[], list[str]]):
    stage = Stage(asked("a"), said("Found it"))
    await stage.read(toolbox=ScriptedToolbox({"look": "found"}))
    await stage.run_turn.drained()
    assert left() == []


async def test_a_turn_whose_reader_leaves_leaves_no_cycle(left: Callable[[], list[str]]):
    stage = Stage([*said("a")[:-1], Hang()])
    outputs = stage.outputs(REQUEST)
    await anext(outputs)
    await outputs.aclose()
    await until(lambda: stage.responses.open == 0)
    await stage.run_turn.drained()
    del outputs
    assert left() == []
