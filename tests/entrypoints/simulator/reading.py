"""A small, strict client of the simulator, and the shape that every stream must have."""

from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson

Event = dict[str, Any]
KEY = "sk-or-v1-simulator"

TERMINAL = {"response.completed", "response.incomplete", "response.failed"}
_PLACE = ("output_index", "item_id")
FIELDS = {
    "response.created": ("response",),
    "response.in_progress": ("response",),
    "response.completed": ("response",),
    "response.incomplete": ("response",),
    "response.failed": ("response",),
    "response.output_item.added": ("output_index", "item"),
    "response.output_item.done": ("output_index", "item"),
    "response.content_part.added": (*_PLACE, "content_index", "part"),
    "response.content_part.done": (*_PLACE, "content_index", "part"),
    "response.output_text.delta": (*_PLACE, "content_index", "delta", "logprobs"),
    "response.output_text.done": (*_PLACE, "content_index", "text", "logprobs"),
    "response.output_text.annotation.added": (*_PLACE, "content_index", "annotation_index", "annotation"),
    "response.refusal.delta": (*_PLACE, "content_index", "delta"),
    "response.refusal.done": (*_PLACE, "content_index", "refusal"),
    "response.reasoning_text.delta": (*_PLACE, "content_index", "delta"),
    "response.reasoning_text.done": (*_PLACE, "content_index", "text"),
    "response.reasoning_summary_part.added": (*_PLACE, "summary_index", "part"),
    "response.reasoning_summary_part.done": (*_PLACE, "summary_index", "part"),
    "response.reasoning_summary_text.delta": (*_PLACE, "summary_index", "delta"),
    "response.reasoning_summary_text.done": (*_PLACE, "summary_index", "text"),
    "response.function_call_arguments.delta": (*_PLACE, "delta"),
    "response.function_call_arguments.done": (*_PLACE, "name", "arguments"),
    "response.image_generation_call.in_progress": _PLACE,
    "response.image_generation_call.generating": _PLACE,
    "response.image_generation_call.completed": _PLACE,
}
RESPONSE_FIELDS = {
    *("id", "object", "created_at", "completed_at", "status", "model", "output", "error", "incomplete_details"),
    *("instructions", "metadata", "temperature", "top_p", "frequency_penalty", "presence_penalty"),
    *("parallel_tool_calls", "tool_choice", "tools", "usage"),
}


@dataclass
class Reply:
    """A reply; `broken` is set if the connection was reset."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes = b""
    broken: bool = False

    @property
    def json(self) -> Any:
        return orjson.loads(self.raw)

    @property
    def payloads(self) -> list[str]:
        """Return the data of all events, parsed as the specification requires."""
        text = self.raw.decode().removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        blocks = text.split("\n\n")
        datas = [
            [line[5:].removeprefix(" ") for line in block.split("\n") if line.startswith("data:")] for block in blocks
        ]
        return ["\n".join(data) for data in datas if data]

    @property
    def events(self) -> list[Event]:
        """Return the events that are JSON objects."""
        found = []
        for payload in self.payloads:
            try:
                event = orjson.loads(payload)
            except orjson.JSONDecodeError:
                continue
            if isinstance(event, dict):
                found.append(event)
        return found

    @property
    def done(self) -> bool:
        return self.payloads[-1:] == ["[DONE]"]

    @property
    def kinds(self) -> list[str]:
        return [event["type"] for event in self.events]

    @property
    def text(self) -> str:
        """Return the text of all deltas, of either endpoint."""
        said = [e["delta"] for e in self.events if e.get("type") == "response.output_text.delta" and "item_id" in e]
        said += [c["delta"].get("content") or "" for e in self.events for c in e.get("choices", ())]
        return "".join(said)

    @property
    def last(self) -> Event:
        return self.events[-1]


class Caller:
    """Calls a simulator."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.url, self.session = url, session

    async def get(self, path: str, key: str | None = KEY, **query: Any) -> Reply:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        async with self.session.get(self.url + path, params=query, headers=headers) as response:
            return Reply(response.status, dict(response.headers), await response.read())

    async def post(
        self, path: str, body: Any, *, key: str | None = KEY, headers: dict[str, str] | None = None
    ) -> Reply:
        given = {**({"Authorization": f"Bearer {key}"} if key else {}), **(headers or {})}
        reply = Reply()
        try:
            async with self.session.post(self.url + path, json=body, headers=given) as response:
                reply.status, reply.headers = response.status, dict(response.headers)
                async for chunk in response.content.iter_any():
                    reply.raw += chunk
        except aiohttp.ClientError:
            reply.broken = True
        return reply

    async def stream(self, model: str, text: Any = "Hello there", **fields: Any) -> Reply:
        return await self.post("/responses", {"model": model, "input": text, "stream": True, **fields})

    async def answer(self, model: str, text: Any = "Hello there", **fields: Any) -> Reply:
        return await self.post("/responses", {"model": model, "input": text, **fields})

    async def chat(self, model: str, text: str = "Hello there", **fields: Any) -> Reply:
        messages = [{"role": "user", "content": text}]
        body = {"model": model, "messages": messages, "stream": True, **fields}
        return await self.post("/chat/completions", body)


def assert_faithful(events: list[Event]) -> Event:
    """Check a complete stream of /responses and return its terminal response."""
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    kinds = [event["type"] for event in events]
    assert kinds[:2] == ["response.created", "response.in_progress"]
    assert kinds[-1] in TERMINAL
    for event in events:
        assert set(event) == {"type", "sequence_number", *FIELDS[event["type"]]}
    terminal: Event = events[-1]["response"]
    assert set(terminal) >= RESPONSE_FIELDS
    _assert_items_close(events)
    return terminal


def _assert_items_close(events: list[Event]) -> None:
    added = {e["output_index"]: e["item"] for e in events if e["type"] == "response.output_item.added"}
    done = {e["output_index"]: e["item"] for e in events if e["type"] == "response.output_item.done"}
    assert added.keys() == done.keys()
    assert [item["id"] for item in added.values()] == [item["id"] for item in done.values()]
    deltas: dict[tuple[str, str], str] = {}
    for event in events:
        name = event["type"].removesuffix(".delta")
        if event["type"].endswith(".delta"):
            deltas[name, event["item_id"]] = deltas.get((name, event["item_id"]), "") + event["delta"]
    for event in events:
        whole = event["type"].removesuffix(".done")
        if (whole, event.get("item_id")) in deltas and event["type"].endswith(".done"):
            said = event.get("text", event.get("arguments", event.get("refusal")))
            assert deltas[whole, event["item_id"]] == said
    assert [item["id"] for item in events[-1]["response"]["output"][: len(done)]] == [
        item["id"] for item in done.values()
    ]
