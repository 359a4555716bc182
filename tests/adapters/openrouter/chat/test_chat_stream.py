"""Chat chunks become the events of the Responses endpoint: text, images, citations and every ending."""

from decimal import Decimal
from typing import Any

import pytest

from ports.response_events import (
    AnnotationAdded,
    EventIgnored,
    ItemAdded,
    ItemDone,
    ProblemReported,
    RefusalDelta,
    RefusalDone,
    ResponseEnded,
    ResponseStarted,
    ResponseStatus,
    TextDelta,
    TextDone,
)
from ports.usage import Usage
from tests.adapters.openrouter.chat.chat_chunks import (
    GENERATION,
    USAGE,
    answered,
    bill,
    calls,
    chunk,
    ends,
    finishes,
    fragment,
    items,
    payloads,
    refusals,
    says,
    texts,
    thinks,
    translate,
    translator,
)

MESSAGE = {"type": "message", "id": "msg_gen-1_0", "role": "assistant"}
NESTED = {"type": "url_citation", "url_citation": {"url": "u", "title": "t", "start_index": 1, "end_index": 2}}
FLAT = {"type": "url_citation", "url": "u", "title": "t", "start_index": 1, "end_index": 2}


def test_an_answer_becomes_one_message_from_start_to_usage():
    part = {"type": "output_text", "text": "Hello", "annotations": []}
    assert answered(says("Hel"), says("lo")) == [
        ResponseStarted(GENERATION, "a/b"),
        ItemAdded(0, {**MESSAGE, "status": "in_progress", "content": []}),
        TextDelta(0, MESSAGE["id"], 0, "Hello"),
        TextDone(0, MESSAGE["id"], 0, "Hello"),
        ItemDone(0, {**MESSAGE, "status": "completed", "content": [part]}),
        ResponseEnded(
            ResponseStatus.COMPLETED,
            GENERATION,
            "a/b",
            usage=Usage(input_tokens=3, output_tokens=4, total_tokens=7, cost=Decimal("0.5")),
        ),
    ]


def test_deltas_of_two_reads_stay_two():
    reader = translator()
    batches = [reader.translate(payloads(says(text))) for text in ("a", "b")]
    assert [texts(batch) for batch in batches] == ["a", "b"]


def test_the_generation_id_of_the_answer_names_the_items_even_where_chunks_have_none():
    first = translate({**says("a"), "id": None}, generation_id="gen 9/ü")
    assert first[0] == ResponseStarted("gen 9/ü", "a/b")
    assert first[1].item["id"] == "msg_gen9_0"


def test_items_of_two_answers_without_any_id_have_different_ids():
    added = [translate({**says("a"), "id": None})[1].item["id"] for _ in range(2)]
    assert added[0] != added[1]


def test_half_a_character_waits_for_the_next_read():
    reader = translator()
    frame = '{"id":"gen-1","choices":[{"delta":{"content":"%s"}}]}'
    assert texts(reader.translate(payloads(frame % "a\\ud83d"))) == "a"
    assert texts(reader.translate(payloads(frame % "\\ude00b"))) == "😀b"


def test_a_lone_surrogate_is_replaced():
    reader = translator()
    reader.translate(payloads('{"id":"gen-1","choices":[{"delta":{"content":"a\\ud83d"}}]}'))
    assert texts(reader.finish()) == "\ufffd"


def test_a_content_list_is_text():
    content = [{"type": "text", "text": "a"}, {"type": "other", "text": "x"}, {"type": "text", "text": "b"}]
    assert texts(answered(chunk({"content": content}))) == "ab"


def test_a_refusal_is_a_part_of_a_message():
    events = answered(chunk({"refusal": "I "}), chunk({"refusal": "won't"}))
    assert RefusalDelta(0, MESSAGE["id"], 0, "I won't") in events
    assert RefusalDone(0, MESSAGE["id"], 0, "I won't") in events
    assert items(events)[0]["content"] == [{"type": "refusal", "refusal": "I won't"}]


def test_a_refusal_after_text_is_the_second_part():
    events = answered(says("a"), chunk({"refusal": "no"}), says("b"))
    assert (texts(events), refusals(events)) == ("ab", "no")
    assert [part["type"] for part in items(events)[0]["content"]] == ["output_text", "refusal"]
    assert RefusalDone(0, MESSAGE["id"], 1, "no") in events


def test_citations_become_flat():
    events = answered(says("a"), chunk({"annotations": [NESTED]}))
    assert AnnotationAdded(0, MESSAGE["id"], 0, FLAT) in events
    assert items(events)[0]["content"][0]["annotations"] == [FLAT]


def test_a_citation_gets_the_fields_required_for_sending_it_back():
    bare = {"type": "url_citation", "url_citation": {"url": "u", "start_index": None}}
    [item] = items(answered(says("a"), chunk({"annotations": [bare]})))
    assert item["content"][0]["annotations"] == [{**FLAT, "title": "", "start_index": 0, "end_index": 0}]


