"""Reasoning: shown once in either style, closed with its item, and timed."""

from domain.turn.steps import CloseReasoning, ShowReasoning, ShowText
from ports.response_events import ReasoningDelta, ReasoningDone
from tests.domain.turn.talk import STARTED, Turn, completed, delta, done, message, thought


def thinking(text: str, *, raw: bool = False, part: int = 0, item_id: str = "rs_1") -> ReasoningDelta:
    return ReasoningDelta(0, item_id, part, text, raw)


def test_a_summary_is_shown_as_it_comes():
    turn = Turn()
    turn.feed(thinking("Compa"))
    assert turn.feed(thinking("ring")) == [ShowReasoning(0, "ring")]


def test_raw_thinking_is_shown_as_it_comes():
    turn = Turn()
    turn.feed(thinking("Hmm", raw=True), ReasoningDone(0, "rs_1", 0, "Hmm.", raw=True))
    assert turn.reasoning == "Hmm."


def test_thinking_that_comes_in_both_styles_is_shown_once():
    turn = Turn()
    turn.feed(thinking("Compar", raw=True), thinking("Compar"), thinking("ing", raw=True), thinking("ing"))
    turn.feed(*done(thought("Comparing", "Comparing")))
    assert turn.reasoning == "Comparing"


def test_thinking_of_both_styles_that_comes_only_with_the_item_is_shown_once():
    turn = Turn()
    turn.feed(*done(thought("Comparing", "Comparing raw")), completed())
    assert turn.reasoning == "Comparing"


def test_two_parts_of_a_summary_are_two_paragraphs():
    turn = Turn()
    turn.feed(thinking("one"), thinking("two", part=1), thinking("!", part=1))
    assert turn.reasoning == "one\n\ntwo!"


def test_a_placeholder_for_hidden_thinking_is_not_shown():
    turn = Turn()
    turn.feed(thinking("[REDACTED]"), ReasoningDone(0, "rs_1", 0, "[REDACTED]", raw=False), *done(thought()))
    assert turn.reasoning == ""


def test_thinking_closes_with_its_item_as_received_and_the_seconds_it_took():
    turn = Turn()
    item = thought("Comparing")
    turn.feed(thinking("Comparing"))
    assert turn.feed(*done(item), after=2.5)[-1] == CloseReasoning(0, 2.5, item)


def test_the_seconds_of_all_thinking_are_summed():
    turn = Turn()
    turn.feed(STARTED, thinking("a"))
    turn.feed(*done(thought("a")), after=2.0)
    turn.feed(delta("text", index=1), ReasoningDelta(2, "rs_2", 0, "b", raw=False))
    turn.feed(*done(thought("b", item_id="rs_2")), completed(), after=1.0)
    assert turn.end.timing.thinking == 3.0


def test_thinking_and_text_at_one_place_are_two_segments():
    turn = Turn()
    turn.feed(thinking("Hm"), delta("Yes"))
    assert turn.all(ShowReasoning)[0].segment != turn.all(ShowText)[0].segment
    assert (turn.reasoning, turn.text) == ("Hm", "Yes")


def test_text_is_not_repeated_when_thinking_without_ids_shares_its_place():
    turn = Turn()
    turn.feed(delta("Yes", item_id=""), thinking("Hm", item_id=""), *done(message("Yes", item_id="")), completed())
    assert turn.text == "Yes"


def test_items_are_kept_as_received_and_in_order():
    turn = Turn()
    items = [thought("Comparing"), message("Two")]
    turn.feed(STARTED, *done(*items), completed())
    assert turn.kept == items


def test_thinking_alone_is_no_answer():
    turn = Turn()
    turn.feed(thinking("Hm"), *done(thought("Hm")), completed())
    assert turn.fault == "EMPTY"
