"""The core answers without any host, in memory and on SQLite."""

import asyncio
import json
import os
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest

from adapters.process.state import ENTRY
from domain.faults.fault import Fault, FaultKind
from domain.request.turn_request import Person
from domain.turn.steps import Ended
from entrypoints.core.caller_request import CallerHistory, CallerRequest
from entrypoints.core.open_core import open_core
from entrypoints.core.policy import defaults_of
from entrypoints.core.storage_location import IN_MEMORY, StorageLocation, sqlite_location
from entrypoints.openai.completion import collect, completion
from entrypoints.openai.completions_body import read_completions_body
from entrypoints.openai.frames import ChunkHead
from entrypoints.settings import Settings
from entrypoints.settings_rows import Secret
from entrypoints.simulator.server import Simulator, running_simulator
from tests.patience import PATIENCE

ROOT = Path(__file__).resolve().parents[3]
SETTINGS = Settings(api_key=Secret("sk-or-v1-simulator"))


@pytest.fixture(autouse=True)
def a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, ENTRY, raising=False)


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with running_simulator(generation_delay=0) as running:
        yield running


async def answered_without_host(url: str, file: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.entrypoints.core.without_host", url, file]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env=os.environ, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(PATIENCE):
        told, complaints = await process.communicate()
    assert process.returncode == 0, complaints.decode()
    found: dict[str, Any] = json.loads(told.splitlines()[-1])
    return found


@pytest.mark.parametrize("store", ["memory", "sqlite"])
async def test_core_without_a_host_answers_and_remembers_if_it_has_a_store(
    simulator: Simulator, tmp_path: Path, store: str
) -> None:
    file = tmp_path / "store.db"
    found = await answered_without_host(simulator.url, str(file) if store == "sqlite" else "")

    assert found["listing"] == "Offered"
    assert found["models"] > 1
    message = found["first"]["choices"][0]["message"]
    assert message["content"]
    assert message["reasoning_content"]
    assert [chunk["choices"][0]["finish_reason"] for chunk in found["chunks"][:-1] if chunk["choices"]][-1] == "stop"
    assert found["chunks"][-1] == "data: [DONE]"
    further = [record for record in simulator.records if record.path.endswith("/responses")][-1]
    thinking = [item for item in further.body["input"] if item.get("type") == "reasoning"]
    assert len(thinking) == 1  # memory serves within the process too
    assert file.exists() is (store == "sqlite")
    if store == "sqlite":
        with closing(sqlite3.connect(file)) as opened:
            assert opened.execute("SELECT count(*) FROM openrouter_pipe_artifact").fetchone()[0] > 0


@pytest.mark.parametrize(
    ("payload", "begins"),
    [({"model": "sim/echo", "messages": [{"role": "user", "content": "hi"}]}, "You said: hi"), ({}, "")],
)
async def test_example_of_the_developers_page_answers(
    simulator: Simulator, tmp_path: Path, payload: dict[str, Any], begins: str
) -> None:
    page = (ROOT / "docs/developers.md").read_text("utf-8")
    example = page.partition("**Another entrypoint**")[2].partition("```python\n")[2].partition("```")[0]
    names: dict[str, Any] = {
        **{each.__name__: each for each in (open_core, sqlite_location, read_completions_body, collect, completion)},
        **{each.__name__: each for each in (CallerHistory, CallerRequest, Fault, Person)},
        "asyncio": asyncio,
        "file": tmp_path / "store.db",
        "settings": replace(SETTINGS, base_url=simulator.url),
        "payload": payload,
        "head": ChunkHead("chatcmpl-1", "sim/echo", 1),
    }
    exec(f"async def run():\n{indent(example, '    ')}\n    return answer", names)
    answer = await names["run"]()

    assert answer["choices"][0]["message"]["content"] == begins


async def test_invalid_request_ends_with_its_fault() -> None:
    async with open_core(SETTINGS, IN_MEMORY) as core:
        refusal = core.refusal(Fault(FaultKind.BAD_REQUEST, "model"), CallerRequest(""), SETTINGS)
        (output,) = [output async for output in refusal(None)]

    assert isinstance(output, Ended)
    assert output.end.fault is not None
    assert output.end.fault.kind is FaultKind.BAD_REQUEST


@pytest.mark.parametrize(("place", "warned"), [(IN_MEMORY, 0), (StorageLocation(wrong="DATABASE is wrong"), 1)])
async def test_core_without_a_database_keeps_turns_in_memory_and_warns_only_if_one_was_configured(
    place: StorageLocation, warned: int, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_core(SETTINGS, place) as core:
        for _ in range(2):
            assert (await core.stores.storage.stores()).location is None
        assert await core.stores.storage.cleanable() is None

    assert caplog.text.count("DATABASE is wrong") == warned


async def test_turns_leave_the_operators_defaults_as_they_are(simulator: Simulator) -> None:
    """They are made once for many turns, and each turn builds, repairs and shortens a request with them."""
    written = {
        "reasoning": {"effort": "high", "max_tokens": 2_000},
        "provider": {"order": ["a", "b"], "sort": {"by": "price", "partition": "none"}},
        "plugins": [{"id": "web", "max_results": 3}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}},
        "text": {"verbosity": "low"},
        "max_output_tokens": 4_000,
        "stop": ["a", " "],
        "max_price": {"prompt": 1},
    }
    settings = replace(SETTINGS, base_url=simulator.url, request_defaults=json.dumps(written))
    async with open_core(settings, IN_MEMORY) as core:
        for model in ("sim/echo", "sim/no-reasoning", "sim/deltas-20"):
            asked = CallerRequest(model, ({"role": "user", "content": "hi"},), history=CallerHistory("ns"))
            listing = await core.models.listing(settings)
            assert [output async for output in core.turn(asked, settings, listing)(None)]

    assert {name: defaults_of(settings, is_task=False)[name] for name in written} == written
    assert defaults_of(settings, is_task=False) is defaults_of(settings, is_task=False)
