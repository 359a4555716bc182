"""A secret planted in any setting, variable or URL appears in no repr, log line, card, API error or traceback."""

import asyncio
import logging
import os
import traceback
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote as quoted_for_url

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st

from adapters.logs.structlog_telemetry import StructlogTelemetry
from adapters.openrouter.transport.environment import read_environment
from adapters.openrouter.transport.request import address_of, headers_of
from adapters.sql.database import Database
from adapters.sql.migrate import migrate
from adapters.sql.trouble import DatabaseTrouble
from adapters.vault.vault import KeyRing, make_vault
from domain.egress.base_url import checked_base_url
from domain.faults.fault import Fault
from domain.turn.steps import Ended
from entrypoints.core.caller_request import CallerRequest, request_of
from entrypoints.core.memory_policy import vault_of
from entrypoints.core.open_core import open_core
from entrypoints.core.policy import route_of
from entrypoints.core.revisions import revisions_dir
from entrypoints.core.secret_mask import SecretMask, secrets_of
from entrypoints.core.storage_location import named_location
from entrypoints.openai.errors import error_object
from entrypoints.openwebui.host_call import read_call
from entrypoints.openwebui.host_storage import HostStorage
from entrypoints.openwebui.pipe import Pipe
from entrypoints.openwebui.present.fault_text import ToldFault
from entrypoints.settings import SETTINGS, Settings
from entrypoints.settings_rows import Secret
from entrypoints.settings_secret import StoreSecret
from entrypoints.settings_snapshot import snapshot
from ports.responses import Route, UpstreamCall, UpstreamRequest
from tests.patience import PATIENCE

SENTINEL = "plain words 4711"  # looks like no secret
IN_URL = SENTINEL.replace(" ", "-")
SECRETS = [row for row in SETTINGS if row.kind == "secret" and not row.rule.personal]
URL_FORMS = [
    "{scheme}://user:{secret}@{host}/db",
    "{scheme}://:{secret}@{host}/db",
    "{scheme}://user:x{secret}/y@{host}/db",
    "{scheme}://user:x@{secret}@{host}/db",
    "{scheme}://user:{secret}@{host}:noport/db",
    "{scheme}://{host}/db?password={secret}",
    "{scheme}://{host}/db?sslmode=disable&password={secret}",
    "{scheme}://{host}/db?key={secret}",
]
URLS = st.builds(
    lambda form, scheme: form.format(scheme=scheme, secret=IN_URL, host="127.0.0.1"),
    st.sampled_from(URL_FORMS),
    st.sampled_from(["https", "postgresql", "postgres", "redis", "mysql", "sqlite", "postgresql+asyncpg"]),
)
UNREACHABLE = [form.format(scheme="postgresql", secret=IN_URL, host="127.0.0.1") for form in URL_FORMS]


def planted() -> Settings:
    secrets: dict[str, Any] = {row.attribute: Secret(f"{SENTINEL} {row.name}") for row in SECRETS}
    return Settings(**secrets)


