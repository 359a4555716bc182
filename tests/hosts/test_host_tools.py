"""The model calls tools of real hosts: the pipe runs them, or the host if only the host can."""

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.browser import BrowserSession
from entrypoints.devhost.turn import Turn
from tests.hosts.installed import InstalledHost, error_ids, fault_text, fresh
from tests.hosts.tooled import (
    direct_server,
    let_choose,
    order,
    pending_call,
    pipe_calls,
    resolve,
    results,
    settings,
    tab_with_tools,
    with_tools,
)
from tests.patience import eventually

pytestmark = pytest.mark.host
MODEL = "openrouter.sim/tools"
EIGHT = ["1", "2", "3", "4", "5", "6", "7", "8"]
ROUTE = {
    "name": "route",
    "description": "Find a way.",
    "parameters": {"type": "object", "properties": {"to": {"type": "string"}}, "required": ["to"]},
}

QUESTION = {
    "questions": [
        {
            "id": "color",
            "header": "Color",
            "question": "Which color?",
            "options": [{"label": "Red", "description": "warm"}, {"label": "Blue", "description": "cold"}],
        }
    ]
}


@pytest.fixture
async def tab(client: HostAdmin) -> AsyncIterator[BrowserSession]:
    """Yield a tab of the administrator's browser, in a host that has the tools."""
    async with tab_with_tools(client) as session:
        yield session


async def asked(tab: BrowserSession, words: str, *orders: str, **options: Any) -> Turn:
    return await tab.send("\n".join((words, *orders)), model=MODEL, options=with_tools(**options))


async def test_calls_that_a_server_left_in_the_text_run_and_are_not_shown(
    host: InstalledHost, tab: BrowserSession
) -> None:
    words = fresh("Leak.")
    lines = "\n".join((words, order("add", '{"a": #, "b": 1}', times=2)))
    turn = await tab.send(lines, model="openrouter.sim/leaked-tools", options=with_tools())

    assert results(turn) == ["1", "2"]
    assert "I will use my tools." in turn.stored_text
    assert "The tools gave 2 results: 1 | 2" in turn.stored_text
    assert "tool_call>" not in turn.stored_text
    again = await tab.send("And?", chat=turn, model="openrouter.sim/leaked-tools", options=with_tools())
    sent = json.dumps(host.asked(words)[-1].body["input"])
    assert sent.count('"function_call"') == 2
    assert "tool_call>" not in sent
    assert not error_ids(fault_text(again))


async def test_a_tool_is_run_once_and_its_result_reaches_the_model(
    host: InstalledHost, tab: BrowserSession, tmp_path: Path
) -> None:
    words, path = fresh("Count once."), tmp_path / "counted"
    turn = await asked(tab, words, order("count", {"path": str(path), "key": "one"}))
    assert results(turn) == ["counted one"]
    assert path.read_text() == "one\n"
    assert len(host.asked(words)) == 2
    assert await pipe_calls(host, turn) == 1


async def test_three_rounds_of_eight_calls_come_back_in_order(host: InstalledHost, tab: BrowserSession) -> None:
    words = fresh("Add often.")
    turn = await asked(tab, words, order("add", '{"a": #, "b": 1}', times=8, rounds=3))
    assert results(turn) == EIGHT * 3
    assert len(host.asked(words)) == 4
    assert await pipe_calls(host, turn) == 1


async def test_three_rounds_of_eight_calls_are_run_by_the_host_when_set_so(
    host: InstalledHost, tab: BrowserSession, client: HostAdmin
) -> None:
    words = fresh("Add in the host.")
    async with settings(client, ADVANCED="TOOL_EXECUTION_MODE=Open-WebUI"):
        turn = await asked(tab, words, order("add", '{"a": #, "b": 1}', times=8, rounds=3))
    assert results(turn) == EIGHT * 3
    assert len(host.asked(words)) == 4
    assert await pipe_calls(host, turn) == 4
    assert not client.at_least("0.8") or len(turn.message["output"]) == 49


async def test_a_tool_that_raises_is_answered_with_its_error(tab: BrowserSession) -> None:
    turn = await asked(tab, fresh("Fail."), order("fail", {"reason": "no disk"}))
    assert results(turn) == ["Error: RuntimeError: no disk"]


async def test_a_tool_cannot_end_the_host(tab: BrowserSession) -> None:
    turn = await asked(tab, fresh("Leave."), order("leave"))
    assert results(turn)[0].startswith("Error: ")


async def test_a_tool_that_sleeps_past_its_limit_is_cancelled_and_its_neighbour_is_not(
    tab: BrowserSession, client: HostAdmin, tmp_path: Path
) -> None:
    path = tmp_path / "mark"
    orders = (order("sleep_waiting", {"seconds": 60, "mark": str(path)}), order("add", {"a": 2, "b": 3}))
    async with settings(client, TOOL_TIMEOUT_SECONDS=1):
        turn = await asked(tab, fresh("Sleep long."), *orders)
    assert results(turn) == ["Error: the tool did not finish within 1 s.", "5"]
    assert path.read_text() == "cancelled"


