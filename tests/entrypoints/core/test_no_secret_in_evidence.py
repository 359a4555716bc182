"""A secret planted anywhere appears in no log line, record, name of a record, card, error, metric or repr of a turn."""

import asyncio
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st

from adapters.records.archive import read
from domain.faults.fault import Fault
from domain.request.turn_request import Person
from domain.turn.steps import Ended
from entrypoints.core.caller_request import CallerHistory, CallerRequest
from entrypoints.core.open_core import open_core
from entrypoints.core.storage_location import sqlite_location
from entrypoints.openai.completions_body import CompletionsBody, read_completions_body
from entrypoints.openai.errors import error_object
from entrypoints.openwebui.own_cards import OwnCards
from entrypoints.openwebui.present.fault_text import ToldFault
from entrypoints.sentences.card_variables import VARIABLES
from entrypoints.settings import Settings
from entrypoints.settings_rows import Secret
from tests.entrypoints.core.growing_chat import SPECS, ShuffledTools
from tests.examples import examples

PASSWORD = "correct horse battery 4711"
SIGNS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~+/=!"
SECRETS = st.text(SIGNS, min_size=8, max_size=32).map(lambda text: f"q9Zx{text}4711")
PEOPLE = count()
"""Each turn is of another person: a breaker would refuse the sixth failing one."""
EVERYTHING = "\n".join(f"{name}: {{{name}}}" for name in sorted(VARIABLES))
"""A card of an administrator who wants to see all of it, raw errors included."""


@dataclass(frozen=True)
class Place:
    """Where a secret is planted, and how a careless gateway answers."""

    where: str
    status: int
    quote: str


PLACES = st.builds(
    Place,
    st.sampled_from(["key", "own key", "password of records", "passphrase", "mcp", "provider", "headers", "argument"]),
    st.sampled_from([200, 400, 401, 402, 403, 404]),
    st.sampled_from(
        ["no such key: {}", '{{"sent": "{}"}}', "Bearer {}", "https://h/?token={}", "user:{}@host", "({})"]
    ),
)


def settings_with(secret: str, place: Place, url: str) -> Settings:
    """Everything that leaves evidence is on."""
    owns: dict[str, dict[str, Any]] = {
        "key": {"api_key": Secret(secret)},
        "own key": {"own_api_key": Secret(secret), "allow_user_keys": True},
        "password of records": {"session_log_zip_password": Secret(secret)},
        "passphrase": {"artifact_encryption_key": Secret(secret)},
    }
    templates: dict[str, Any] = dict.fromkeys(
        (
            "openrouter_error_template",
            "authentication_error_template",
            "insufficient_credits_template",
            "service_error_template",
        ),
        EVERYTHING,
    )
    base = Settings(
        api_key=Secret("sk-or-v1-any"),
        base_url=url,
        log_level="DEBUG",
        session_log_store_enabled=True,
        session_log_zip_password=Secret(PASSWORD),
        enable_timing_log=True,
        retry_uncertain=False,
        **templates,
    )
    return replace(base, **owns.get(place.where, {}))


def body_with(secret: str, place: Place) -> dict[str, Any]:
    """The request of a client who hands a credential on, or has one in the arguments of an earlier call."""
    body: dict[str, Any] = {
        "model": f"a/b-{next(PEOPLE)}",
        "stream": True,
        "messages": [{"role": "user", "content": "hello"}],
    }
    if place.where in ("mcp", "headers"):
        tool = {"type": "mcp", "server_label": "s", "server_url": "https://mcp.example/sse"}
        credential = {"authorization": secret} if place.where == "mcp" else {"headers": {"X-Auth": secret}}
        body["tools"] = [{**tool, **credential}]
    elif place.where == "provider":
        body["provider"] = {"options": {"some": {"api_key": secret}}}
    elif place.where == "argument":
        call = {
            "id": "c1",
            "type": "function",
            "function": {"name": "look", "arguments": json.dumps({"api_key": secret})},
        }
        body["messages"] = [
            *body["messages"],
            {"role": "assistant", "content": "", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "done"},
        ]
    return body


def gateway(secret: str, place: Place) -> web.Application:
    """An upstream that repeats whatever it can, in an error or in its answer's events."""
    quoted = "no" if place.where == "argument" else place.quote.format(secret)  # nobody else knows an argument's value

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.method == "GET":
            return web.json_response({"data": []})
        if place.status != 200:
            error = {"message": quoted, "code": place.status, "metadata": {"provider_name": "p", "raw": quoted}}
            return web.json_response({"error": error}, status=place.status)
        failed = {"type": "response.failed", "response": {"id": "gen-1", "error": {"code": "x", "message": quoted}}}
        text = f"data: {json.dumps(failed)}\n\n"
        return web.Response(text=text, content_type="text/event-stream")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    return app


async def evidence(secret: str, place: Place, folder: Path) -> str:
    """Take one turn; return everything that it left for people to read."""
    async with TestServer(gateway(secret, place)) as server:
        settings = settings_with(secret, place, f"{server.make_url('/v1')}")
        body = read_completions_body(body_with(secret, place))
        assert isinstance(body, CompletionsBody)
        asked = CallerRequest(
            body.model,
            tuple(body.messages),
            body.parameters(),
            person=Person(f"ann-{next(PEOPLE)}", "chat-1", "message-1", "session-1"),
            history=CallerHistory("pipe", references=True),
        )
        async with open_core(settings, sqlite_location(folder / "store.db")) as core:
            listing = await core.models.listing(settings)
            start = core.turn(asked, settings, listing, toolbox=ShuffledTools(SPECS))
            outputs = [output async for output in start(None)]
    ended = outputs[-1]
    assert isinstance(ended, Ended)
    shown = [repr(outputs), repr(asked.parameters), repr(settings), repr(core)]
    if isinstance(fault := ended.end.fault, Fault):
        own = OwnCards(settings)
        shown += [
            repr(fault),
            str(fault),
            ToldFault(fault, "00e1").card(),
            ToldFault(fault, "00e1").box(),
            json.dumps(error_object(fault, "00e1")),
        ]
        shown += [ToldFault(fault, "00e1", own=own).card(), ToldFault(fault, "00e1", own=own).box()]
    password = (secret if place.where == "password of records" else PASSWORD).encode()
    for file in sorted((folder / "session_logs").rglob("*")):
        shown.append(str(file.relative_to(folder)))
        if file.suffix == ".zip":
            kept = read(file.read_bytes(), password)
            shown += [json.dumps(kept.meta), *kept.logs, *kept.events]
    shown += [file.read_text("utf-8") for file in (folder / "logs").rglob("*.jsonl")]
    assert any('"turn_ended"' in text for text in shown), "the record holds the log"
    return "\n".join(shown)


@pytest.fixture(scope="module")
def log() -> Iterator[list[str]]:
    """Every line of every logger of the process."""
    lines: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(logging.Formatter().format(record))

    kept, root = Kept(), logging.getLogger()
    level = root.level
    root.addHandler(kept)
    root.setLevel(logging.DEBUG)
    yield lines
    root.removeHandler(kept)
    root.setLevel(level)


@examples(30)
@given(secret=SECRETS, place=PLACES)
def test_no_secret_is_in_anything_that_a_turn_leaves(log, tmp_path_factory, secret, place):
    log.clear()
    left = asyncio.run(evidence(secret, place, tmp_path_factory.mktemp("turn")))

    assert secret not in left
    assert secret not in "\n".join(log)
    assert any("turn_ended" in line for line in log)
