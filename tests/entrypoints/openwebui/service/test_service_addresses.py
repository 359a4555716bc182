"""Wrong addresses and pasted keys: mended where it is clear what was meant, else the setting is named."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web

from domain.request.turn_request import Caller as Who
from entrypoints.simulator.server import Simulator
from tests.entrypoints.openwebui.service.calling import KEY, Caller, questions

WHOS = pytest.mark.parametrize("who", [Who.PAGE, Who.API])
ENDPOINTS = pytest.mark.parametrize("endpoint", ["responses", "chat_completions"])
Elsewhere = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture
async def elsewhere() -> AsyncIterator[Callable[[Elsewhere], Awaitable[str]]]:
    """Serve one answer at every path of a server that is not the API; return its address."""
    runners: list[web.AppRunner] = []

    async def serve(answer: Elsewhere) -> str:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", answer)
        runner = web.AppRunner(app)
        runners.append(runner)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}/api/v1"

    yield serve
    for runner in runners:
        await runner.cleanup()


async def redirect(_: web.Request) -> web.StreamResponse:
    raise web.HTTPFound("https://login.example/start")


async def moved(_: web.Request) -> web.StreamResponse:
    raise web.HTTPPermanentRedirect("https://openrouter.example/api/v1")


async def page(_: web.Request) -> web.StreamResponse:
    return web.Response(text="<!doctype html><title>Sign in</title>", content_type="text/html")


async def missing_page(_: web.Request) -> web.StreamResponse:
    return web.Response(status=404, text="<html><title>Not here</title></html>", content_type="text/html")


async def nothing_there(_: web.Request) -> web.StreamResponse:
    return web.Response(status=404)


async def plain(_: web.Request) -> web.StreamResponse:
    return web.Response(status=404, text="404 page not found")


async def detail(_: web.Request) -> web.StreamResponse:
    return web.json_response({"detail": "Not Found"}, status=404)


async def invalid_url(_: web.Request) -> web.StreamResponse:
    error = {"message": "Invalid URL (POST /api/v1/responses)", "type": "invalid_request_error", "code": None}
    return web.json_response({"error": error}, status=404)


async def not_allowed(_: web.Request) -> web.StreamResponse:
    return web.json_response({"detail": "Method Not Allowed"}, status=405)


PLACES = (redirect, moved, page, missing_page, nothing_there, plain, detail, invalid_url, not_allowed)


@ENDPOINTS
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
async def test_answer_from_elsewhere_names_the_address(
    caller: Caller, elsewhere: Callable[[Elsewhere], Awaitable[str]], place: Elsewhere, endpoint: str
) -> None:
    caller.valves |= {"BASE_URL": await elsewhere(place), "ADVANCED": f"DEFAULT_LLM_ENDPOINT={endpoint}"}
    reply = await caller.ask("sim/echo", who=Who.API)

    (error,) = reply.errors
    assert error["code"] == "invalid_base_url"
    assert "BASE_URL" in error["message"]
    assert "API_KEY" not in error["message"]
    assert "privacy" not in error["message"]


async def test_list_of_models_from_elsewhere_names_the_address(
    caller: Caller, elsewhere: Callable[[Elsewhere], Awaitable[str]]
) -> None:
    caller.valves["BASE_URL"] = await elsewhere(page)

    (entry,) = await caller.listed()
    assert "BASE_URL" in entry["name"]


@WHOS
@pytest.mark.parametrize("host", ["xn--", "a..b", "exa%41mple.com", "1.2.3", "x" * 64])
async def test_impossible_host_is_an_invalid_address_by_name(caller: Caller, who: Who, host: str) -> None:
    caller.valves["BASE_URL"] = f"https://{host}/"
    reply = await caller.ask("sim/echo", who=who)

    assert "BASE_URL" in reply.fault_words
    assert "unexpected" not in reply.fault_words
    if who is Who.API:
        assert reply.errors[0]["code"] == "invalid_base_url"


@pytest.mark.parametrize(
    "path", ["/chat/completions", "/responses", "/models", "/chat/completions/?x=1", "/responses#top"]
)
async def test_pasted_endpoint_is_mended_with_one_warning(
    caller: Caller, simulator: Simulator, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    caller.valves["BASE_URL"] = f"{simulator.url}{path}"
    caller.user["role"] = "admin"
    replies = [await caller.ask("sim/echo"), await caller.ask("sim/echo", who=Who.API)]

    assert [reply.text for reply in replies] == ["You said: hello", "You said: hello"]
    assert caplog.text.count("setting_not_used_as_given") == 1
    assert f"'{simulator.url}' is used" in caplog.text
    assert [event["type"] for event in replies[0].events if event["type"] == "notification"] == []


@pytest.mark.parametrize(
    "pasted",
    [
        f"Bearer {KEY}",
        f"BEARER bearer {KEY}",
        f'"{KEY}"',
        f"\u201c{KEY}\u201d",
        f"\ufeff{KEY[:6]}\u200b{KEY[6:]}\u00a0\r\n",
    ],
)
async def test_pasted_key_is_sent_without_what_stands_around_it(
    caller: Caller, simulator: Simulator, caplog: pytest.LogCaptureFixture, pasted: str
) -> None:
    caller.valves["API_KEY"] = pasted
    reply = await caller.ask("sim/echo")

    assert reply.text == "You said: hello"
    assert len(questions(simulator)) == 1
    assert caplog.text.count("setting_not_used_as_given") == 1
    assert KEY not in caplog.text


async def test_pasted_key_of_the_environment_is_mended_too(
    caller: Caller, monkeypatch: pytest.MonkeyPatch, simulator: Simulator
) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", f"'Bearer {KEY}'")
    monkeypatch.setenv("OPENROUTER_API_BASE_URL", f"{simulator.url}/chat/completions")
    caller.valves = {}

    assert (await caller.ask("sim/echo")).text == "You said: hello"


@WHOS
@pytest.mark.parametrize("key", ["sk-or-v1-\u0430bc", "sk\u2013or\u2013v1\u2013abc"])
async def test_impossible_key_names_the_key(caller: Caller, simulator: Simulator, who: Who, key: str) -> None:
    caller.valves["API_KEY"] = key
    reply = await caller.ask("sim/echo", who=who)

    assert "API_KEY" in reply.fault_words
    assert "BASE_URL" not in reply.fault_words
    assert questions(simulator) == []
    assert "API_KEY" in (await caller.listed())[0]["name"]


@WHOS
async def test_rejected_key_names_the_key(caller: Caller, who: Who) -> None:
    caller.valves["API_KEY"] = "sk-or-v1-mistyped"
    reply = await caller.ask("sim/echo", who=who)

    assert "API_KEY" in reply.fault_words
    assert "BASE_URL" not in reply.fault_words
