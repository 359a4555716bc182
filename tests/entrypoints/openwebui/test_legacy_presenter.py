"""The page of the oldest host: chunks, tool blocks and statuses."""

import html
import json
import re
from typing import Any

import pytest

from domain.turn.steps import (
    CloseReasoning,
    HandOverCall,
    Reason,
    ShowCall,
    ShowCallResult,
    ShowCitation,
    ShowImage,
    ShowReasoning,
    ShowText,
)
from entrypoints.openai.frames import ChunkHead
from entrypoints.openwebui.present.fault_text import ToldFault
from entrypoints.openwebui.present.frames import RESULT_SHOWN
from entrypoints.openwebui.present.legacy import LegacyPresenter
from entrypoints.openwebui.present.wishes import Wishes
from tests.entrypoints.openwebui.told import (
    ERROR_ID,
    FAULT,
    USAGE,
    emitted,
    ended,
    failed,
    kinds,
    result,
    tell,
    tool_call,
    yielded,
)

HEAD = ChunkHead("chatcmpl-1", "openrouter.a/b", 1_700_000_000)
TURN = "01J2VVZBDQTP1ZQJ8DSNAAAAAA"
CHUNK = "id object created model choices"


@pytest.fixture
def presenter() -> LegacyPresenter:
    return LegacyPresenter(HEAD, TURN, Wishes(support="help@x.test", references=False))


def deltas(payloads: list[Any], key: str = "content") -> list[str]:
    chosen = [choice["delta"] for payload in payloads for choice in payload.get("choices", ())]
    return [delta[key] for delta in chosen if key in delta]


def block_of(text: str) -> dict[str, str]:
    (inside,) = re.findall(r"<details ([^>]*)>\n<summary>Tool Executed</summary>\n</details>\n", text)
    return dict(re.findall(r'(\w+)="([^"]*)"', inside))


