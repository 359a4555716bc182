"""Frames become port events, deltas are joined, and nothing upstream sends crashes the reader."""

import itertools
import json
from datetime import UTC, datetime
from importlib.metadata import version

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openrouter.components.streamevents import _STREAM_EVENTS_VARIANTS

from adapters.openrouter.responses.event_types import READ, SDK, UNUSED
from adapters.openrouter.responses.events import ResponsesVocabulary
from adapters.openrouter.stream.translator import Translator
from adapters.openrouter.wire.codec import FASTEST, STDLIB
from domain.conversation.item_types import SDK as ITEMS_OF_SDK
from ports.response_events import (
    AnnotationAdded,
    ArgumentsDelta,
    ArgumentsDone,
    Channel,
    EventIgnored,
    ItemAdded,
    ItemDone,
    ItemProgress,
    ItemTextDelta,
    ItemTextDone,
    ProblemReported,
    ReasoningDelta,
    ReasoningDone,
    RefusalDelta,
    RefusalDone,
    ResponseEnded,
    ResponseStarted,
    ResponseStatus,
    TextDelta,
    TextDone,
)
from ports.usage import Usage
from tests.adapters.openrouter.scripted_upstream import delta

NOW = datetime(2026, 8, 1, tzinfo=UTC)
PLACE = {"output_index": 1, "item_id": "i", "content_index": 2, "summary_index": 3}


def translator(*, codec=FASTEST, **options):
    return Translator(ResponsesVocabulary(lambda: NOW, **options), codec=codec)


def payloads(*frames):
    return [frame.encode() if isinstance(frame, str) else json.dumps(frame).encode() for frame in frames]


def translate(*frames, **options):
    return translator(**options).translate(payloads(*frames))


@pytest.mark.parametrize(
    ("frame", "event"),
    [
        ({"type": "response.output_text.delta", "delta": "t"}, TextDelta(1, "i", 2, "t")),
        ({"type": "response.content_part.delta", "delta": "t"}, TextDelta(1, "i", 2, "t")),
        ({"type": "response.content_part.delta", "delta": {"type": "text", "text": "t"}}, TextDelta(1, "i", 2, "t")),
        ({"type": "response.output_text.done", "text": "t"}, TextDone(1, "i", 2, "t")),
        ({"type": "response.refusal.delta", "delta": "t"}, RefusalDelta(1, "i", 2, "t")),
        ({"type": "response.refusal.done", "refusal": "t"}, RefusalDone(1, "i", 2, "t")),
        ({"type": "response.reasoning_text.delta", "delta": "t"}, ReasoningDelta(1, "i", 2, "t", raw=True)),
        ({"type": "response.reasoning_text.done", "text": "t"}, ReasoningDone(1, "i", 2, "t", raw=True)),
        ({"type": "response.reasoning_summary_text.delta", "delta": "t"}, ReasoningDelta(1, "i", 3, "t", raw=False)),
        ({"type": "response.reasoning_summary_text.done", "text": "t"}, ReasoningDone(1, "i", 3, "t", raw=False)),
        ({"type": "response.function_call_arguments.delta", "delta": "t"}, ArgumentsDelta(1, "i", "t")),
        ({"type": "response.function_call_arguments.done", "arguments": "t"}, ArgumentsDone(1, "i", "t")),
        ({"type": "response.output_item.added", "item": {"id": "x"}}, ItemAdded(1, {"id": "x"})),
        ({"type": "response.output_item.done", "item": {"id": "x"}}, ItemDone(1, {"id": "x"})),
        (
            {"type": "response.output_text.annotation.added", "annotation": {"url": "u"}},
            AnnotationAdded(1, "i", 2, {"url": "u"}),
        ),
        ({"type": "response.created", "response": {"id": "gen-1", "model": "m"}}, ResponseStarted("gen-1", "m")),
        ({"type": "response.in_progress", "response": {"id": "gen-1"}}, ResponseStarted("gen-1", "")),
        (
            {"type": "response.web_search_call.searching", "detail": 1},
            ItemProgress(1, "i", "web_search_call", "searching"),
        ),
        (
            {"type": "response.image_generation_call.partial_image", "partial_image_b64": "iVBO"},
            ItemProgress(1, "i", "image_generation_call", "partial_image"),
        ),
        (
            {"type": "response.fusion_call.panel.completed", "model": "m", "content": "c", "x": 1},
            ItemProgress(1, "i", "fusion_call", "panel.completed", {"model": "m", "content": "c"}),
        ),
        ({"type": "response.custom_tool_call_input.delta", "delta": "t"}, ItemTextDelta(1, "i", Channel.INPUT, "t")),
        ({"type": "response.custom_tool_call_input.done", "input": "t"}, ItemTextDone(1, "i", Channel.INPUT, "t")),
        ({"type": "response.code_interpreter_call_code.delta", "delta": "t"}, ItemTextDelta(1, "i", Channel.CODE, "t")),
        ({"type": "response.code_interpreter_call_code.done", "code": "t"}, ItemTextDone(1, "i", Channel.CODE, "t")),
        (
            {"type": "response.apply_patch_call_operation_diff.delta", "delta": "t"},
            ItemTextDelta(1, "i", Channel.DIFF, "t"),
        ),
        (
            {"type": "response.apply_patch_call_operation_diff.done", "diff": "t"},
            ItemTextDone(1, "i", Channel.DIFF, "t"),
        ),
        ({"type": "response.content_part.added"}, EventIgnored("response.content_part.added")),
        ({"type": "brand.new"}, EventIgnored("brand.new", unknown=True)),
    ],
)
def test_each_known_frame_becomes_its_event(frame, event):
    assert translate({**PLACE, **frame}) == [event]


