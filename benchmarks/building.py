"""Building a request from a long history, compared with orjson's dump of the same messages.

Building means everything between the parsed JSON of a caller and the body passed to the adapter: read the body
(`CompletionsBody`), freeze it (`TurnRequest`) and build the request with no stored turns. It excludes parsing, looking
up stored turns, and writing JSON.

The dump is measured at its fastest: each text caches the UTF-8 made by its first dump, and later dumps only copy it. A
real request has no such cache, so the same measurement with freshly parsed histories is listed too. For the growth,
the same 10,000 messages are built as one request, as two, and so on up to a hundred requests of 100 messages.
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
from entrypoints.openwebui.history_format import OPEN_WEBUI
from ports.catalog import Model
from ports.responses import Route
from tests.domain.conversation.histories import wanted

SLUG = "maker/model"
MODEL = Model(SLUG, "Model", supported_parameters=frozenset({"tools", "temperature"}))
ROUTE = Route("https://openrouter.example/api/v1", "any")
PAST = Past(full_turns=10, history_format=OPEN_WEBUI)
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
    """Return both medians in ms; the order alternates with every round."""
    took: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        for side in (0, 1) if number % 2 == 0 else (1, 0):
            took[side].append(_timed((ours, bare)[side], given()))
    return median(took[0]), median(took[1])


def _exponent() -> float:
    """Return the slope of build time over the number of messages, both as logarithms."""
    whole = history(SIZES[-1])
    parts = {size: [whole[start : start + size] for start in range(0, len(whole), size)] for size in SIZES}
    took: dict[int, list[float]] = {size: [] for size in SIZES}
    for _ in range(GROWTH_ROUNDS):
        for size in SIZES:
            took[size].append(sum(_timed(_build, part) for part in parts[size]) / len(parts[size]))
    return round(linear_regression(list(map(log, SIZES)), [log(median(took[size])) for size in SIZES]).slope, 2)


def _timed(work: Callable[[Any], object], given: object) -> float:
    """Return ms; the result is freed only after the clock has stopped."""
    began = time.perf_counter()
    result = work(given)
    took = time.perf_counter() - began
    del result
    return took * 1000
