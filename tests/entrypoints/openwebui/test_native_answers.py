"""The page of newer hosts: text, thinking, pictures, sources and statuses as items and events."""

from typing import Any

import pytest

from domain.turn.statuses import StillWaiting
from domain.turn.steps import (
    CloseReasoning,
    HandOverCall,
    Reason,
    ShowCitation,
    ShowImage,
    ShowReasoning,
    ShowStatus,
    ShowText,
)
from entrypoints.openwebui.present import native, thought_places
from entrypoints.openwebui.present.native import NativePresenter
from entrypoints.openwebui.present.wishes import ShownParts, Wishes
from tests.entrypoints.openwebui.told import USAGE, HostList, emitted, ended, kinds, tell, tool_call, yielded

NEWEST = (0, 12)


def presenter(version: tuple[int, int] = NEWEST, wishes: Wishes | None = None) -> NativePresenter:
    return NativePresenter("r1", version, wishes or Wishes(references=False))


def message(text: str, number: int = 0, status: str = "completed") -> dict[str, Any]:
    content = [{"type": "output_text", "text": text}]
    return {"type": "message", "id": f"msg_r1_{number}", "role": "assistant", "content": content, "status": status}


def reasoning(text: str, duration: int | None = None, number: int = 0) -> dict[str, Any]:
    item = {
        "type": "reasoning",
        "id": f"rs_r1_{number}",
        "summary": [{"type": "summary_text", "text": text}] if text else [],
        "start_tag": f'<think id="rs_r1_{number}">',
        "end_tag": "</think>",
        "status": "in_progress" if duration is None else "completed",
    }
    return item if duration is None else {**item, "duration": duration}