CALL = {"type": "function_call", "call_id": "c", "name": "f"}


@pytest.mark.parametrize("given", [{"to": "Ann"}, {"to": "\ud800"}], ids=["plain", "half a character"])
def test_arguments_sent_as_an_object_are_the_text_of_it(given):
    item = {**CALL, "arguments": given}
    done = {"type": "response.function_call_arguments.done", **PLACE, "arguments": given}
    ended = {"type": "response.completed", "response": {"output": [item]}}
    whole, finished, end = translate(done, {"type": "response.output_item.done", "item": item}, ended)
    said = (whole.text, finished.item["arguments"], end.items[0]["arguments"])
    assert [json.loads(text) for text in said] == [given] * 3


def test_content_of_a_message_sent_as_a_text_is_its_only_part():
    item = {"type": "message", "content": "Hi"}
    (added, end) = translate(
        {"type": "response.output_item.done", "item": item},
        {"type": "response.completed", "response": {"output": [item]}},
    )
    part = {"type": "output_text", "text": "Hi", "annotations": []}
    assert [added.item["content"], end.items[0]["content"]] == [[part], [part]]


def test_equal_stages_of_one_read_leave_as_one():
    frame = {**PLACE, "type": "response.fusion_call.panel.delta", "delta": "x"}
    assert translate(frame, frame, frame) == [ItemProgress(1, "i", "fusion_call", "panel.delta")]


def test_every_event_type_of_the_sdk_is_read_or_left_out_with_a_reason():
    assert version("openrouter") == SDK == ITEMS_OF_SDK
    assert set(_STREAM_EVENTS_VARIANTS) <= READ | set(UNUSED)
    assert not READ & set(UNUSED)
    assert all(UNUSED.values())


def test_adjacent_deltas_of_one_part_leave_as_one():
    assert translate(delta("a"), delta("b"), delta("c")) == [TextDelta(0, "msg_1", 0, "abc")]


def test_deltas_of_different_items_stay_apart_and_in_order():
    frames = [delta("a"), delta("b", output_index=1), delta("c", item_id="y"), delta("d", content_index=1), delta("e")]
    assert [event.text for event in translate(*frames)] == ["a", "b", "c", "d", "e"]


def test_deltas_are_not_joined_across_another_event():
    assert translate(delta("a"), {"type": "response.x"}, delta("b")) == [
        TextDelta(0, "msg_1", 0, "a"),
        EventIgnored("response.x", unknown=True),
        TextDelta(0, "msg_1", 0, "b"),
    ]


def test_deltas_of_two_reads_stay_two():
    reader = translator()
    batches = [reader.translate(payloads(delta(text))) for text in ("a", "b")]
    assert batches == [[TextDelta(0, "msg_1", 0, "a")], [TextDelta(0, "msg_1", 0, "b")]]


def test_empty_deltas_make_no_event():
    assert translate(delta(""), delta("")) == []


