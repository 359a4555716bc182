"""A host reduced to its calls and to the answers it receives."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

from domain.request.turn_request import Caller as Who
from entrypoints.openwebui.service import PipeService
from entrypoints.simulator.records import RequestRecord
from entrypoints.simulator.server import Simulator
from tests.entrypoints.openwebui.told import HostList
from tests.patience import eventually

KEY = "sk-or-v1-simulator"
IDS = {"chat_id": "chat-1", "message_id": "message-1", "session_id": "session-1"}
ERROR_ID = re.compile(r"\b[0-9a-f]{16}\b")
DRAWS = "sim/images"


def read_payload(payload: Any) -> Any:
    """Read a payload as the host's clients do: a line of an event stream that holds JSON is that JSON."""
    return json.loads(payload[6:]) if isinstance(payload, str) and payload.startswith("data: {") else payload


class Reply:
    """One answer: what was returned, or what the stream brought so far, and the events beside it."""

    def __init__(self) -> None:
        self.returned: Any = None
        self.payloads: list[Any] = []
        self.events: list[dict[str, Any]] = []

    @property
    def text(self) -> str:
        """The text of the answer, in any form."""
        if isinstance(self.returned, dict) and "choices" in self.returned:
            return str(self.returned["choices"][0]["message"]["content"])
        deltas = [choice["delta"] for payload in self._dicts() for choice in payload.get("choices", ())]
        return "".join(delta.get("content", "") for delta in deltas) + HostList().take(self.payloads).text

    @property
    def finishes(self) -> list[str]:
        """Every reason for the end that was given."""
        reasons = [choice["finish_reason"] for payload in self._dicts() for choice in payload.get("choices", ())]
        return [reason for reason in reasons if reason]

    @property
    def errors(self) -> list[dict[str, Any]]:
        """Every error, streamed or returned."""
        returned = [self.returned] if isinstance(self.returned, dict) else []
        return [payload["error"] for payload in [*self._dicts(), *returned] if "error" in payload]

    @property
    def statuses(self) -> list[dict[str, Any]]:
        """The status lines of the page."""
        return [event["data"] for event in self.events if event["type"] == "status"]

    @property
    def fault_words(self) -> str:
        """The text about the fault: the error, or the answer if there is no error."""
        return " ".join(error["message"] for error in self.errors) or self.text

    def _dicts(self) -> list[dict[str, Any]]:
        return [payload for payload in self.payloads if isinstance(payload, dict)]


class Caller:
    """Calls a load of the pipe as the host does; `valves` are what an administrator has stored."""

    def __init__(self, service: PipeService, base_url: str, **valves: Any) -> None:
        self.service = service
        self.valves: dict[str, Any] = {"API_KEY": KEY, "BASE_URL": base_url, **valves}
        self.user: dict[str, Any] = {"id": "user-1", "role": "user"}
        self.ids: dict[str, Any] = {}
        self.task = "title_generation"

    def call(self, body: Any, who: Who, reply: Reply) -> dict[str, Any]:
        """Return what the host hands over."""

        async def emitter(event: dict[str, Any]) -> None:
            reply.events.append(event)

        metadata = {"user_id": "user-1", **(IDS | self.ids if who is not Who.API else dict.fromkeys(IDS))}
        call = {"body": body, "valves": self.valves, "__user__": self.user, "__metadata__": metadata}
        return {**call, "__event_emitter__": emitter, "__task__": self.task if who is Who.TASK else None}

    async def ask(
        self, model: str, text: str = "hello", *, who: Who = Who.PAGE, stream: bool = True, **more: Any
    ) -> Reply:
        """Ask one question and take the whole answer."""
        messages = [{"role": "user", "content": text}]
        return await self.send({"model": f"openrouter.{model}", "messages": messages, "stream": stream, **more}, who)

    async def send(self, body: Any, who: Who = Who.PAGE, reply: Reply | None = None) -> Reply:
        """Send a body as it is and take the whole answer."""
        reply = reply or Reply()
        returned = await self.service.pipe(self.call(body, who, reply))
        if isinstance(returned, AsyncIterator):
            async for payload in returned:
                reply.payloads.append(read_payload(payload))
        else:
            reply.returned = returned
        return reply

    def begin(self, model: str, *, who: Who = Who.PAGE) -> "tuple[asyncio.Task[Reply], Reply]":
        """Ask in a separate task; the reply fills while it runs."""
        reply = Reply()
        messages = [{"role": "user", "content": "hello"}]
        body = {"model": f"openrouter.{model}", "messages": messages, "stream": True}
        return asyncio.create_task(self.send(body, who, reply)), reply

    async def listed(self) -> list[dict[str, str]]:
        """Return the entries of the picker."""
        return await self.service.pipes(self.valves)

    async def knows_the_models(self) -> "Caller":
        """List the models, as a page does before anybody asks."""
        return await self._knows(lambda entries: len(entries) > 1)

    async def knows_models_that_draw(self) -> "Caller":
        """The same, with the models that only draw: they have a list of their own, which may come a moment later."""
        return await self._knows(lambda entries: any(entry["id"] == DRAWS for entry in entries))

    async def _knows(self, enough: Callable[[list[dict[str, str]]], bool]) -> "Caller":
        """List until there are enough; the first listing waits only as long as a page may."""

        async def listed() -> bool:
            return enough(await self.listed())

        await eventually(listed)
        return self


def retired(service: PipeService) -> bool:
    """Return whether the load was told to end."""
    return all(runtime.retired for runtime in service._runtimes.values())


def questions(simulator: Simulator) -> list[RequestRecord]:
    """Return the requests for an answer that reached upstream."""
    return [record for record in simulator.records if record.method == "POST"]
