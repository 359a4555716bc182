"""Long arguments of calls are read in a thread, never on the event loop, and what upstream refuses is never sent."""

import asyncio
import json
from threading import get_ident

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.process.threads import ThreadOffload
from domain.conversation import arguments as reading
from domain.conversation.arguments import LONG, object_text, sound_arguments
from domain.conversation.record import TurnItem, TurnRecord, record_of, rows_of
from domain.services.sound_calls import SoundCalls
from domain.turn.retained_items import call_item
from ports.responses import ResponsesBody, Route, UpstreamCall, UpstreamRequest
from ports.toolbox import ToolCall
from tests.contracts.artifact_cases import ulid
from tests.doubles.offload import InlineOffload

OBJECT = '{"a": [' + ", ".join(["[]"] * LONG) + "]}"
CUT = OBJECT[:-1]
MANY = [OBJECT, CUT, "[" * (2 * LONG), '"' + "x" * LONG + '"', '{"a": ' + "9" * (2 * LONG) + "}", OBJECT + "}"]


class Upstream:
    """A ResponsesClient that notes what it is asked, and fails if it is told to."""

    def __init__(self) -> None:
        self.asked: list[tuple] = []
        self.left = 0
        self.fails = False

    def attempt(self, call: UpstreamCall) -> "Upstream":
        self.asked.append(call.request.body.input)
        return self

    async def __aenter__(self) -> object:
        if self.fails:
            raise OSError("gone")
        return iter(())

    async def __aexit__(self, *error: object) -> None:
        self.left += 1


def call_of(*texts: str) -> UpstreamCall:
    items = tuple(call_item(ToolCall(f"call-{number}", "tool", text)) for number, text in enumerate(texts))
    return UpstreamCall(Route("https://h", ""), UpstreamRequest(ResponsesBody("a/b", items)))


@pytest.mark.parametrize("text", MANY, ids=range(len(MANY)))
async def test_upstream_gets_the_text_of_an_object_whatever_the_model_wrote(text: str) -> None:
    upstream = Upstream()
    async with SoundCalls(upstream, InlineOffload()).attempt(call_of(text, "{}")):  # type: ignore[arg-type]
        pass
    ((first, second),) = upstream.asked
    assert first["arguments"] == object_text(text)
    assert isinstance(json.loads(first["arguments"]), dict)
    assert second["arguments"] == "{}"
    assert upstream.left == 1


@pytest.mark.parametrize("text", MANY, ids=range(len(MANY)))
def test_no_row_holds_long_arguments_that_upstream_refuses(text: str) -> None:
    output = {"type": "function_call_output", "call_id": "call-0", "output": "done"}
    items = (TurnItem(call_item(ToolCall("call-0", "tool", text))), TurnItem(output))
    record = TurnRecord(ulid(1), "a/b", "a/b", items)
    read = record_of(ulid(1), "a/b", "", rows_of(record, reasoning=True, tools=True))
    assert read is not None
    assert [one.item.get("arguments") for one in read.items] == [object_text(text), None]


@given(st.lists(st.sampled_from([*MANY, "{}", '{"a": 1}', "[", ""]), max_size=4))
def test_reading_twice_changes_nothing(texts: list[str]) -> None:
    items = sound_arguments(call_of(*texts).request.body.input)
    assert sound_arguments(items) == items


async def test_an_attempt_that_fails_or_is_left_early_closes_as_any_other() -> None:
    upstream = Upstream()
    upstream.fails = True
    with pytest.raises(OSError, match="gone"):
        async with SoundCalls(upstream, InlineOffload()).attempt(call_of(OBJECT)):  # type: ignore[arg-type]
            pass
    assert upstream.left == 0


async def test_a_round_of_long_calls_is_never_read_on_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    loop_thread, read_here = get_ident(), list[int]()

    def watched(arguments: object) -> str:
        if get_ident() == loop_thread and len(str(arguments)) >= LONG:
            read_here.append(len(str(arguments)))
        return object_text(arguments)

    monkeypatch.setattr(reading, "object_text", watched)
    offload, upstream = ThreadOffload(), Upstream()
    calls = call_of(*[OBJECT] * 12)
    async with SoundCalls(upstream, offload).attempt(calls):  # type: ignore[arg-type]
        pass
    assert read_here == []
    assert len(upstream.asked[0]) == 12
    await offload.aclose()


def test_making_the_items_of_a_round_does_not_read_its_long_arguments() -> None:
    assert call_item(ToolCall("call", "tool", CUT))["arguments"] == CUT != object_text(CUT)
    assert call_item(ToolCall("call", "tool", "["))["arguments"] == object_text("[") != "["


async def test_requests_without_long_arguments_are_passed_on_as_they_are() -> None:
    upstream = Upstream()
    call = call_of("{}", '{"a": 1}')
    assert SoundCalls(upstream, InlineOffload()).attempt(call) is upstream  # type: ignore[arg-type]
    assert upstream.asked == [call.request.body.input]
    await asyncio.sleep(0)