def test_a_surrogate_pair_sent_as_two_escapes_becomes_one_character():
    first, second = (f'{{"type":"response.output_text.delta","delta":"\\u{half}"}}' for half in ("d83d", "de00"))
    assert translate(first, second) == [TextDelta(-1, "", 0, "😀")]


def test_half_a_character_waits_for_the_next_read():
    reader = translator()
    first, second = (f'{{"type":"response.output_text.delta","delta":"{text}"}}' for text in ("a\\ud83d", "\\ude00b"))
    assert reader.translate(payloads(first)) == [TextDelta(-1, "", 0, "a")]
    assert reader.translate(payloads(second)) == [TextDelta(-1, "", 0, "😀b")]


def test_a_lone_surrogate_is_replaced():
    reader = translator()
    reader.translate(payloads('{"type":"response.output_text.delta","delta":"a\\ud83d"}'))
    assert reader.finish() == [TextDelta(-1, "", 0, "\ufffd")]


def test_frames_after_done_are_not_read():
    reader = translator()
    assert reader.translate(payloads(delta("a"), "[DONE]", delta("b"))) == [TextDelta(0, "msg_1", 0, "a")]
    assert reader.said_done
    assert reader.translate(payloads(delta("c"))) == []


@pytest.mark.parametrize(
    "junk", ["{", "[]", "1", '"x"', "null", "{}}", '{"type":"response.output_item.done","item":7}']
)
def test_a_frame_that_cannot_be_read_is_counted(junk):
    assert translate(junk, junk) == [EventIgnored("unreadable", 2)]


def test_invalid_utf8_in_a_delta_is_replaced():
    raw = b'{"type":"response.output_text.delta","delta":"a\xffb"}'
    assert translator().translate([raw]) == [TextDelta(-1, "", 0, "a\ufffdb")]


@pytest.mark.parametrize("wrong", [None, 5, [], {}, {"text": 1}])
def test_a_delta_that_is_not_text_is_unreadable(wrong):
    assert translate({"type": "response.output_text.delta", "delta": wrong}) == [EventIgnored("unreadable")]


@pytest.mark.parametrize(("index", "read"), [("3", 3), (3.0, 3), (None, -1), (-1, -1), ({}, -1), (True, -1), ("x", -1)])
def test_a_wrongly_typed_index_is_converted_if_possible(index, read):
    assert translate(delta("a", output_index=index)) == [TextDelta(read, "msg_1", 0, "a")]


def test_the_terminal_event_carries_items_usage_and_reason():
    response = {
        "id": "gen-1",
        "model": "a/b",
        "status": "incomplete",
        "output": [{"type": "message"}, None],
        "usage": {"input_tokens": 1, "output_tokens": 2},
        "incomplete_details": {"reason": "max_output_tokens"},
    }
    assert translate({"type": "response.incomplete", "response": response}) == [
        ResponseEnded(
            ResponseStatus.INCOMPLETE,
            "gen-1",
            "a/b",
            ({"type": "message"},),
            Usage(input_tokens=1, output_tokens=2, total_tokens=3),
            "max_output_tokens",
        )
    ]


@pytest.mark.parametrize(
    ("kind", "status", "ended"),
    [
        ("response.completed", "completed", ResponseStatus.COMPLETED),
        ("response.done", None, ResponseStatus.COMPLETED),
        ("response.done", "incomplete", ResponseStatus.INCOMPLETE),
        ("response.completed", "failed", ResponseStatus.FAILED),
        ("response.failed", "completed", ResponseStatus.FAILED),
        ("response.failed", "cancelled", ResponseStatus.FAILED),
        ("response.completed", ["odd"], ResponseStatus.COMPLETED),
    ],
)
def test_the_worse_of_type_and_status_is_used(kind, status, ended):
    [event] = translate({"type": kind, "response": {"status": status}})
    assert event.status is ended


def test_a_failed_response_carries_its_problem():
    response = {"id": "gen-1", "status": "failed", "error": {"code": "server_error", "message": "m"}}
    [event] = translate({"type": "response.failed", "response": {**response, "error_type": "provider_unavailable"}})
    assert (event.problem.kind, event.problem.text) == ("provider_unavailable", "m")


