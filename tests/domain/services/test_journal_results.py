"""Results are stored beside the journal within limits; a result that cannot be read back counts as lost."""

from datetime import UTC, datetime

import pytest

from domain.conversation.journalled_calls import RESULT_BYTES, TURN_BYTES, JournalledCall
from domain.services.journal_results import JournalResults, open_results
from ports.cipher import Sealed
from ports.tool_runs import NOT_KEPT, RunState, ToolRun
from ports.toolbox import ToolCall, ToolResult
from tests.domain.services.crash import Process, World

CALL = ToolCall("c1", "look", '{"q": 1}')
MAY_1 = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
async def process() -> Process:
    return World().process()


def run(kept: Sealed | None) -> ToolRun:
    return ToolRun("pipe", "turn", "c1", "ab", "look", "ann", MAY_1, state=RunState.FINISHED, kept=kept)


async def kept_of(process: Process, call: ToolCall, result: ToolResult) -> JournalledCall | None:
    sealed = await JournalResults(process.memory, process.offload).seal(run(None), call, result)
    return (await open_results([run(sealed)], process.memory, process.offload))[0]


@pytest.mark.parametrize("text", ["found", "", "a\0\ud800b", "模" * 10_000])
async def test_stored_call_is_restored_as_the_model_reads_it(process: Process, text: str) -> None:
    shown = text.replace("\0", "\ufffd").replace("\ud800", "\ufffd")
    assert await kept_of(process, CALL, ToolResult(text)) == JournalledCall("look", '{"q": 1}', shown)


async def test_only_the_text_of_a_result_with_images_is_kept(process: Process) -> None:
    picture = ("data:image/png;base64,AAAA",)
    only = await kept_of(process, CALL, ToolResult("", images=picture))
    both = await kept_of(process, CALL, ToolResult("a map", images=picture))
    assert only is not None
    assert both is not None
    assert only.output.startswith("An image was made")
    assert both.output == "a map"


async def test_arguments_that_cannot_be_read_become_a_text_in_an_object(process: Process) -> None:
    kept = await kept_of(process, ToolCall("c1", "look", '{"q": '), ToolResult("found"))
    assert kept == JournalledCall("look", '{"INVALID_JSON": "{\\"q\\": "}', "found")


async def test_result_is_lost_if_the_arguments_are_too_long_to_keep(process: Process) -> None:
    call = ToolCall("c1", "look", '{"q": "' + "x" * 200_000 + '"}')
    assert await kept_of(process, call, ToolResult("found")) is None


async def test_a_turn_keeps_no_more_than_its_limit(process: Process) -> None:
    keep = JournalResults(process.memory, process.offload)
    sealed = [await keep.seal(run(None), CALL, ToolResult("x" * RESULT_BYTES)) for _ in range(12)]
    kept = [one for one in sealed if one != NOT_KEPT]
    assert TURN_BYTES * 0.8 < sum(one.size for one in kept) <= TURN_BYTES
    assert sealed[len(kept) :] == [NOT_KEPT] * (12 - len(kept))


@pytest.mark.parametrize(
    "payload", [b"", b":", b":[]", b":{", b':{"v":2}', b':{"v":1,"name":"look","arguments":"{}"}', b"other:{}"]
)
async def test_unreadable_result_counts_as_lost(process: Process, payload: bytes) -> None:
    assert await open_results([run(Sealed(payload)), run(None)], process.memory, process.offload) == (None, None)


async def test_without_memory_every_result_counts_as_lost(process: Process) -> None:
    sealed = await JournalResults(process.memory, process.offload).seal(run(None), CALL, ToolResult("found"))
    assert await open_results([run(sealed)], None, process.offload) == (None,)
