"""The host's model rows follow the listing, whatever the host offers for it; the listing itself never minds."""

import asyncio
import sys
from typing import Any

import pytest

from entrypoints.openwebui.service import PipeService
from entrypoints.simulator.server import Simulator
from tests.adapters.openwebui.host_modules import Host, NewForm, stored
from tests.entrypoints.openwebui.service.calling import Caller
from tests.patience import eventually

NAMES = ("get_model_by_id", "insert_new_model", "update_model_by_id", "delete_model_by_id")


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    host = Host({"query": [], "insert_new_model": stored()})
    for name, module in host.modules(coroutines=True, form=NewForm, names=NAMES).items():
        monkeypatch.setitem(sys.modules, name, module)
    return host


def inserted(host: Host) -> dict[str, dict[str, Any]]:
    return {form.values["id"]: form.values for name, form, *_ in list(host.calls) if name == "insert_new_model"}


def asked_for(host: Host) -> list[str]:
    """Return the prefixes the rows were asked for by."""
    return [prefix for name, prefix, *_ in host.calls if name == "query"]


async def test_rows_are_created_for_listed_models_if_they_differ_from_the_defaults(
    caller: Caller, host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    await caller.knows_the_models()
    entries = await caller.listed()
    await eventually(lambda: "model_rows_synced" in caplog.text)
    assert {} != inserted(host).keys() < {f"openrouter.{entry['id']}" for entry in entries}
    assert all(False in row["meta"]["capabilities"].values() for row in inserted(host).values())


async def test_rows_follow_a_selection_and_the_switches(caller: Caller, host: Host) -> None:
    caller.valves |= {
        "MODEL_ID": "openai/gpt-4o-mini",
        "UPDATE_MODEL_DESCRIPTIONS": True,
        "UPDATE_MODEL_CAPABILITIES": False,
        "NEW_MODEL_ACCESS_CONTROL": "public",
    }
    await caller.listed()
    await eventually(lambda: inserted(host))
    (row,) = inserted(host).values()
    assert row["meta"].keys() == {"description", "openrouter_pipe", "capabilities"}
    assert row["meta"]["capabilities"] == {}  # 0.7 cannot chat without
    assert row["access_grants"] != []


async def test_rows_are_checked_once_however_often_models_are_listed(caller: Caller, host: Host) -> None:
    await caller.knows_the_models()
    for _ in range(20):
        await caller.listed()
    await eventually(lambda: asked_for(host))
    assert asked_for(host) == ["openrouter."]


async def test_the_id_of_a_call_wins_over_the_guessed_one(caller: Caller, host: Host) -> None:
    messages = [{"role": "user", "content": "hello"}]
    await caller.send({"model": "renamed.sim/echo", "messages": messages, "stream": False})
    await caller.knows_the_models()
    await eventually(lambda: asked_for(host) == ["renamed."])


async def test_no_row_is_created_for_a_function_without_a_known_id(simulator: Simulator, host: Host) -> None:
    service = PipeService("")
    await Caller(service, simulator.url).knows_the_models()
    await service.aclose()
    assert host.calls == []


async def test_a_host_that_offers_no_rows_costs_one_warning(caller: Caller, caplog: pytest.LogCaptureFixture) -> None:
    await caller.knows_the_models()
    await eventually(lambda: "model_rows_not_synced" in caplog.text)
    for _ in range(3):
        assert len(await caller.listed()) > 1
        await asyncio.sleep(0.01)
    assert caplog.text.count("model_rows_not_synced") == 1


async def test_a_running_sync_ends_with_its_load(caller: Caller, host: Host) -> None:
    await caller.knows_the_models()
    await eventually(lambda: inserted(host))
    await caller.service.aclose()
    made = len(inserted(host))
    await asyncio.sleep(0.01)
    assert len(inserted(host)) == made
