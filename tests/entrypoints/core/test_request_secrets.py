"""Credentials that a request carries for its tools are in no repr, log line, card, API error or report of a tool."""

import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from domain.faults.fault import Fault
from domain.request.turn_request import Parameters
from domain.turn.steps import Ended, Output, ShowServerTool
from entrypoints.core.caller_request import CallerRequest, request_of
from entrypoints.core.open_core import open_core
from entrypoints.openai.completions_body import read_completions_body
from entrypoints.openai.errors import error_object
from entrypoints.openwebui.host_call import read_call
from entrypoints.openwebui.present.fault_text import ToldFault
from entrypoints.sentences.server_tools import use_line
from entrypoints.settings import Settings
from ports.responses import ResponsesBody

TOKEN, HEADER, PASSWORD = "plain words 4711", "other words 4712", "more-words-4713"  # they look like no secrets
MCP = {
    "type": "mcp",
    "server_label": "maps",
    "server_url": f"https://ann:{PASSWORD}@maps.test/mcp",
    "authorization": f"Bearer {TOKEN.replace(' ', '-')}",
    "headers": {"X-Room": HEADER, "Accept": "application/json"},
}
SECRETS_AS_SENT = (TOKEN.replace(" ", "-"), HEADER, PASSWORD)
OPTIONS = {"options": {"maps": {"api_key": HEADER}}}
QUOTED = f"maps refused {SECRETS_AS_SENT[0]}, {HEADER} and {PASSWORD} for application/json"
MESSAGES = ({"role": "user", "content": "hello"},)
BY_A_CLIENT, BY_A_ROW = Parameters(tools=(MCP,)), Parameters(server_tools=(MCP,))


@pytest.fixture
async def gateway() -> AsyncIterator[TestServer]:
    """An upstream that repeats what it should not: in an error, or in the item of a tool."""

    async def answer(request: web.Request) -> web.Response:
        if request.method == "GET":
            return web.json_response({"data": [{"id": "a/b", "supported_parameters": ["tools"]}]})
        body = await request.json()
        if "fail" in json.dumps(body["input"]):
            return web.json_response({"error": {"message": QUOTED, "code": 400}}, status=400)
        item = {"type": "mcp_call", "id": "m1", "server_label": "maps", "name": "find", "error": QUOTED}
        events: list[dict[str, Any]] = [
            {"type": "response.output_item.done", "output_index": 0, "item": {**item, "status": "failed"}},
            {"type": "response.completed", "response": {"id": "gen-1", "status": "completed", "output": []}},
        ]
        text = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
        return web.Response(text=text, content_type="text/event-stream")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    server = TestServer(app)
    async with server:
        yield server


async def turn_of(gateway: TestServer, words: str, *parameters: Parameters) -> list[list[Output]]:
    settings = Settings(base_url=f"{gateway.make_url('/v1')}", log_level="DEBUG")
    settings = replace(settings, api_key=type(settings.api_key)("sk-or-v1-simulator"))
    async with open_core(settings) as core:
        listing = await core.models.listing(settings)
        message = {"role": "user", "content": words}
        asked = [CallerRequest("a/b", (message,), parameters=one) for one in parameters]
        return [[output async for output in core.turn(one, settings, listing)(None)] for one in asked]


@pytest.mark.parametrize("parameters", [BY_A_CLIENT, BY_A_ROW], ids=["by a client", "by a row"])
async def test_a_credential_that_upstream_repeats_in_an_error_is_shown_and_logged_nowhere(
    parameters: Parameters, gateway: TestServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ((*_, last),) = await turn_of(gateway, "fail", parameters)
    assert isinstance(last, Ended)
    fault = last.end.fault
    assert isinstance(fault, Fault)

    shown = f"{fault!r} {ToldFault(fault, 'id').card()} {ToldFault(fault, 'id').box()} {error_object(fault, 'id')}"
    assert "maps refused" in shown
    assert "application/json" in shown
    assert "turn_ended" in caplog.text
    for secret in SECRETS_AS_SENT:
        assert secret not in shown + caplog.text


@pytest.mark.parametrize("parameters", [BY_A_CLIENT, BY_A_ROW], ids=["by a client", "by a row"])
async def test_a_credential_that_a_tool_repeats_is_not_in_what_is_shown_of_it(
    parameters: Parameters, gateway: TestServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    (outputs,) = await turn_of(gateway, "hello", parameters)

    reports = [output.report for output in outputs if isinstance(output, ShowServerTool)]
    assert [report.subject for report in reports] == ["maps: find"]
    shown = f"{outputs!r} {[use_line(report) for report in reports]}"
    assert "maps refused" in shown
    for secret in SECRETS_AS_SENT:
        assert secret not in shown + caplog.text


async def test_what_one_request_carries_masks_nothing_for_others(gateway: TestServer) -> None:
    _, (*_, last) = await turn_of(gateway, "fail", BY_A_CLIENT, Parameters())

    assert isinstance(last, Ended)
    assert last.end.fault is not None
    assert HEADER in last.end.fault.detail


def test_no_repr_shows_the_credentials_of_a_request() -> None:
    payload = {
        "model": "a/b",
        "messages": list(MESSAGES),
        "tools": [MCP],
        "server_tools": [MCP],
        "provider": OPTIONS,
        "plugins": [{"id": "web", "api_key": HEADER}],
    }
    body = read_completions_body(payload)
    assert not isinstance(body, Fault)
    asked = CallerRequest("a/b", MESSAGES, parameters=body.parameters())
    shown = [body, asked, request_of(asked, Settings()), read_call({"body": payload})]
    shown += [ResponsesBody("a/b", (), tools=(MCP,), provider=OPTIONS)]

    assert not [secret for secret in SECRETS_AS_SENT if secret in repr(shown)]