@pytest.mark.parametrize("status", ["completed", "incomplete", None])
@pytest.mark.parametrize(
    "error", [{"code": "server_error", "message": "m"}, {"code": 502, "message": "m"}, "m"], ids=str
)
def test_a_response_whose_error_says_what_failed_is_failed_whatever_its_status(error, status):
    [event] = translate({"type": "response.completed", "response": {"id": "gen-1", "status": status, "error": error}})
    assert event.status is ResponseStatus.FAILED
    assert event.problem.text == "m"


@pytest.mark.parametrize("error", [None, "", {}, [], {"code": None, "message": None}, {"message": ""}, False], ids=str)
def test_an_error_that_says_nothing_fails_no_response(error):
    [event] = translate(
        {"type": "response.completed", "response": {"id": "gen-1", "status": "completed", "error": error}}
    )
    assert (event.status, event.problem) == (ResponseStatus.COMPLETED, None)


@pytest.mark.parametrize(
    ("frame", "kind", "status"),
    [
        ({"type": "error", "code": "server_error", "message": "m", "param": None}, "server_error", None),
        ({"type": "error", "error": {"type": "server_error", "code": None, "message": "m"}}, "server_error", None),
        ({"type": "response.error", "error": {"code": "rate_limit", "message": "m"}}, "rate_limit", None),
        ({"error": {"code": 502, "message": "m", "metadata": {"error_type": "gone"}}, "choices": []}, "gone", 502),
        (
            {
                "id": "gen-1",
                "object": "chat.completion.chunk",
                "error": {"code": 429, "message": "m"},
                "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}],
            },
            "429",
            429,
        ),
        ({"error": "m"}, "unknown", None),
    ],
)
def test_every_error_inside_a_stream_is_reported(frame, kind, status):
    [event] = translate(frame)
    assert isinstance(event, ProblemReported)
    assert (event.problem.kind, event.problem.status, event.problem.text) == (kind, status, "m")


def test_the_generation_id_of_the_answer_is_used_if_the_frame_has_none():
    assert translate({"type": "response.created"}, generation_id="gen-9") == [ResponseStarted("gen-9", "")]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KINDS = st.sampled_from(
    [
        "response.created",
        "response.completed",
        "response.failed",
        "response.done",
        "error",
        "response.error",
        "response.x",
        "response.output_item.added",
        "response.output_item.done",
        "response.output_text.delta",
        "response.output_text.done",
        "response.output_text.annotation.added",
        "response.function_call_arguments.delta",
        *_STREAM_EVENTS_VARIANTS,
    ]
)
KEYS = st.sampled_from(
    [
        "output_index",
        "item_id",
        "content_index",
        "delta",
        "text",
        "item",
        "annotation",
        "response",
        "error",
        "code",
        "message",
        "metadata",
        "usage",
    ]
)
RESPONSES = st.dictionaries(
    st.sampled_from(["id", "model", "status", "output", "usage", "error", "error_type", "incomplete_details"]), JSON
)
FRAMES = st.builds(
    lambda kind, fields, response: {**fields, **response, **kind},
    st.fixed_dictionaries({"type": KINDS | JSON}),
    st.dictionaries(KEYS, JSON, max_size=6),
    st.just({}) | st.fixed_dictionaries({"response": RESPONSES}),
)


@given(st.lists(FRAMES | JSON, max_size=6))
def test_no_frame_raises(frames):
    reader = translator()
    reader.translate([json.dumps(frame).encode("utf-8", "surrogatepass") for frame in frames])
    reader.finish()


@given(st.lists(st.binary(max_size=30), max_size=6))
def test_no_bytes_raise(raw):
    translator().translate(raw)


@given(st.lists(FRAMES, max_size=6), st.lists(st.integers(0, 6), max_size=3))
def test_both_json_libraries_give_the_same_events(frames, cuts):
    raw = [json.dumps(frame, allow_nan=False).encode() for frame in frames if _is_finite(frame)]
    assert repr(_read(FASTEST, raw, cuts)) == repr(_read(STDLIB, raw, cuts))


def _read(codec, raw, cuts):
    reader = translator(codec=codec)
    places = sorted({0, len(raw), *(min(cut, len(raw)) for cut in cuts)})
    batches = [reader.translate(raw[a:b]) for a, b in itertools.pairwise(places)]
    return [*batches, reader.finish()]


def _is_finite(frame):
    try:
        json.dumps(frame, allow_nan=False)
    except ValueError:
        return False
    return True
