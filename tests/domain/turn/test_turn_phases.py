"""Phases of messages are kept and sent back, wherever upstream names them; unknown ones are not."""

from typing import Any

import pytest

from adapters.openrouter.wire.request_body import serialise
from domain.conversation.history import Past, items_for, parsed
from domain.conversation.record import TurnRecord, is_worth_rows, record_of, rows_of
from domain.turn.steps import Persist
from ports.response_events import ItemAdded, ItemDone, TextDelta
from tests.domain.conversation.fingerprints import fingerprint_of_turn
from tests.domain.turn.talk import Turn, completed, message, thought

TURN_ID = "01J2VVZBDQTP1ZQJ8DSN3WKX4M"


def said(text, phase, item_id):
    return {**message(text, item_id=item_id), "phase": phase}


ONE, TWO = said("One.", "commentary", "msg_1"), said("Two.", "final_answer", "msg_2")


def phases(turn):
    return [(item.get("phase"), item["content"]) for item in turn.kept]


def test_phases_of_finished_messages_are_kept():
    turn = Turn()
    turn.feed(ItemDone(0, ONE), ItemDone(1, TWO), completed())
    assert [item["phase"] for item in turn.kept] == ["commentary", "final_answer"]


def test_the_phase_may_come_only_when_the_item_begins_or_only_at_the_end():
    turn = Turn()
    bare = {key: value for key, value in ONE.items() if key != "phase"}
    turn.feed(ItemAdded(0, {**ONE, "content": []}), TextDelta(0, "msg_1", 0, "One."), ItemDone(0, bare))
    turn.feed(ItemDone(1, {key: value for key, value in TWO.items() if key != "phase"}), completed(ONE, TWO))
    assert [item["phase"] for item in turn.kept] == ["commentary", "final_answer"]


def test_a_message_that_never_finished_keeps_its_phase():
    turn = Turn()
    turn.feed(ItemAdded(0, {**ONE, "content": []}), TextDelta(0, "msg_1", 0, "One."), completed())
    assert phases(turn) == [("commentary", "One.")]


@pytest.mark.parametrize("phase", ["other", "", None, 1, ["commentary"]])
def test_a_phase_that_upstream_would_refuse_is_not_sent_again(phase):
    turn = Turn()
    turn.feed(ItemDone(0, said("One.", phase, "msg_1")), completed())
    assert "phase" not in turn.kept[0]


@pytest.mark.parametrize("slug", ["openai/gpt-5.6-sol", "maker/model"])
def test_a_turn_of_text_only_goes_back_as_messages_with_their_phases(slug):
    turn = Turn()
    turn.feed(ItemDone(0, ONE), ItemDone(1, TWO), completed())
    kept = tuple(one for step in turn.all(Persist) for one in step.items)
    asked = {"role": "user", "content": "Why?"}
    history = [asked, {"role": "assistant", "content": "One.\n\nTwo."}, {"role": "user", "content": "And?"}]
    fingerprint = fingerprint_of_turn([asked], kept)
    rows = rows_of(TurnRecord(TURN_ID, slug, slug, kept), reasoning=True, tools=True)
    record = record_of(TURN_ID, slug, fingerprint, rows)
    assert record is not None
    items = items_for(parsed(history, past=Past((record,))), slug)
    assert [(item.get("phase"), item["content"]) for item in items[1:3]] == [
        ("commentary", "One."),
        ("final_answer", "Two."),
    ]


def test_a_final_answer_alone_is_worth_rows_only_where_models_read_phases():
    assert [is_worth_rows([TWO], slug) for slug in ("openai/gpt-5.6-sol", "~openai/gpt-latest", "maker/model")] == [
        True,
        True,
        False,
    ]


def deep(levels):
    value: dict[str, Any] = {}
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize("levels", [99, 500, 5_000])
def test_items_that_nest_too_deep_cost_the_item_and_never_the_turn(levels):
    turn = Turn()
    turn.feed(ItemDone(0, {**thought("Hm."), "content": None, "extra": deep(levels)}))
    turn.feed(ItemDone(1, {**ONE, "extra": deep(levels)}), completed())
    assert [item["type"] for item in turn.kept][-1] == "message"
    for item in turn.kept:
        assert serialise({"model": "a/b", "input": [item]})


def test_other_deep_values_never_raise():
    assert b'"a/b"' in serialise({"model": "a/b", "input": [], "metadata": deep(5_000), "provider": [deep(900)]})
