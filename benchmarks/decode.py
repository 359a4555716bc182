"""Decoder, translator and turn machine per delta, compared with the JSON library alone on the same frames."""

import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from statistics import median

from aiohttp import ClientSession
from orjson import loads

from adapters.openrouter.responses.events import ResponsesVocabulary
from adapters.openrouter.stream.sse import SseDecoder
from adapters.openrouter.stream.translator import Translator
from benchmarks.report import Line, ratio
from benchmarks.rounds import check_words
from domain.turn.events import Begun
from domain.turn.machine import TurnMachine, TurnPlan
from domain.turn.steps import ShowText, Step
from entrypoints.devhost.upstream import SIMULATOR_KEY
from ports.responses import ResponsesBody, UpstreamRequest

COUNT = 20_000
ROUNDS = 11
AT_MOST = 10.0
READS = (16 * 1024, 32 * 1024, 64 * 1024)
NOW = datetime(2025, 1, 1, tzinfo=UTC)


async def measure_decode(address: str) -> list[Line]:
    """Measure a recorded stream, in reads of several sizes and with one frame per read."""
    stream = await _recorded(address)
    frames = [frame + b"\n\n" for frame in stream.split(b"\n\n") if frame]
    lines = [_line(f"{size // 1024} KiB per read", _cut(stream, size), frames) for size in READS]
    return [*lines, _line("one frame per read", frames, frames)]


def _line(how: str, reads: Sequence[bytes], frames: Sequence[bytes]) -> Line:
    payloads = [frame[6:-2] for frame in frames if b"[DONE]" not in frame]
    ours: list[float] = []
    alone: list[float] = []
    shown = [step.text for steps in _turn(reads) for step in steps if isinstance(step, ShowText)]
    check_words("".join(shown), COUNT, f"decoder and machine, {how}")
    for _ in range(ROUNDS):
        ours.append(_timed(_turn(reads)))
        alone.append(_timed(map(loads, payloads)))
    each = (median(ours) / COUNT * 1e6, median(alone) / COUNT * 1e6)
    return ratio(f"per delta, {how}: decoder + machine, orjson alone", *each, "µs", AT_MOST)


def _turn(reads: Sequence[bytes]) -> Iterator[list[Step]]:
    """Run one turn as the adapter and the driver do, without waiting; yield the steps of each read."""
    decoder, translator = SseDecoder(), Translator(ResponsesVocabulary(lambda: NOW))
    machine = TurnMachine(TurnPlan(UpstreamRequest(ResponsesBody("sim/deltas", ()))))
    yield machine.feed_all((Begun(),), 0.0)
    for read in reads:
        yield machine.feed_all(translator.translate(decoder.feed(read)), 0.0)


def _timed(work: Iterable[object]) -> float:
    """Return the time to iterate over `work`; items are dropped at once, as in a stream."""
    began = time.perf_counter()
    for _ in work:
        pass
    return time.perf_counter() - began


def _cut(stream: bytes, size: int) -> list[bytes]:
    return [stream[start : start + size] for start in range(0, len(stream), size)]


async def _recorded(address: str) -> bytes:
    body = {"model": f"sim/deltas-{COUNT}", "stream": True, "input": "hi"}
    headers = {"Authorization": f"Bearer {SIMULATOR_KEY}"}
    async with ClientSession() as http, http.post(f"{address}/responses", json=body, headers=headers) as answer:
        answer.raise_for_status()
        return await answer.read()
