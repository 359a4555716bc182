"""Both endpoints of upstream are equivalent: the same scenario gives the same events and the same turn."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from adapters.openrouter.client import AioResponsesClient
from adapters.openrouter.transport.pool import SessionPool
from adapters.process.clock import SystemClock
from domain.conversation.provenance import taken_by
from domain.turn.events import AttemptFailed, Begun, CallFinished
from domain.turn.machine import TurnMachine, TurnPlan
from domain.turn.steps import (
    CallUpstream,
    CloseReasoning,
    Ended,
    HandOverCall,
    ShowCitation,
    ShowImage,
    ShowReasoning,
    ShowText,
    StartCall,
)
from entrypoints.simulator.server import Simulator, running_simulator
from ports.response_events import (
    AnnotationAdded,
    ItemDone,
    ProblemReported,
    ReasoningDelta,
    RefusalDelta,
    ResponseEnded,
    ResponseStarted,
    ResponseStatus,
    StreamClosed,
    TextDelta,
)
from ports.responses import (
    Endpoint,
    Refused,
    ResponsesBody,
    ResponsesClient,
    ResponsesError,
    Route,
    UpstreamCall,
    UpstreamRequest,
)
from ports.toolbox import ToolResult
from tests.adapters.openrouter.chat.chat_chunks import answered, calls, fragment, says, thinks
from tests.doubles.telemetry import RecordedTelemetry

MESSAGE = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {"type": "function", "name": "look", "parameters": PARAMETERS}
ENDPOINTS = (Endpoint.RESPONSES, Endpoint.CHAT)
SCENARIOS = (
    *("echo", "deltas-200", "deltas-50-thinking-20", "thinking", "thinking-raw", "reasoning-only", "refusal"),
    *("length", "filter", "failed", "failed-first", "error-frame", "error-event-flat", "error-event-nested"),
    *("error-event-first", "cut-5", "reset", "no-terminal-5", "no-done-0", "no-done-5", "empty"),
    *("citations", "usage", "facts", "garbage", "big-line", "only-terminal", "slow-start-0p3", "tool-call"),
    *("error-400", "error-401", "error-402-inflight", "error-404", "error-429", "error-429-daily", "error-502"),
    *("error-502-string", "error-502-typed", "error-502-empty", "error-503", "html-502"),
    *("guard-injection", "guard-alignment", "guard-unchecked", "guard-armor", "guard-armor-only"),
)
"""Without `cut-0`: chat has no event before the first word, so such a cut precedes the answer."""
WHOLE = (
    *("echo", "thinking", "thinking-raw", "refusal", "length", "filter", "failed", "citations", "usage"),
    *("facts", "only-terminal", "tool-call", "empty", "error-429"),
)
"""Without `big-line`: a whole chat message does not show whether its image came before its text."""


@dataclass(frozen=True)
class AttemptResult:
    """The result of one attempt: its events and the error that ended it."""

    events: tuple
    error: ResponsesError | None


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with running_simulator(generation_delay=0) as running:
        yield running


@pytest.fixture
async def client() -> AsyncIterator[ResponsesClient]:
    telemetry = RecordedTelemetry()
    pool = SessionPool(telemetry)
    yield AioResponsesClient(pool, SystemClock(), telemetry, lambda: 20)
    await pool.aclose()


def body_of(scenario, *, stream=True, more=()):
    tools = (TOOL,) if scenario == "tool-call" else ()
    include = ("reasoning.encrypted_content",)
    return ResponsesBody(f"sim/{scenario}", (MESSAGE, *more), stream=stream, tools=tools, include=include)


async def hear(client, simulator, endpoint, body) -> AttemptResult:
    events = []
    route = Route(simulator.url, next(iter(simulator.keys)))
    try:
        async with client.attempt(UpstreamCall(route, UpstreamRequest(body, endpoint))) as batches:
            async for batch in batches:
                events += batch
    except ResponsesError as error:
        return AttemptResult(tuple(events), error)
    return AttemptResult(tuple(events), None)


async def both(client, simulator, body):
    return [await hear(client, simulator, endpoint, body) for endpoint in ENDPOINTS]


def finished(events):
    """Return the items in the order they began, those of the end last."""
    done = sorted((event for event in events if isinstance(event, ItemDone)), key=lambda event: event.index)
    return [event.item for event in done] or [item for end in of(events, ResponseEnded) for item in end.items]


def of(events, kind):
    return [event for event in events if isinstance(event, kind)]


def content_of(result: AttemptResult):
    """Return the content of an attempt, without ids and wire format."""
    return {
        "text": "".join(event.text for event in of(result.events, TextDelta)),
        "refusal": "".join(event.text for event in of(result.events, RefusalDelta)),
        "thinking": "".join(event.text for event in of(result.events, ReasoningDelta)),
        "raw": {event.raw for event in of(result.events, ReasoningDelta)},
        "sources": [event.annotation for event in of(result.events, AnnotationAdded)],
        "items": [item_content(item) for item in finished(result.events)],
        "models": {event.model for event in of(result.events, ResponseStarted)},
        "end": [end_of(event) for event in result.events if isinstance(event, ResponseEnded | ProblemReported)],
        "said_done": [event.said_done for event in of(result.events, StreamClosed)],
        "error": error_content(result.error),
    }


def item_content(item):
    content = tuple((part["type"], part.get("text") or part.get("refusal")) for part in item.get("content") or ())
    summary = tuple(part["text"] for part in item.get("summary") or ())
    sealed = tuple(bool(item.get(key)) for key in ("encrypted_content", "signature"))
    picture = str(item.get("result") or "").rpartition(",")[2]
    return item["type"], content, summary, sealed, item.get("format"), item.get("name"), item.get("arguments"), picture


def end_of(event):
    failed = isinstance(event, ProblemReported) or event.status is ResponseStatus.FAILED
    if failed:
        return "failed", event.problem.text
    usage = event.usage and (event.usage.output_tokens, event.usage.reasoning_tokens)
    return event.status, event.reason, event.model, usage


def error_content(error):
    problem = error.problem if isinstance(error, Refused) else None
    words = problem and (problem.status, problem.kind, problem.text, problem.retry_after is None, problem.limit_source)
    return error and (type(error), error.reach, words)


def as_a_turn(result: AttemptResult, body):
    """Return the turn as a reader sees it, without ids, seconds and costs."""
    machine = TurnMachine(TurnPlan(UpstreamRequest(body), error_id="e"))
    steps = [*machine.feed_all((Begun(),), 0.0), *machine.feed_all(result.events, 1.0)]
    if result.error is not None:
        steps += machine.feed_all((AttemptFailed(result.error),), 2.0)
    return [shown for step in steps if (shown := step_content(step)) is not None]


def step_content(step):
    match step:
        case ShowText() | ShowReasoning() | ShowCitation():
            return step
        case CloseReasoning():
            return replace(step, item={})
        case ShowImage():
            return step.url.rpartition(",")[2]
        case HandOverCall(position, call):
            return position, call.name, call.arguments
        case Ended(end):
            return end.reason, end.fault and (end.fault.kind, end.fault.detail), end.shown, end.model
    return None


@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_a_streamed_scenario_has_the_same_content_by_both_endpoints(client, simulator, scenario):
    responses, chat = await both(client, simulator, body_of(scenario))
    expected = content_of(responses)
    if scenario == "empty":
        expected["items"] = []  # chat has no message without content
    if scenario == "only-terminal":
        expected["text"] = expected["items"][0][1][0][1]  # one endpoint sends it at the end, the other streams it
    if scenario in ("failed-first", "guard-alignment", "guard-unchecked"):
        expected["models"] = set()  # the first frame of chat is already the last
    assert content_of(chat) == expected


@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_a_streamed_scenario_makes_the_same_turn_by_both_endpoints(client, simulator, scenario):
    body = body_of(scenario)
    responses, chat = await both(client, simulator, body)
    assert as_a_turn(chat, body) == as_a_turn(responses, body)


@pytest.mark.parametrize("scenario", WHOLE)
async def test_a_whole_answer_has_the_same_content_by_both_endpoints(client, simulator, scenario):
    body = body_of(scenario, stream=False)
    responses, chat = await both(client, simulator, body)
    if scenario != "empty":
        assert content_of(chat) == content_of(responses)
    assert as_a_turn(chat, body) == as_a_turn(responses, body)


async def test_the_usage_is_the_same_by_both_endpoints(client, simulator):
    bills = [of(result.events, ResponseEnded)[0].usage for result in await both(client, simulator, body_of("usage"))]
    assert bills[0] == bills[1]
    assert bills[0].cost is not None


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_the_facts_of_an_answer_are_the_same_by_both_endpoints(client, simulator, stream):
    results = await both(client, simulator, body_of("facts", stream=stream))
    responses, chat = [of(result.events, ResponseEnded)[0] for result in results]
    assert chat.facts == responses.facts
    assert (chat.facts.provider, chat.facts.service_tier, chat.facts.routing.strategy) == (
        *("Simulator", "priority", "direct"),
    )
    assert chat.facts.safeguards == (("flagged", 1), ("skipped", 1))
    assert dict(chat.usage.server_tools)["web_search_requests"] == 2
    assert chat.usage.server_tool_cost == responses.usage.server_tool_cost == Decimal("0.0125")


@pytest.mark.parametrize("second", ENDPOINTS, ids=lambda endpoint: endpoint.name)
@pytest.mark.parametrize("first", ENDPOINTS, ids=lambda endpoint: endpoint.name)
async def test_a_round_of_tools_is_accepted_in_a_later_request_by_either_endpoint(client, simulator, first, second):
    [call] = finished((await hear(client, simulator, first, body_of("tool-call"))).events)
    kept = {key: call[key] for key in ("type", "call_id", "name", "arguments")}
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": "sunny"}
    answer = await hear(client, simulator, second, body_of("tool-call", more=(kept, output)))
    assert content_of(answer)["text"] == "The tool said: sunny"


@pytest.mark.parametrize("scenario", ["thinking", "thinking-raw"])
@pytest.mark.parametrize("second", ENDPOINTS, ids=lambda endpoint: endpoint.name)
@pytest.mark.parametrize("first", ENDPOINTS, ids=lambda endpoint: endpoint.name)
async def test_thinking_is_accepted_in_a_later_request_by_either_endpoint(client, simulator, first, second, scenario):
    items = finished((await hear(client, simulator, first, body_of(scenario))).events)
    answer = await hear(client, simulator, second, body_of(scenario, more=(*items, MESSAGE)))
    assert (answer.error, content_of(answer)["text"]) == (None, "The second reading is right.")


SIGNED = {"type": "reasoning.text", "text": "I must look.", "format": "anthropic-claude-v1", "index": 0}
SIGNATURE = {"type": "reasoning.text", "signature": "c2ln", "index": 0}
SEALED = {"type": "reasoning.encrypted", "data": "AAAA", "id": "c1", "format": "google-gemini-v1", "index": 1}


PORTABLE = "nuBffjv3Y"
"""What `c1` becomes on the wire."""


async def test_thinking_and_a_call_of_one_round_are_sent_back_in_the_next_under_a_portable_id(client, simulator):
    body = body_of("tool-call")
    machine = TurnMachine(TurnPlan(UpstreamRequest(body, Endpoint.CHAT), runnable=frozenset({"look"})))
    machine.feed_all((Begun(),), 0.0)
    round_one = answered(
        thinks(SIGNED),
        thinks(SIGNATURE),
        says("Looking."),
        calls(fragment('{"city":', call_id="c1", name="look")),
        calls(fragment('"Perth"}')),
        thinks(SEALED),
        reason="tool_calls",
    )
    [started] = [step for step in machine.feed_all(round_one, 1.0) if isinstance(step, StartCall)]
    steps = machine.feed_all((CallFinished(started.call.call_id, ToolResult("sunny")),), 2.0)
    [again] = [step.request.body for step in steps if isinstance(step, CallUpstream)]
    assert content_of(await hear(client, simulator, Endpoint.CHAT, again))["text"] == "The tool said: sunny"
    assert simulator.records[-1].body["messages"][1:] == [
        {
            "role": "assistant",
            "content": "Looking.",
            "reasoning_details": [{**SIGNED, "signature": "c2ln"}, {**SEALED, "id": PORTABLE}],
            "tool_calls": [
                {"id": PORTABLE, "type": "function", "function": {"name": "look", "arguments": '{"city":"Perth"}'}}
            ],
        },
        {"role": "tool", "tool_call_id": PORTABLE, "content": "sunny"},
    ]
    other = replace(again, input=taken_by(Endpoint.RESPONSES, again.input))
    assert content_of(await hear(client, simulator, Endpoint.RESPONSES, other))["text"] == "The tool said: sunny"
