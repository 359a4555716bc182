"""A history without stored turns is translated message by message; only old tool outputs are shortened."""

import pytest

from domain.conversation.history import Past, items_for, parsed
from domain.conversation.items import items_of
from tests.domain.conversation.histories import history_items
from tests.domain.conversation.host_shapes import returned, user
from tests.domain.conversation.kept_turns import CLAUDE, OPENAI, tool_turn

TALK = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
TOOL = [
    {"role": "user", "content": "a"},
    {"role": "assistant", "tool_calls": [{"id": "c1", "function": {"name": "look", "arguments": "{}"}}]},
    {"role": "tool", "tool_call_id": "c1", "content": "x" * 5000},
]
FUNCTION = [
    {"role": "user", "content": "a"},
    {"role": "assistant", "content": None, "function_call": {"name": "look", "arguments": "{}"}},
    {"role": "function", "name": "look", "content": "x" * 5000},
]


@pytest.mark.parametrize("full_turns", [0, 1, 10])
def test_history_without_outputs_equals_its_translated_messages(full_turns):
    assert history_items(TALK * 3, past=Past(full_turns=full_turns)) == items_of(TALK * 3)


@pytest.mark.parametrize("asked", [TOOL, FUNCTION], ids=["tool", "function"])
def test_output_of_an_old_turn_is_shortened_in_both_forms_of_calls(asked):
    items = history_items([*asked, *TALK, *TALK], past=Past(full_turns=1))
    assert [len(item["output"]) < 1000 for item in items if "output" in item] == [True]


@pytest.mark.parametrize("asked", [TOOL, FUNCTION], ids=["tool", "function"])
def test_output_of_a_recent_turn_is_not_shortened_in_either_form_of_calls(asked):
    items = history_items([*TALK, *TALK, *asked], past=Past(full_turns=1))
    assert [len(item["output"]) for item in items if "output" in item] == [5000]


def test_history_parsed_once_gives_each_model_the_same_items_in_any_order():
    changed = [{**message, "content": "Other words."} for message in returned("0.12.4", tool_turn(2))]
    messages = [user("Why?"), *returned("0.12.4", tool_turn(1)), user("And?"), *changed, user("Then?")]
    past = Past((tool_turn(1), tool_turn(2)), full_turns=1)
    history = parsed(messages, past=past)
    assert len(history.matches.matches) == 2
    for slug in (OPENAI, CLAUDE, OPENAI):
        assert items_for(history, slug) == history_items(messages, slug=slug, past=past)
