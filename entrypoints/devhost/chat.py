"""Call a model as an API client does: `POST /api/chat/completions`, streamed or not."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from aiohttp import ClientError, ClientTimeout

from entrypoints.devhost.client import HostClient, Json
from entrypoints.devhost.failures import DevhostError

CHAT_SECONDS = 120.0


@dataclass(frozen=True)
class Payload:
    """The JSON of one `data:` line of an answer; `at` is the time of its last byte (s, perf_counter)."""

    at: float
    body: dict[str, Json]


@dataclass(frozen=True)
class StreamedReply:
    """An answer as received: `reads` pairs the time of each read (s, perf_counter) with its bytes."""

    status: int
    content_type: str
    started: float
    ended: float
    reads: tuple[tuple[float, bytes], ...]

    @cached_property
    def raw(self) -> str:
        """Return all received bytes."""
        return b"".join(piece for _, piece in self.reads).decode()

    @cached_property
    def lines(self) -> tuple[tuple[float, str], ...]:
        """Return the lines that are not empty, each with the time when it was complete."""
        found: list[tuple[float, str]] = []
        rest = b""
        for at, piece in self.reads:
            *whole, rest = (rest + piece).split(b"\n")
            found += [(at, line.decode().rstrip("\r")) for line in whole if line.strip()]
        if rest.strip():
            found.append((self.ended, rest.decode()))
        return tuple(found)

    @cached_property
    def payloads(self) -> tuple[Payload, ...]:
        """Return the JSON of each `data:` line except `[DONE]`, or the whole body if it is plain JSON."""
        if not self.content_type.startswith("text/event-stream"):
            return (Payload(self.ended, json.loads(self.raw)),)
        data = [(at, line[5:].strip()) for at, line in self.lines if line.startswith("data:")]
        return tuple(Payload(at, json.loads(text)) for at, text in data if text != "[DONE]")

    @property
    def done_count(self) -> int:
        """Return how often the stream contains `[DONE]`."""
        return sum(line == "data: [DONE]" for _, line in self.lines)

    @property
    def stray_lines(self) -> tuple[str, ...]:
        """Return the lines that an event stream must not contain."""
        known = ("data:", ":", "event:", "id:", "retry:")
        return tuple(line for _, line in self.lines if not line.startswith(known))

    @property
    def text(self) -> str:
        """Return the answer's text."""
        return "".join(_delta_field(payload.body, "content") for payload in self.payloads)

    @property
    def reasoning(self) -> str:
        """Return the text of the thinking."""
        return "".join(_delta_field(payload.body, "reasoning_content") for payload in self.payloads)

    @property
    def finish_reasons(self) -> tuple[str, ...]:
        """Return every finish reason in order; a valid answer has one."""
        reasons = [choice.get("finish_reason") for payload in self.payloads for choice in _choices(payload.body)]
        return tuple(str(reason) for reason in reasons if reason)

    @property
    def usage_chunks(self) -> tuple[dict[str, Json], ...]:
        """Return the chunks that contain usage."""
        return tuple(payload.body for payload in self.payloads if payload.body.get("usage"))

    @property
    def errors(self) -> tuple[Json, ...]:
        """Return the `error` objects of the chunks."""
        return tuple(payload.body["error"] for payload in self.payloads if payload.body.get("error"))

    @property
    def first_text_at(self) -> float:
        """Return when the first text was complete (s, perf_counter); infinity without text."""
        times = (payload.at for payload in self.payloads if _delta_field(payload.body, "content"))
        return next(times, float("inf"))


async def stream_chat(
    client: HostClient, model: str, text: str = "hi", *, body: Mapping[str, Json] | None = None
) -> StreamedReply:
    """Request a streamed answer and read it to its end; `body` adds or replaces fields of the request.

    An error status is part of the reply. Raises DevhostError if the connection breaks.
    """
    reads: list[tuple[float, bytes]] = []
    started = time.perf_counter()
    try:
        async with client.http.post(
            f"{client.url}/api/chat/completions",
            json=_request_of(model, text, stream=True, body=body),
            headers=client.headers,
            timeout=ClientTimeout(total=CHAT_SECONDS),
        ) as answer:
            async for piece in answer.content.iter_any():
                reads.append((time.perf_counter(), piece))
            status, kind = answer.status, answer.content_type
    except (ClientError, TimeoutError) as error:
        raise DevhostError(f"the streamed answer broke off ({type(error).__name__})") from error
    return StreamedReply(status, kind, started, time.perf_counter(), tuple(reads))


async def plain_chat(
    client: HostClient, model: str, text: str = "hi", *, body: Mapping[str, Json] | None = None
) -> tuple[int, Json]:
    """Request an answer without streaming; return its status and its JSON."""
    async with client.http.post(
        f"{client.url}/api/chat/completions",
        json=_request_of(model, text, stream=False, body=body),
        headers=client.headers,
        timeout=ClientTimeout(total=CHAT_SECONDS),
    ) as answer:
        return answer.status, await answer.json(content_type=None)


def _request_of(model: str, text: str, *, stream: bool, body: Mapping[str, Json] | None) -> dict[str, Json]:
    return {
        "model": model,
        "stream": stream,
        "messages": [{"role": "user", "content": text}],
        **(body or {}),
    }


def _choices(chunk: dict[str, Json]) -> list[dict[str, Json]]:
    return list(chunk.get("choices") or [])


def _delta_field(chunk: dict[str, Json], name: str) -> str:
    return "".join(str((choice.get("delta") or {}).get(name) or "") for choice in _choices(chunk))
