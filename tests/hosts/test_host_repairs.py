"""A rejected request is repaired in the page of a real host, and a chat is not rejected twice for the same cause."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.browser import BrowserSession
from entrypoints.devhost.turn import Turn
from tests.hosts.installed import InstalledHost, fault_text, fresh
from tests.hosts.tooled import direct_server, order, tab_with_tools, with_tools

pytestmark = pytest.mark.host

THINKING = ("openai", "anthropic", "google", "xai", "openai-failed", "openai-event")
ITEMS = ("openai", "anthropic", "google", "mute")
ADD = {"a": 1, "b": 2}


@pytest.fixture
async def tab(client: HostAdmin) -> AsyncIterator[BrowserSession]:
    """Yield a tab of the administrator's browser, in a host that has the tools."""
    async with tab_with_tools(client) as session:
        yield session


def statuses(host: InstalledHost, words: str) -> list[int | None]:
    return [record.status for record in host.asked(words)]


async def answered(page: BrowserSession, model: str, words: str, chat: Turn | None = None) -> Turn:
    turn = await page.send(words, model=model, chat=chat)
    assert turn.shown.error is None, fault_text(turn)
    assert turn.stored_text.endswith(f"You said: {words}")  # older hosts keep a marker line before it
    return turn


@pytest.mark.parametrize("maker", THINKING)
async def test_refused_thinking_is_left_out_at_once_and_in_later_messages(
    page: BrowserSession, host: InstalledHost, maker: str
) -> None:
    model = f"openrouter.sim/foreign-thinking-{maker}"
    turn = await answered(page, model, fresh("one"))
    second, third = fresh("two"), fresh("three")
    turn = await answered(page, model, second, turn)
    assert len(host.asked(second)) == 2
    await answered(page, model, third, turn)
    assert len(host.asked(third)) == 1


@pytest.mark.parametrize("maker", ITEMS)
async def test_refused_items_go_as_text_at_once_and_in_later_messages(
    tab: BrowserSession, host: InstalledHost, maker: str
) -> None:
    model = f"openrouter.sim/plain-history-{maker}"
    text = "\n".join((fresh("Add."), order("add", ADD)))
    turn = await tab.send(text, model=model, options=with_tools())
    assert turn.stored_text.endswith("results: 3")
    for number, words in enumerate((fresh("And now?"), fresh("Still?"))):
        turn = await tab.send(words, model=model, chat=turn, options=with_tools())
        assert turn.shown.error is None, fault_text(turn)
        assert len(host.asked(words)) == 2 - number


async def test_the_answer_is_as_long_as_the_balance_affords(page: BrowserSession, host: InstalledHost) -> None:
    words = fresh("hello")
    await answered(page, "openrouter.sim/poor-3919", words)
    assert [record.body.get("max_output_tokens") for record in host.asked(words)] == [None, 3919]


async def test_a_tool_whose_schema_is_rejected_is_left_out_and_the_others_run(
    tab: BrowserSession, host: InstalledHost
) -> None:
    words = fresh("Add.")
    cursed = {"name": "cursed_route", "parameters": {"type": "object", "properties": {"to": {"type": "string"}}}}
    options = with_tools("adding", tool_servers=[direct_server("https://maps.example", cursed)])
    turn = await tab.send("\n".join((words, order("add", ADD))), model="openrouter.sim/picky-tools", options=options)
    assert turn.shown.error is None, fault_text(turn)
    assert turn.stored_text.endswith("results: 3")
    offered = [[tool["name"] for tool in record.body["tools"]] for record in host.asked(words)]
    assert ["cursed_route" in names for names in offered] == [True, True, False, False]
    assert all("add" in names for names in offered)


@pytest.mark.parametrize("status", [429, 503])
async def test_a_passing_refusal_after_tools_is_retried_and_no_tool_runs_again(
    tab: BrowserSession, host: InstalledHost, tmp_path: Path, status: int
) -> None:
    words, counted = fresh("Count."), tmp_path / "counted"
    text = "\n".join((words, order("count", {"path": str(counted), "key": "once"}), f"REFUSE {status} @2"))
    turn = await tab.send(text, model="openrouter.sim/tools", options=with_tools())
    assert turn.shown.error is None, fault_text(turn)
    assert statuses(host, words) == [200, status, 200]
    assert turn.stored_text.endswith("The tools gave 1 results: counted once")
    assert counted.read_text() == "once\n"
