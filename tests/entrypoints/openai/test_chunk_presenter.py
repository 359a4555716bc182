"""API clients get plain chat completion chunks and nothing else."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.turn.statuses import ModelReplaced
from domain.turn.steps import (
    CloseReasoning,
    Ended,
    HandOverCall,
    Output,
    Reason,
    ShowCall,
    ShowCallResult,
    ShowCitation,
    ShowImage,
    ShowLogprobs,
    ShowReasoning,
    ShowStatus,
    ShowText,
)
from entrypoints.openai.chunks import DONE, ChunkPresenter
from entrypoints.openai.errors import error_object
from entrypoints.openai.frames import ChunkHead, Yield
from entrypoints.openai.wanted import Wanted
from ports.usage import Paid, SpentSoFar
from tests.entrypoints.openwebui.told import (
    ERROR_ID,
    FAULT,
    USAGE,
    ended,
    failed,
    kinds,
    result,
    tell,
    tool_call,
    yielded,
)

HEAD = ChunkHead("chatcmpl-1", "openrouter.a/b", 1_700_000_000)
CHUNK = "id object created model choices"


def presenter(*, own_done: bool = False) -> ChunkPresenter:
    return ChunkPresenter(HEAD, own_done=own_done)


def deltas(payloads: list[Any], key: str) -> list[Any]:
    chosen = [choice["delta"] for payload in payloads for choice in payload.get("choices", ())]
    return [delta[key] for delta in chosen if key in delta]


def test_an_answer_without_usage_that_costs_something_says_so() -> None:
    guess = Decimal("0.0012")
    end = replace(ended().end, paid=Paid(guess, estimated=guess))
    usage = yielded(tell(presenter(), ShowText(0, "Hel"), Ended(end)))[-1]["usage"]

    assert (usage["cost"], usage["cost_is_estimated"], usage["total_tokens"]) == (0.0012, True, 0)


def test_what_is_spent_in_all_stands_in_the_usage_where_it_is_known() -> None:
    end = replace(ended(usage=USAGE).end, spent=SpentSoFar(Paid(Decimal("0.05")), Paid(Decimal("1.23"))))
    usage = yielded(tell(presenter(), ShowText(0, "Hel"), Ended(end)))[-1]["usage"]

    assert (usage["cost"], usage["chat_cost"], usage["month_cost"]) == (0.002, 0.05, 1.23)


def test_answer_is_chunks_the_finish_and_the_usage_in_a_chunk_without_choices() -> None:
    payloads = yielded(tell(presenter(), ShowText(0, "Hel"), ShowText(0, "lo"), ended(usage=USAGE)))

    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": "openrouter.a/b"}
    first = {"role": "assistant", "content": "Hel"}
    assert payloads == [
        {**head, "choices": [{"index": 0, "delta": first, "finish_reason": None}]},
        {**head, "choices": [{"index": 0, "delta": {"content": "lo"}, "finish_reason": None}]},
        {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        {
            **head,
            "choices": [],
            "usage": {
                "prompt_tokens": 10,
                "completion_tokens": 5,
                "input_tokens": 10,
                "output_tokens": 5,
                "total_tokens": 15,
                "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 0},
                "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0},
                "output_tokens_details": {"reasoning_tokens": 0},
                "cost": 0.002,
                "is_byok": False,
            },
        },
    ]


def test_reasoning_is_separate_from_the_text() -> None:
    payloads = yielded(tell(presenter(), ShowReasoning(0, "hm"), CloseReasoning(0, 1.0, {}), ShowText(1, "yes")))

    assert deltas(payloads, "reasoning_content") == ["hm"]
    assert deltas(payloads, "content") == ["yes"]


def test_new_segments_are_new_paragraphs() -> None:
    payloads = yielded(
        tell(
            presenter(),
            *(ShowReasoning(0, "a"), ShowReasoning(1, "b")),
            *(ShowText(2, "c"), ShowText(3, "d"), ShowImage(4, "https://x.test/1.png")),
        )
    )

    assert "".join(deltas(payloads, "reasoning_content")) == "a\n\nb"
    assert "".join(deltas(payloads, "content")) == "c\n\nd\n\n![image](https://x.test/1.png)"


def test_a_source_of_the_first_text_has_its_place_and_one_of_a_later_text_has_none() -> None:
    cited = ShowCitation("https://x.test", "X", place=(3, 5))
    later = ShowCitation("https://y.test", "Y", place=(3, 5))
    payloads = yielded(tell(presenter(), ShowText(0, "It is."), cited, ShowText(1, "And so."), later))

    places = [
        (one["url_citation"]["start_index"], one["url_citation"]["end_index"])
        for (one,) in deltas(payloads, "annotations")
    ]
    assert places == [(3, 5), (0, 0)]


def test_source_is_a_nested_annotation() -> None:
    payloads = yielded(tell(presenter(), ShowCitation("https://x.test", "X", "words")))

    citation = {
        "type": "url_citation",
        "url_citation": {"url": "https://x.test", "title": "X", "start_index": 0, "end_index": 0},
    }
    assert deltas(payloads, "annotations") == [[citation]]


def test_handed_over_calls_are_complete_tool_calls_numbered_from_zero() -> None:
    payloads = yielded(
        tell(presenter(), HandOverCall(0, tool_call(1)), HandOverCall(1, tool_call(2)), ended(Reason.TOOL_CALLS))
    )

    function = {"name": "weather", "arguments": '{"city":"Oslo"}'}
    assert deltas(payloads, "tool_calls") == [
        [{"index": 0, "id": "call_1", "type": "function", "function": function}],
        [{"index": 1, "id": "call_2", "type": "function", "function": function}],
    ]
    assert payloads[-1]["choices"][0]["finish_reason"] == "tool_calls"


@pytest.mark.parametrize(
    ("reason", "told"),
    [(Reason.STOP, "stop"), (Reason.LENGTH, "length"), (Reason.CONTENT_FILTER, "content_filter")],
)
def test_finish_says_why_the_answer_ended(reason: Reason, told: str) -> None:
    payloads = yielded(tell(presenter(), ShowText(0, "x"), ended(reason)))

    assert payloads[-1]["choices"][0]["finish_reason"] == told


def test_role_is_named_in_the_first_delta_alone() -> None:
    payloads = yielded(tell(presenter(), ShowReasoning(0, "hm"), ShowText(1, "x"), ended()))

    assert ["role" in payload["choices"][0]["delta"] for payload in payloads] == [True, False, False]


def test_fault_is_an_error_object_in_place_of_the_finish() -> None:
    frames = tell(presenter(), ShowText(0, "so far"), failed(usage=USAGE))

    assert kinds(frames) == [CHUNK, "error", f"{CHUNK} usage"]
    assert yielded(frames)[1] == {"error": error_object(FAULT, ERROR_ID)}


def test_stream_is_closed_here_if_the_host_does_not() -> None:
    frames = tell(presenter(own_done=True), ShowText(0, "x"), ended(usage=USAGE))

    assert kinds(frames) == [CHUNK, CHUNK, f"{CHUNK} usage", DONE]


def test_failed_stream_is_also_finished_and_closed_here_if_the_host_does_not() -> None:
    frames = tell(presenter(own_done=True), ShowText(0, "x"), failed())

    assert kinds(frames) == [CHUNK, "error", CHUNK, DONE]
    assert yielded(frames)[2]["choices"][0]["finish_reason"] == "error"


texts = st.text(max_size=5)
segments = st.integers(0, 3)
outputs: st.SearchStrategy[Output] = st.one_of(
    st.builds(ShowText, segments, texts),
    st.builds(ShowReasoning, segments, texts),
    st.builds(CloseReasoning, segments, st.floats(0, 9), st.just({})),
    st.builds(ShowImage, segments, st.just("https://x.test/1.png")),
    st.builds(ShowCitation, st.just("https://x.test"), texts),
    st.builds(ShowStatus, st.builds(ModelReplaced, texts, texts)),
    st.builds(ShowCall, segments, st.just(tool_call())),
    st.builds(ShowCallResult, segments, st.just(tool_call()), st.just(result("<details>"))),
    st.builds(HandOverCall, st.integers(0, 3), st.just(tool_call())),
)
ends: st.SearchStrategy[Ended] = st.sampled_from([ended(), ended(usage=USAGE), failed(), failed(usage=USAGE)])


@given(st.lists(outputs, max_size=20), ends, st.booleans())
def test_client_gets_only_chat_chunks_and_one_end_for_any_outputs(
    told: list[Output], end: Ended, own_done: bool
) -> None:
    frames = tell(presenter(own_done=own_done), *told, end)

    payloads = yielded(frames)
    assert all(isinstance(frame, Yield) for frame in frames)
    assert set(kinds(frames)) <= {CHUNK, f"{CHUNK} usage", "error", DONE}
    finishes = [p["choices"][0]["finish_reason"] for p in payloads if p != DONE and p.get("choices")]
    assert sum(reason is not None for reason in finishes) + sum("error" in p for p in payloads if p != DONE) == (
        2 if end.end.fault is not None and own_done else 1
    )
    assert (payloads[-1] == DONE) is own_done
    assert "<details" not in repr(payloads)


def test_every_client_can_decode_the_probabilities() -> None:
    half = {"token": "\ud83d", "logprob": -1.0, "top_logprobs": [{"token": "\ude00", "logprob": float("nan")}]}
    wanting = ChunkPresenter(HEAD, own_done=False, wanted=Wanted(logprobs=True))
    (piece,) = yielded(tell(wanting, ShowLogprobs(0, (half,))))
    whole = {"token": "\ufffd", "logprob": -1.0, "top_logprobs": [{"token": "\ufffd", "logprob": None}]}
    assert piece["choices"][0]["logprobs"]["content"] == [whole]


def test_probabilities_come_in_chunks_of_their_own_for_those_who_want_them() -> None:
    tokens: tuple[dict[str, Any], ...] = ({"token": "te", "logprob": -1.0}, {"token": "xt", "logprob": -0.5})
    shown = ShowText(0, "text"), ShowLogprobs(0, tokens[:1]), ShowLogprobs(0, tokens[1:]), ended()
    wanting = ChunkPresenter(HEAD, own_done=False, wanted=Wanted(logprobs=True))
    choices = [choice for one in yielded(tell(wanting, *shown)) for choice in one.get("choices", ())]
    assert [choice["logprobs"]["content"] for choice in choices if "logprobs" in choice] == [[one] for one in tokens]
    assert not any("logprobs" in choice for one in yielded(tell(presenter(), *shown)) for choice in one["choices"])
