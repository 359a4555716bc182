"""Metrics of real turns through the core, read over HTTP, as the settings of each call want them."""

import asyncio
import random
import socket
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Any

import aiohttp
import pytest
from opentelemetry import metrics as otel_metrics
from prometheus_client.parser import text_string_to_metric_families

from adapters.process.state import ENTRY
from entrypoints.core.caller_request import CallerRequest
from entrypoints.core.open_core import Core, open_core
from entrypoints.openai.completion import collect
from entrypoints.settings import Settings
from entrypoints.settings_rows import Secret
from entrypoints.settings_snapshot import snapshot
from entrypoints.simulator.server import Simulator, running_simulator
from tests.patience import PATIENCE

Sample = dict[tuple[str, tuple[str, ...]], float]


@pytest.fixture(autouse=True)
def a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, ENTRY, raising=False)


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with running_simulator(generation_delay=0) as running:
        yield running


@pytest.fixture
def settings(simulator: Simulator) -> Settings:
    return Settings(api_key=Secret("sk-or-v1-simulator"), base_url=simulator.url, metrics_port=free())


def free() -> int:
    """Return a free port below those that the system gives to clients: a client could get it, and reach itself."""
    while True:
        port = random.randrange(10_000, 30_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


async def asked(core: Core, settings: Settings, model: str = "sim/echo") -> None:
    core.follow(settings)
    async with asyncio.timeout(PATIENCE):
        while not (listing := await core.models.listing(settings)).models:
            await asyncio.sleep(0.005)
    words = ({"role": "user", "content": "private question"},)
    start = core.turn(CallerRequest(model, words), settings, listing)
    await collect(start(asyncio.current_task()))
    await core.drained()


async def text_at(settings: Settings) -> str:
    """Return the metrics once they are served."""
    url = f"http://127.0.0.1:{settings.metrics_port}/metrics"
    async with asyncio.timeout(PATIENCE), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(url) as answer:
                    assert answer.status == 200
                    return await answer.text()
            except aiohttp.ClientError:
                await asyncio.sleep(0.005)


def read(text: str) -> Sample:
    """Return all samples by name and label values."""
    families = text_string_to_metric_families(text)
    return {(one.name, tuple(one.labels.values())): one.value for family in families for one in family.samples}


async def test_turns_are_served_with_the_figures_that_upstream_billed(settings: Settings) -> None:
    async with open_core(settings) as core:
        for model in ("sim/echo", "sim/echo", "sim/error-402"):
            await asked(core, settings, model)
        text = await text_at(settings)

    found = read(text)
    name = "openrouter_pipe"
    assert found[f"{name}_turns_total", ("api", "sim/echo", "stop", "")] == 2
    assert sum(value for (one, _), value in found.items() if one == f"{name}_turns_total") == 3
    assert found[f"{name}_attempts_total", ("sim/echo", "responses", "completed")] == 2
    assert found[f"{name}_turn_seconds_count", ("api", "sim/echo")] == 2
    assert found[f"{name}_first_output_seconds_count", ("api", "sim/echo")] == 2
    assert found[f"{name}_places", ("requests", "running")] == 0
    assert found[f"{name}_log_events_total", ("warning", "turn_ended")] == 1
    assert found[f"{name}_tokens_total", ("sim/echo", "output")] > 0
    assert "private" not in text


async def test_without_a_port_nothing_is_counted_and_nothing_listens(settings: Settings) -> None:
    settings = replace(settings, metrics_port=None)
    async with open_core(settings) as core:
        await asked(core, settings)
        assert not core.telemetry.metrics.wanted
        assert [one.name for one in threading.enumerate() if one.name == "openrouter-pipe-metrics"] == []


async def test_a_changed_port_counts_for_the_next_call_and_the_sums_go_on(settings: Settings) -> None:
    async with open_core(settings) as core:
        await asked(core, settings)
        await text_at(settings)
        other = replace(settings, metrics_port=free())
        await asked(core, other)
        found = read(await text_at(other))
        assert found["openrouter_pipe_turns_total", ("api", "sim/echo", "stop", "")] == 2
        core.follow(replace(settings, metrics_port=None))
        assert not core.telemetry.metrics.wanted


async def test_a_new_load_takes_the_port_and_the_sums_over(settings: Settings) -> None:
    async with open_core(settings) as older:
        await asked(older, settings)
        await text_at(settings)
        async with open_core(settings) as newer:
            await text_at(settings)
            await older.aclose()
            await asked(newer, settings)
            found = read(await text_at(settings))
    assert found["openrouter_pipe_turns_total", ("api", "sim/echo", "stop", "")] == 2


async def test_a_load_beside_another_starts_its_own_server_once_the_other_has_gone(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entrypoints.core.served_metrics.AGAIN_SECONDS", 0.0)
    async with open_core(settings) as one:
        async with open_core(settings) as other:
            await text_at(settings)
            for _ in range(3):
                await asked(one, settings)
            assert [each.name for each in threading.enumerate()].count("openrouter-pipe-metrics") <= 2
            await asked(other, settings)
        await asked(one, settings)
        found = read(await text_at(settings))
    assert found["openrouter_pipe_turns_total", ("api", "sim/echo", "stop", "")] >= 4


@pytest.mark.parametrize(("stored", "used", "said"), [("0", 0, ""), ("99999", 65520, "above"), ("x", None, "not")])
def test_an_unusable_port_is_a_problem_that_names_the_setting(stored: str, used: int | None, said: str) -> None:
    settings, problems = snapshot({"ADVANCED": f"METRICS_PORT={stored}"}, None, {})
    assert settings.metrics_port == used
    assert [(one.name, said in one.text) for one in problems] == ([("METRICS_PORT", True)] if said else [])


class Meters:
    """A provider that keeps what it is told."""

    def __init__(self) -> None:
        self.amounts: dict[str, Any] = {}

    def create_counter(self, name: str, **_: object) -> Any:
        meters = self

        class Kept:
            def add(self, amount: float, _labels: object) -> None:
                meters.amounts[name] = meters.amounts.get(name, 0) + amount

        return Kept()

    def create_histogram(self, *_: object, **__: object) -> Any:
        raise RuntimeError

    create_gauge = create_histogram


@pytest.mark.parametrize(("environ", "counted"), [({"ENABLE_OTEL": "true"}, True), ({}, False)])
async def test_opentelemetry_gets_the_numbers_if_the_host_enabled_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], counted: bool
) -> None:
    meters = Meters()
    monkeypatch.setattr(otel_metrics, "get_meter", lambda _name: meters)
    wished, _ = snapshot({}, None, environ)
    settings = replace(settings, metrics_port=None, enable_opentelemetry=wished.enable_opentelemetry)
    async with open_core(settings) as core:
        async with asyncio.timeout(PATIENCE):
            while counted and not core.telemetry.metrics.wanted:
                await asyncio.sleep(0.005)
        await asked(core, settings)
        core.follow(replace(settings, enable_opentelemetry=False))
        assert not core.telemetry.metrics.wanted
    assert meters.amounts.get("openrouter_pipe.turns", 0) == counted
    assert isinstance(meters.amounts.get("openrouter_pipe.cost_usd", 0.0), float)
    assert not isinstance(meters.amounts.get("openrouter_pipe.cost_usd"), Decimal)


async def test_a_missing_opentelemetry_costs_one_warning_and_no_chat(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in [one for one in sys.modules if one.startswith(("opentelemetry", "adapters.otel"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    settings = replace(settings, enable_opentelemetry=True)
    async with open_core(settings) as core:
        for _ in range(3):
            await asked(core, settings)
    assert caplog.text.count("opentelemetry_missing") == 1
    assert "ENABLE_OPENTELEMETRY" in caplog.text
