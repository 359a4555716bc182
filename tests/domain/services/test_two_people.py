"""Nothing one person sends, is refused, stops or names changes what another one's turns send, show and leave."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.request.turn_request import Parameters
from tests.domain.services.crash import Process, World
from tests.domain.services.two_people import ENDS, IDS, PARAMETERS, REFUSALS, Doing, ann_does, noticed
from tests.examples import examples, some_of

DOINGS = st.builds(
    Doing,
    st.sampled_from(PARAMETERS),
    st.lists(st.sampled_from(REFUSALS), max_size=3).map(tuple),
    st.sampled_from(ENDS),
    st.sampled_from(IDS),
    st.sampled_from(["", "m-1", "m-2", "y" * 400]),
    st.sampled_from(["call", "call_1", "z" * 400]),
)
PLAIN = Doing(Parameters(), (), "answer", "c", "m-1", "call")


@examples(30)
@given(st.lists(DOINGS, max_size=4))
async def test_no_sequence_of_one_persons_doings_changes_the_turns_of_another(doings):
    alone = await noticed()
    assert len(alone.requests) == 3
    assert len(alone.journal) == 1

    assert await noticed(*doings) == alone


@pytest.mark.parametrize(("parameters", "refusal"), some_of(product(PARAMETERS, REFUSALS)))
async def test_no_refusal_of_one_persons_request_changes_the_requests_of_another(parameters, refusal):
    doing = replace(PLAIN, parameters=parameters, refusals=(refusal,))
    assert await noticed(doing) == await noticed()


async def test_what_was_refused_to_a_person_is_known_in_their_next_turn_for_a_day():
    process = Process(World())
    summaries = []
    for number, (refusals, hours) in enumerate([((REFUSALS[6],), 0), ((), 23), ((), 1)]):
        process.clock.advance(hours * 3600.0)
        before = len(process.responses.calls)
        await ann_does(process, replace(PLAIN, refusals=refusals), number)
        sent = [call.request.body.reasoning or {} for call in process.responses.calls[before:]]
        summaries.append(["summary" in reasoning for reasoning in sent])

    assert summaries == [[True, False], [False], [True]]


async def test_what_a_person_named_themselves_is_asked_for_again_in_their_next_turn():
    process = Process(World())
    doing = replace(PLAIN, parameters=Parameters(temperature=0.5), refusals=(REFUSALS[0],))
    for number in range(2):
        await ann_does(process, doing, number)

    sent = [call.request.body.temperature for call in process.responses.calls]
    assert sent == [0.5, None, 0.5, None]
