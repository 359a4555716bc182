"""Rounds of tools add up: the requests of a turn stay within what the model reads."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalog.prompt_window import Window
from domain.conversation.shortening import gives_way
from domain.conversation.tokens import tokens_of
from domain.request.lesson import PROMPT_LIMIT, PROMPT_WEIGHT, Lesson
from domain.tools.plan import Reader
from domain.turn.events import AttemptFailed, CallFinished
from domain.turn.fitting import FULL, Fit, Fitting, first_fitted
from domain.turn.plan import Alternatives, TurnPlan
from domain.turn.statuses import ResultsShortened
from domain.turn.steps import Learn
from ports.response_events import ProblemReported, StreamClosed, UpstreamProblem
from ports.responses import Refused, ResponsesBody, UpstreamRequest
from ports.toolbox import ToolResult
from ports.usage import Usage
from tests.domain.conversation.kept_turns import answer, output
from tests.domain.conversation.kept_turns import call as called
from tests.domain.turn.talk import (
    BODY,
    ERROR_ID,
    QUESTION,
    STARTED,
    Turn,
    call,
    completed,
    delta,
    done,
    message,
    reported,
)
from tests.examples import examples

LOOK = {"type": "function", "name": "look", "parameters": {"type": "object"}}
RESULT = "".join(f"row {number}: some result\n" for number in range(1_000))
ONE = tokens_of(output("x", RESULT))
WINDOW = Window(6 * ONE)
STATED = "prompt is too long: {} tokens > {} maximum"


def plan(window: Window | None = WINDOW, *, history: tuple[Any, ...] = (), **more: Any) -> TurnPlan:
    body = replace(BODY, tools=(LOOK,), input=(*history, QUESTION))
    windows = {} if window is None else {body.model: window}
    return TurnPlan(
        UpstreamRequest(replace(body, **more)),
        ERROR_ID,
        runnable=frozenset({"look"}),
        reader=Reader(10**7),
        fit=Fit(windows),
    )


def rounds(turn: Turn, count: int, *, text: str = RESULT, usage: Usage | None = None, first: int = 0) -> Turn:
    """Let the model call a tool that returns much, `count` times."""
    for number in range(first, first + count):
        turn.feed(STARTED, *done(call(f"c{number}")), completed(usage=usage))
        turn.feed(CallFinished(f"c{number}", ToolResult(text)))
    return turn


def outputs(turn: Turn) -> list[int]:
    return [len(item["output"]) for item in turn.attempts[-1].request.body.input if gives_way(item)]


def refused(text: str = "", status: int | None = 400, kind: str = "context_length_exceeded") -> AttemptFailed:
    return AttemptFailed(Refused(UpstreamProblem(status, kind, text)))


WHOLE = len(RESULT)


# --- before each call -----------------------------------------------------------------------------------------


def test_rounds_that_fit_are_sent_whole() -> None:
    turn = rounds(Turn(plan()), 5)
    assert outputs(turn) == [WHOLE] * 5
    assert turn.statuses == []


def test_the_oldest_results_of_the_turn_are_shortened_before_a_call_that_would_not_fit() -> None:
    turn = rounds(Turn(plan()), 7)
    assert outputs(turn)[-1] == WHOLE
    assert [size < WHOLE for size in outputs(turn)] == sorted((size < WHOLE for size in outputs(turn)), reverse=True)
    assert outputs(turn)[0] < 2_500


def test_what_was_shortened_is_sent_with_the_same_bytes_in_the_following_rounds() -> None:
    turn = rounds(Turn(plan()), 9)
    sent = [attempt.request.body.input for attempt in turn.attempts]
    changed = [number for number, (before, after) in enumerate(pairwise(sent)) if after[: len(before)] != before]
    assert len(changed) <= 2


def test_results_of_earlier_turns_are_shortened_after_those_of_this_turn() -> None:
    history = (QUESTION, called("old"), output("old", RESULT), answer("So."))
    turn = rounds(Turn(plan(Window(3 * ONE), history=history)), 3)
    assert [size == WHOLE for size in outputs(turn)] == [True, False, False, True]


def test_what_is_stored_of_the_turn_stays_whole() -> None:
    turn = rounds(Turn(plan()), 9)
    assert {len(item["output"]) for item in turn.kept if gives_way(item)} == {WHOLE}


def test_a_person_reads_once_that_results_were_shortened() -> None:
    turn = rounds(Turn(plan()), 12)
    turn.feed(STARTED, delta("So."), completed(message("So.")), StreamClosed(said_done=True))
    (first,) = turn.statuses
    assert isinstance(first, ResultsShortened)
    assert first.count >= 1


def test_a_history_that_is_too_long_is_shortened_before_the_first_call() -> None:
    history = tuple(
        item
        for number in range(8)
        for item in (QUESTION, called(f"{number}"), output(f"{number}", RESULT), answer("So."))
    )
    turn = Turn(plan(history=history))
    assert [size < WHOLE for size in outputs(turn)] == [True] * 4 + [False] * 4
    assert turn.statuses == [ResultsShortened(4)]


def test_words_that_are_too_long_for_the_model_are_sent_as_they_are() -> None:
    words = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": RESULT * 10}]}
    turn = Turn(plan(history=(words, answer("So."))))
    assert turn.attempts[0].request.body.input == (words, answer("So."), QUESTION)


def test_a_model_that_the_catalog_does_not_know_gets_everything() -> None:
    assert outputs(rounds(Turn(plan(None)), 9)) == [WHOLE] * 9


def test_the_answers_limit_takes_its_part_of_the_context() -> None:
    turn = rounds(Turn(plan(max_output_tokens=3 * ONE)), 4)
    assert outputs(turn)[0] < WHOLE


@pytest.mark.parametrize(
    "more",
    [
        {"instructions": RESULT * 3},
        {
            "text": {
                "format": {"type": "json_schema", "name": "x", "schema": {"type": "object", "description": RESULT * 3}}
            }
        },
        {"tools": (LOOK | {"description": RESULT * 3},)},
    ],
)
def test_instructions_tools_and_the_form_of_the_answer_take_their_part_of_the_context(more: Any) -> None:
    turn = Turn(replace(plan(), request=UpstreamRequest(replace(plan().request.body, **more))))
    assert outputs(rounds(turn, 5))[0] < WHOLE


def test_the_count_of_the_round_before_corrects_the_estimate() -> None:
    twice = Usage(input_tokens=round(2.2 * ONE))
    turn = rounds(Turn(plan()), 2)
    turn = rounds(turn, 1, usage=replace(twice, input_tokens=round(3 * ONE)), first=2)
    turn = rounds(turn, 1, usage=replace(twice, input_tokens=round(4.6 * ONE)), first=3)
    assert outputs(turn)[0] < WHOLE


def test_a_count_that_no_prompt_of_this_size_has_is_not_believed() -> None:
    turn = rounds(Turn(plan()), 4, usage=Usage(input_tokens=round(5.9 * ONE)))
    assert outputs(turn) == [WHOLE] * 4


# --- after a refusal ------------------------------------------------------------------------------------------


def test_a_refusal_for_length_is_mended_once_in_a_round() -> None:
    turn = rounds(Turn(plan(None)), 4)
    before = len(turn.attempts)
    turn.feed(refused())
    assert outputs(turn)[-1] == WHOLE
    assert outputs(turn)[0] < WHOLE
    turn.feed(refused())
    assert (turn.fault, len(turn.attempts)) == ("CONTEXT_LENGTH", before + 1)
    assert turn.all(Learn) == []


@pytest.mark.parametrize(
    "event",
    [
        refused(),
        refused("", 413, ""),
        refused("Input is too long for requested model.", 400, ""),
        reported(None, "context_length_exceeded"),
        ProblemReported(
            UpstreamProblem(None, "invalid_prompt", "Your input exceeds the context window of this model.")
        ),
    ],
)
def test_every_form_of_the_refusal_is_mended(event: Any) -> None:
    turn = rounds(Turn(plan(None)), 4)
    turn.feed(event)
    assert outputs(turn)[0] < WHOLE


def test_the_numbers_of_the_refusal_decide_how_much_is_left() -> None:
    turn = rounds(Turn(plan(None)), 8)
    turn.feed(refused(STATED.format(16_000, 14_000)))
    assert [size < WHOLE for size in outputs(turn)] == [True] * 3 + [False] * 5


def test_the_limit_that_a_refusal_states_holds_for_the_rest_of_the_turn() -> None:
    turn = rounds(Turn(plan(None)), 4)
    turn.feed(refused(STATED.format(5 * ONE, 4 * ONE)))
    before = len(turn.attempts)
    rounds(turn, 6, first=4)
    assert len(turn.attempts) == before + 6
    assert sum(map(tokens_of, turn.attempts[-1].request.body.input)) < 4 * ONE


def test_the_limit_is_a_lesson_for_later_turns_once_upstream_accepted_the_shorter_request() -> None:
    turn = rounds(Turn(plan(None)), 4)
    turn.feed(refused(STATED.format(5 * ONE, 4 * ONE)))
    assert turn.all(Learn) == []
    turn.feed(STARTED, delta("So."), completed(message("So.")))
    lessons = [learn.lesson for learn in turn.all(Learn)]
    assert lessons == [Lesson(PROMPT_LIMIT, str(4 * ONE)), Lesson(PROMPT_WEIGHT, "1.25")]


def test_a_refusal_of_bytes_is_mended_but_teaches_nothing() -> None:
    turn = rounds(Turn(plan(None)), 4)
    turn.feed(refused("", 413, "payload_too_large"))
    assert outputs(turn)[0] < WHOLE
    turn = rounds(turn, 6, first=4)
    assert outputs(turn)[-6:] == [WHOLE] * 6
    assert turn.all(Learn) == []


def test_a_learned_limit_counts_like_one_of_the_catalog() -> None:
    turn = rounds(Turn(replace(plan(None), fit=Fit(learned={BODY.model: 4 * ONE}))), 6)
    assert outputs(turn)[0] < WHOLE
    assert sum(map(tokens_of, turn.attempts[-1].request.body.input)) <= 4 * ONE


def test_an_answer_that_would_not_fit_beside_the_prompt_gets_a_lower_limit() -> None:
    both = "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000, decrease input length"
    turn = rounds(Turn(plan(None, max_output_tokens=21_333)), 2)
    turn.feed(refused(both, 400, ""))
    assert turn.attempts[-1].request.body.max_output_tokens == 200_000 - 188_240 - 188_240 // 64
    assert outputs(turn) == [WHOLE] * 2
    turn.feed(refused(STATED.format(200_000, 190_000)))
    assert outputs(turn)[0] < WHOLE


def test_a_refusal_without_results_to_shorten_is_a_named_fault() -> None:
    turn = Turn(plan())
    turn.feed(refused())
    assert (turn.fault, len(turn.attempts)) == ("CONTEXT_LENGTH", 1)


def test_nothing_is_mended_after_something_was_shown() -> None:
    turn = rounds(Turn(plan(None)), 4)
    before = len(turn.attempts)
    turn.feed(STARTED, delta("So"), reported(None, "context_length_exceeded"))
    assert (turn.fault, len(turn.attempts)) == ("CONTEXT_LENGTH", before)


def test_the_fallback_model_gets_what_fits_it() -> None:
    history = tuple(
        item
        for number in range(4)
        for item in (QUESTION, called(f"{number}"), output(f"{number}", RESULT), answer("So."))
    )
    asked = plan(None, history=history)
    other = replace(asked.request, body=replace(asked.request.body, model="maker/other"))
    fit = Fit({"maker/other": Window(3 * ONE)}, fits=True)
    turn = Turn(replace(asked, fit=fit, alternatives=Alternatives(fallback=lambda: other)))
    assert outputs(turn) == [WHOLE] * 4
    turn.feed(refused("", 404, "model_not_found"))
    assert turn.attempts[-1].request.body.model == "maker/other"
    assert outputs(turn)[0] < WHOLE
    assert outputs(turn)[-1] == WHOLE


# --- any turn -------------------------------------------------------------------------------------------------

COUNTS = st.one_of(st.none(), st.integers(0, 40 * ONE).map(lambda tokens: Usage(input_tokens=tokens)))
REFUSALS = st.sampled_from(
    [None, "", STATED.format(3_000, 2_000), STATED.format(1, 10**11), "maximum context length is 0"]
)


@given(
    st.one_of(st.none(), st.builds(Window, st.integers(1, 12 * ONE), st.one_of(st.none(), st.integers(0, 20 * ONE)))),
    st.lists(st.tuples(st.integers(0, 3 * WHOLE), COUNTS, REFUSALS), max_size=8),
)
@examples(150)
def test_any_sizes_limits_counts_and_refusals_keep_words_and_pairs(window: Any, script: Any) -> None:
    turn = Turn(plan(window))
    whole = [QUESTION]
    for number, (size, usage, text) in enumerate(script):
        turn.feed(STARTED, *done(call(f"c{number}")), completed(usage=usage))
        turn.feed(CallFinished(f"c{number}", ToolResult((RESULT * 3)[:size])))
        if text is not None:
            turn.feed(refused(text))
        if turn.machine.ended:
            assert turn.fault == "CONTEXT_LENGTH"
            break
    whole = [QUESTION, *turn.kept]
    for attempt in turn.attempts:
        sent = attempt.request.body.input
        for old, new in zip(whole, sent, strict=False):
            assert {**old, "output": 0} == {**new, "output": 0}
            assert len(str(new.get("output", ""))) <= len(str(old.get("output", "")))


@given(st.integers(1, 20 * ONE), st.integers(0, 12))
@examples(100)
def test_a_request_that_was_fitted_fits_and_is_not_changed_again(context: int, count: int) -> None:
    items = tuple(item for number in range(count) for item in (called(f"{number}"), output(f"{number}", RESULT)))
    sending = UpstreamRequest(ResponsesBody("maker/model", (QUESTION, *items, answer("So."), QUESTION)))
    windows = {"maker/model": Window(context)}
    once, fit = first_fitted(sending, Fit(windows))
    for again in (Fit(windows), fit):
        assert Fitting(again, once).fitted(once) == (once, 0)
    assert fit.shortened == sum(old != new for old, new in zip(sending.body.input, once.body.input, strict=True))
    assert sum(map(tokens_of, once.body.input)) <= FULL * Window(context).prompt() or all(
        len(item["output"]) < 800 for item in once.body.input if gives_way(item)
    )


def test_a_first_request_that_was_shortened_beforehand_is_reported_when_the_turn_begins() -> None:
    made = Turn(replace(plan(), fit=Fit({BODY.model: WINDOW}, fits=True, shortened=3)))
    assert made.statuses == [ResultsShortened(3)]


def test_a_chat_that_grows_keeps_its_cuts_from_turn_to_turn() -> None:
    sent = []
    for turns in range(1, 33):
        history = tuple(
            item
            for number in range(turns)
            for item in (QUESTION, called(f"{number}"), output(f"{number}", RESULT), answer("So."))
        )
        sent.append(Turn(plan(Window(16 * ONE), history=history)).attempts[0].request.body.input[:-1])
    same = [after[: len(before)] == before for before, after in pairwise(sent)]
    assert sent[-1][2] != output("0", RESULT)
    assert same.count(False) <= 8
