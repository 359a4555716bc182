"""A chat that grows longer than its model: results of tools are shortened, and what the host compacted stays away."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.browser import BrowserSession
from entrypoints.devhost.turn import Turn
from tests.hosts.installed import InstalledHost, fault_text, fresh
from tests.hosts.tooled import order, sent_calls, tab_with_tools, with_tools

pytestmark = pytest.mark.host
ROW = "a row of the result\n"
TEXT = ROW * 600
NOTE = "characters left out here"
CONFIG = "/api/v1/chats/config"


@pytest.fixture
async def tab(client: HostAdmin) -> AsyncIterator[BrowserSession]:
    """Yield a tab of the administrator's browser, in a host that has the tools."""
    async with tab_with_tools(client) as session:
        yield session


@asynccontextmanager
async def compacting(admin: HostAdmin) -> AsyncIterator[bool]:
    """Let the host compact every chat inside a block, if it does so in the way of 0.12."""
    if not admin.at_least("0.12"):
        yield False
        return
    before = await admin.request("GET", CONFIG)
    limits = {"CONTEXT_COMPACTION_TOKEN_THRESHOLD": 10, "CONTEXT_COMPACTION_TOKEN_CAP": 10}
    await admin.request("POST", CONFIG, {**before, "ENABLE_CONTEXT_COMPACTION": True, **limits})
    try:
        yield True
    finally:
        await admin.request("POST", CONFIG, before)


async def say(tab: BrowserSession, words: str, model: str, chat: Turn | None = None, *orders: str) -> Turn:
    turn = await tab.send("\n".join((words, *orders)), model=model, chat=chat, options=with_tools())
    assert turn.shown.error is None, fault_text(turn)
    return turn


def kinds(sent: list[dict[str, Any]]) -> str:
    """Return one letter per item: s(ystem), q(uestion), t(hinking), c(all), o(utput), a(nswer)."""
    letters = {"reasoning": "t", "function_call": "c", "function_call_output": "o"}
    roles = {"user": "q", "system": "s", "assistant": "a"}
    return "".join(letters.get(item.get("type", "")) or roles[item["role"]] for item in sent)


async def test_rounds_that_add_up_fit_a_model_with_a_small_context(host: InstalledHost, tab: BrowserSession) -> None:
    words = fresh("Read it.")
    look = order("return_text", {"text": ROW, "times": 600}, rounds=10)
    turn = await say(tab, words, "openrouter.sim/context-24000", None, look)
    assert "The tools gave 10 results" in turn.stored_text
    records = host.asked(words)
    assert {record.status for record in records} == {200}
    results = [str(output) for _, output in sent_calls(records[-1].body["input"])]
    assert (len(results), NOTE in results[0], results[-1]) == (10, True, TEXT)
    assert "Shortened " in json.dumps(turn.statuses)
    again = fresh("And now?")
    await say(tab, again, "openrouter.sim/thoughtful-tools", turn)
    (record,) = host.asked(again)
    assert [output for _, output in sent_calls(record.body["input"])] == [TEXT] * 10


async def test_a_chat_that_the_host_compacted_is_sent_with_its_summary_and_what_is_left_of_it(
    host: InstalledHost, tab: BrowserSession, client: HostAdmin
) -> None:
    model, adding = "openrouter.sim/thoughtful-tools", order("add", '{"a": #, "b": 1}', times=2)
    first = await say(tab, fresh("Add."), model, None, adding)
    second = await say(tab, fresh("Add more."), model, first, adding)
    words, later = fresh("And now?"), fresh("Still?")
    async with compacting(client) as compacts:
        third = await say(tab, words, model, second)
        await say(tab, later, model, third)
    turn = "qtccoota"
    both = [record.body["input"] for record in host.asked(words) if _chats(record)]
    assert [later in json.dumps(sent) for sent in both] == [False, True]
    if compacts:
        assert [kinds(sent) for sent in both] == [f"s{turn}q", f"s{kinds(both[1])[1:]}"]
        assert all("[CONVERSATION SUMMARY]" in json.dumps(sent[0]) for sent in both)
        assert kinds(both[1]).endswith("taq")
    else:
        assert [kinds(sent) for sent in both] == [f"{turn}{turn}q", f"{turn}{turn}qtaq"]


def _chats(record: Any) -> bool:
    """Return whether a request is one of the chat: the host asks for the summary without a stream."""
    return record.body.get("stream") is True
