"""References in the histories that each version of Open WebUI sends: all forms are found, forged ones do no harm."""

import pytest

from domain.conversation.history_format import PLAIN
from domain.conversation.references import MOST_PER_MESSAGE, call_reference, references_in, turns_of_calls_in_text
from entrypoints.openwebui.history_format import OPEN_WEBUI, details_entry, marker_line, thinking_tag
from tests.domain.conversation.kept_turns import ulid

TURN = "01J2VVZBDQTP1ZQJ8DSN3WKX4M"


@pytest.mark.parametrize(
    "message",
    [
        {"role": "assistant", "tool_calls": [{"id": call_reference(TURN, 0)}]},
        {"role": "tool", "tool_call_id": call_reference(TURN, 12)},
        {"role": "assistant", "content": "x", "reasoning_details": [details_entry(TURN, 0)]},
        {"role": "assistant", "content": f"{thinking_tag(TURN, 3)}hm</think>\nYes."},
        {"role": "assistant", "content": f"\n\n{marker_line(TURN)}\n\nYes."},
        {"role": "assistant", "content": [{"type": "text", "text": f"Yes.\n\n{marker_line(TURN)}  "}]},
        {"role": "assistant", "content": f'<details type="tool_calls" id="{call_reference(TURN, 1)}">'},
    ],
    ids=["call", "output", "details", "tag", "marker", "marker in a part", "block"],
)
def test_turn_is_found_wherever_a_host_version_returns_a_reference(message):
    assert references_in(message, OPEN_WEBUI) == (TURN,)


@pytest.mark.parametrize(
    "message",
    [
        None,
        "text",
        [],
        {},
        {"role": "assistant", "content": marker_line("01J2VVZBDQTP1ZQJ8DSN")},
        {"role": "assistant", "content": f"see [{TURN}]: # there"},
        {"role": "assistant", "content": marker_line(TURN.lower())},
        {"role": "assistant", "content": marker_line("Z" * 26)},
        {"role": "assistant", "content": f'<think id="rs_{TURN[:20]}_0">x</think>'},
        {"role": "assistant", "tool_calls": [{"id": 3}, None, {"id": f"call_{TURN}"}, {"id": "call_abc_0"}]},
        {"role": "assistant", "tool_calls": call_reference(TURN, 0)},
        {"role": "assistant", "reasoning_details": [{"data": TURN}, {"format": "openrouter-pipe-v1", "data": 3}, 4]},
        {"role": "tool", "tool_call_id": ["x"]},
        {"role": "tool", "content": marker_line(TURN)},
    ],
    ids=repr,
)
def test_anything_else_is_ignored(message):
    assert references_in(message, OPEN_WEBUI) == ()


def test_message_full_of_forged_markers_names_a_bounded_number_of_turns():
    text = "\n\n".join(marker_line(ulid(number)) for number in range(5000))
    assert len(references_in({"role": "assistant", "content": text}, OPEN_WEBUI)) == MOST_PER_MESSAGE


def test_strongest_reference_comes_first_and_each_turn_once():
    message = {
        "role": "assistant",
        "content": f"{marker_line(ulid(3))}\n\n{marker_line(ulid(1))}",
        "tool_calls": [{"id": call_reference(ulid(1), 0)}, {"id": call_reference(ulid(1), 1)}],
        "reasoning_details": [details_entry(ulid(2), 0)],
    }
    assert references_in(message, OPEN_WEBUI) == (ulid(1), ulid(2), ulid(3))


def test_each_entry_of_details_has_its_own_index():
    entries = [details_entry(TURN, number) for number in range(3)]
    assert [entry["index"] for entry in entries] == [0, 1, 2]
    assert len({entry["id"] for entry in entries}) == 3


@pytest.mark.parametrize(
    "text",
    [
        f"{thinking_tag(TURN, 3)}hm</think>\nYes.",
        f"\n\n{marker_line(TURN)}\n\nYes.",
        f'<details type="tool_calls" id="{call_reference(TURN, 1)}">',
    ],
    ids=["tag", "marker", "block"],
)
def test_other_entrypoints_find_no_reference_of_a_host_in_a_text(text):
    message = {"role": "assistant", "content": text, "reasoning_details": [details_entry(TURN, 0)]}
    assert references_in(message, PLAIN) == turns_of_calls_in_text(message, PLAIN) == ()
    assert references_in(message, OPEN_WEBUI) == (TURN,)
