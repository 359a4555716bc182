"""The prompt cache: which share of what is sent again comes from the cache, in a chat of 30 turns through the core.

The chat is one of the page of Open WebUI 0.12.4: 28 tools, listed in another order each time, tool results of several
pages, a system prompt with the date, which changes once, and memories that the host looks up for each message. The
simulator computes what a provider would have kept. Repeated is what the request before contained too, wherever it
stood; so whatever comes after a changed part counts against us.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.report import Broken, Line
from benchmarks.tools_offer import DESCRIPTION, NAMES, parameters_of
from entrypoints.core.open_core import open_core
from entrypoints.core.storage_location import sqlite_location
from entrypoints.settings import Settings
from entrypoints.settings_rows import Secret
from entrypoints.simulator.prompt_cache import blocks_of
from entrypoints.simulator.prompts import read_responses
from entrypoints.simulator.threads import SimulatorThread
from ports.toolbox import ToolSpec
from tests.entrypoints.core.growing_chat import GrowingChat, ShuffledTools

TURNS, MIDNIGHT, GOAL = 30, 15, 0.9
AUTOMATIC, CLAUDE = "openai/gpt-5.6-sol", "anthropic/claude-opus-5"
MODELS = (AUTOMATIC, CLAUDE, "google/gemini-3.6-flash", "deepseek/deepseek-v4-flash")
RULES = "Answer in the language of the question, name your sources, and say what you do not know. " * 40
SPECS = tuple(
    ToolSpec(name, DESCRIPTION * (1 + place % 3), parameters_of(place), "builtin") for place, name in enumerate(NAMES)
)


@dataclass(frozen=True, slots=True)
class Memories:
    """What the host adds to the system prompt: always `known`, and others that change every `period` messages."""

    known: tuple[str, ...]
    period: int

    def text(self, turn: int) -> str:
        """Return the block as Open WebUI writes it."""
        found = [f"- note {turn // self.period}-{number} of an earlier chat" for number in range(8)]
        lines = ["[User Memory]", *(f"- {one}" for one in self.known), "", "[Relevant Context]", *found]
        return "\n".join(("<memory_context>", *lines, "</memory_context>"))


SELDOM = Memories(("likes short answers", "lives in Perth"), 10)
ALWAYS = Memories(("likes short answers", "lives in Perth"), 1)


def measure_cache() -> Iterator[Line]:
    """Measure each kind of cache with memories that change every ten messages, then with each message."""
    with SimulatorThread() as simulator:
        for model in MODELS:
            simulator.set_override(model, "sim/thoughtful-tools")
        for model in MODELS:
            yield _line(f"{_maker(model)}, memories anew every 10 messages", _share(simulator, model, SELDOM), GOAL)
        yield _line(f"{_maker(AUTOMATIC)}, memories anew with each message", _share(simulator, AUTOMATIC, ALWAYS), GOAL)
        yield _line(f"{_maker(CLAUDE)}, memories anew with each message", _share(simulator, CLAUDE, ALWAYS))
        yield _line(
            f"{_maker(AUTOMATIC)}, a clock in the system prompt", _share(simulator, AUTOMATIC, SELDOM, clock=True)
        )


def _maker(model: str) -> str:
    return model.partition("/")[0]


def _line(what: str, shares: tuple[float, float], goal: float | None = None) -> Line:
    ours, bare = shares
    reached = None if goal is None else ours >= goal
    target = "" if goal is None else f"≥ {goal:.0%}"
    return Line(f"cache, {what}", f"{ours:.1%}", f"{bare:.1%}", "", target, reached)


def _share(simulator: SimulatorThread, model: str, memories: Memories, *, clock: bool = False) -> tuple[float, float]:
    """Return the cached share of the repeated tokens; ours, and without memories after the history and marks."""

    def system(turn: int) -> str:
        date = "2026-11-30" if turn < MIDNIGHT else "2026-12-01"
        return "\n".join((f"{RULES}Today is {date}.{f' It is 10:{turn:02}.' if clock else ''}", memories.text(turn)))

    plain = {"memories_after_history": False, "enable_anthropic_prompt_caching": False}
    return asyncio.run(_grown(simulator, model, system)), asyncio.run(_grown(simulator, model, system, **plain))


async def _grown(simulator: SimulatorThread, model: str, system: Callable[[int], str], **more: Any) -> float:
    simulator.simulator.log.clear()
    simulator.simulator.prompt_cache.clear()
    settings = Settings(api_key=Secret("sk-or-v1-simulator"), base_url=simulator.url, **more)
    with TemporaryDirectory() as folder:
        async with open_core(settings, sqlite_location(Path(folder) / "cache.db")) as core:
            chat = GrowingChat(core, settings, model, ShuffledTools(SPECS, length=2500), system)
            for turn in range(TURNS):
                await chat.ask(_question(turn))
    bodies = [record.body for record in simulator.records if record.method == "POST" and record.body]
    usages = [end.usage for end in chat.ends if end.usage is not None]
    if len(usages) != TURNS or len(bodies) < TURNS:
        raise Broken(f"{len(usages)} of {TURNS} turns were answered")
    return sum(usage.cached_tokens for usage in usages) / repeated_tokens(bodies)


def repeated_tokens(bodies: Sequence[dict[str, Any]]) -> float:
    """Return the tokens of all requests that the request before contained too, wherever they stood."""
    repeated, before = 0.0, Counter[bytes]()
    for body in bodies:
        now = Counter(block.text for block in blocks_of(body, system_first=False))
        total = sum(len(text) * count for text, count in now.items())
        again = sum(len(text) * count for text, count in (now & before).items())
        repeated += read_responses(body).input_tokens * again / total
        before = now
    return repeated


def _question(turn: int) -> str:
    """Return the question of a turn; two of three need tools, some several rounds."""
    orders = (
        [],
        [f"CALL search_web {json.dumps({'parameter_0': f'bridges {turn}'})}"],
        [
            f"CALL search_notes x3 {json.dumps({'parameter_0': f'note # of {turn}'})}",
            'CALL fetch_url @2 {"parameter_0": "x"}',
        ],
    )[turn % 3]
    return "\n".join((f"Question {turn}: what do we know about bridges of kind {turn}? " * 4, *orders))
