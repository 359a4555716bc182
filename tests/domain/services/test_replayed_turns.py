"""Random turns with tools, retries, faults and stops: fed again from their records they give the same outputs."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random

from domain.services.render_record import recorded_turns, rendered
from domain.services.run_turn import Personal
from domain.turn.recorded import replay
from domain.turn.statuses import WaitingForPlace
from domain.turn.steps import COMMANDS, CallUpstream, Ended, Finish, Output, Reason, ShowStatus, StartCall
from ports.response_events import ProblemReported, UpstreamEvent, UpstreamProblem
from ports.responses import Reach, Refused, Unreachable, UpstreamCall
from ports.usage import NOT_PAID
from tests.doubles.transcripts import KeptTranscripts
from tests.drills.tools_turns import TURNS, Figures, World
from tests.drills.tools_world import Round, Upstream
from tests.examples import SHARE

WORLDS = max(3, 40 // SHARE)


def _unpriced(output: Output) -> Output:
    """Return an output as the machine makes it, which knows no prices."""
    return Ended(replace(output.end, paid=NOT_PAID)) if isinstance(output, Ended) else output


def _waited(output: Output) -> bool:
    """Return whether an output is of the line before the turn."""
    return isinstance(output, ShowStatus) and isinstance(output.status, WaitingForPlace)


class Flaky(Upstream):
    """An upstream that sometimes refuses, is not reached, or breaks off with an error."""

    def __init__(self, rounds: Sequence[list[Round]], rng: Random) -> None:
        super().__init__(rounds)
        self._rng = rng

    @asynccontextmanager
    async def attempt(self, call: UpstreamCall) -> AsyncIterator[AsyncIterator[Sequence[UpstreamEvent]]]:
        """Play the next round, or fail."""
        dice = self._rng.random()
        if dice < 0.1:
            raise Unreachable("refused", reach=Reach.NOT_SENT)
        if dice < 0.2:
            raise Refused(UpstreamProblem(503, "overloaded", "busy", retry_after=1.0))
        if dice < 0.25:
            raise Refused(UpstreamProblem(401, "authentication", "no such key"))
        if dice < 0.3:
            yield _broken()
            return
        async with super().attempt(call) as events:
            yield events


async def _broken() -> AsyncIterator[Sequence[UpstreamEvent]]:
    yield [ProblemReported(UpstreamProblem(502, "server_error", "gone"))]


class RecordedWorld(World):
    """A world whose turns are recorded."""

    def __init__(self, rng: Random) -> None:
        super().__init__(rng)
        self.store = KeptTranscripts(rendered)

    def upstream_of(self, rounds: list[list[Round]]) -> Upstream:
        """Return an upstream that fails sometimes."""
        return Flaky(rounds, self.rng)

    def personal(self, number: int) -> Personal:
        """Return what belongs to the person, and the store of records."""
        return replace(super().personal(number), transcripts=self.store)


async def test_turns_fed_again_from_their_records_give_the_same_outputs() -> None:
    rng, counts = Random(16), Counter[str]()
    for _ in range(WORLDS):
        world = RecordedWorld(Random(rng.random()))
        await world.live(Figures())
        assert len(world.store.records) == TURNS
        for record in world.store.records:
            if not record.events:  # stopped or refused before it was driven
                counts["never driven"] += 1
                continue
            (turn,) = recorded_turns(json.loads(json.dumps(record.events)))
            assert turn.plan is not None
            assert turn.exact
            steps = [step for fed in replay(turn.plan, turn.entries) for step in fed.steps]
            number = int(record.ids.user_id)
            shown: list[Output] = [step for step in steps if not isinstance(step, COMMANDS)]
            read = [_unpriced(output) for output in world.outputs[number] if not _waited(output)]
            if number in world.stopped:
                assert shown[: len(read)] == read
            else:
                assert shown == read
            (end,) = [step.end for step in steps if isinstance(step, Finish)]
            counts[end.reason.value] += 1
            counts["attempts"] += sum(isinstance(step, CallUpstream) for step in steps)
            counts["retried"] += end.attempts > end.rounds + 1
            counts["calls"] += sum(isinstance(step, StartCall) for step in steps)
    driven = WORLDS * TURNS - counts["never driven"]
    assert counts["calls"] > driven
    assert counts["attempts"] > driven
    if SHARE == 1:
        assert driven >= 100
        reasons = [reason.value for reason in (Reason.STOP, Reason.FAULT, Reason.CANCELLED)]
        assert min(counts[name] for name in ("retried", *reasons)) > 5