async def test_blocking_tools_run_side_by_side(tab: BrowserSession) -> None:
    turn = await asked(tab, fresh("Sleep."), order("sleep_blocking", {"seconds": 0.1}, times=4))
    assert results(turn) == ["slept 0.1"] * 4


async def test_a_result_of_megabytes_does_not_break_the_answer(host: InstalledHost, tab: BrowserSession) -> None:
    words = fresh("Return much.")
    turn = await asked(tab, words, order("return_much", {"megabytes": 5}))
    assert turn.shown.error is None
    assert "gave 1 results" in turn.stored_text
    assert len(json.dumps(host.asked(words)[-1].body)) < 2_000_000


async def test_an_image_a_tool_returns_reaches_the_model(host: InstalledHost, tab: BrowserSession) -> None:
    words = fresh("Return a picture.")
    await asked(tab, words, order("return_image"))
    sent = host.asked(words)[-1].body["input"]
    assert any("data:image/png;base64," in json.dumps(item) for item in sent)


async def test_pages_a_tool_found_are_sources(tab: BrowserSession) -> None:
    turn = await asked(tab, fresh("Search."), order("return_sources"))
    assert "https://pages.example/1" in json.dumps(turn.message.get("sources") or turn.shown.sources)


async def test_stopping_ends_a_running_tool_within_a_second_and_the_chat_continues(
    tab: BrowserSession, tmp_path: Path
) -> None:
    path = tmp_path / "mark"
    text = f"{fresh('Wait.')}\n{order('sleep_waiting', {'seconds': 60, 'mark': str(path)})}"
    turn = await tab.send(text, model=MODEL, options=with_tools("sleeping"), wait=False)
    await eventually(path.exists)
    pressed_at = time.time()
    await turn.stop()
    await eventually(lambda: path.read_text() == "cancelled")
    assert path.stat().st_mtime - pressed_at < 1.0
    again = await tab.send("and now without", chat=turn, options=with_tools("sleeping"))
    assert again.stored_text.startswith("The tools gave 0 results")


async def test_a_direct_tool_is_run_in_the_page(tab: BrowserSession) -> None:
    servers = [direct_server("https://maps.example", ROUTE)]
    turn = await asked(tab, fresh("Find a way."), order("route", {"to": "Oslo"}), tool_servers=servers)
    assert results(turn) == ['{"way": "north"}']


@pytest.mark.parametrize("action", ["reject", "approve"])
async def test_a_call_the_person_is_asked_about_runs_only_if_approved(
    host: InstalledHost, tab: BrowserSession, client: HostAdmin, tmp_path: Path, action: str
) -> None:
    if not client.at_least("0.12"):
        return
    words, path = fresh("May I?"), tmp_path / "counted"
    line = order("count", {"path": str(path), "key": "x"})
    options = with_tools("counting", params={"tool_approval_mode": "ask"})
    turn = await tab.send(f"{words}\n{line}", model=MODEL, options=options, wait=False)
    message = await resolve(turn, client, await pending_call(turn), action)
    assert path.exists() is (action == "approve")
    assert len(host.asked(words)) == 2
    assert [item["type"] for item in message["output"]] == ["function_call", "function_call_output", "message"]


async def test_a_question_waits_for_the_person_after_tools_the_pipe_has_run(
    host: InstalledHost, tab: BrowserSession, client: HostAdmin, tmp_path: Path
) -> None:
    if not client.at_least("0.12"):
        return
    words, path = fresh("Ask me."), tmp_path / "counted"
    lines = (words, order("count", {"path": str(path), "key": "x"}), order("ask_user", QUESTION, first=2))
    turn = await tab.send("\n".join(lines), model=MODEL, options=with_tools("counting"), wait=False)
    call = await pending_call(turn)
    message = await resolve(turn, client, call, "answer", answers={"color": {"label": "Red"}})
    assert path.read_text() == "x\n"
    assert len(host.asked(words)) == 3
    assert [item["name"] for item in message["output"] if item["type"] == "function_call"] == ["count", "ask_user"]
    assert "Red" in json.dumps(host.asked(words)[-1].body["input"])


async def test_tools_the_model_has_to_look_for_are_run_by_the_host(tab: BrowserSession, client: HostAdmin) -> None:
    if not client.at_least("0.12"):
        return
    await let_choose(client, search=True)
    try:
        wanted = {"tool_name": "add", "params": json.dumps({"a": 20, "b": 22})}
        turn = await asked(tab, fresh("Look for it."), order("call_tool", wanted))
    finally:
        await let_choose(client)
    assert results(turn) == ["42"]
