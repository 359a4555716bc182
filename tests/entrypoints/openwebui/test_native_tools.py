"""The page of newer hosts: tool calls, their results, and checkpoints that hold everything."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.turn.statuses import ModelReplaced
from domain.turn.steps import (
    CloseReasoning,
    Output,
    ShowCall,
    ShowCallResult,
    ShowCitation,
    ShowImage,
    ShowReasoning,
    ShowStatus,
    ShowText,
)
from entrypoints.openwebui.present.frames import RESULT_SHOWN
from entrypoints.openwebui.present.native import NativePresenter
from entrypoints.openwebui.present.wishes import Wishes
from ports.toolbox import ToolFile, ToolPage, ToolResult, ToolSource
from tests.entrypoints.openwebui.told import HostList, emitted, ended, failed, kinds, result, tell, tool_call, yielded

VERSIONS = st.sampled_from([(0, 8), (0, 10), (0, 12)])


def presenter(version: tuple[int, int] = (0, 12)) -> NativePresenter:
    return NativePresenter("r1", version, Wishes(references=False))


def items(frames: list[Any]) -> list[dict[str, Any]]:
    return [payload["item"] for payload in yielded(frames) if payload["type"] == "response.output_item.added"]


def test_call_is_shown_running_with_its_whole_arguments() -> None:
    (item,) = items(tell(presenter(), ShowCall(0, tool_call())))

    assert item == {
        "type": "function_call",
        "id": "fc_r1_0",
        "call_id": "call_r1_0",
        "name": "weather",
        "arguments": '{"city":"Oslo"}',
        "status": "in_progress",
    }


def test_result_is_an_item_followed_by_a_checkpoint_without_usage() -> None:
    frames = tell(presenter(), ShowCall(0, tool_call()), ShowCallResult(0, tool_call(), result("rain")))

    assert items(frames)[1] == {
        "type": "function_call_output",
        "id": "fo_r1_1",
        "call_id": "call_r1_0",
        "status": "completed",
        "output": [{"type": "input_text", "text": "rain"}],
    }
    checkpoint = yielded(frames)[-1]["response"]
    assert [item["status"] for item in checkpoint["output"]] == ["completed", "completed"]
    assert "usage" not in checkpoint


def test_checkpoint_waits_for_the_last_call_that_runs() -> None:
    frames = tell(
        presenter(),
        ShowCall(0, tool_call(1)),
        ShowCall(1, tool_call(2)),
        ShowCallResult(1, tool_call(2), result()),
        ShowCallResult(0, tool_call(1), result()),
    )

    assert kinds(frames) == [
        "output_item.added function_call",
        "output_item.added function_call",
        "output_item.added function_call_output",
        "output_item.added function_call_output",
        "completed",
    ]


def test_every_round_has_its_checkpoint_and_each_holds_everything_before() -> None:
    frames = tell(
        presenter(),
        ShowReasoning(0, "hm"),
        CloseReasoning(0, 2.0, {}),
        ShowCall(1, tool_call(1)),
        ShowCallResult(1, tool_call(1), result()),
        ShowText(2, "first"),
        ShowCall(3, tool_call(2)),
        ShowCallResult(3, tool_call(2), result()),
        ShowText(4, "second"),
        ended(),
    )

    names = [[item["type"] for item in response["output"]] for response in HostList().take(yielded(frames)).completed]
    first = ["reasoning", "function_call", "function_call_output"]
    second = [*first, "message", "function_call", "function_call_output"]
    assert names == [first, second, [*second, "message"]]


def test_call_closes_the_text_before_it() -> None:
    frames = tell(presenter(), ShowText(0, "wait"), ShowCall(1, tool_call()))

    assert kinds(frames)[-2:] == ["output_item.done message", "output_item.added function_call"]


def test_result_of_a_call_that_never_ran_adds_its_call_and_keeps_the_text_before_it() -> None:
    frames = tell(presenter(), ShowText(0, "wait"), ShowCallResult(1, tool_call(), result("there is no such tool")))

    host = HostList(full=False).take(yielded(frames))
    assert host.text == "wait"
    assert [item["type"] for item in host.items] == ["message", "function_call", "function_call_output"]
    assert [item["status"] for item in host.items[1:]] == ["completed"] * 2
    assert host.unanswered == set()


def test_long_result_is_shown_cut_off() -> None:
    frames = tell(presenter(), ShowCallResult(0, tool_call(), result("x" * 20_000)))

    (part,) = items(frames)[1]["output"]
    assert part["text"] == "x" * RESULT_SHOWN + "…"


@pytest.mark.parametrize(("version", "state"), [((0, 12), "failed"), ((0, 10), "completed")])
def test_failed_result_is_shown_as_such_where_the_page_can(version: tuple[int, int], state: str) -> None:
    bad = ToolResult("Not run: it failed repeatedly.", failed=True)
    frames = tell(presenter(version), ShowCall(0, tool_call(1)), ShowCallResult(0, tool_call(1), bad))
    assert [item["status"] for item in HostList().take(yielded(frames)).items] == [state, state]


def test_thousands_of_rejected_calls_are_shown_once_each() -> None:
    refused = [ShowCallResult(n, tool_call(n), ToolResult("Not run.", failed=True)) for n in range(2000)]
    frames = tell(presenter(), *refused)
    assert len(frames) == 2 * len(refused)
    assert HostList().take(yielded(frames)).unanswered == set()


def test_checkpoint_puts_the_calls_of_a_round_before_their_outputs_in_the_order_of_the_calls() -> None:
    calls = [tool_call(n) for n in range(3)]
    first, second, third = (ShowCallResult(n, calls[n], result(str(n))) for n in range(3))
    frames = tell(
        presenter(), ShowCall(0, calls[0]), ShowCall(1, calls[1]), second, ShowCall(2, calls[2]), third, first
    )
    items = HostList().take(yielded(frames)).items
    assert [item["type"] for item in items] == ["function_call"] * 3 + ["function_call_output"] * 3
    assert [item["call_id"] for item in items] == ["call_r1_0", "call_r1_1", "call_r1_2"] * 2


def test_rounds_stay_separate_without_text_between_them() -> None:
    rounds = [step for n in range(2) for step in (ShowCall(n, tool_call(n)), ShowCallResult(n, tool_call(n), result()))]
    items = HostList().take(yielded(tell(presenter(), *rounds))).items
    assert [item["type"] for item in items] == ["function_call", "function_call_output"] * 2


def test_everything_in_a_result_beside_its_text_becomes_an_event() -> None:
    brought = ToolResult(
        "found",
        images=("https://x.test/1.png",),
        files=(ToolFile("/api/v1/files/1/content", "a.txt", "text/plain"),),
        sources=(ToolSource("https://x.test", "X", "words"),),
        pages=(ToolPage("<b>x</b>"), ToolPage(url="https://x.test/page")),
    )
    more = ToolResult("more", images=("https://x.test/2.png",))
    frames = tell(presenter(), ShowCallResult(0, tool_call(1), brought), ShowCallResult(1, tool_call(2), more))
    assert [event["type"] for event in emitted(frames)] == ["source", "files", "embeds", "files"]
    assert emitted(frames)[2]["data"] == {"embeds": ["<b>x</b>", "https://x.test/page"]}
    assert emitted(frames)[3]["data"]["files"] == [
        {"type": "image", "url": "https://x.test/1.png"},
        {"type": "file", "id": "1", "url": "1", "name": "a.txt"},
        {"type": "image", "url": "https://x.test/2.png"},
    ]


def test_call_id_used_again_in_a_later_round_is_answered_again() -> None:
    frames = tell(
        presenter(),
        *(ShowCall(0, tool_call()), ShowCallResult(0, tool_call(), result("one"))),
        *(ShowCall(1, tool_call()), ShowCallResult(1, tool_call(), result("two"))),
        ended(),
    )

    outputs = [item["output"][0]["text"] for item in items(frames) if item["type"] == "function_call_output"]
    assert outputs == ["one", "two"]
    assert all(item["status"] == "completed" for item in HostList().take(yielded(frames)).items)


texts = st.text(max_size=5)
segments = st.integers(0, 3)
calls = st.builds(tool_call, st.integers(1, 4))
outputs: st.SearchStrategy[Output] = st.one_of(
    st.builds(ShowText, segments, texts),
    st.builds(ShowReasoning, segments, texts),
    st.builds(CloseReasoning, segments, st.floats(0, 9), st.just({})),
    st.builds(ShowImage, segments, st.just("https://x.test/1.png")),
    st.builds(ShowCitation, st.just("https://x.test"), texts),
    st.builds(ShowStatus, st.builds(ModelReplaced, texts, texts)),
    st.builds(ShowCall, segments, calls),
    st.builds(ShowCallResult, segments, calls, st.builds(result, texts)),
)


def said(told: list[Output]) -> str:
    pieces = [
        output.text if isinstance(output, ShowText) else f"![image]({output.url})"
        for output in told
        if isinstance(output, ShowText | ShowImage)
    ]
    return "".join(pieces)


@given(st.lists(outputs, max_size=25), VERSIONS, st.booleans())
def test_host_has_all_text_in_order_and_no_open_call_for_any_outputs(
    told: list[Output], version: tuple[int, int], full: bool
) -> None:
    payloads = yielded(tell(presenter(version), *told, ended()))

    host = HostList(full=full).take(payloads)
    assert host.text == said(told)
    assert host.thinking == "".join(output.text for output in told if isinstance(output, ShowReasoning))
    assert host.unanswered == set()
    assert {item["status"] for item in host.items} <= {"completed", "failed"}
    assert payloads[-1]["type"] == "response.completed"


@given(st.lists(outputs, max_size=25), VERSIONS, st.booleans())
def test_fault_keeps_all_text_and_leaves_no_open_call_for_any_outputs(
    told: list[Output], version: tuple[int, int], full: bool
) -> None:
    payloads = yielded(tell(presenter(version), *told, failed()))

    host = HostList(full=full).take(payloads)
    assert host.text.startswith(said(told))
    assert host.unanswered == set()


@given(st.lists(outputs, max_size=25), VERSIONS)
def test_checkpoint_never_drops_or_changes_what_the_host_held(told: list[Output], version: tuple[int, int]) -> None:
    host = HostList()
    for payload in yielded(tell(presenter(version), *told, ended())):
        before, text, thinking = [item["id"] for item in host.items], host.text, host.thinking
        host.take([payload])
        assert {item["id"] for item in host.items} >= set(before)
        assert host.text.startswith(text)
        assert host.thinking.startswith(thinking)