def test_text_is_one_item_with_a_delta_per_piece_its_whole_text_and_a_completed_with_the_usage() -> None:
    payloads = yielded(tell(presenter(), ShowText(0, "Hel"), ShowText(0, "lo"), ended(usage=USAGE)))

    delta = {"type": "response.output_text.delta", "output_index": 0, "item_id": "msg_r1_0", "content_index": 0}
    assert payloads == [
        {"type": "response.output_item.added", "output_index": 0, "item": message("", status="in_progress")},
        {**delta, "delta": "Hel"},
        {**delta, "delta": "lo"},
        {"type": "response.output_item.done", "output_index": 0, "item": message("Hello")},
        {
            "type": "response.completed",
            "response": {
                "id": "resp_r1_0",
                "status": "completed",
                "output": [message("Hello")],
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
        },
    ]


def test_thinking_is_an_item_with_its_tags_closed_by_its_whole_text() -> None:
    frames = tell(presenter(), ShowReasoning(0, "let "), ShowReasoning(0, "me"), CloseReasoning(0, 3.6, {}))

    delta = {"type": "response.reasoning_summary_text.delta", "output_index": 0, "item_id": "rs_r1_0"}
    assert yielded(frames) == [
        {"type": "response.output_item.added", "output_index": 0, "item": reasoning("")},
        {**delta, "summary_index": 0, "delta": "let "},
        {**delta, "summary_index": 0, "delta": "me"},
        {
            "type": "response.reasoning_summary_text.done",
            "output_index": 0,
            "item_id": "rs_r1_0",
            "summary_index": 0,
            "text": "let me",
        },
    ]


def test_thinking_has_its_whole_seconds_in_the_completed() -> None:
    frames = tell(presenter(), ShowReasoning(0, "hm"), CloseReasoning(0, 3.6, {}), ShowText(1, "yes"), ended())

    assert yielded(frames)[-1]["response"]["output"] == [reasoning("hm", duration=4), message("yes", 1)]


def test_thinking_that_ends_after_the_text_began_keeps_its_seconds() -> None:
    frames = tell(presenter(), ShowReasoning(0, "hm"), ShowText(1, "yes"), CloseReasoning(0, 3.6, {}), ended())

    assert kinds(frames).count("reasoning_summary_text.done") == 1
    assert yielded(frames)[-1]["response"]["output"][0] == reasoning("hm", duration=4)


def test_text_closes_open_reasoning() -> None:
    frames = tell(presenter(), ShowReasoning(0, "hm"), ShowText(1, "yes"))

    assert kinds(frames)[2:4] == ["reasoning_summary_text.done", "output_item.added message"]


def test_reasoning_without_text_leaves_no_item() -> None:
    frames = tell(presenter(), CloseReasoning(0, 3.6, {}), ShowText(1, "yes"), ended())

    assert yielded(frames)[-1]["response"]["output"] == [message("yes")]


def test_each_segment_is_an_item_of_its_own_with_the_next_index() -> None:
    frames = tell(presenter(), ShowText(0, "one"), ShowText(1, "two"), ShowReasoning(2, "hm"), ShowText(3, "three"))

    added = [payload for payload in yielded(frames) if payload["type"] == "response.output_item.added"]
    assert [payload["output_index"] for payload in added] == [0, 1, 2, 3]
    assert len({payload["item"]["id"] for payload in added}) == 4


def test_segments_that_alternate_keep_their_order() -> None:
    frames = tell(presenter(), ShowText(0, "a"), ShowText(1, "b"), ShowText(0, "c"), ended())

    assert HostList().take(yielded(frames)).text == "abc"


def test_picture_is_markdown_in_the_text() -> None:
    frames = tell(presenter(), ShowText(0, "Look:"), ShowImage(1, "https://x.test/1.png"), ended())

    host = HostList().take(yielded(frames))
    assert [item["content"][0]["text"] for item in host.items] == ["Look:", "![image](https://x.test/1.png)"]


def test_source_is_an_event_and_no_annotation() -> None:
    frames = tell(presenter(), ShowText(0, "see"), ShowCitation("https://x.test", "X", "words"), ended())

    assert emitted(frames)[0] == {
        "type": "source",
        "data": {
            "source": {"name": "X", "url": "https://x.test"},
            "document": ["words"],
            "metadata": [{"source": "https://x.test", "name": "X"}],
        },
    }
    assert "annotation" not in repr(yielded(frames))


def test_source_without_an_excerpt_shows_its_title() -> None:
    (event,) = emitted(tell(presenter(), ShowCitation("https://x.test", "X")))

    assert event["data"]["document"] == ["X"]


def test_source_in_the_middle_of_a_text_does_not_part_it() -> None:
    frames = tell(presenter(), ShowText(0, "a"), ShowCitation("https://x.test", "X"), ShowText(0, "b"))

    assert kinds(frames) == ["output_item.added message", "output_text.delta", "emit source", "output_text.delta"]


def test_status_is_an_event() -> None:
    frames = tell(presenter(), ShowStatus(StillWaiting(1)))

    assert emitted(frames) == [{"type": "status", "data": {"description": "Thinking…", "done": False}}]


def test_last_status_shows_the_usage() -> None:
    frames = tell(presenter(), ShowText(0, "x"), ended(usage=USAGE))

    (event,) = emitted(frames)
    assert event["data"]["done"] is True
    assert "Cost $0.002 | Total tokens: 15" in event["data"]["description"]


def test_last_status_says_how_long_the_model_thought_when_no_usage_is_wanted() -> None:
    frames = tell(presenter(wishes=Wishes(ShownParts(usage=None))), ShowText(0, "x"), ended(usage=USAGE, thinking=2.0))

    assert emitted(frames)[-1]["data"] == {"description": "Thought for 2.0 seconds", "done": True}


def test_last_status_only_removes_the_line_if_there_is_nothing_to_show() -> None:
    frames = tell(presenter(wishes=Wishes(ShownParts(usage=None))), ShowText(0, "x"), ended())

    assert emitted(frames)[-1]["data"] == {"description": "", "done": True, "hidden": True}


@pytest.mark.parametrize(
    ("reason", "words"),
    [(Reason.LENGTH, "Cut off at the output limit"), (Reason.CONTENT_FILTER, "content filter")],
)
def test_last_status_says_why_an_answer_was_cut_off(reason: Reason, words: str) -> None:
    frames = tell(presenter(), ShowText(0, "x"), ended(reason))

    assert words in emitted(frames)[-1]["data"]["description"]
    assert kinds(frames)[-1] == "completed"


def test_usage_is_omitted_from_the_completed_if_upstream_reported_none() -> None:
    frames = tell(presenter(), ShowText(0, "x"), ended())

    assert "usage" not in yielded(frames)[-1]["response"]


def test_call_that_cannot_run_is_reported_as_text_and_not_handed_to_the_host() -> None:
    frames = tell(presenter(), HandOverCall(0, tool_call(name="get_*weather*")), ended(Reason.TOOL_CALLS))

    host = HostList().take(yielded(frames))
    assert r"the tool get\_\*weather\*, which is not available" in host.text
    assert host.unanswered == set()


@pytest.mark.parametrize("version", [(0, 8), (0, 12)])
def test_content_is_not_replaced_where_the_host_finds_the_text_in_its_items(version: tuple[int, int]) -> None:
    frames = tell(presenter(version), ShowText(0, "x"), ended())

    assert "emit replace" not in kinds(frames)


def test_content_is_replaced_by_the_plain_text_just_before_the_end_where_the_host_looks_there() -> None:
    frames = tell(presenter((0, 10)), ShowReasoning(0, "hm"), ShowText(1, "one"), ShowText(2, "two"), ended())

    assert kinds(frames)[-2:] == ["emit replace", "completed"]
    assert emitted(frames)[-1]["data"] == {"content": "one\n\ntwo"}


@pytest.mark.parametrize(("version", "repeated"), [((0, 8), 7), ((0, 10), 7), ((0, 12), 0)])
def test_characters_the_host_sends_again_are_counted_where_it_does(version: tuple[int, int], repeated: int) -> None:
    told = presenter(version)
    tell(told, ShowReasoning(0, "hmm"), ShowText(1, "text"))

    assert told.repeated == repeated


@pytest.mark.parametrize("version", [(0, 8), (0, 10), (0, 12)])
def test_handed_over_call_stays_open_and_the_turn_closes_without_a_status(version: tuple[int, int]) -> None:
    page = presenter(version, Wishes(references=False, hands_over=True))
    call = tool_call(arguments="")
    frames = tell(page, ShowText(0, "wait"), HandOverCall(0, call, segment=3), ended(Reason.TOOL_CALLS, usage=USAGE))

    host = HostList().take(yielded(frames))
    assert host.unanswered == {"call_r1_3"}
    assert (host.items[-1]["arguments"], host.items[-1]["status"]) == ("{}", "in_progress")
    assert host.completed[-1]["usage"]["input_tokens"] == 10
    assert emitted(frames) == []


@pytest.mark.parametrize(("version", "shown"), [((0, 8), "a </thin\u200bk> b"), ((0, 10), "a </think> b")])
@pytest.mark.parametrize("pieces", [["a </think> b"], ["a </", "thi", "", "n", "k> b"], list("a </think> b")])
def test_thinking_cannot_end_the_tags_0_8_puts_around_it(
    version: tuple[int, int], shown: str, pieces: list[str]
) -> None:
    frames = tell(presenter(version), *(ShowReasoning(0, piece) for piece in pieces), ended())

    deltas = [payload["delta"] for payload in yielded(frames) if payload["type"].endswith("text.delta")]
    assert "".join(deltas) == HostList().take(yielded(frames)).thinking == shown


class Place(int):
    """A place that counts how often any of its kind is compared."""

    looks = 0

    def __eq__(self, other: object) -> bool:
        Place.looks += 1
        return int.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        Place.looks += 1
        return int.__ne__(self, other)

    __hash__ = int.__hash__


@pytest.mark.parametrize("references", [False, True])
@pytest.mark.parametrize("version", [(0, 8), (0, 9), (0, 10), NEWEST])
def test_many_thoughts_that_are_not_shown_are_not_searched_for_each(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, int], *, references: bool
) -> None:
    for module in (native, thought_places):
        monkeypatch.setattr(module, "NO_ITEM", Place(thought_places.NO_ITEM))
    page = presenter(version, Wishes(references=references, parts=ShownParts(thoughts_in_box=False)))
    Place.looks = 0
    for segment in range(500):
        page.present(ShowReasoning(segment, "a"))
        page.present(CloseReasoning(segment, 1.0, {}))

    assert Place.looks <= 10 * 500