def test_an_annotation_the_other_endpoint_does_not_know_stays_out_of_the_message():
    file = {"type": "file", "file": {"hash": "h", "content": []}}
    events = answered(says("a"), chunk({"annotations": [file]}))
    assert any(isinstance(event, AnnotationAdded) for event in events)
    assert items(events)[0]["content"][0]["annotations"] == []


@pytest.mark.parametrize(
    "image",
    [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}},
        {"type": "image_url", "image_url": "data:image/png;base64,AA"},
        {"url": "data:image/png;base64,AA"},
    ],
)
def test_an_image_becomes_one_item(image):
    events = answered(chunk({"images": [image]}), chunk({"images": [image]}))
    [item] = items(events)
    assert (item["type"], item["status"]) == ("image_generation_call", "completed")
    assert item["result"] == "data:image/png;base64,AA"


def test_an_image_without_an_address_is_ignored():
    assert items(answered(chunk({"images": [{"image_url": {}}, {}, 7]}))) == []


@pytest.mark.parametrize(
    ("said", "status", "reason"),
    [
        ("stop", ResponseStatus.COMPLETED, ""),
        ("tool_calls", ResponseStatus.COMPLETED, ""),
        ("something_new", ResponseStatus.COMPLETED, ""),
        ("length", ResponseStatus.INCOMPLETE, "max_output_tokens"),
        ("MAX_TOKENS", ResponseStatus.INCOMPLETE, "max_output_tokens"),
        ("content_filter", ResponseStatus.INCOMPLETE, "content_filter"),
    ],
)
def test_each_finish_reason_has_its_ending(said, status, reason):
    [end] = ends(answered(says("a"), reason=said))
    assert (end.status, end.reason) == (status, reason)


def test_a_truncated_message_is_incomplete():
    assert [item["status"] for item in items(answered(says("a"), reason="length"))] == ["incomplete"]


def test_the_native_finish_reason_is_used_if_the_finish_reason_is_missing():
    last = chunk()
    last["choices"][0]["native_finish_reason"] = "SAFETY"
    [end] = ends(translate(says("a"), last, bill()))
    assert (end.status, end.reason) == (ResponseStatus.INCOMPLETE, "content_filter")


def test_an_error_as_finish_reason_alone_fails_with_the_native_finish_reason():
    last = finishes("error")
    last["choices"][0]["native_finish_reason"] = "MALFORMED_FUNCTION_CALL"
    [end] = ends(translate(says("a"), last, bill(), "[DONE]"))
    assert (end.status, end.problem.kind) == (ResponseStatus.FAILED, "malformed_function_call")
    assert end.usage is not None


def test_the_end_waits_for_the_usage():
    reader = translator()
    assert ends(reader.translate(payloads(says("a"), finishes()))) == []
    [end] = ends(reader.translate(payloads(bill())))
    assert end.usage.input_tokens == USAGE["prompt_tokens"]


@pytest.mark.parametrize("last", [["[DONE]"], []], ids=["done", "closed"])
def test_without_usage_the_response_ends_with_the_stream(last):
    reader = translator()
    events = reader.translate(payloads(says("a"), finishes(), *last)) + reader.finish() + reader.finish()
    [end] = ends(events)
    assert (end.status, end.usage, len(items(events))) == (ResponseStatus.COMPLETED, None, 1)


def test_usage_in_the_finish_chunk_is_read():
    [end] = ends(translate(says("a"), {**finishes(), "usage": USAGE}, "[DONE]"))
    assert end.usage.output_tokens == USAGE["completion_tokens"]


@pytest.mark.parametrize("frames", [[bill(), "[DONE]"], [{**says(""), "usage": USAGE}, "[DONE]"], [bill()]])
def test_usage_ends_a_response_without_a_finish_reason(frames):
    reader = translator()
    events = reader.translate(payloads(calls(fragment("{}", call_id="c", name="f")), *frames)) + reader.finish()
    assert [end.status for end in ends(events)] == [ResponseStatus.COMPLETED]
    assert [item["name"] for item in items(events)] == ["f"]


def test_done_alone_completes_the_items_but_not_the_response():
    events = translate(says("a"), "[DONE]")
    assert (len(items(events)), ends(events)) == (1, [])


def test_a_stream_that_stops_without_an_end_leaves_its_items_open():
    reader = translator()
    events = reader.translate(payloads(says("a"))) + reader.finish()
    assert (items(events), ends(events), reader.ended) == ([], [], False)


def test_text_after_the_finish_reason_is_still_read():
    events = translate(says("a"), finishes(), says("b"), bill(), "[DONE]")
    assert (texts(events), len(ends(events))) == ("ab", 1)


def test_a_second_finish_reason_changes_nothing():
    [end] = ends(translate(says("a"), finishes("length"), finishes("stop"), bill(), "[DONE]"))
    assert end.status is ResponseStatus.INCOMPLETE


def test_no_event_follows_the_end():
    events = answered(says("a"))
    reader = translator()
    assert reader.translate(payloads(says("a"), finishes(), bill(), bill(), says("b"), "[DONE]", says("c")))[:-1] == (
        events
    )


