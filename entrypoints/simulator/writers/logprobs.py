"""Probabilities of the tokens of an answer, for requests that ask for them: invented, but always the same."""

from collections.abc import Iterable

from entrypoints.simulator.payload import Json
from entrypoints.simulator.writers.facts import Facts


def wanted_tops(facts: Facts) -> int | None:
    """Return how many other tokens a request wants with each; None if it wants no probabilities."""
    top = facts.body.get("top_logprobs")
    asked = facts.body.get("logprobs", top is not None)
    return (top if isinstance(top, int) else 0) if asked else None


def logprobs(pieces: Iterable[str], tops: int) -> list[Json]:
    """Return an entry for each piece, which stands for a token."""
    return [{**_entry(piece, 0), "top_logprobs": [_entry(piece, rank) for rank in range(tops)]} for piece in pieces]


def _entry(piece: str, rank: int) -> Json:
    token = piece if rank == 0 else f"{piece}{rank}"
    return {"token": token, "logprob": -0.25 - rank, "bytes": list(token.encode())}
