"""The contract of every Catalog, against every available upstream."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from adapters.openrouter.catalog.listing import AioCatalog
from adapters.openrouter.transport.pool import SessionPool
from adapters.process.clock import SystemClock
from ports.catalog import Catalog, CatalogError
from tests.contracts.upstreams import Upstream, open_upstream
from tests.doubles.telemetry import RecordedTelemetry

CATALOGS: tuple[type[Catalog], ...] = (AioCatalog,)


@pytest.fixture
async def catalog() -> AsyncIterator[Catalog]:
    pool = SessionPool(RecordedTelemetry())
    yield AioCatalog(pool, SystemClock(), lambda: 20)
    await pool.aclose()


@pytest.fixture(params=["scripted", "simulator"])
async def upstream(request: pytest.FixtureRequest) -> AsyncIterator[Upstream]:
    async with open_upstream(request.param) as opened:
        yield opened


async def test_the_list_contains_each_model_once(catalog, upstream):
    models = await catalog.fetch(upstream.route)
    assert models
    assert len({model.id for model in models}) == len(models)


async def test_the_list_of_models_that_draw_contains_each_model_once(catalog, upstream):
    models = await catalog.fetch_pictures(upstream.route)
    assert models
    assert len({model.id for model in models}) == len(models)
    assert all(model.pictures is not None for model in models)


async def test_no_price_is_negative(catalog, upstream):
    for model in await catalog.fetch(upstream.route):
        assert all(price is None or price >= 0 for price in (model.prompt_price, model.completion_price))


async def test_an_accepted_key_is_accepted(catalog, upstream):
    await catalog.check_key(upstream.route)


async def test_a_wrong_key_is_refused_with_its_status(catalog, upstream):
    with pytest.raises(CatalogError) as caught:
        await catalog.check_key(replace(upstream.route, api_key="sk-or-v1-wrong"))
    assert caught.value.status == 401
    assert "sk-or-v1-wrong" not in str(caught.value)


async def test_an_absent_upstream_is_an_error_without_status(catalog, upstream):
    with pytest.raises(CatalogError) as caught:
        await catalog.fetch(replace(upstream.route, base_url="http://127.0.0.1:1/api/v1"))
    assert caught.value.status is None


async def test_icons_are_absolute_urls_of_models(catalog, upstream):
    icons = await catalog.fetch_icons(upstream.route)
    assert icons
    assert all(url.startswith(("https://", "http://")) for url in icons.values())


async def test_an_absent_upstream_has_no_icons(catalog, upstream):
    with pytest.raises(CatalogError) as caught:
        await catalog.fetch_icons(replace(upstream.route, base_url="http://127.0.0.1:1/api/v1"))
    assert caught.value.status is None