def test_a_broken_connection_after_the_finish_reason_is_no_failure():
    reader = translator()
    reader.translate(payloads(says("a")))
    assert not reader.ended
    reader.translate(payloads(finishes()))
    assert reader.ended


@pytest.mark.parametrize(
    ("reason", "status"), [("stop", ResponseStatus.COMPLETED), ("length", ResponseStatus.INCOMPLETE)]
)
@pytest.mark.parametrize(
    "error",
    [
        {"error": {"code": 502, "message": "m"}, "choices": []},
        {**chunk(finish="error"), "error": {"code": 502, "message": "m"}},
    ],
)
def test_an_error_after_the_finish_reason_is_no_failure(reason, status, error):
    events = translate(says("a"), finishes(reason), error, "[DONE]")
    assert [end.status for end in ends(events)] == [status]
    assert not any(isinstance(event, ProblemReported) for event in events)


def test_an_error_chunk_ends_the_response():
    error = {"code": 429, "message": "m", "metadata": {"error_type": "busy"}}
    events = translate(says("a"), {**chunk(finish="error"), "error": error}, bill(), "[DONE]")
    [end] = ends(events)
    assert (end.status, end.problem.status, end.problem.kind) == (ResponseStatus.FAILED, 429, "busy")
    assert items(events) == []


def test_an_error_inside_the_choice_is_found():
    last = finishes("error")
    last["choices"][0]["error"] = {"code": 502, "message": "m"}
    [end] = ends(translate(last))
    assert (end.status, end.problem.status, end.problem.text) == (ResponseStatus.FAILED, 502, "m")


@pytest.mark.parametrize(
    "frame",
    [
        {"error": {"code": 502, "message": "m"}, "choices": []},
        {"error": {"code": 502, "message": "m"}},
        {"type": "error", "code": 502, "message": "m"},
        {"type": "response.error", "error": {"code": 502, "message": "m"}},
    ],
)
def test_an_error_frame_is_reported_on_its_own(frame):
    events = translate(says("a"), frame, bill(), "[DONE]")
    [problem] = [event.problem for event in events if isinstance(event, ProblemReported)]
    assert (problem.status, problem.text, ends(events)) == (502, "m", [])


def test_an_error_can_be_the_very_first_frame():
    [event] = translate({**chunk(finish="error"), "error": {"code": 429, "message": "m"}})
    assert (event.status, event.problem.status) == (ResponseStatus.FAILED, 429)


@pytest.mark.parametrize("junk", ["{", "[]", "1", '"x"', "null", "{}}"])
def test_a_frame_that_cannot_be_read_is_counted(junk):
    assert translate(junk, junk) == [EventIgnored("unreadable", 2)]


@pytest.mark.parametrize(
    ("frame", "what"),
    [({"type": "keep_alive"}, "keep_alive"), ({"object": "x" * 300}, "x" * 100), ({}, "untyped")],
)
def test_a_frame_of_another_kind_is_reported_as_ignored(frame, what):
    assert translate(frame) == [EventIgnored(what)]


def test_other_choices_are_not_read():
    second = says("b")
    second["choices"][0]["index"] = 1
    assert texts(answered(says("a"), second)) == "a"


def test_text_ends_the_thinking_before_it_and_thinking_the_text():
    events = answered(
        thinks({"type": "reasoning.text", "text": "x", "index": 0}),
        says("a"),
        thinks({"type": "reasoning.text", "text": "y", "index": 1}),
        says("b"),
    )
    assert [item["type"] for item in items(events)] == ["reasoning", "message", "reasoning", "message"]
    assert [event.index for event in events if isinstance(event, ItemDone)] == [0, 1, 2, 3]


@pytest.mark.parametrize("choices", [{}, {"choices": None}], ids=["missing", "null"])
def test_a_bill_without_a_list_of_choices_is_one(choices):
    last = {key: value for key, value in bill().items() if key != "choices"} | choices
    (end,) = ends(translate(says("a"), finishes(), last, "[DONE]"))
    assert end.usage is not None
    assert end.usage.cost == Decimal("0.5")


def test_probabilities_of_tokens_are_in_the_finished_message():
    entries: list[dict[str, Any]] = [
        {"token": word, "logprob": -0.1, "bytes": None, "top_logprobs": []} for word in ("Hel", "lo")
    ]
    weighed = [says("Hel"), says("lo")]
    for one, entry in zip(weighed, entries, strict=True):
        one["choices"][0]["logprobs"] = {"content": [entry], "refusal": None}
    (item,) = items(answered(*weighed))
    assert item["content"] == [{"type": "output_text", "text": "Hello", "annotations": [], "logprobs": entries}]


@pytest.mark.parametrize("logprobs", [[], "many", {"content": "x"}, {"content": [1, None]}, {"content": None}, 7])
def test_probabilities_in_another_form_change_nothing(logprobs):
    said = says("Hello")
    said["choices"][0]["logprobs"] = logprobs
    (item,) = items(answered(said))
    assert item["content"] == [{"type": "output_text", "text": "Hello", "annotations": []}]
