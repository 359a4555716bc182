"""Interrupted turns: the page may have received less of the last text than was stored."""

from dataclasses import replace

import pytest

from ports.json_values import JsonObject
from tests.domain.conversation.histories import spans
from tests.domain.conversation.host_shapes import HOSTS, returned, user
from tests.domain.conversation.kept_turns import OPENAI, answer, call, output, record, sealed_thought

THOUGHT = sealed_thought("x")


def went_back(host, said: str, *items, cut: bool = True) -> tuple[JsonObject, ...]:
    """Return what is sent upstream if the page received `said` of the last text."""
    turn = record(*items, model=OPENAI, cut=cut)
    got = replace(turn, items=(*turn.items[:-1], replace(turn.items[-1], item=answer(said))))
    messages = [user("why"), *returned(host, got), user("go on")]
    (span,) = spans(messages, [turn], OPENAI)
    return span.items


@pytest.mark.parametrize("host", [host for host in HOSTS if host != "api"])
def test_text_is_sent_as_far_as_the_page_received_it_with_its_thinking(host):
    assert went_back(host, "One tw", THOUGHT, answer("One two three")) == (THOUGHT, answer("One tw"))


@pytest.mark.parametrize("host", [host for host in HOSTS if host != "api"])
def test_calls_before_the_text_are_sent(host):
    items = (THOUGHT, call("c"), output("c"), sealed_thought("y"), answer("One\n\ntwo  three"))
    assert went_back(host, "One\n\ntwo", *items) == (*items[:-1], answer("One\n\ntwo"))


@pytest.mark.parametrize("host", [host for host in HOSTS if host != "api"])
def test_text_that_differs_from_the_stored_one_is_sent_without_thinking(host):
    assert THOUGHT not in went_back(host, "One twx", THOUGHT, answer("One two three"))


@pytest.mark.parametrize("host", [host for host in HOSTS if host != "api"])
def test_shortened_text_of_a_complete_turn_is_an_edit(host):
    (item,) = went_back(host, "One two", THOUGHT, answer("One two three"), cut=False)
    assert item["content"].strip() == "One two"