def test_answer_is_chunks_then_the_finish_then_the_usage_alone(presenter: LegacyPresenter) -> None:
    frames = tell(presenter, ShowReasoning(0, "hm"), CloseReasoning(0, 1.0, {}), ShowText(1, "yes"), ended(usage=USAGE))

    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": "openrouter.a/b"}
    assert kinds(frames) == [CHUNK, CHUNK, "emit status", CHUNK, f"{CHUNK} usage"]
    assert yielded(frames)[:3] == [
        {**head, "choices": [{"index": 0, "delta": {"reasoning_content": "hm"}, "finish_reason": None}]},
        {**head, "choices": [{"index": 0, "delta": {"content": "yes"}, "finish_reason": None}]},
        {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    ]
    assert yielded(frames)[3]["choices"] == []
    assert yielded(frames)[3]["usage"]["prompt_tokens"] == 10


def test_new_segment_of_text_is_a_new_paragraph(presenter: LegacyPresenter) -> None:
    frames = tell(presenter, ShowText(0, "a"), ShowText(0, "b"), ShowText(1, "c"), ShowImage(2, "https://x.test/1.png"))

    assert "".join(deltas(yielded(frames))) == "ab\n\nc\n\n![image](https://x.test/1.png)"


def test_new_segment_of_thinking_is_a_new_paragraph(presenter: LegacyPresenter) -> None:
    frames = tell(presenter, ShowReasoning(0, "a"), ShowReasoning(0, "b"), ShowReasoning(1, "c"))

    assert "".join(deltas(yielded(frames), "reasoning_content")) == "ab\n\nc"


def test_source_is_an_event(presenter: LegacyPresenter) -> None:
    (event,) = emitted(tell(presenter, ShowCitation("https://x.test", "X", "words")))

    assert event["type"] == "source"


def test_call_is_a_status_and_its_result_a_block_in_the_text(presenter: LegacyPresenter) -> None:
    frames = tell(presenter, ShowText(0, "wait"), ShowCall(1, tool_call()), ShowCallResult(1, tool_call(), result()))

    assert [event["data"]["description"] for event in emitted(frames)] == ["Running weather…", "Ran weather"]
    block = block_of(deltas(yielded(frames))[-1])
    assert json.loads(html.unescape(block["arguments"])) == '{"city":"Oslo"}'
    assert json.loads(html.unescape(block["result"])) == "rain"
    assert (block["type"], block["done"], block["id"], block["name"]) == (
        "tool_calls",
        "true",
        f"call_{TURN}_1",
        "weather",
    )


def test_status_stops_moving_after_the_last_of_the_calls_that_run(presenter: LegacyPresenter) -> None:
    frames = tell(
        presenter,
        *(ShowCall(0, tool_call(1)), ShowCall(1, tool_call(2))),
        *(ShowCallResult(0, tool_call(1), result()), ShowCallResult(1, tool_call(2), result())),
    )

    assert [event["data"]["done"] for event in emitted(frames)] == [False, False, True]
    assert emitted(frames)[-1]["data"]["description"] == "Ran 2 tools"


def test_blank_lines_stand_around_every_block(presenter: LegacyPresenter) -> None:
    frames = tell(
        presenter,
        ShowText(0, "before"),
        *(ShowCallResult(1, tool_call(1), result()), ShowCallResult(2, tool_call(2), result())),
        ShowText(3, "after"),
    )

    text = "".join(deltas(yielded(frames)))
    assert text.startswith("before\n\n<details")
    assert text.count("</details>\n\n\n<details") == 1
    assert text.endswith("</details>\n\n\nafter")


def test_nothing_a_tool_says_breaks_out_of_its_block(presenter: LegacyPresenter) -> None:
    evil = '"></details><script>alert(1)</script>\n'
    frames = tell(presenter, ShowCallResult(0, tool_call(name=evil, arguments=evil), result(evil)))

    (text,) = deltas(yielded(frames))
    assert text.count("<") == 4
    assert json.loads(html.unescape(block_of(text)["result"])) == evil


def test_long_result_is_shown_cut_off(presenter: LegacyPresenter) -> None:
    (text,) = deltas(yielded(tell(presenter, ShowCallResult(0, tool_call(), result("x" * 20_000)))))

    assert json.loads(html.unescape(block_of(text)["result"])) == "x" * RESULT_SHOWN + "…"


def test_call_that_cannot_run_is_reported_as_text_and_not_handed_to_the_host(presenter: LegacyPresenter) -> None:
    payloads = yielded(tell(presenter, HandOverCall(0, tool_call()), ended(Reason.TOOL_CALLS)))

    assert "the tool weather, which is not available" in "".join(deltas(payloads))
    assert deltas(payloads, "tool_calls") == []


def test_handed_over_call_has_the_id_of_its_turn_and_the_turn_closes_without_a_status() -> None:
    presenter = LegacyPresenter(HEAD, TURN, Wishes(references=False, hands_over=True))
    frames = tell(presenter, HandOverCall(0, tool_call(arguments=""), segment=3), ended(Reason.TOOL_CALLS, usage=USAGE))

    function = {"name": "weather", "arguments": "{}"}
    assert deltas(yielded(frames), "tool_calls") == [
        [{"index": 0, "id": f"call_{TURN}_3", "type": "function", "function": function}]
    ]
    assert kinds(frames) == [CHUNK, CHUNK, f"{CHUNK} usage"]
    assert yielded(frames)[1]["choices"][0]["finish_reason"] == "tool_calls"


def test_result_contains_no_replacement_pattern_of_the_page(presenter: LegacyPresenter) -> None:
    said = 'it costs $"5" or $& $\' $` $$'
    (text,) = deltas(yielded(tell(presenter, ShowCallResult(0, tool_call(), result(said)))))

    shown = block_of(text)["result"]
    assert "$" not in shown
    assert json.loads(html.unescape(shown)) == said


@pytest.mark.parametrize("pieces", [["a </details> b"], ["a </deta", "ils> b"], list("a </details> b")])
def test_thinking_cannot_end_the_block_around_it(presenter: LegacyPresenter, pieces: list[str]) -> None:
    frames = tell(presenter, *(ShowReasoning(0, piece) for piece in pieces))
    assert "".join(deltas(yielded(frames), "reasoning_content")) == "a </detail\u200bs> b"


def test_fault_after_text_is_a_status_an_error_and_the_finish(presenter: LegacyPresenter) -> None:
    frames = tell(presenter, ShowText(0, "so far"), failed(usage=USAGE))

    assert kinds(frames) == [CHUNK, "emit status", "error", CHUNK, f"{CHUNK} usage"]
    assert yielded(frames)[1] == {"error": {"message": ToldFault(FAULT, ERROR_ID, "help@x.test").box()}}
    assert yielded(frames)[2]["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize("before", [[], [ShowText(0, "\n")], [ShowReasoning(0, "hm")]])
def test_fault_before_any_text_is_a_card_in_the_text(presenter: LegacyPresenter, before: list[Any]) -> None:
    frames = tell(presenter, *before, failed())

    assert "error" not in kinds(frames)
    assert deltas(yielded(frames))[-1].strip() == ToldFault(FAULT, ERROR_ID, "help@x.test").card()


def test_fault_ends_the_status_line_without_saying_it_twice(presenter: LegacyPresenter) -> None:
    (event,) = emitted(tell(presenter, failed()))

    assert event["data"] == {"description": "", "done": True, "hidden": True}


def test_characters_the_host_sends_again_are_counted(presenter: LegacyPresenter) -> None:
    tell(presenter, ShowReasoning(0, "hmm"), ShowText(1, "text"))

    assert presenter.repeated == 7
