"""The streams of API clients end once, with the reason upstream gave, in every host."""

import asyncio
from pathlib import Path

import pytest

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.chat import StreamedReply, plain_chat, stream_chat
from entrypoints.devhost.client import Json
from tests.hosts.filtered import redacting_filter
from tests.hosts.installed import InstalledHost, fresh
from tests.hosts.tooled import order
from tests.patience import eventually

pytestmark = pytest.mark.host
LOOKUP = {"type": "function", "function": {"name": "lookup", "parameters": {"type": "object", "properties": {}}}}
ENDINGS: dict[str, tuple[str, str, dict[str, Json]]] = {
    "stop": ("openrouter.sim/echo", "hello", {}),
    "length": ("openrouter.sim/length", "hello", {}),
    "content_filter": ("openrouter.sim/filter", "hello", {}),
    "tool_calls": ("openrouter.sim/tools", order("lookup"), {"tools": [LOOKUP]}),
}


def ends_once(reply: StreamedReply) -> bool:
    """Return whether a stream has one finish reason and ends with its only `[DONE]`."""
    return len(reply.finish_reasons) == 1 and reply.done_count == 1 and reply.lines[-1][1] == "data: [DONE]"


@pytest.mark.parametrize("reason", list(ENDINGS))
async def test_a_stream_has_the_finish_reason_of_upstream_and_no_other(
    client: HostAdmin, host: InstalledHost, reason: str
) -> None:
    model, text, body = ENDINGS[reason]
    reply = await stream_chat(client, model, text, body=body)
    assert reply.finish_reasons == (reason,)
    assert ends_once(reply)
    _, answer = await plain_chat(client, model, text, body=body)
    assert [choice["finish_reason"] for choice in answer["choices"]] == [reason]


@pytest.mark.parametrize("scenario", ["cut-5", "failed", "error-429", "empty"])
async def test_a_stream_that_fails_ends_once_too(client: HostAdmin, host: InstalledHost, scenario: str) -> None:
    reply = await stream_chat(client, f"openrouter.sim/{scenario}")
    assert ends_once(reply)
    assert len(reply.errors) == 1
    assert reply.finish_reasons == ("error",)
    assert reply.stray_lines == ()


@pytest.mark.parametrize("asked", [True, False])
async def test_usage_comes_once_in_the_last_chunk_unless_it_is_declined(
    client: HostAdmin, host: InstalledHost, asked: bool
) -> None:
    body = {"stream_options": {"include_usage": asked}}
    reply = await stream_chat(client, "openrouter.sim/echo", "count", body=body)
    assert [chunk["choices"] for chunk in reply.usage_chunks] == ([[]] if asked else [])
    assert ends_once(reply)


async def test_a_client_that_hangs_up_ends_its_turn(client: HostAdmin, host: InstalledHost) -> None:
    words = fresh("Leave.")
    ended = _ended(host)
    caller = asyncio.create_task(stream_chat(client, host.model("sim/deltas-200-rate-50"), words))
    await eventually(lambda: [record.status for record in host.asked(words)] == [200])
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    async with asyncio.timeout(2):
        await eventually(lambda: all(record.closed_by_client for record in host.asked(words)))
    async with asyncio.timeout(2):
        await eventually(lambda: _ended(host) == ended + 1)


async def test_filters_of_the_host_see_the_stream_and_its_end(
    client: HostAdmin, host: InstalledHost, tmp_path: Path
) -> None:
    note = tmp_path / "note"
    async with redacting_filter(client):
        reply = await stream_chat(client, "openrouter.sim/echo", f"a SECRET word NOTE {note}")
        failed = await stream_chat(client, "openrouter.sim/cut-5")
        model, text, body = ENDINGS["tool_calls"]
        called = await stream_chat(client, model, text, body=body)
    assert ends_once(reply)
    assert ends_once(failed)
    assert len(failed.errors) == 1
    assert called.finish_reasons == ("tool_calls",)
    hidden = "[hidden]" if client.at_least("0.11") else "SECRET"  # older hosts hand filters text instead of events
    assert reply.text.startswith(f"You said: a {hidden} word")
    if client.at_least("0.12"):
        await eventually(note.exists)
        assert note.read_text().startswith("stop: You said: a [hidden] word")


def _ended(host: InstalledHost) -> int:
    return sum("turn_ended" in line for line in host.server.log_text().splitlines())
