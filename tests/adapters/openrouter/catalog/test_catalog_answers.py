"""Answers to a model list request that are not a model list."""

import json
import threading

import pytest

from adapters.openrouter.catalog import listing
from adapters.openrouter.catalog.listing import AioCatalog
from adapters.openrouter.catalog.models import read_model
from adapters.process.clock import SystemClock
from ports.catalog import CatalogError
from ports.responses import Route
from tests.adapters.openrouter.scripted_upstream import scripted


@pytest.fixture
def catalog(pool):
    return AioCatalog(pool, SystemClock(), lambda: 5)


async def fetched(catalog, script):
    async with scripted(script) as upstream:
        return await catalog.fetch(Route(upstream.url, "k"))


async def refused(catalog, script):
    with pytest.raises(CatalogError) as caught:
        await fetched(catalog, script)
    return caught.value


async def test_the_request_is_a_plain_get(catalog):
    async def answer(visit):
        await visit.answer_json({"data": [{"id": "a/b"}]})

    async with scripted(answer) as upstream:
        await catalog.fetch(Route(upstream.url, "", "https://app.test"))
        asked = upstream.visits[0].asked
    assert (asked.method, asked.target) == ("GET", "/api/v1/models")
    assert asked.headers["HTTP-Referer"] == "https://app.test"
    assert "Authorization" not in asked.headers


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b'{"data":{}}', b'{"data":[]}', b'{"data":[{"name":"x"}]}', b"\xff"]
)
async def test_an_answer_without_a_text_model_is_an_error(catalog, body):
    async def answer(visit):
        await visit.answer(200, body)

    assert isinstance(await refused(catalog, answer), CatalogError)


async def test_an_http_error_keeps_its_status_and_reason(catalog):
    async def answer(visit):
        await visit.answer_json({"error": {"message": "maintenance"}}, 503)

    error = await refused(catalog, answer)
    assert error.status == 503
    assert "maintenance" in str(error)


async def test_a_redirect_is_an_error(catalog):
    async def answer(visit):
        await visit.answer(302, b"", {"Location": "/elsewhere"})

    assert (await refused(catalog, answer)).status == 302


async def test_a_cut_answer_is_an_error_without_status(catalog):
    async def answer(visit):
        await visit.head(200, {"Content-Length": "1000"})
        visit.cut()

    assert (await refused(catalog, answer)).status is None


async def test_an_answer_beyond_the_limit_is_refused(catalog, monkeypatch):
    monkeypatch.setattr(listing, "BODY_LIMIT", 100)

    async def answer(visit):
        await visit.answer_json({"data": [{"id": "a/b", "name": "x" * 200}]})

    assert "exceeds" in str(await refused(catalog, answer))


@pytest.mark.parametrize("url", ["nonsense", "http://", "ftp://x"])
async def test_a_base_url_that_cannot_be_used_is_an_error(catalog, url):
    with pytest.raises(CatalogError):
        await catalog.fetch(Route(url, "k"))


@pytest.mark.parametrize(("entries", "inline"), [(1, True), (5_000, False)])
async def test_a_long_list_is_read_in_a_thread(catalog, monkeypatch, entries, inline):
    threads = []

    def read(entry):
        threads.append(threading.current_thread())
        return read_model(entry)

    monkeypatch.setattr(listing, "read_model", read)

    async def answer(visit):
        await visit.answer(200, json.dumps({"data": [{"id": f"a/{n}"} for n in range(entries)]}).encode())

    assert len(await fetched(catalog, answer)) == entries
    assert (threads[0] is threading.current_thread()) is inline


# --- icons ------------------------------------------------------------------------------------------------


def row(slug, url, **more):
    return {"slug": slug, "endpoint": {"provider_info": {"icon": {"url": url}}, **more}}


async def icons_in(catalog, *rows):
    async def answer(visit):
        await visit.answer_json({"data": list(rows)})

    async with scripted(answer) as upstream:
        found = await catalog.fetch_icons(Route(upstream.url, "secret"))
        return found, upstream.visits[0].asked, upstream.url.removesuffix("/api/v1")


async def test_icons_come_from_the_list_of_upstreams_pages_and_the_key_stays_here(catalog):
    found, asked, site = await icons_in(
        catalog,
        row("a/b", "/images/icons/A.png", model_variant_slug="a/b:free"),
        row("c/d", "https://icons.example/C.png"),
    )
    assert (asked.method, asked.target) == ("GET", "/api/frontend/models")
    assert "secret" not in repr(asked)
    own = f"{site}/images/icons/A.png"
    assert found == {"a/b": own, "a/b:free": own, "c/d": "https://icons.example/C.png"}


@pytest.mark.parametrize(
    "odd",
    [
        {"slug": "a/b"},
        {"slug": "a/b", "endpoint": None},
        {"slug": "a/b", "endpoint": {"provider_info": {"icon": None}}},
        {"slug": 7, "endpoint": {"provider_info": {"icon": {"url": "/x.png"}}}},
        row("a/b", 7),
        row("a/b", "/" * 3000),
        row("a/b", "http://[::1"),
        "odd",
    ],
)
async def test_a_row_without_a_readable_icon_is_left_out(catalog, odd):
    assert (await icons_in(catalog, odd, row("c/d", "https://icons.example/C.png")))[0] == {
        "c/d": "https://icons.example/C.png"
    }
