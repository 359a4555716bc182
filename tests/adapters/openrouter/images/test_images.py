"""`POST /images` over the wire: its fields, its frames, its whole answers and its errors, as events of a response."""

import json
from decimal import Decimal

import pytest
from openrouter.components import ImageGenerationRequest

from adapters.openrouter.images.events import CALL, MOST_PICTURES
from ports.response_events import (
    EventIgnored,
    ItemAdded,
    ItemDone,
    ItemProgress,
    ProblemReported,
    ResponseEnded,
    ResponseStarted,
    ResponseStatus,
    StreamClosed,
)
from ports.responses import (
    Endpoint,
    Limits,
    Refused,
    ResponsesBody,
    ResponsesError,
    Route,
    Unreadable,
    UpstreamCall,
    UpstreamRequest,
)
from tests.adapters.openrouter.scripted_upstream import STREAM_HEADERS, scripted

PNG = "iVBORw0KGgoAAAANSUhEUgAA"
USAGE = {"prompt_tokens": 16, "completion_tokens": 272, "total_tokens": 288, "cost": 0.011}
PARTIAL = {"type": "image_generation.partial_image", "partial_image_index": 0, "b64_json": "AAAA"}
WHOLE = {"type": "image_generation.completed", "b64_json": PNG, "media_type": "image/png", "created": 1}
BROKEN = {"type": "error", "error": {"message": "Generation failed", "code": "server_error"}}
CONTENT = [
    {"type": "input_text", "text": "A red bridge"},
    {"type": "input_image", "detail": "auto", "image_url": "https://a.example/x.png"},
    {"type": "input_text", "text": "at night"},
]
BODY = ResponsesBody(
    "maker/painter",
    ({"type": "message", "role": "user", "content": CONTENT},),
    image_config={"n": 2, "quality": "low"},
    provider={"order": ["one"]},
    user="u1",
    session_id="s1",
    trace={"trace_id": "t"},
)


async def heard(client, script, body=BODY, limits=Limits()):
    """Return the events of one attempt, the error that ended it, and the request."""
    events, error = [], None
    async with scripted(script) as upstream:
        request = UpstreamRequest(body, Endpoint.IMAGES)
        try:
            async with client.attempt(UpstreamCall(Route(upstream.url, "k"), request, limits)) as batches:
                async for batch in batches:
                    events += batch
        except ResponsesError as caught:
            error = caught
        return events, error, upstream.visits[0].asked


def streaming(*frames):
    async def answer(visit):
        await visit.head(200, {**STREAM_HEADERS, "X-Generation-Id": "gen-7"})
        await visit.frames(*frames)
        await visit.end()

    return answer


def answering(body, **headers):
    async def answer(visit):
        await visit.answer_json(body, **headers)

    return answer


def of(events, kind):
    return [event for event in events if isinstance(event, kind)]


async def test_the_request_is_one_of_the_sdk(client):
    _, _, asked = await heard(client, answering({"data": []}))
    sent = asked.json
    assert (asked.method, asked.target) == ("POST", "/api/v1/images")
    assert sent == {
        "n": 2,
        "quality": "low",
        "model": "maker/painter",
        "prompt": "A red bridge\n\nat night",
        "stream": True,
        "input_references": [{"type": "image_url", "image_url": {"url": "https://a.example/x.png"}}],
        "provider": {"order": ["one"]},
        "user": "u1",
        "session_id": "s1",
        "trace": {"trace_id": "t"},
    }
    assert ImageGenerationRequest.model_validate(sent).model_dump(exclude_unset=True) == sent


async def test_what_is_absent_is_left_out(client):
    item = {"type": "message", "role": "user", "content": CONTENT[:1]}
    _, _, asked = await heard(client, answering({"data": []}), ResponsesBody("a/b", (item,), stream=False))
    assert asked.json == {"model": "a/b", "prompt": "A red bridge"}
    assert asked.headers["Accept"] == "application/json"


async def test_no_option_replaces_the_model_or_the_prompt(client):
    body = ResponsesBody("a/b", BODY.input[:1], image_config={"model": "x/y", "prompt": "else"})
    _, _, asked = await heard(client, answering({"data": []}), body)
    assert (asked.json["model"], asked.json["prompt"]) == ("a/b", "A red bridge\n\nat night")


# --- streams ----------------------------------------------------------------------------------------------------


async def test_a_stream_brings_stages_and_one_item(client):
    chunk = {"type": "image_generation.text_chunk", "phase": "draft", "text": "<svg"}
    events, error, _ = await heard(client, streaming(chunk, PARTIAL, PARTIAL, {**WHOLE, "usage": USAGE}, "[DONE]"))
    assert error is None
    opened = {"type": CALL, "id": "ig_gen-7_0", "status": "in_progress"}
    assert [event for event in events if not isinstance(event, ItemProgress | ResponseEnded)] == [
        ResponseStarted("gen-7", ""),
        ItemAdded(0, opened),
        ItemDone(0, {**opened, "status": "completed", "result": PNG}),
        StreamClosed(said_done=True),
    ]
    stages = [event.stage for event in of(events, ItemProgress)]
    assert (stages[0], set(stages[1:])) == ("generating", {"partial_image"})
    (end,) = of(events, ResponseEnded)
    assert (end.status, end.response_id, end.items) == (ResponseStatus.COMPLETED, "gen-7", ())
    assert end.usage is not None
    assert (end.usage.input_tokens, end.usage.output_tokens, end.usage.cost) == (16, 272, Decimal("0.011"))