def raised(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


def chain_of(work: Any) -> str:
    """Return the traceback of what fails, with all causes that a log would show."""
    try:
        work()
    except Exception as error:  # noqa: BLE001 - whatever it raises must not quote the secret
        return raised(error)
    return ""


@pytest.mark.parametrize("name", [row.name for row in SECRETS])
def test_no_repr_shows_a_secret_setting(name: str) -> None:
    stored: dict[str, Any] = {name: f"{SENTINEL} {name}"}
    settings, problems = snapshot(stored, None, {})
    settings = replace(settings, base_url="https://127.0.0.1")
    request = request_of(CallerRequest("a/b"), settings)
    shown: list[object] = [settings, problems, request, route_of(settings), vault_of(settings)]
    shown += [UpstreamCall(route_of(settings), UpstreamRequest(None)), StoreSecret("key", SENTINEL)]  # type: ignore[arg-type]
    shown += [
        KeyRing(SENTINEL, (SENTINEL,), SENTINEL.encode()),
        make_vault(KeyRing(SENTINEL), vault_of(settings).options),
    ]
    shown += [
        SecretMask({"A_KEY": SENTINEL}),
        read_call({"valves": stored, "body": {}, "__user__": {"valves": stored}}),
    ]
    if name in Pipe.Valves.model_fields:
        shown.append(Pipe.Valves(**stored))

    assert SENTINEL not in repr(shown)
    assert SENTINEL not in str(shown)


@given(URLS)
def test_no_repr_and_no_error_shows_the_password_of_a_url(url: str) -> None:
    settings, problems = snapshot({"BASE_URL": url, "HTTP_REFERER_OVERRIDE": url, "SUPPORT_URL": url}, None, {})
    shown: list[object] = [settings, problems, request_of(CallerRequest("a/b"), settings), Route(url, "", url)]
    shown += [HostStorage(url), Pipe.Valves(BASE_URL=url, HTTP_REFERER_OVERRIDE=url)]
    for make in (lambda: named_location(url, Path.cwd()), lambda: Database(url)):
        complaint = chain_of(lambda made=make: shown.append(made()))
        assert IN_URL not in complaint
    for use in (lambda: checked_base_url(url), lambda: address_of(Route(url, ""), "x")):
        assert IN_URL not in chain_of(use)

    assert IN_URL not in repr(shown)
    assert IN_URL not in "".join(problem.text for problem in problems)


def test_a_key_that_no_header_can_hold_is_not_quoted() -> None:
    assert SENTINEL not in chain_of(lambda: headers_of(Route("https://h", f"{SENTINEL}\n"))).split("headers_of")[0]


@pytest.mark.parametrize("url", UNREACHABLE)
async def test_a_database_that_cannot_be_reached_quotes_no_password(url: str) -> None:
    async def connected() -> None:
        async with asyncio.timeout(PATIENCE), Database(url.replace("/db", ":1/db")).reading():
            pass

    for attempt in (migrate(url.replace("/db", ":1/db"), revisions_dir), connected()):
        with pytest.raises((DatabaseTrouble, ValueError)) as caught:
            await attempt
        assert IN_URL not in raised(caught.value)


@given(
    st.sampled_from(
        [*(f"{SENTINEL} {row.name}" for row in SECRETS), f"{SENTINEL} of a variable", f"{IN_URL}-of-a-url"]
    ),
    st.sampled_from(["{}", "(key: {})", "user:{}", '{{"why": "{}"}}', "https://h/?x={}"]),
)
def test_the_redactor_of_a_core_masks_every_value_it_knows(value: str, form: str) -> None:
    mask = SecretMask({"A_TOKEN": f"{SENTINEL} of a variable", "CACHE_URL": f"redis://:{IN_URL}-of-a-url@cache/0"})
    mask.follow(planted())

    assert value not in mask(form.format(value))


def test_every_secret_setting_is_known_and_stays_so_after_a_change() -> None:
    mask = SecretMask({})
    mask.follow(planted())
    mask.follow(Settings())

    for row in SECRETS:
        assert mask(f"<{SENTINEL} {row.name}>") == "<\u2026>"
    assert len({*secrets_of(planted())}) >= len(SECRETS)


@pytest.mark.parametrize("attribute", ["base_url", "http_referer_override", "support_url"])
def test_a_password_in_an_address_that_is_a_setting_is_known_by_its_value(attribute: str) -> None:
    mask = SecretMask({})
    address: dict[str, Any] = {attribute: f"https://user:{IN_URL}@127.0.0.1/v1"}
    mask.follow(Settings(**address))

    assert mask(f"<{IN_URL}>") == "<\u2026>"


PROXY_FORMS = [
    "http://user:{secret}@127.0.0.1:1",
    "http://:{secret}@127.0.0.1:1",
    "socks5h://user:{secret}@proxy:1080",
    "user:{secret}@127.0.0.1:1",
    "user:{secret}@[::1]:1/",
    "//user:{secret}@127.0.0.1:1",
    "http://user%40example.com:{secret}@127.0.0.1:1",
]
PROXIES = [f"{scheme}_proxy" for scheme in ("http", "https", "all", "ftp")]
QUOTES = [
    "cannot connect to {}",
    "407 for user:{}",
    "{{'Proxy-Authorization': b'{}'}}",
    "Proxy(password={!r})",
    "https://h/?again={}",
]


@given(st.sampled_from(PROXY_FORMS), st.sampled_from([*PROXIES, *map(str.upper, PROXIES)]), st.sampled_from(QUOTES))
def test_the_password_of_a_proxy_is_masked_in_any_text(form: str, name: str, quote: str) -> None:
    mask = SecretMask({name: form.format(secret=quoted_for_url(SENTINEL))})

    for value in (SENTINEL, quoted_for_url(SENTINEL), b64encode(f"user:{SENTINEL}".encode()).decode()):
        if value.startswith("dXNlcj") and "user:" not in form:
            continue
        assert value not in mask(quote.format(value))


@pytest.mark.parametrize("name", [*PROXIES[:3], *map(str.upper, PROXIES[:3])])
async def test_a_turn_through_a_proxy_that_fails_shows_its_password_nowhere(
    name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for other in (*PROXIES, *map(str.upper, PROXIES), "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, f"http://user:{IN_URL}@127.0.0.1:1")
    caplog.set_level(logging.DEBUG)
    upstream = "http://upstream.invalid/v1" if name.lower().startswith("http_") else "https://upstream.invalid/v1"
    settings = replace(planted(), base_url=upstream, log_level="DEBUG", insecure_base_url_hosts="upstream.invalid")
    async with open_core(settings) as core:
        listing = await core.models.listing(settings)
        asked = CallerRequest("a/b", ({"role": "user", "content": "hello"},))
        outputs = [output async for output in core.turn(asked, settings, listing)(None)]
        environment = read_environment(core.telemetry)
    last = outputs[-1]
    assert isinstance(last, Ended)
    fault = last.end.fault
    assert isinstance(fault, Fault)

    assert any(IN_URL in proxy for proxy in environment.proxies.values())
    told = ToldFault(fault, "id")
    shown = f"{fault!r} {told.card()} {told.box()} {error_object(fault, 'id')} {environment!r} {core!r}"
    assert IN_URL not in shown + caplog.text
    assert "turn_" in caplog.text


@pytest.mark.parametrize("settings", SECRETS, ids=lambda row: row.name)
async def test_a_defect_that_cannot_be_booked_is_logged_masked_and_never_by_the_loop(
    settings: Any,
    environment: None,
    gateway: TestServer,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    secret, event = f"{SENTINEL} {settings.name}", StructlogTelemetry.event

    def broken(self: StructlogTelemetry, level: Any, name: str, **values: Any) -> None:
        if name == "attempt_ended":
            try:
                raise KeyError(secret)
            except KeyError as error:
                raise OSError(f"no room for {secret}") from error
        event(self, level, name, **values)

    monkeypatch.setattr(StructlogTelemetry, "event", broken)
    chosen = replace(planted(), base_url=f"{gateway.make_url('/v1')}", log_level="DEBUG")
    async with open_core(chosen) as core:
        listing = await core.models.listing(chosen)
        asked = CallerRequest("a/b", ({"role": "user", "content": "hello"},))
        _ = [output async for output in core.turn(asked, chosen, listing)(None)]

    told = [record for record in caplog.records if "turn_not_booked" in record.getMessage()]
    assert len(told) == 1
    assert "OSError" in told[0].getMessage()
    assert "in _run" in told[0].getMessage()
    assert not [record for record in caplog.records if record.exc_info]
    assert SENTINEL not in caplog.text


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SOME_GATEWAY_TOKEN", f"{SENTINEL} of the environment")
    yield
    assert "SOME_GATEWAY_TOKEN" in os.environ


@pytest.fixture
async def gateway() -> AsyncIterator[TestServer]:
    async def refuse(request: web.Request) -> web.Response:
        """Repeat every secret a careless gateway may repeat."""
        quoted = f"no such key: {request.headers.get('Authorization', '')}, nor {SENTINEL} of the environment"
        error = {"message": quoted, "code": 400, "metadata": {"provider_name": f"{SENTINEL} API_KEY", "raw": quoted}}
        return web.json_response({"error": error}, status=400)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", refuse)
    server = TestServer(app)
    async with server:
        yield server


async def test_a_key_that_a_gateway_repeats_is_in_no_card_error_or_log(
    environment: None, gateway: TestServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    settings = replace(planted(), base_url=f"{gateway.make_url('/v1')}", log_level="DEBUG")
    async with open_core(settings) as core:
        listing = await core.models.listing(settings)
        asked = CallerRequest("a/b", ({"role": "user", "content": "hello"},))
        outputs = [output async for output in core.turn(asked, settings, listing)(None)]
    last = outputs[-1]
    assert isinstance(last, Ended)
    fault = last.end.fault
    assert isinstance(fault, Fault)

    shown = f"{fault!r} {ToldFault(fault, 'id').card()} {ToldFault(fault, 'id').box()} {error_object(fault, 'id')}"
    assert "no such key" in shown
    assert SENTINEL not in shown
    assert SENTINEL not in caplog.text
    assert "turn_ended" in caplog.text
