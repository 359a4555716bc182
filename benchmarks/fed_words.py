"""Feeds words to aiohttp's reader one by one: the cost of a turn per word, without sockets and other processes."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from statistics import median
from typing import Any

from aiohttp import StreamReader
from aiohttp.base_protocol import BaseProtocol

from adapters.json_schema.checker import JsonSchemaChecker
from adapters.memory.breaker_state import MemoryBreakerState
from adapters.memory.tool_runs import MemoryToolRuns
from adapters.openrouter.responses.events import ResponsesVocabulary
from adapters.openrouter.stream.event_stream import EventStream
from adapters.openrouter.stream.translator import Translator
from adapters.process.clock import SystemClock
from adapters.process.ids import SystemIds
from adapters.process.slots import ProcessSlots
from adapters.process.threads import ThreadOffload
from adapters.sniff.first_bytes import FirstBytes
from benchmarks.report import Line, difference
from benchmarks.rounds import check_words
from domain.request.turn_request import TurnRequest
from domain.services.equip_turn import ToolPorts
from domain.services.read_media import MediaPorts
from domain.services.run_turn import RunTurn
from entrypoints.openai.chunks import ChunkPresenter
from entrypoints.openai.frames import ChunkHead
from entrypoints.openai.guard import Guard
from entrypoints.openai.stream import unpaced
from entrypoints.openwebui.present.lines import as_event, text_event
from ports.response_events import UpstreamEvent
from ports.responses import Route, UpstreamCall
from tests.doubles.telemetry import RecordedTelemetry

COUNT, ROUNDS = 20_000, 5
AT_MOST = 20.0
REQUEST = TurnRequest("sim/words", ({"role": "user", "content": "hi"},), Route("https://upstream.test/api/v1", "sk-or"))
END = (
    b'data: {"type":"response.completed","response":{"id":"gen-1","status":"completed","output":[]}}\n\n'
    b"data: [DONE]\n\n"
)


async def measure_fed_words() -> Line:
    """Measure aiohttp's reader alone and a whole turn of an API client in alternating rounds."""
    frames = [*_frames(), END]
    alone, ours = [], []
    for _ in range(ROUNDS):
        alone.append(await _cpu(lambda: _alone(frames)))
        ours.append(await _cpu(lambda: _turn(frames)))
    what = "per word handed to aiohttp's reader: CPU of a turn above that of its read"
    return difference(what, median(ours), median(alone), "µs", AT_MOST)


async def _cpu(work: Callable[[], Awaitable[list[Any]]]) -> float:
    """Return the CPU time (µs) of one word."""
    before = time.process_time()
    chunks = await work()
    used = time.process_time() - before
    if chunks:
        frames = (json.loads(chunk.removeprefix("data: ")) for chunk in chunks if "[DONE]" not in chunk)
        said = (frame["choices"][0]["delta"].get("content", "") for frame in frames)
        check_words("".join(said), COUNT, "one word a read")
    return used / COUNT * 1e6


def _frames() -> Iterator[bytes]:
    places = {"item_id": "msg_1", "output_index": 0, "content_index": 0, "logprobs": []}
    for number in range(COUNT):
        frame = {"type": "response.output_text.delta", "sequence_number": number, **places, "delta": f"w{number} "}
        yield b"data: %b\n\n" % json.dumps(frame).encode()


def _fed(frames: list[bytes]) -> StreamReader:
    """Return a reader that gets the next frame after the loop has run everything triggered by the previous one."""
    loop, left = asyncio.get_running_loop(), iter(frames)
    content: Any = StreamReader(BaseProtocol(loop), 32 * 1024, loop=loop)
    content._protocol.transport = _Open()

    def feed() -> None:
        frame = next(left, None)
        if frame is None:
            content.feed_eof()
        else:
            content.feed_data(frame)
            loop.call_soon(loop.call_soon, feed)

    loop.call_soon(feed)
    return content  # type: ignore[no-any-return]


class _Open:
    """The parts of a transport that the reader uses."""

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class _Answer:
    """The parts of a response that the stream reads."""

    def __init__(self, content: StreamReader) -> None:
        self.content = content


class _Fed:
    """Implements ResponsesClient."""

    def __init__(self, frames: list[bytes]) -> None:
        self._frames = frames

    @asynccontextmanager
    async def attempt(self, call: UpstreamCall) -> AsyncIterator[AsyncIterator[list[UpstreamEvent]]]:
        """Answer with the frames."""
        answer: Any = _Answer(_fed(self._frames))
        stream: Any = EventStream(answer, Translator(ResponsesVocabulary(lambda: datetime.now(UTC))), call.limits)
        yield stream


async def _alone(frames: list[bytes]) -> list[Any]:
    content = _fed(frames)
    while await content.readany():
        pass
    return []


async def _turn(frames: list[bytes]) -> list[Any]:
    telemetry, ids, offload = RecordedTelemetry(), SystemIds(), ThreadOffload()
    runs = MemoryToolRuns()
    tools = ToolPorts(ProcessSlots({}, "tools"), JsonSchemaChecker(), runs, runs, MemoryBreakerState())
    use_case = RunTurn(
        responses=_Fed(frames),
        clock=SystemClock(),
        ids=ids,
        slots=ProcessSlots({}),
        offload=offload,
        tools=tools,
        media=MediaPorts(FirstBytes(), offload, telemetry),
        telemetry=telemetry,
    )
    head = ChunkHead("chatcmpl-1", REQUEST.model, 1)
    presenter = ChunkPresenter(head, own_done=True, write_text=text_event(head))
    guard = Guard(presenter, ids, telemetry)
    chunks = [line async for line in unpaced(lambda reader: use_case.run(REQUEST, reader=reader), guard, as_event)]
    await use_case.drained()
    await offload.aclose()
    return chunks
