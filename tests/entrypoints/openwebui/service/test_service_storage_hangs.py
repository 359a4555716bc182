"""A database that hangs instead of failing costs one turn three seconds and later turns nothing."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from domain.request.turn_request import Caller as Who
from domain.services.store_budget import STORE_SECONDS
from entrypoints.core.storage_location import OWN_URL
from entrypoints.openwebui.service import PipeService
from entrypoints.simulator.server import Simulator
from tests.adapters.openwebui.host_wrappers import in_body, workspace
from tests.doubles.lock_holder import locked_by_another_process
from tests.doubles.postgres import freeze_postgres, frozen_postgres, new_database_url, thaw_postgres
from tests.entrypoints.openwebui.service.calling import Caller, Reply
from tests.entrypoints.openwebui.service.test_service_memory import (
    FURTHER,
    QUESTION,
    body,
    first_turn,
    settled,
    stored,
    thoughts,
)
from tests.entrypoints.openwebui.service.test_service_storage_trouble import warned

Load = Callable[[], PipeService]
BACK_SECONDS = 15.0
NOISE = STORE_SECONDS - 0.1
"""Seconds that a busy machine may add: one more wait for the store would take longer."""
CALL = {"role": "user", "content": "CALL add"}
NOT_RECORDED = "it cannot be recorded now"


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "openrouter_pipe")
    return caplog


@pytest.fixture
def _on_postgres(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OWN_URL, new_database_url())


async def add(a: int = 0, b: int = 0) -> int:
    return a + b


async def tool_turn(caller: Caller, *messages: dict[str, Any], tool: Callable[..., Any] = add) -> Reply:
    """Ask with a tool of the workspace on offer."""
    reply = Reply()
    asked = {**body(*messages, model="sim/tools"), "tools": in_body("add")}
    call = caller.call(asked, Who.PAGE, reply)
    returned = await caller.service.pipe({**call, "__tools__": {"add": workspace("add", tool)}})
    assert isinstance(returned, AsyncIterator)
    async for payload in returned:
        reply.payloads.append(payload)
    return reply


async def first_token_after(caller: Caller, reply: Reply) -> float:
    """Go on below a first answer; return the seconds until the first word, once the whole answer is there."""
    again, began, first = Reply(), time.monotonic(), 0.0
    asked = body(QUESTION, stored(reply), FURTHER)
    returned = await caller.service.pipe(caller.call(asked, Who.PAGE, again))
    assert isinstance(returned, AsyncIterator)
    async for payload in returned:
        again.payloads.append(payload)
        first = first or (time.monotonic() - began if again.text else 0.0)
    assert first
    assert again.errors == []
    return first


async def back_after(works: Callable[[], Any]) -> float:
    """Try until it works again; return the seconds."""
    began = time.monotonic()
    while not await works():
        assert time.monotonic() - began < BACK_SECONDS
        await asyncio.sleep(0.5)
    return time.monotonic() - began


def unavailable(log: pytest.LogCaptureFixture) -> list[str]:
    """The warnings that a store cannot be used."""
    words = ("_unavailable", "memory_failed", "store_hangs")
    return [warning for warning in warned(log) if any(word in warning for word in words)]


@pytest.mark.usefixtures("_on_postgres")
async def test_frozen_server_costs_one_turn_three_seconds_and_is_used_again_once_it_answers(
    load: Load, simulator: Simulator, log: pytest.LogCaptureFixture
) -> None:
    caller = Caller(load(), simulator.url)
    reply = await first_turn(caller)
    assert await first_token_after(caller, reply) < NOISE
    await settled(caller.service)
    with frozen_postgres():
        delays = [await first_token_after(caller, reply) for _ in range(3)]
        assert STORE_SECONDS - 0.1 < delays[0] < STORE_SECONDS + NOISE
        assert max(delays[1:]) < NOISE
        assert thoughts(simulator) == []
        (warning,) = unavailable(log)
        assert "timeout" in warning

    async def remembered() -> bool:
        await first_token_after(caller, reply)
        return len(thoughts(simulator)) == 1

    assert await back_after(remembered) < BACK_SECONDS
    assert len(unavailable(log)) == 1


@pytest.mark.usefixtures("_on_postgres")
async def test_turn_with_tools_waits_no_longer_than_one_without(
    load: Load, simulator: Simulator, log: pytest.LogCaptureFixture
) -> None:
    caller = Caller(load(), simulator.url)
    assert "1 results: 0" in (await tool_turn(caller, CALL)).text
    await settled(caller.service)
    with frozen_postgres():
        for longest in (STORE_SECONDS + NOISE, NOISE):
            began = time.monotonic()
            reply = await tool_turn(caller, CALL)
            assert time.monotonic() - began < longest
            assert NOT_RECORDED in reply.text
        assert len(unavailable(log)) == 1

    async def recorded() -> bool:
        return "1 results: 0" in (await tool_turn(caller, CALL)).text

    assert await back_after(recorded) < BACK_SECONDS


@pytest.mark.usefixtures("_on_postgres")
async def test_server_that_freezes_while_a_tool_runs_costs_the_turn_three_seconds(
    load: Load, simulator: Simulator
) -> None:
    caller = Caller(load(), simulator.url)
    frozen_at = 0.0

    async def freeze(a: int = 0, b: int = 0) -> int:
        nonlocal frozen_at
        if not frozen_at:
            freeze_postgres()
            frozen_at = time.monotonic()
        return a + b

    with ExitStack() as stack:
        stack.callback(thaw_postgres)
        reply = await tool_turn(caller, {"role": "user", "content": "CALL add r4"}, tool=freeze)
        assert time.monotonic() - frozen_at < STORE_SECONDS + NOISE
    assert "4 results: 0" in reply.text
    assert reply.text.count(NOT_RECORDED) == 3


@pytest.mark.usefixtures("_on_postgres")
async def test_load_that_starts_with_a_frozen_server_is_answered_and_finds_it_later(
    load: Load, simulator: Simulator
) -> None:
    caller = Caller(load(), simulator.url)
    reply = await first_turn(caller)
    await caller.service.aclose()
    caller = Caller(load(), simulator.url)
    with frozen_postgres():
        delays = [await first_token_after(caller, reply) for _ in range(3)]
        assert delays[0] < STORE_SECONDS + NOISE
        assert max(delays[1:]) < NOISE

    async def remembered() -> bool:
        await first_token_after(caller, reply)
        return len(thoughts(simulator)) == 1

    assert await back_after(remembered) < BACK_SECONDS


async def test_file_locked_for_long_costs_one_turn_its_seconds_and_is_read_all_the_while(
    load: Load, simulator: Simulator, tmp_path: Path, log: pytest.LogCaptureFixture
) -> None:
    caller = Caller(load(), simulator.url)
    reply = await first_turn(caller)
    with locked_by_another_process(tmp_path / "openrouter_pipe.db"):
        for longest in (STORE_SECONDS + NOISE, NOISE):
            began = time.monotonic()
            assert NOT_RECORDED in (await tool_turn(caller, CALL)).text
            assert time.monotonic() - began < longest
        assert await first_token_after(caller, reply) < STORE_SECONDS
        assert len(thoughts(simulator)) == 1
        await settled(caller.service)
        (warning,) = unavailable(log)
        assert "locked" in warning

    async def recorded() -> bool:
        return "1 results: 0" in (await tool_turn(caller, CALL)).text

    assert await back_after(recorded) < BACK_SECONDS
