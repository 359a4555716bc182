"""The answer to callers that do not stream: a completion, or an error in the form each can read."""

import json
import sys
from collections.abc import AsyncGenerator
from types import ModuleType
from typing import Any

import pytest

from domain.faults.fault import Fault, FaultKind
from domain.request.turn_request import Caller
from domain.turn.steps import Output, ShowReasoning, ShowText
from entrypoints.openai.completions_body import CompletionsBody
from entrypoints.openai.errors import error_object
from entrypoints.openai.frames import ChunkHead
from entrypoints.openwebui.host_call import Audience, HostCall
from entrypoints.openwebui.present.emitter import GuardedEmitter
from entrypoints.openwebui.present.fault_text import ToldFault
from entrypoints.openwebui.present.wishes import Wishes
from entrypoints.openwebui.reply import reply
from entrypoints.openwebui.vocabulary import VALVES
from tests.doubles.telemetry import RecordedTelemetry
from tests.entrypoints.openwebui.told import ERROR_ID, FAULT, USAGE, ended, failed

BODY = CompletionsBody(model="a/b", messages=["hi"])
HEAD = ChunkHead("chatcmpl-1", "openrouter.a/b", 1_700_000_000)


class Answer:
    """The host's streaming response, reduced to what was given to it."""

    def __init__(self, content: Any, status_code: int, headers: dict[str, str], media_type: str) -> None:
        self.content, self.status_code, self.headers, self.media_type = content, status_code, headers, media_type


@pytest.fixture
def starlette(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("starlette.responses")
    vars(module)["StreamingResponse"] = Answer
    monkeypatch.setitem(sys.modules, "starlette", ModuleType("starlette"))
    monkeypatch.setitem(sys.modules, "starlette.responses", module)


async def answered(
    caller: Caller,
    *outputs: Output,
    events: list[dict[str, Any]] | None = None,
    wishes: Wishes | None = None,
    audience: Audience = Audience.PERSON,
) -> Any:
    async def emitter(event: dict[str, Any]) -> None:
        if events is not None:
            events.append(event)

    async def turn() -> AsyncGenerator[Output, None]:
        for output in outputs:
            yield output

    call = HostCall(BODY, caller, audience, emitter=emitter if caller is Caller.PAGE else None)
    guarded = GuardedEmitter(call.emitter, RecordedTelemetry())
    return await reply(lambda _reader: turn(), call, HEAD, wishes or Wishes(), guarded)


@pytest.mark.parametrize("caller", Caller)
async def test_answer_is_a_completion_for_everyone(caller: Caller) -> None:
    got = await answered(caller, ShowText(0, "yes"), ended(usage=USAGE))

    assert got["object"] == "chat.completion"
    assert got["choices"][0]["message"]["content"] == "yes"


@pytest.mark.parametrize(("caller", "told"), [(Caller.PAGE, True), (Caller.API, True), (Caller.TASK, False)])
async def test_thinking_is_kept_from_tasks_alone(caller: Caller, told: bool) -> None:
    got = await answered(caller, ShowReasoning(0, "hm"), ShowText(1, "yes"), ended())

    assert ("reasoning_content" in got["choices"][0]["message"]) is told


async def test_person_in_the_page_also_gets_the_usage_line() -> None:
    events: list[dict[str, Any]] = []
    await answered(Caller.PAGE, ShowText(0, "yes"), ended(usage=USAGE), events=events)

    (event,) = events
    assert "Total tokens: 15" in event["data"]["description"]
    assert event["data"]["done"] is True


@pytest.mark.usefixtures("starlette")
async def test_fault_of_an_api_client_is_an_error_object_with_its_http_status() -> None:
    got = await answered(Caller.API, failed())

    assert (got.status_code, got.media_type) == (429, "application/json")
    assert got.headers == {"Retry-After": "3"}
    assert json.loads(b"".join([piece async for piece in got.content])) == {
        "error": error_object(FAULT, ERROR_ID, VALVES)
    }


async def test_fault_for_the_hosts_own_code_is_a_line_that_it_prints() -> None:
    got = await answered(Caller.API, failed(), audience=Audience.HOST)

    assert got == {"error": ToldFault(FAULT, ERROR_ID).box()}


@pytest.mark.usefixtures("starlette")
async def test_status_upstream_gave_is_passed_on() -> None:
    got = await answered(Caller.API, failed(Fault(FaultKind.SERVER, status=529)))

    assert got.status_code == 529


async def test_fault_of_an_api_client_is_a_plain_error_object_without_the_hosts_framework(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "starlette.responses", None)

    assert await answered(Caller.API, failed()) == {"error": error_object(FAULT, ERROR_ID, VALVES)}


@pytest.mark.usefixtures("starlette")
async def test_fault_of_a_task_is_a_plain_error_object() -> None:
    assert await answered(Caller.TASK, failed()) == {"error": error_object(FAULT, ERROR_ID, VALVES)}


async def test_fault_of_a_person_is_a_card_below_the_text_so_far() -> None:
    got = await answered(Caller.PAGE, ShowText(0, "so far"), failed(), wishes=Wishes(support="help@x.test"))

    assert got["choices"][0]["message"]["content"] == "so far\n\n" + ToldFault(FAULT, ERROR_ID, "help@x.test").card()


async def test_fault_of_a_person_is_shown_once() -> None:
    events: list[dict[str, Any]] = []
    await answered(Caller.PAGE, failed(), events=events)

    assert [event["data"] for event in events] == [{"description": "", "done": True, "hidden": True}]
