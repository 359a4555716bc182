"""The models that only draw join the list; without them it is as early and as whole as before."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from domain.services.list_models import KEY_SECONDS
from ports.catalog import CatalogError, Model, Pictures
from tests.domain.services.stage import ROUTE
from tests.domain.services.test_list_models import HOUR, NEW, OLD, Listed
from tests.doubles.clock import settled, until

PAINTER = Model("maker/painter", "Painter", output_modalities=frozenset({"image"}), pictures=Pictures())
SECOND = Model("maker/second", "Second", output_modalities=frozenset({"image"}), pictures=Pictures())
ABSENT = CatalogError("HTTP 404: Not Found", status=404)


@pytest.fixture
async def listed() -> AsyncIterator[Listed]:
    listed = Listed()
    listed.catalog.pictures = (PAINTER,)
    yield listed
    await listed.models.aclose()


async def test_they_are_listed_after_the_models_of_chats(listed: Listed) -> None:
    assert (await listed.again(0.0)).models == (*OLD, PAINTER)


async def test_a_failure_costs_nothing_and_those_last_known_stay(listed: Listed) -> None:
    listed.answer(OLD, NEW)
    listed.catalog.pictures = (PAINTER,)
    await listed.again(0.0)
    listed.catalog.pictures = ABSENT
    listing = await listed.again(HOUR)
    assert (listing.models, listing.error) == ((*NEW, PAINTER), "")
    assert listed.log.named("catalog_refresh_failed") == []


async def test_the_reason_is_logged_once_until_it_changes_or_ends(listed: Listed) -> None:
    listed.catalog.pictures = ABSENT
    for _ in range(3):
        await listed.again(HOUR)
    assert listed.log.only("picture_models_unknown").values["error"] == "HTTP 404: Not Found"
    listed.catalog.pictures = (PAINTER,)
    await listed.again(HOUR)
    listed.catalog.pictures = KeyError("data")
    await listed.again(HOUR)
    assert [line.values["error"] for line in listed.log.named("picture_models_unknown")][1:] == ["KeyError: 'data'"]


async def test_an_empty_list_is_an_answer_and_takes_the_old_ones_away(listed: Listed) -> None:
    await listed.again(0.0)
    listed.catalog.pictures = ()
    assert (await listed.again(HOUR)).models == OLD


async def test_a_slow_answer_is_not_waited_for_and_is_added_when_it_comes(listed: Listed) -> None:
    gate = listed.catalog.pictures_gate = asyncio.Event()
    listed.models.current(ROUTE, HOUR)
    await until(lambda: listed.catalog.asked)
    await settled()
    assert listed.models.current(ROUTE, HOUR).models == ()
    listed.clock.advance(KEY_SECONDS)
    await until(lambda: listed.models.current(ROUTE, HOUR).loaded)
    assert listed.models.current(ROUTE, HOUR).models == OLD
    gate.set()
    assert (await listed.models.loaded(ROUTE, HOUR)).models == (*OLD, PAINTER)


async def test_a_slow_answer_replaces_those_last_known(listed: Listed) -> None:
    await listed.again(0.0)
    gate = listed.catalog.pictures_gate = asyncio.Event()
    listed.catalog.pictures = (SECOND,)
    listed.clock.advance(HOUR)
    listed.models.current(ROUTE, HOUR)
    await until(lambda: len(listed.catalog.asked) == 2)
    await settled()
    listed.clock.advance(KEY_SECONDS)
    await settled()
    assert listed.models.current(ROUTE, HOUR).models == (*OLD, PAINTER)
    gate.set()
    assert (await listed.models.loaded(ROUTE, HOUR)).models == (*OLD, SECOND)


async def test_they_come_back_from_the_cache_of_an_earlier_load(listed: Listed) -> None:
    await listed.again(0.0)
    await settled()
    listed.answer(CatalogError("HTTP 503: busy", status=503))
    assert (await listed.models.recalled(ROUTE, HOUR)).models == (*OLD, PAINTER)


async def test_closing_ends_a_request_under_way(listed: Listed) -> None:
    listed.catalog.pictures_gate = asyncio.Event()
    listed.models.current(ROUTE, HOUR)
    await until(lambda: listed.catalog.asked)
    await listed.models.aclose()
    assert [task for task in asyncio.all_tasks() if task.get_name().startswith("openrouter-pipe")] == []
