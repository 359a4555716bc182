"""Building a request out of a long history, against orjson's dump of the same messages.

Building is everything between the parsed JSON of a caller and the body that is handed to the adapter: the body read
(`CompletionsBody`), frozen (`TurnRequest`) and built with a past in which nothing is remembered. Neither parsing,
nor looking up what is remembered, nor writing JSON belong to it.

The dump is judged at its fastest: a text keeps the UTF-8 that its first dump made, and later ones only copy it. No
request enjoys that, so the same with histories that were only just parsed stands beside it. For the growth the same
10,000 messages are built as one request, as two, and so on down to a hundred requests of 100 messages.
"""

import time
from collections.abc import Callable
from math import log
from statistics import linear_regression, median
from typing import Any

from orjson import dumps, loads

from benchmarks.chats import history
from benchmarks.report import Broken, Line, absolute, ratio
from domain.conversation.history import Past, parsed
from domain.request.body import Prepared, build
from domain.request.turn_request import TurnRequest
from entrypoints.openai.completions_body import CompletionsBody, read_completions_body
from ports.catalog import Model
from ports.responses import Route
from tests.domain.conversation.histories import wanted

SLUG = "maker/model"
MODEL = Model(SLUG, "Model", supported_parameters=frozenset({"tools", "temperature"}))
ROUTE = Route("https://openrouter.example/api/v1", "any")
PAST = Past(full_turns=10)
MESSAGES, SIZES = 500, (100, 200, 500, 1_000, 2_000, 5_000, 10_000)
ROUNDS, GROWTH_ROUNDS = 101, 9
AT_MOST, EXPONENT = 5.0, 1.1


def measure_building() -> list[Line]:
    """Measure 500 messages, then the growth from 100 to 10,000."""
    messages = history(MESSAGES)
    raw = dumps(messages)
    _check(messages)
    what = f"request of {MESSAGES} messages"
    again = alternating_times(ROUNDS, _build, dumps, lambda: messages)
    fresh = alternating_times(ROUNDS, _build, dumps, lambda: loads(raw))
    sought = alternating_times(ROUNDS // 5, wanted, dumps, lambda: messages)
    return [
        ratio(f"{what}: building, orjson's dump", *again, "ms", AT_MOST),
        ratio(f"{what}, just parsed: the same", *fresh, "ms"),
        ratio(f"{what}: what to look up (API), orjson's dump", *sought, "ms"),
        absolute(f"request of {SIZES[0]} to {SIZES[-1]:,} messages: growth by power", _exponent(), "", EXPONENT),
    ]


def _build(messages: list[Any]) -> object:
    read = read_completions_body({"model": SLUG, "messages": messages, "stream": True, "temperature": 0.5})
    if not isinstance(read, CompletionsBody):
        raise Broken(f"the body cannot be read: {read}")
    request = TurnRequest(SLUG, tuple(read.messages), ROUTE, parameters=read.parameters())
    return build(request, SLUG, MODEL, history=parsed(request.messages, past=PAST))


def _check(messages: list[Any]) -> None:
    """Raise Broken unless every message became one item with its text."""
    built = _build(messages)
    if not isinstance(built, Prepared):
        raise Broken(f"the request cannot be built: {built}")
    contents = (item["content"] for item in built.request.body.input)
    texts = [content if isinstance(content, str) else content[0]["text"] for content in contents]
    if texts != [message["content"] for message in messages]:
        raise Broken("the request does not say what the history says")


def alternating_times(
    rounds: int, ours: Callable[[Any], object], bare: Callable[[Any], object], given: Callable[[], object]
) -> tuple[float, float]:
    """Return the medians of both in ms; who comes first changes every round."""
    took: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        for side in (0, 1) if number % 2 == 0 else (1, 0):
            took[side].append(_timed((ours, bare)[side], given()))
    return median(took[0]), median(took[1])


def _exponent() -> float:
    """Return the slope of a request's time over its messages, both as logarithms."""
    whole = history(SIZES[-1])
    parts = {size: [whole[start : start + size] for start in range(0, len(whole), size)] for size in SIZES}
    took: dict[int, list[float]] = {size: [] for size in SIZES}
    for _ in range(GROWTH_ROUNDS):
        for size in SIZES:
            took[size].append(sum(_timed(_build, part) for part in parts[size]) / len(parts[size]))
    return round(linear_regression(list(map(log, SIZES)), [log(median(took[size])) for size in SIZES]).slope, 2)


def _timed(work: Callable[[Any], object], given: object) -> float:
    """Return ms; what the work returns is let go of when the clock has stopped."""
    began = time.perf_counter()
    result = work(given)
    took = time.perf_counter() - began
    del result
    return took * 1000
