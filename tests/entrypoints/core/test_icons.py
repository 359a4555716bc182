"""Icons from the list of upstream's pages to the host's rows, through the real core and a simulator on loopback."""

import sys
from base64 import b64decode
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from adapters.process.state import ENTRY
from entrypoints.core.container import HostPorts
from entrypoints.core.open_core import open_core
from entrypoints.core.storage_location import IN_MEMORY
from entrypoints.settings import Settings
from entrypoints.settings_rows import Secret
from entrypoints.simulator.server import Simulator, running_simulator
from ports.pictures import picture_kind
from tests.doubles.model_rows import MemoryModelRows
from tests.patience import eventually


@pytest.fixture(autouse=True)
def a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, ENTRY, raising=False)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with running_simulator(generation_delay=0) as running:
        yield running


async def synced(settings: Settings, caplog: pytest.LogCaptureFixture) -> MemoryModelRows:
    """List the models once, and wait until the rows have followed."""
    caplog.set_level("INFO")
    rows = MemoryModelRows()
    async with open_core(settings, IN_MEMORY, HostPorts(model_rows=rows)) as core:
        shown = await core.models.offered(settings)
        core.follow_listing("pipe", shown.picked, settings)
        await eventually(lambda: "model_rows_synced" in caplog.text)
    return rows


async def test_rows_of_models_get_icons_of_a_simulator_on_this_machine(
    simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(api_key=Secret("sk-or-v1-simulator"), base_url=simulator.url)
    rows = await synced(settings, caplog)
    icons = {row_id: str(row.meta.get("profile_image_url", "")) for row_id, row in rows.rows.items()}
    assert icons
    assert {picture_kind(b64decode(icon.partition(",")[2])) for icon in icons.values()} == {"png"}
    asked = [record.path for record in simulator.records if record.path.startswith("/images/icons/")]
    assert len(asked) == len(set(asked)) > 0


async def test_switched_off_no_icon_is_asked_for(simulator: Simulator, caplog: pytest.LogCaptureFixture) -> None:
    settings = Settings(api_key=Secret("sk-or-v1-simulator"), base_url=simulator.url)
    rows = await synced(replace(settings, update_model_images=False), caplog)
    assert rows.rows
    assert not [row for row in rows.rows.values() if "profile_image_url" in row.meta]
    assert not [record for record in simulator.records if "frontend" in record.path or "icons" in record.path]
