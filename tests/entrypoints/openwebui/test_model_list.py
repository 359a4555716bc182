"""The model picker: the offered models, or one entry that says why there are none."""

import asyncio
from dataclasses import replace

import pytest

from domain.services.cache_catalog import CacheCatalog
from domain.services.list_models import PATIENCE, ListModels
from domain.services.store_budget import StoreHealth
from entrypoints.core.offered_models import OfferedModels
from entrypoints.openwebui.model_list import ModelList
from entrypoints.settings import Settings
from entrypoints.settings_rows import Secret
from ports.catalog import CatalogError, Model
from tests.doubles.catalog import ScriptedCatalog
from tests.doubles.clock import FakeClock, settled
from tests.doubles.offload import InlineOffload
from tests.doubles.telemetry import RecordedTelemetry

MODELS = (Model("z-ai/glm", "GLM"), Model("acme/two.5:free", "Acme Two"))
SETTINGS = Settings(api_key=Secret("sk-or-v1-test"))


class Shop:
    """A model list over a catalog with scripted answers."""

    def __init__(self, *answers: tuple[Model, ...] | Exception, gate: asyncio.Event | None = None) -> None:
        self.catalog = ScriptedCatalog(*answers, gate=gate)
        self.clock = FakeClock()
        log = RecordedTelemetry()
        kept = CacheCatalog(
            (), store=StoreHealth(self.clock, log), clock=self.clock, offload=InlineOffload(), telemetry=log
        )
        self.use_case = ListModels(catalog=self.catalog, kept=kept, clock=self.clock, telemetry=log)
        self.models = OfferedModels(self.use_case)
        self.list = ModelList(self.models)

    async def entries(self, settings: Settings = SETTINGS) -> list[dict[str, str]]:
        """Ask for the picker's entries."""
        return (await self.list.shown(settings)).entries

    async def loaded(self, settings: Settings = SETTINGS) -> "Shop":
        """Ask once and let the load end."""
        await self.entries(settings)
        await settled()
        return self


@pytest.fixture
async def shop() -> Shop:
    return await Shop(MODELS).loaded()


def only_name(entries: list[dict[str, str]]) -> str:
    (entry,) = entries
    return entry["name"]


async def test_models_are_listed_by_name_with_upstreams_exact_slug(shop: Shop) -> None:
    assert await shop.entries(SETTINGS) == [
        {"id": "acme/two.5:free", "name": "Acme Two"},
        {"id": "z-ai/glm", "name": "GLM"},
    ]


async def test_first_answer_waits_for_the_models() -> None:
    assert len(await Shop(MODELS).entries()) == 2


async def test_first_answer_says_that_the_models_are_loading_when_they_take_too_long() -> None:
    gate = asyncio.Event()
    shop = Shop(MODELS, gate=gate)
    asked = asyncio.get_running_loop().create_task(shop.entries())
    await settled()
    assert not asked.done()
    shop.clock.advance(PATIENCE)

    assert "loading the models" in only_name(await asked)
    assert "loading the models" in only_name(await shop.entries())
    gate.set()
    await settled()
    assert len(await shop.entries()) == 2


async def test_missing_key_is_one_entry_that_says_what_to_do_and_asks_nobody() -> None:
    shop = Shop(MODELS)

    assert "API_KEY" in only_name(await shop.entries(Settings()))
    await settled()
    assert shop.catalog.asked == []


async def test_address_that_cannot_be_used_is_one_entry_that_names_the_valve_and_asks_nobody() -> None:
    shop = Shop(MODELS)

    name = only_name(await shop.entries(replace(SETTINGS, base_url="http://gateway.example/v1")))
    assert "BASE_URL" in name
    assert "https" in name
    await settled()
    assert shop.catalog.asked == []


@pytest.mark.parametrize("status", [401, 403])
async def test_rejected_key_is_one_entry_that_names_the_valve(status: int) -> None:
    shop = await Shop(CatalogError("no", status=status)).loaded()

    name = only_name(await shop.entries(SETTINGS))
    assert "key was not accepted" in name
    assert "API_KEY" in name


async def test_upstream_out_of_reach_is_one_entry_that_points_to_the_log() -> None:
    shop = await Shop(CatalogError("refused")).loaded()

    assert "see the log" in only_name(await shop.entries(SETTINGS))


async def test_known_models_stay_listed_when_a_refresh_fails() -> None:
    shop = await Shop(MODELS, CatalogError("refused")).loaded()
    shop.clock.advance(SETTINGS.model_catalog_refresh_seconds)
    await shop.loaded()

    assert len(shop.catalog.asked) == 2
    assert len(await shop.entries(SETTINGS)) == 2


@pytest.mark.parametrize("selection", ["z-ai/glm", "z-ai.glm", "z-ai/*", " z-ai/glm , nobody/nothing"])
async def test_only_selected_models_are_listed(shop: Shop, selection: str) -> None:
    entries = await shop.entries(replace(SETTINGS, model_id=selection))

    assert [entry["id"] for entry in entries] == ["z-ai/glm"]


async def test_selection_that_matches_nothing_is_one_entry_that_names_the_valve(shop: Shop) -> None:
    assert "MODEL_ID" in only_name(await shop.entries(replace(SETTINGS, model_id="nobody/nothing")))


async def test_changed_selection_counts_at_once(shop: Shop) -> None:
    await shop.entries(replace(SETTINGS, model_id="z-ai/glm"))

    assert len(await shop.entries(SETTINGS)) == 2


async def test_refreshed_list_replaces_the_one_before() -> None:
    shop = await Shop(MODELS, MODELS[:1]).loaded()
    shop.clock.advance(SETTINGS.model_catalog_refresh_seconds)
    await shop.loaded()

    assert [entry["id"] for entry in await shop.entries(SETTINGS)] == ["z-ai/glm"]


async def test_host_may_modify_the_entries_it_got(shop: Shop) -> None:
    entries = await shop.entries(SETTINGS)
    entries[0]["id"] = "openrouter.changed"
    entries[0]["extra"] = "x"
    entries.clear()

    assert [entry["id"] for entry in await shop.entries(SETTINGS)] == ["acme/two.5:free", "z-ai/glm"]


async def test_two_keys_have_two_lists() -> None:
    other = replace(SETTINGS, api_key=Secret("sk-or-v1-other"))
    shop = await Shop(MODELS, MODELS[:1]).loaded()
    await shop.loaded(other)

    assert [len(await shop.entries(settings)) for settings in (SETTINGS, other, SETTINGS)] == [2, 1, 2]


async def test_catalog_for_turns_is_not_filtered(shop: Shop) -> None:
    assert (await shop.models.listing(replace(SETTINGS, model_id="z-ai/glm"))).models == MODELS


@pytest.mark.parametrize("settings", [Settings(), replace(SETTINGS, base_url="ftp://x")])
async def test_catalog_for_turns_is_empty_without_key_or_address(settings: Settings) -> None:
    shop = Shop(MODELS)

    assert (await shop.models.listing(settings)).models == ()
    await settled()
    assert shop.catalog.asked == []
