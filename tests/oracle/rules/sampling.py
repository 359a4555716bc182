"""Sampling parameters, stop sequences and the output limit, against the model's catalog entry."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.oracle.rules.facts import Facts
from tests.oracle.rules.values import is_integer, is_number, is_text, is_texts

NUMBERS = {"temperature": (0, 2), "top_p": (0, 1), "frequency_penalty": (-2, 2), "presence_penalty": (-2, 2)}
INTEGERS: dict[str, tuple[int, int | None]] = {"top_k": (0, None), "top_logprobs": (0, 20)}
SMALLEST_LIMIT = 16


def sampling_complaints(body: Mapping[str, Any], facts: Facts) -> Iterator[str]:
    for key, (low, high) in NUMBERS.items():
        if key in body and not is_number(body[key], low, high):
            yield f"14.3 {key}: {body[key]!r:.60} is not a number from {low} to {high}"
    for key, (least, most) in INTEGERS.items():
        if key in body and not is_integer(body[key], least, most):
            yield f"14.3 {key}: {body[key]!r:.60} is not an integer from {least} to {most or 'any'}"
    for key in ("stop", *NUMBERS, *INTEGERS):
        if key in body and not facts.takes(key):
            yield f"14.4 {key}: the model does not list it"
    stop = body.get("stop", "x")
    if not is_text(stop) and not (is_texts(stop) and len(stop) <= 4):
        yield "14.3 stop: not 1 to 4 texts"
    yield from limit_complaints(body, facts)


def limit_complaints(body: Mapping[str, Any], facts: Facts) -> Iterator[str]:
    if "max_output_tokens" not in body:
        return
    limit = body["max_output_tokens"]
    if not is_integer(limit, SMALLEST_LIMIT):
        yield f"14.4 max_output_tokens: {limit!r:.60} is not an integer of at least {SMALLEST_LIMIT}"
    elif facts.output_limit and limit > facts.output_limit:
        yield f"14.4 max_output_tokens: {limit} is above the model's {facts.output_limit}"
