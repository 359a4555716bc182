"""A chat that grows beyond what its model reads sends the same bytes again, from round to round and turn to turn."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalog.prompt_window import Window
from domain.conversation.shortening import gives_way
from domain.conversation.tokens import tokens_of
from domain.request.lesson import PROMPT_WEIGHT
from domain.turn.events import CallFinished
from domain.turn.fitting import FULL, Fit, first_fitted
from domain.turn.plan import TurnPlan
from domain.turn.steps import Learn
from ports.response_events import StreamClosed
from ports.responses import UpstreamRequest
from ports.toolbox import ToolResult
from ports.usage import Usage
from tests.domain.conversation.kept_turns import answer, output
from tests.domain.turn.talk import BODY, ERROR_ID, QUESTION, STARTED, Turn, call, completed, delta, done, message
from tests.examples import examples

LOOK = {"type": "function", "name": "look"}
RESULT = "".join(f"row {number}: some result\n" for number in range(1_000))
ONE = tokens_of(output("x", RESULT))


def requests(turns: list[list[int]], context: int, counts: float = 0.0) -> list[tuple[Any, ...]]:
    """Return the inputs of all requests of a chat: `turns` are the lengths of the results in each turn.

    `counts`: the tokens that upstream counts per estimated one; 0 if it counts none.
    """
    factors: dict[str, float] = {}
    history: tuple[Any, ...] = ()
    sent: list[tuple[Any, ...]] = []
    for number, lengths in enumerate(turns):
        asked = UpstreamRequest(
            replace(BODY, tools=({"type": "function", "name": "look"},), input=(*history, QUESTION))
        )
        request, fit = first_fitted(asked, Fit({BODY.model: Window(context)}, factors=factors))
        turn = Turn(TurnPlan(request, ERROR_ID, runnable=frozenset({"look"}), fit=fit))
        for at, length in enumerate(lengths):
            tokens = sum(map(tokens_of, turn.attempts[-1].request.body.input)) if counts else 0
            usage = Usage(input_tokens=round(counts * tokens))
            turn.feed(STARTED, *done(call(f"c{number}_{at}")), completed(usage=usage))
            turn.feed(CallFinished(f"c{number}_{at}", ToolResult(RESULT[:length])))
        turn.feed(STARTED, delta("So."), completed(message("So.")), StreamClosed(said_done=True))
        weights = [learn.lesson for learn in turn.all(Learn) if learn.lesson.what == PROMPT_WEIGHT]
        factors = {BODY.model: float(weights[-1].value)} if weights else factors
        sent += [attempt.request.body.input for attempt in turn.attempts]
        kept = (item for item in turn.kept if item["type"] != "message")
        history = (*history, QUESTION, *kept, answer("So."))
    return sent


def lengths_of(items: Any) -> dict[str, int]:
    return {item["call_id"]: len(item["output"]) for item in items if gives_way(item)}


@pytest.mark.parametrize("counts", [0.0, 1.3])
@pytest.mark.parametrize("rounds", [1, 2, 3, 5])
def test_what_was_shortened_in_an_earlier_round_or_turn_is_never_sent_whole_again(rounds: int, counts: float) -> None:
    sent = requests([[len(RESULT)] * rounds] * 10, 8 * ONE, counts)
    assert min(lengths_of(sent[-1]).values()) < len(RESULT)
    for before, after in pairwise(map(lengths_of, sent)):
        assert all(after[call_id] <= length for call_id, length in before.items())


def test_most_requests_of_a_chat_at_its_limit_repeat_the_one_before() -> None:
    sent = requests([[len(RESULT)] * 2] * 12, 16 * ONE)
    changed = [after[: len(before)] != before for before, after in pairwise(sent)]
    assert 0 < sum(changed) <= len(sent) // 8


@given(st.lists(st.lists(st.integers(0, len(RESULT)), max_size=4), min_size=1, max_size=6), st.integers(2, 12))
@examples(40)
def test_any_chat_fits_in_each_request_as_far_as_results_can_give_way(turns: Any, share: int) -> None:
    for items in requests(turns, share * ONE):
        fits = sum(map(tokens_of, items)) <= FULL * share * ONE
        assert fits or max(lengths_of(items).values(), default=0) < 800