async def test_several_pictures_of_a_stream_are_several_items_in_order(client):
    events, _, _ = await heard(client, streaming(WHOLE, PARTIAL, {**WHOLE, "b64_json": "AAAA"}, "[DONE]"))
    assert [(event.index, event.item["id"], event.item["result"]) for event in of(events, ItemDone)] == [
        (0, "ig_gen-7_0", PNG),
        (1, "ig_gen-7_1", "AAAA"),
    ]


async def test_a_complete_picture_ends_the_response_although_nothing_says_so(client):
    events, error, _ = await heard(client, streaming(WHOLE))
    assert error is None
    assert isinstance(events[-2], ResponseEnded)
    assert events[-1] == StreamClosed(said_done=False)


@pytest.mark.parametrize("frames", [(PARTIAL,), (PARTIAL, "[DONE]"), (WHOLE, PARTIAL, "[DONE]"), ()])
async def test_a_picture_that_is_not_completed_ends_no_response(client, frames):
    events, _, _ = await heard(client, streaming(*frames))
    assert of(events, ResponseEnded) == []
    assert isinstance(events[-1], StreamClosed)


async def test_a_stream_that_is_done_without_a_picture_is_a_response_without_items(client):
    events, _, _ = await heard(client, streaming("[DONE]"))
    (end,) = of(events, ResponseEnded)
    assert (end.status, end.items, end.response_id) == (ResponseStatus.COMPLETED, (), "gen-7")


@pytest.mark.parametrize("frames", [(BROKEN,), (PARTIAL, BROKEN, WHOLE), ({"error": BROKEN["error"]},)])
async def test_an_error_in_the_stream_is_reported_and_ends_it(client, frames):
    events, _, _ = await heard(client, streaming(*frames, "[DONE]"))
    (problem,) = of(events, ProblemReported)
    assert (problem.problem.text, problem.problem.kind) == ("Generation failed", "server_error")
    assert of(events, ResponseEnded) == []
    assert of(events, ItemDone) == []


@pytest.mark.parametrize(
    ("frame", "what"),
    [
        ({"type": "image_generation.from_the_future"}, EventIgnored("image_generation.from_the_future", unknown=True)),
        ({"type": "image_generation.completed", "b64_json": 5}, EventIgnored("unreadable")),
        ({"b64_json": PNG}, EventIgnored("untyped")),
        ("not json", EventIgnored("unreadable")),
    ],
)
async def test_what_cannot_be_read_is_counted_and_costs_nothing(client, frame, what):
    events, _, _ = await heard(client, streaming(frame, WHOLE, "[DONE]"))
    assert what in events
    assert [event.item["result"] for event in of(events, ItemDone)] == [PNG]
    assert len(of(events, ResponseEnded)) == 1


async def test_a_large_picture_arrives_whole(client):
    data = PNG + "A" * 3_000_000
    events, _, _ = await heard(client, streaming({**WHOLE, "b64_json": data}, "[DONE]"))
    assert of(events, ItemDone)[0].item["result"] == data


# --- whole answers ----------------------------------------------------------------------------------------------


async def test_a_whole_answer_has_an_item_for_each_picture(client):
    data = [{"b64_json": PNG, "media_type": "image/png"}, {"b64_json": "AAAA"}, {"url": "https://a.example/x.png"}]
    body = {"created": 1, "data": data, "usage": USAGE}
    events, error, _ = await heard(client, answering(body, X_Generation_Id="gen-9"))
    assert error is None
    end, closed = events
    assert closed == StreamClosed(said_done=False)
    assert [item["result"] for item in end.items] == [PNG, "AAAA", "https://a.example/x.png"]
    assert [item["id"] for item in end.items] == ["ig_gen-9_0", "ig_gen-9_1", "ig_gen-9_2"]
    assert (end.status, end.response_id, end.usage.cost) == (ResponseStatus.COMPLETED, "gen-9", Decimal("0.011"))


async def test_svg_keeps_its_type_because_its_bytes_do_not_show_it(client):
    drawn = {"b64_json": "PHN2Zz4=", "media_type": "image/svg+xml"}
    events, _, _ = await heard(client, answering({"data": [drawn]}))
    assert events[0].items[0]["result"] == "data:image/svg+xml;base64,PHN2Zz4="


@pytest.mark.parametrize("data", [[], [{}], ["x"], [{"b64_json": None}]])
async def test_an_answer_without_pictures_is_a_response_without_items(client, data):
    events, error, _ = await heard(client, answering({"data": data}))
    assert error is None
    assert events[0].items == ()


async def test_the_pictures_of_an_answer_are_bounded(client):
    events, _, _ = await heard(client, answering({"data": [{"b64_json": PNG}] * 100}))
    assert len(events[0].items) == MOST_PICTURES


async def test_pictures_beside_an_error_are_shown(client):
    events, error, _ = await heard(client, answering({"data": [{"b64_json": PNG}], "error": {"message": "one failed"}}))
    assert error is None
    assert len(events[0].items) == 1


@pytest.mark.parametrize("body", [{}, {"data": {}}, {"status": "completed"}, {"output": []}])
async def test_json_that_is_no_set_of_pictures_is_unreadable(client, body):
    _, error, _ = await heard(client, answering(body))
    assert isinstance(error, Unreadable)


@pytest.mark.parametrize("status", [502, 200])
@pytest.mark.parametrize("beside", [{}, {"data": []}, {"data": None}])
async def test_an_error_is_read_from_its_envelope(client, status, beside):
    body = {"error": {"code": 502, "message": "Provider returned error", "metadata": {"raw": "no paint"}}, **beside}

    async def answer(visit):
        await visit.answer(status, json.dumps(body).encode(), {"Content-Type": "application/json"})

    _, error, _ = await heard(client, answer)
    assert isinstance(error, Refused)
    assert (error.problem.status, error.problem.text) == (502, "no paint")
