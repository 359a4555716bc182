"""Marks of Armor in the text of an answer: no word of them is shown or kept, and every word around them is."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.faults.causes import Guard
from domain.turn.armor_marks import LONGEST, MOST_REPORTED
from domain.turn.statuses import CallWithheld
from domain.turn.steps import Reason
from ports.answer_facts import AnswerFacts
from ports.response_events import ResponseEnded, ResponseStatus, StreamClosed, TextDone
from tests.domain.turn.talk import Turn, call, completed, delta, done, message

TAG, CLOSING = "<openrouter_armor_blocked>", "</openrouter_armor_blocked>"
FORMS = {
    "JSON": (f'{TAG}{{"name": "send", "reason": "no"}}{CLOSING}', "send"),
    "words": (f"{TAG}[No sending] It was not asked for.{CLOSING}", ""),
    "attributes": (f'<openrouter_armor_blocked tool="send" rule="No sending">no{CLOSING}', "send"),
    "empty": ('<openrouter_armor_blocked name="send"/>', "send"),
    "several lines": (f"{TAG}\ntool_name: send\nrule: No sending\n{CLOSING}", "send"),
}


def said(*pieces: str, text: str | None = None) -> Turn:
    """A turn whose message arrives in pieces, with all events that upstream sends of it."""
    turn = Turn()
    for piece in pieces:
        turn.feed(delta(piece))
    whole = "".join(pieces) if text is None else text
    turn.feed(TextDone(0, "msg_1", 0, whole), *done(message(whole)), completed(message(whole)))
    return turn


def kept_text(turn: Turn) -> str:
    """The text that is kept for later turns."""
    return "".join(
        item["content"] if isinstance(item["content"], str) else "".join(part["text"] for part in item["content"])
        for item in turn.kept
    )


@pytest.mark.parametrize(("mark", "tool"), FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_mark_is_neither_shown_nor_kept_and_the_call_is_reported_once(mark: str, tool: str, size: int) -> None:
    text = f"I tried. {mark} It was not allowed."
    turn = said(*(text[at : at + size] for at in range(0, len(text), size)))
    assert turn.text == kept_text(turn) == "I tried.  It was not allowed."
    assert turn.statuses.count(CallWithheld(tool)) == 1
    assert (turn.end.reason, turn.end.fault) == (Reason.STOP, None)


def test_mark_that_only_the_whole_text_contains_is_taken_out_too() -> None:
    turn = Turn()
    turn.feed(*done(message(f"Before.{TAG}x{CLOSING}After.")), completed())
    assert turn.text == kept_text(turn) == "Before.After."
    assert CallWithheld("") in turn.statuses


def test_mark_that_nothing_ends_loses_its_tags_and_no_word_of_the_model() -> None:
    turn = said(f"Before. {TAG} a call.", " The rest of a long answer.")
    assert turn.text == kept_text(turn) == "Before.  a call. The rest of a long answer."


def test_text_of_an_endless_mark_is_shown_once_it_is_too_long_for_one() -> None:
    turn = Turn()
    turn.feed(delta(f"Before. {TAG}"))
    for _ in range(LONGEST // 1000 + 1):
        turn.feed(delta("x" * 1000))
    assert len(turn.text) > LONGEST


@pytest.mark.parametrize(
    "text", [f"The mark is `{TAG}`.", f"See `{TAG}` and `{CLOSING}`.", "openrouter_armor_blocked", "a < b"]
)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_what_only_quotes_a_mark_stays(text: str, size: int) -> None:
    turn = said(*(text[at : at + size] for at in range(0, len(text), size)))
    assert turn.text == kept_text(turn) == text
    assert CallWithheld() not in turn.statuses


def test_last_sign_of_a_text_is_shown_even_if_it_may_begin_a_mark() -> None:
    for end in (StreamClosed(said_done=True), ResponseEnded(ResponseStatus.COMPLETED, "gen-1", "m")):
        turn = Turn()
        turn.feed(delta("a <open"))
        turn.feed(end)
        assert turn.text == "a <open"


@given(
    st.lists(st.sampled_from(["a", " ", "<", "`", "<b>", "\n", TAG, CLOSING, f"{TAG}x{CLOSING}", TAG[:9], "é"])),
    st.lists(st.integers(1, 60), min_size=1),
)
@example([TAG, "a", CLOSING, "<"], [1])
def test_pieces_show_what_the_whole_text_shows(parts: list[str], sizes: list[int]) -> None:
    text, pieces, at = "".join(parts), [], 0
    for number in range(len(text)):
        size = sizes[number % len(sizes)]
        pieces.append(text[at : at + size])
        at += size
    streamed, whole = Turn(), Turn()
    for piece in filter(None, pieces):
        streamed.feed(delta(piece))
    streamed.feed(*done(message(text)), completed(message(text)))
    whole.feed(*done(message(text)), completed(message(text)))
    assert streamed.text == whole.text
    assert f"{TAG}x{CLOSING}" not in whole.text.replace("`" + TAG, "")
    assert [one for one in streamed.statuses if isinstance(one, CallWithheld)] == [
        one for one in whole.statuses if isinstance(one, CallWithheld)
    ]


def test_many_marks_are_reported_up_to_a_limit() -> None:
    turn = said(*[f"{TAG}x{CLOSING}"] * 200, "Done.")
    assert turn.text == "Done."
    assert len([one for one in turn.statuses if isinstance(one, CallWithheld)]) == MOST_REPORTED


@pytest.mark.parametrize(
    ("part", "left"),
    [(TAG, ""), (CLOSING, ""), (f"{TAG}{CLOSING}", ""), ("<", "<"), ("<openrouter_armor_blocked", None)],
)
def test_a_megabyte_of_marks_is_read_in_one_go(part: str, left: str | None) -> None:
    times = 1_000_000 // len(part)
    turn = Turn()
    turn.feed(*done(message(part * times)), completed())
    assert turn.text == (part if left is None else left) * times


# --- what nothing is left of ------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [f"{TAG}x{CLOSING}", f" \n{TAG}x{CLOSING}\n"])
def test_answer_that_is_only_a_mark_ends_with_a_fault_that_names_the_guard(text: str) -> None:
    turn = said(text)
    assert (turn.fault, turn.end.fault and turn.end.fault.cause) == ("GUARDED", Guard.ARMOR)


def test_withheld_call_without_words_ends_with_the_same_fault() -> None:
    item = {"type": "openrouter:armor_blocked", "id": "ab_1", "call_id": "c", "name": "send", "arguments": "{}"}
    turn = Turn()
    turn.feed(*done({**item, "status": "completed", "reason": "r", "explanation": "e"}), completed())
    assert (turn.fault, turn.end.fault and turn.end.fault.cause) == ("GUARDED", Guard.ARMOR)


@pytest.mark.parametrize(
    ("facts", "guard"),
    [
        (AnswerFacts(safeguards=(("flagged", 1),)), Guard.ARMOR),
        (AnswerFacts(safeguards=(("unavailable", 1),)), Guard.ARMOR),
        (AnswerFacts(alignment=(("blocked", 2),)), Guard.ALIGNMENT),
    ],
)
def test_empty_answer_with_a_verdict_names_the_guard(facts: AnswerFacts, guard: Guard) -> None:
    turn = Turn()
    turn.feed(ResponseEnded(ResponseStatus.COMPLETED, "gen-1", "m", facts=facts))
    assert (turn.fault, turn.end.fault and turn.end.fault.cause) == ("GUARDED", guard)


@pytest.mark.parametrize(
    "facts", [AnswerFacts(safeguards=(("not_flagged", 1), ("skipped", 2))), AnswerFacts(alignment=(("allowed", 1),))]
)
def test_empty_answer_that_no_guard_objected_to_stays_an_empty_answer(facts: AnswerFacts) -> None:
    turn = Turn()
    turn.feed(ResponseEnded(ResponseStatus.COMPLETED, "gen-1", "m", facts=facts))
    assert turn.fault == "EMPTY"


def test_verdict_on_an_answer_that_was_delivered_changes_nothing() -> None:
    facts = AnswerFacts(alignment=(("blocked", 1),), safeguards=(("flagged", 1),))
    turn = Turn()
    turn.feed(delta("Here it is."), ResponseEnded(ResponseStatus.COMPLETED, "gen-1", "m", facts=facts))
    assert (turn.end.fault, turn.statuses[1:]) == (None, [])
    called = Turn()
    called.feed(*done(call()), ResponseEnded(ResponseStatus.COMPLETED, "gen-1", "m", facts=facts))
    assert called.end.fault is None
