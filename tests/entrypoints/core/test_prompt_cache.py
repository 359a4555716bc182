"""What is sent again is the same bytes: each request begins with the whole one before it, for every maker and caller.

Marks of the cache are left out of the comparison: they are no part of what a provider remembers.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.conversation.cache_marks import MARK
from entrypoints.core.open_core import open_core
from entrypoints.core.storage_location import sqlite_location
from entrypoints.settings import Settings
from entrypoints.settings_rows import Secret
from entrypoints.simulator.threads import SimulatorThread
from tests.entrypoints.core.growing_chat import SPECS, GrowingChat, ShuffledTools
from tests.examples import examples

CLAUDE = "anthropic/claude-opus-5"
MAKERS = ("openai/gpt-5.6-sol", CLAUDE, "google/gemini-3.6-flash", "deepseek/deepseek-v4-flash")
TURNS = st.lists(
    st.sampled_from(
        (
            "Why?",
            'Look.\nCALL web {"query": "a"}',
            'Look twice.\nCALL notes x2 {"query": "#", "most": 3}',
            'Look on.\nCALL files r2 {"query": "b"}\nCALL chats @2 {"query": "ü"}',
            'Look nowhere.\nCALL unknown {"query": "c"}',
            'Badly.\nCALL web {"query": 7',
        )
    ),
    min_size=3,
    max_size=6,
)


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorThread]:
    with SimulatorThread() as running:
        for model in MAKERS:
            running.set_override(model, "sim/thoughtful-tools")
        yield running


@asynccontextmanager
async def chat_of(
    simulator: SimulatorThread, file: Path, model: str, *, page: bool, **more: Any
) -> AsyncIterator[GrowingChat]:
    settings = Settings(api_key=Secret("sk-or-v1-simulator"), base_url=simulator.url, **more)
    async with open_core(settings, sqlite_location(file)) as core:
        await core.models.offered(settings)  # a model without an entry in the catalog is asked for no thinking
        yield GrowingChat(core, settings, model, ShuffledTools(SPECS), lambda _: "Be brief.", page=page)


def requests_of(simulator: SimulatorThread) -> list[dict[str, Any]]:
    return [record.body for record in simulator.records if record.method == "POST" and record.body]


def pieces(body: dict[str, Any]) -> list[str]:
    """Return what a provider reads of a request, in order, each part as the bytes that were sent, without marks."""
    given: list[Any] = body.get("input") or body["messages"]
    return [json.dumps(bare(part), ensure_ascii=False) for part in ({"tools": body.get("tools")}, *given)]


def bare(value: Any) -> Any:
    """Return a part without marks; on the chat endpoint a lone text without one is a string, which means the same."""
    if isinstance(value, dict):
        return {key: bare(part) for key, part in value.items() if key != MARK}
    if isinstance(value, list):
        parts = [bare(part) for part in value]
        alone = len(parts) == 1 and isinstance(parts[0], dict) and parts[0].get("type") == "text"
        return parts[0]["text"] if alone else parts
    return value


def assert_each_continues_the_last(bodies: list[dict[str, Any]]) -> None:
    for before, after in pairwise(bodies):
        one, other = pieces(before), pieces(after)
        assert other[: len(one)] == one


@given(turns=TURNS, model=st.sampled_from(MAKERS), endpoint=st.sampled_from(("responses", "chat")), page=st.booleans())
@examples(25)
def test_a_request_begins_with_the_one_before(simulator, tmp_path_factory, turns, model, endpoint, page):
    forced = {"force_chat_completions_models": "*"} if endpoint == "chat" else {}

    async def grow() -> None:
        file = tmp_path_factory.mktemp("store") / "store.db"
        async with chat_of(simulator, file, model, page=page, **forced) as chat:
            for text in turns:
                await chat.ask(text)

    simulator.simulator.log.clear()
    asyncio.run(grow())
    bodies = requests_of(simulator)
    assert len(bodies) >= len(turns)
    assert_each_continues_the_last(bodies)


async def grown(simulator: SimulatorThread, file: Path, model: str, *texts: str, **more: Any) -> list[dict[str, Any]]:
    """Grow a chat of the page and return its messages."""
    async with chat_of(simulator, file, model, page=True, **more) as chat:
        for text in texts:
            await chat.ask(text)
        return chat.messages


@pytest.mark.parametrize("model", MAKERS)
def test_another_process_sends_the_same_bytes(simulator: SimulatorThread, tmp_path: Path, model: str) -> None:
    simulator.simulator.log.clear()
    file = tmp_path / "store.db"
    texts = ('Look twice.\nCALL notes x2 {"query": "#", "most": 3}', 'Look.\nCALL web {"query": "a"}')
    messages = asyncio.run(grown(simulator, file, model, *texts))
    before = requests_of(simulator)[-1]
    for seed in ("1", "2"):
        copy = tmp_path / seed
        shutil.copytree(tmp_path, copy, ignore=shutil.ignore_patterns("1", "2"))
        command = [sys.executable, "-m", "tests.entrypoints.core.growing_chat", simulator.url, str(copy / file.name)]
        subprocess.run(
            [*command, model, json.dumps(messages)], check=True, env={**os.environ, "PYTHONHASHSEED": seed}, timeout=60
        )
    one, other = requests_of(simulator)[-2:]
    assert json.dumps(one) == json.dumps(other)
    assert_each_continues_the_last([before, one])


@pytest.mark.parametrize("marks", [True, False], ids=["all marks", "the mark at the top level alone"])
def test_claude_finds_the_question_before_a_round_of_many_calls(
    simulator: SimulatorThread, tmp_path: Path, *, marks: bool
) -> None:
    asked = f'{"Look at all of them. " * 300}\nCALL notes x12 {{"query": "#"}}'
    more = {} if marks else {"anthropic_prompt_cache_ttl": "1h"}

    async def grow() -> list[int]:
        async with chat_of(simulator, tmp_path / "store.db", CLAUDE, page=True, **more) as chat:
            await chat.ask(asked)
            return [end.usage.cached_tokens for end in chat.ends if end.usage is not None]

    simulator.simulator.prompt_cache.clear()
    (cached,) = asyncio.run(grow())
    assert (cached > 1024) is marks


@pytest.mark.parametrize("model", MAKERS[:2])
def test_results_that_grow_old_change_the_history_once_in_many_turns(
    simulator: SimulatorThread, tmp_path: Path, model: str
) -> None:
    simulator.simulator.log.clear()
    asked = ['Look.\nCALL web {"query": "a"}'] * 9
    asyncio.run(grown(simulator, tmp_path / "store.db", model, *asked, tool_output_retention_turns=3))
    changed = [
        pieces(after)[: len(pieces(before))] != pieces(before) for before, after in pairwise(requests_of(simulator))
    ]
    assert sum(changed) == 2
