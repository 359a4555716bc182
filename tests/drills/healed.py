"""Random chats that change between models of many makers, which refuse what they would refuse: all must be answered.

A model may refuse the thinking of a first answer (in an error, a failed response or an event), calls of earlier
answers in any form but text, names, ids and schemas by the rules of its maker, or a prompt longer than it reads. Each
message must be answered without an error, whatever was refused on the way, and no chat may be refused again for a cause
that is already known.
"""

import argparse
import asyncio
import logging
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from domain.request.turn_request import Caller as Who
from entrypoints.openwebui.service import PipeService
from entrypoints.simulator.scenarios.makers import ITEMS, LENGTHS, THINKING
from entrypoints.simulator.server import Simulator, running_simulator
from tests.adapters.openwebui.host_wrappers import in_body, workspace
from tests.entrypoints.openwebui.service.calling import Caller, Reply, questions, read_payload
from tests.entrypoints.openwebui.told import HostList

CATALOG = (
    "openai/gpt-4o-mini",
    "anthropic/claude-sonnet-4.5",
    "google/gemini-3.6-flash",
    "mistralai/mistral-small-3.2-24b-instruct",
)
THINKERS = tuple(f"sim/foreign-thinking-{maker}{way}" for maker in THINKING for way in ("", "-failed", "-event"))
PLAIN = tuple(f"sim/plain-history-{maker}" for maker in ITEMS)
NARROW = tuple(f"sim/narrow-3000-{maker}" for maker in LENGTHS)
ROWS = "CALL rows @1 x2"
ADD = 'CALL add @1 {"a": 1, "b": 2}'
MOST_TURNS = 6


async def add(a: int = 0, b: int = 0) -> int:
    """Add two numbers."""
    return a + b


async def rows(a: int = 0, b: int = 0) -> str:
    """Return many rows."""
    return "".join(f"row {number}: {a + b}\n" for number in range(300))


@dataclass
class Chat:
    """One chat of a person; `known`: how many turns with calls the chat had when a model last refused something."""

    caller: Caller
    simulator: Simulator
    number: int
    messages: list[dict[str, Any]] = field(default_factory=list)
    known: dict[str, int] = field(default_factory=dict)
    turns_with_calls: int = 0

    async def say(self, model: str, text: str, figures: Counter[str]) -> list[str]:
        """Send one message; return the complaints about how it was answered."""
        self.messages.append({"role": "user", "content": text})
        before = len(questions(self.simulator))
        reply = await self._answered(model)
        sent = questions(self.simulator)[before:]
        figures["messages"] += 1
        figures["requests"] += len(sent)
        extra = len(sent) - _rounds(reply)
        figures["messages healed"] += extra > 0
        figures["messages shortened"] += any("Shortened" in status["description"] for status in reply.statuses)
        where = f"chat {self.number}, {model}, message {len(self.messages)}"
        complaints = [f"{where}: {error['message']}" for error in reply.errors]
        if not reply.text:
            complaints.append(f"{where}: no text")
        if extra > 3:
            complaints.append(f"{where}: {extra} repairs of one message")
        if extra > 0 and model not in NARROW:
            if self.known.get(model) == self.turns_with_calls:
                complaints.append(f"{where}: refused again for a known cause")
            self.known[model] = self.turns_with_calls
        self.turns_with_calls += _rounds(reply) > 1
        return complaints

    async def _answered(self, model: str) -> Reply:
        reply = Reply()
        body = {
            "model": f"openrouter.{model}",
            "stream": True,
            "messages": self.messages,
            "tools": in_body("add", "rows"),
        }
        call = self.caller.call(body, Who.PAGE, reply)
        tools = {"add": workspace("add", add), "rows": workspace("rows", rows)}
        returned = await self.caller.service.pipe({**call, "__tools__": tools})
        assert isinstance(returned, AsyncIterator)
        async for payload in returned:
            reply.payloads.append(read_payload(payload))
        for runtime in self.caller.service._runtimes.values():
            await runtime.core.drained()
        self.messages += _stored(reply)
        return reply


def _rounds(reply: Reply) -> int:
    """Return how many answers of the model the reply holds: each round of calls, and the last one."""
    calls = [item for item in HostList().take(reply.payloads).items if item["type"] == "function_call"]
    return 1 + bool(calls)


def _stored(reply: Reply) -> list[dict[str, Any]]:
    """Return the messages of an answer as the newest host sends them in the next request."""
    items = HostList().take(reply.payloads).items
    told: list[dict[str, Any]] = []
    details: list[dict[str, Any]] = []
    for item in items:
        details += item.get("reasoning_details", ())
        if item["type"] == "function_call":
            function = {"name": item["name"], "arguments": item["arguments"]}
            call = {"id": item["call_id"], "type": "function", "function": function}
            told.append({"role": "assistant", "content": "", "tool_calls": [call], "reasoning_details": details})
            details = []
        elif item["type"] == "function_call_output":
            output = item["output"]
            text = output if isinstance(output, str) else "".join(part.get("text", "") for part in output)
            told.append({"role": "tool", "tool_call_id": item["call_id"], "content": text})
        elif item["type"] == "message":
            text = "".join(part["text"] for part in item["content"])
            told.append({"role": "assistant", "content": text, "reasoning_details": details})
            details = []
    return told


async def live(chats: range, figures: Counter[str]) -> list[str]:
    """Live random chats, one person each; return the complaints."""
    complaints: list[str] = []
    async with running_simulator(generation_delay=0) as simulator:
        service = PipeService("openrouter")
        for number in chats:
            chance = random.Random(number)
            endpoint = chance.choice(("responses", "chat_completions"))
            caller = Caller(service, simulator.url, DEFAULT_LLM_ENDPOINT=endpoint)
            caller.user = {"id": f"person-{number}", "role": "user"}
            caller.ids |= {"chat_id": f"chat-{number}"}
            await caller.listed()
            chat, models = Chat(caller, simulator, number), [chance.choice(THINKERS), chance.choice(PLAIN), *CATALOG]
            models += [chance.choice(NARROW)] * 3
            for turn in range(chance.randint(2, MOST_TURNS)):
                caller.ids |= {"message_id": f"message-{number}-{turn}"}
                model = chance.choice(models[:2]) if not turn else chance.choice(models)
                order = chance.choice((ADD, ROWS, ROWS, "", "", ""))
                text = f"Message {turn}." + (f"\n{order}" if order else "")
                complaints += await chat.say(model, text, figures)
            simulator.records.clear()
            figures["chats"] += 1
        await service.aclose()
    return complaints


def main() -> int:
    """Run the drill; return 0 if every message was answered."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chats", type=int, default=300)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    logging.disable(logging.ERROR)
    began, figures = time.monotonic(), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATA_DIR"] = folder
        complaints = asyncio.run(live(range(options.first, options.first + options.chats), figures))
    for name, count in figures.items():
        print(f"{name:<36}{count}")
    print(f"{'complaints':<36}{len(complaints)}")
    print(f"{'seconds':<36}{time.monotonic() - began:.1f}")
    for complaint in complaints[:12]:
        print(f"  {complaint[:300]}")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
