"""A chat that the host has compacted: the summary is sent, what is left is restored, what was dropped stays away."""

import json
from random import Random
from typing import Any

import pytest

from domain.conversation.record import TurnRecord
from tests.domain.conversation.compacted import (
    SUMMARY,
    SYSTEM,
    cut_at_answer,
    cut_at_question,
    cut_within_answer,
    summarised,
)
from tests.domain.conversation.host_shapes import Message, returned, user
from tests.domain.conversation.kept_turns import answer, call, output, record
from tests.drills.replay_judge import complaints, sent
from tests.drills.replay_models import SLUGS, calls_tools, thinks, thought

HOST = "0.12.4"
WHOLE_RESULT = "found " * 900


def turn(number: int, slug: str, rounds: int = 3) -> TurnRecord:
    """Return a turn of rounds, each with thinking, two calls and their results, and an answer."""
    chance = Random(number)
    items: list[dict[str, Any]] = []
    for round_ in range(rounds):
        names = [f"call_{number}_{round_}_{place}" for place in range(2)]
        thinking = [thought(slug, chance)] if thinks(slug) else []
        items += [*thinking, *map(call, names), *(output(name, f"{name} {WHOLE_RESULT}") for name in names)]
    closing = [thought(slug, chance)] if thinks(slug) else []
    return record(*items, *closing, answer(f"Answer {number}."), number=number, model=slug)


def chat(*turns: TurnRecord) -> list[Message]:
    messages: list[Message] = []
    for number, one in enumerate(turns):
        messages += [user(f"Question {number}?"), *returned(HOST, one)]
    return [*messages, user("And now?")]


def request(messages: list[Message], slug: str, *turns: TurnRecord) -> list[dict[str, Any]]:
    """Return the items that are sent; strict receivers of the maker have accepted them."""
    made = sent(messages, slug, turns, "conversation", 0, 0)
    assert complaints(made, slug, thorough=True) == []
    assert json.dumps(SUMMARY)[1:-1] in json.dumps(made.items)
    return made.items


def results(items: list[dict[str, Any]]) -> set[str]:
    """Return the names of the calls whose whole result is among the items, as outputs or in words."""
    text = json.dumps(items)
    return {
        f"call_{n}_{r}_{p}" for n in (1, 2) for r in range(3) for p in range(2) if f"call_{n}_{r}_{p} found" in text
    }


def of_turn(number: int, *rounds: int) -> set[str]:
    return {f"call_{number}_{round_}_{place}" for round_ in rounds for place in range(2)}


ALL = pytest.mark.parametrize("slug", SLUGS)
CUTS = {
    "before a question": cut_at_question,
    "before a question, with a system message": lambda messages: cut_at_question(messages, system=SYSTEM),
    "before the newest answer": cut_at_answer,
}
cuts = pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)


@ALL
@cuts
def test_the_turn_that_is_left_is_restored_and_the_dropped_one_is_not(slug: str, cut: Any) -> None:
    first, second = turn(1, slug), turn(2, slug)
    items = request(cut(chat(first, second)), slug, first, second)
    if calls_tools(slug):
        assert results(items) == of_turn(2, 0, 1, 2)
    thinking = [json.dumps(kept.item) for kept in second.items if kept.item["type"] == "reasoning"]
    there = [json.dumps(item) for item in items if item.get("type") == "reasoning"]
    assert there == thinking or not there


@ALL
@pytest.mark.parametrize("waiting", [False, True], ids=["a later question", "the answer goes on"])
@pytest.mark.parametrize("first_round", [1, 2])
def test_rounds_that_were_dropped_within_an_answer_are_not_restored(slug: str, waiting: bool, first_round: int) -> None:
    first, second = turn(1, slug), turn(2, slug)
    messages = chat(first, second)
    messages = messages[:-2] if waiting else messages
    items = request(cut_within_answer(messages, first_round), slug, first, second)
    assert results(items) <= of_turn(2, *range(first_round, 3))
    if calls_tools(slug):
        assert results(items) == of_turn(2, *range(first_round, 3))


@ALL
@pytest.mark.parametrize("drop", ["call", "output"])
def test_a_call_or_a_result_whose_partner_was_dropped_is_mended(slug: str, drop: str) -> None:
    first, second = turn(1, slug), turn(2, slug)
    messages = cut_within_answer(chat(first, second))
    gone = next(
        place
        for place, message in enumerate(messages)
        if message.get("tool_calls" if drop == "call" else "tool_call_id")
    )
    del messages[gone]
    request(messages, slug, first, second)
    request(messages, slug)


@ALL
def test_a_compacted_chat_of_which_nothing_is_stored_is_sent(slug: str) -> None:
    first, second = turn(1, slug), turn(2, slug)
    for messages in (cut_at_question(chat(first, second)), cut_within_answer(chat(first, second))):
        request(messages, slug)


def test_a_chat_of_which_only_the_summary_and_a_question_are_left_is_sent() -> None:
    slug = SLUGS[0]
    items = request(summarised([user("And now?")]), slug, turn(1, slug))
    assert [item["role"] for item in items] == ["system", "user"]
