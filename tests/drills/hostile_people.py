"""Two people in one process: whatever one of them does, the other's requests, outputs and journal stay the same."""

import asyncio
from random import Random

from domain.request.turn_request import Parameters
from tests.domain.services.two_people import ENDS, IDS, PARAMETERS, REFUSALS, Doing, noticed
from tests.drills.tools import PartResult

SEQUENCES, LONGEST = 400, 6


def run(seed: int = 0) -> PartResult:
    """Compare the second person's turns after random sequences of the first person's with those without any."""
    return asyncio.run(_compared(Random(seed)))


async def _compared(rng: Random) -> PartResult:
    alone, misses, doings = await noticed(), list[str](), 0
    for number in range(SEQUENCES):
        sequence = [_doing(rng) for _ in range(rng.randint(1, LONGEST))]
        doings += len(sequence)
        if await noticed(*sequence) != alone:
            misses.append(f"sequence {number} changed the other person's turns: {sequence}")
    return {"two people, turns of the first": f"{SEQUENCES:,} sequences, {doings:,}"}, misses


def _doing(rng: Random) -> Doing:
    parameters: Parameters = rng.choice(PARAMETERS)
    refusals = tuple(rng.choice(REFUSALS) for _ in range(rng.randint(0, 3)))
    message, call = rng.choice(["", "m-1", "m-2", "y" * 400]), rng.choice(["call", "call_1", "z" * 400])
    return Doing(parameters, refusals, rng.choice(ENDS), rng.choice(IDS), message, call)
