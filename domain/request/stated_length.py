"""The numbers in a refusal for length: what the model takes, and what was sent, in upstream's own tokens."""

import re
from dataclasses import dataclass

from domain.request.refusal import refusal_of
from domain.request.refusal_words import LENGTHS
from ports.response_events import UpstreamProblem

_NUMBER = r"(?P<\1>\\d[\\d,_]{0,11})"
_LENGTHS = tuple(re.compile(re.sub("<(limit|prompt|output|all)>", _NUMBER, words)) for _, words in LENGTHS)
_FEWEST = 256
"""Tokens below which a number is no limit of a model, but a code or a place."""


@dataclass(frozen=True, slots=True)
class StatedLength:
    """What upstream states in tokens, 0 where it does not: its `limit`, the `prompt` and the `output` asked for."""

    limit: int = 0
    prompt: int = 0
    output: int = 0


def stated_length(problem: UpstreamProblem, slug: str) -> StatedLength:
    """Read the numbers of a refusal for length that was sent to the model `slug`."""
    text = refusal_of(problem, slug).text
    for words in _LENGTHS:
        found = words.search(text)
        numbers = {name: int(re.sub(r"\D", "", said)) for name, said in found.groupdict().items()} if found else {}
        if numbers.get("limit", 0) >= _FEWEST:
            return StatedLength(numbers["limit"], numbers.get("prompt", 0), numbers.get("output", 0))
    return StatedLength()
