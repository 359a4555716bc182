"""References by which the next turn finds this one, in the form each page stores."""

from typing import Any

from domain.turn.steps import CloseReasoning, Output, ShowCall, ShowCallResult, ShowReasoning, ShowText
from entrypoints.openai.frames import ChunkHead
from entrypoints.openwebui.present.legacy import LegacyPresenter
from entrypoints.openwebui.present.native import NativePresenter
from entrypoints.openwebui.present.wishes import Wishes
from tests.entrypoints.openwebui.told import HostList, ended, result, tell, tool_call, yielded

TURN = "01J2VVZBDQTP1ZQJ8DSNAAAAAA"
SEALED = {"type": "reasoning", "encrypted_content": "gAAA"}
THINKING = (ShowReasoning(0, "hm"), CloseReasoning(0, 1.0, SEALED), ShowText(1, "yes"))


def page(version: tuple[int, int], *outputs: Output, references: bool = True) -> list[Any]:
    return yielded(tell(NativePresenter(TURN, version, Wishes(references=references)), *outputs))


def old_page(*outputs: Output) -> str:
    presenter = LegacyPresenter(ChunkHead("chatcmpl-1", "openrouter.a/b", 0), TURN, Wishes())
    chunks = yielded(tell(presenter, *outputs))
    return "".join(choice["delta"].get("content", "") for chunk in chunks for choice in chunk.get("choices", ()))


def details(payloads: list[Any]) -> list[dict[str, Any]]:
    return [
        entry
        for payload in payloads
        for choice in payload.get("choices", ())
        for entry in choice["delta"].get("reasoning_details", ())
    ]


def test_finished_reasoning_is_referenced_at_once_and_in_every_checkpoint_from_0_10_on() -> None:
    payloads = page((0, 12), *THINKING, ended())

    (entry,) = details(payloads)
    assert (entry["id"], entry["data"], entry["format"]) == (f"rs_{TURN}_0", TURN, "openrouter-pipe-v1")
    assert HostList().take(payloads).items[0]["reasoning_details"] == [entry]


def test_reference_holds_nothing_of_the_thinking_itself() -> None:
    assert "gAAA" not in str(page((0, 12), *THINKING, ended()))


def test_each_thought_has_an_index_of_its_own() -> None:
    payloads = page((0, 10), *THINKING, ShowReasoning(2, "so"), CloseReasoning(2, 1.0, SEALED), ended())
    assert [entry["index"] for entry in details(payloads)] == [0, 2]


def test_reasoning_is_referenced_by_its_tag_on_0_8() -> None:
    payloads = page((0, 8), *THINKING, ended())
    assert HostList().take(payloads).items[0]["start_tag"] == f'<think id="rs_{TURN}_0">'
    assert details(payloads) == []


def test_encrypted_reasoning_leaves_an_empty_block_with_its_reference() -> None:
    payloads = page((0, 12), CloseReasoning(0, 2.0, SEALED), ShowText(1, "yes"), ended())
    assert [item["type"] for item in HostList().take(payloads).items] == ["reasoning", "message"]
    assert len(details(payloads)) == 1


def test_calls_are_shown_under_ids_of_their_turn() -> None:
    outputs = (ShowCall(3, tool_call()), ShowCallResult(3, tool_call(), result()))
    items = HostList().take(page((0, 8), *outputs, ended())).items
    assert [item["call_id"] for item in items] == [f"call_{TURN}_3"] * 2


def test_nothing_is_referenced_if_nothing_is_kept() -> None:
    payloads = page((0, 12), *THINKING, CloseReasoning(2, 1.0, SEALED), ended(), references=False)
    assert details(payloads) == []
    assert [item["type"] for item in HostList().take(payloads).items] == ["reasoning", "message"]


def test_old_page_stores_one_marker_line_before_the_content_it_belongs_to() -> None:
    text = old_page(*THINKING, ShowCall(2, tool_call()), ShowCallResult(2, tool_call(), result()), ended())
    assert text.count(f"\n\n[{TURN}]: #\n\n") == 1
    assert text.index(TURN) < text.index("yes") < text.index("<details")


def test_old_page_of_a_plain_answer_has_no_marker() -> None:
    assert old_page(ShowText(0, "yes"), ended()) == "yes"
