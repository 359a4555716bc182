"""A history without stored turns is translated message by message; only old tool outputs are shortened."""

from typing import Any

import pytest

from domain.conversation.calls_as_text import ResultInWords
from domain.conversation.history import Past, items_for, parsed
from domain.conversation.items import items_of
from domain.conversation.shortening import shortened_to_fit
from domain.conversation.tokens import tokens_of
from entrypoints.openwebui.history_format import OPEN_WEBUI
from tests.domain.conversation.histories import history_items
from tests.domain.conversation.host_shapes import returned, user
from tests.domain.conversation.kept_turns import CLAUDE, OPENAI, tool_turn

TALK = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
TOOL: list[dict[str, Any]] = [
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


@pytest.mark.parametrize("slug", [OPENAI, "google/gemini-3-pro"])
@pytest.mark.parametrize("full_turns", [0, 1])
def test_what_the_person_answered_to_the_hosts_question_tool_is_a_persons_words(slug, full_turns):
    asked, calling, answered = TOOL
    calling = {**calling, "tool_calls": [{"id": "c1", "function": {"name": "ask_user", "arguments": "{}"}}]}
    messages = [asked, calling, {**answered, "content": "x" * 30_000}, *TALK, *TALK]
    items = history_items(messages, slug=slug, past=Past(full_turns=full_turns, history_format=OPEN_WEBUI))
    kept, count = shortened_to_fit(items, tokens_of, ideal=10**9, needed=10**9)
    assert (kept, count) == (items, 0)
    (words,) = (item for item in items if "x" * 30_000 in str(item))
    assert not isinstance(words, ResultInWords)


def test_history_parsed_once_gives_each_model_the_same_items_in_any_order():
    changed = [{**message, "content": "Other words."} for message in returned("0.12.4", tool_turn(2))]
    messages = [user("Why?"), *returned("0.12.4", tool_turn(1)), user("And?"), *changed, user("Then?")]
    past = Past((tool_turn(1), tool_turn(2)), full_turns=1)
    history = parsed(messages, past=past)
    assert len(history.matches.matches) == 2
    for slug in (OPENAI, CLAUDE, OPENAI):
        assert items_for(history, slug) == history_items(messages, slug=slug, past=past)
