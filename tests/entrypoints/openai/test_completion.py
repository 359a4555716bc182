"""One completion for callers that do not stream."""

import pytest

from domain.turn.statuses import StillWaiting
from domain.turn.steps import (
    CloseReasoning,
    HandOverCall,
    Output,
    Reason,
    ShowCall,
    ShowCallResult,
    ShowCitation,
    ShowImage,
    ShowReasoning,
    ShowStatus,
    ShowText,
)
from entrypoints.openai.completion import Collected, completion
from entrypoints.openai.frames import ChunkHead
from entrypoints.openai.wanted import Wanted
from ports.toolbox import ToolCall
from tests.doubles.compared import Compared
from tests.entrypoints.openwebui.told import USAGE, ended, result, tool_call

HEAD = ChunkHead("chatcmpl-1", "openrouter.a/b", 1_700_000_000)


def collected(*outputs: Output) -> Collected:
    gathered = Collected()
    for output in outputs:
        gathered.add(output)
    return gathered


def test_answer_is_one_chat_completion_with_its_usage() -> None:
    reply = completion(HEAD, collected(ShowText(0, "Hel"), ShowText(0, "lo"), ended(usage=USAGE)))

    assert reply["usage"]["total_tokens"] == 15
    del reply["usage"]
    message = {"role": "assistant", "content": "Hello"}
    assert reply == {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "openrouter.a/b",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
    }


def test_segments_are_paragraphs_and_pictures_markdown() -> None:
    reply = completion(
        HEAD, collected(ShowText(0, "a"), ShowImage(1, "https://x.test/1.png"), ShowText(2, "b"), ended())
    )

    assert reply["choices"][0]["message"]["content"] == "a\n\n![image](https://x.test/1.png)\n\nb"


def test_reasoning_is_beside_the_text() -> None:
    told = collected(ShowReasoning(0, "hm"), ShowReasoning(1, "so"), ShowText(2, "yes"), ended())

    assert completion(HEAD, told)["choices"][0]["message"]["reasoning_content"] == "hm\n\nso"


def test_thinking_is_left_out_for_callers_that_parse_the_answer() -> None:
    told = collected(ShowReasoning(0, "hm"), ShowText(1, "yes"), ended())

    message = completion(HEAD, told, with_reasoning=False)["choices"][0]["message"]
    assert message == {"role": "assistant", "content": "yes"}


def test_sources_are_nested_annotations() -> None:
    cited = ShowCitation("https://x.test", "X", place=(0, 3))
    reply = completion(HEAD, collected(ShowText(0, "see"), cited, ended()))

    source = {"url": "https://x.test", "title": "X", "start_index": 0, "end_index": 3}
    assert reply["choices"][0]["message"]["annotations"] == [{"type": "url_citation", "url_citation": source}]


def test_calls_to_hand_over_are_tool_calls_beside_an_absent_content() -> None:
    reply = completion(HEAD, collected(HandOverCall(0, tool_call()), ended(Reason.TOOL_CALLS)))

    (choice,) = reply["choices"]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"] == {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {
                "id": "call_1",
                "type": "function",
                "function": {"name": "weather", "arguments": '{"city":"Oslo"}'},
            }
        ],
    }


@pytest.mark.parametrize("reason", [Reason.LENGTH, Reason.CONTENT_FILTER])
def test_finish_says_why_the_answer_ended(reason: Reason) -> None:
    reply = completion(HEAD, collected(ShowText(0, "x"), ended(reason)))

    assert reply["choices"][0]["finish_reason"] == reason.value


def test_outputs_that_only_a_page_shows_are_omitted() -> None:
    told = collected(
        ShowStatus(StillWaiting(1)),
        CloseReasoning(0, 1.0, {}),
        *(ShowCall(1, tool_call()), ShowCallResult(1, tool_call(), result())),
        *(ShowText(2, "x"), ended()),
    )

    assert completion(HEAD, told)["choices"][0]["message"] == {"role": "assistant", "content": "x"}


def test_usage_is_omitted_if_upstream_reported_none() -> None:
    assert "usage" not in completion(HEAD, collected(ShowText(0, "x"), ended()))


@pytest.mark.parametrize("newer", [frozenset[str](), frozenset({"look"})])
def test_many_calls_for_a_client_that_reads_the_older_form_are_not_compared_with_each_other(
    newer: frozenset[str],
) -> None:
    names = ("find", "look") if newer else ("find",)
    calls = [ToolCall(Compared(f"c{n}"), names[n % len(names)], "{}") for n in range(500)]
    gathered = collected(*(HandOverCall(n, call, n) for n, call in enumerate(calls)))
    Compared.times = 0

    message = completion(HEAD, gathered, wanted=Wanted(newer=newer))["choices"][0]["message"]

    assert Compared.times <= len(calls)
    assert message["function_call"]["name"] == "find"
    kept = [call["id"] for call in message.get("tool_calls", ())]
    assert kept == [call.call_id for call in calls if call.name in newer]
