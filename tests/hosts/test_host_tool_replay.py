"""In later messages results of tools are sent again complete, in order and with the thinking before their calls."""

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
    order,
    pending_call,
    resolve,
    sent_calls,
    settings,
    tab_with_tools,
    with_tools,
)
from tests.patience import eventually

pytestmark = pytest.mark.host
MODEL = "openrouter.sim/thoughtful-tools"
ADD = '{"a": #, "b": 1}'
ADDED = [("add", str(number)) for number in range(1, 9)]
AWKWARD = "a 'quoted' \"price\" of $5 or $& $' $` $$ </details> <b>\n"
ROUTE = {"name": "route", "parameters": {"type": "object", "properties": {"to": {"type": "string"}}}}


@pytest.fixture
async def tab(client: HostAdmin) -> AsyncIterator[BrowserSession]:
    """Yield a tab of the administrator's browser, in a host that has the tools."""
    async with tab_with_tools(client) as session:
        yield session


async def asked(tab: BrowserSession, *lines: str, wait: bool = True, **options: Any) -> Turn:
    return await tab.send("\n".join((fresh("Do it."), *lines)), model=MODEL, options=with_tools(**options), wait=wait)


async def sent_next(tab: BrowserSession, host: InstalledHost, turn: Turn) -> list[dict[str, Any]]:
    """Ask something else in the chat; return upstream's record of the request for it."""
    words = fresh("And now?")
    again = await tab.send(words, chat=turn, options=with_tools())
    assert again.shown.error is None
    (record,) = host.asked(words)
    return list(record.body["input"])


def kinds(sent: list[dict[str, Any]]) -> str:
    """Return one letter per item: q(uestion), t(hinking), c(all), o(utput), a(nswer)."""
    letters = {"reasoning": "t", "function_call": "c", "function_call_output": "o"}
    return "".join(letters.get(item.get("type", ""), "q" if item.get("role") == "user" else "a") for item in sent)


async def test_three_rounds_of_eight_calls_are_sent_back_with_their_thinking(
    host: InstalledHost, tab: BrowserSession
) -> None:
    turn = await asked(tab, order("add", ADD, times=8, rounds=3))
    sent = await sent_next(tab, host, turn)
    assert kinds(sent) == "q" + 3 * ("t" + 8 * "c" + 8 * "o") + "ta" + "q"
    assert sent_calls(sent) == ADDED * 3


async def test_calls_of_every_earlier_message_are_sent_back(host: InstalledHost, tab: BrowserSession) -> None:
    first = await asked(tab, order("add", ADD, times=8))
    text = "\n".join((fresh("More."), order("add", ADD, times=8)))
    second = await tab.send(text, chat=first, options=with_tools())
    sent = await sent_next(tab, host, second)
    assert kinds(sent) == 2 * ("qt" + 8 * "c" + 8 * "o" + "ta") + "q"
    assert sent_calls(sent) == ADDED * 2


async def test_result_the_page_shows_cut_off_is_sent_back_complete(host: InstalledHost, tab: BrowserSession) -> None:
    turn = await asked(tab, order("return_text", {"text": AWKWARD, "times": 400}))
    assert 1 <= str(turn.message).count("price") < 100
    sent = await sent_next(tab, host, turn)
    assert kinds(sent) == "qtcotaq"
    assert sent_calls(sent) == [("return_text", AWKWARD * 400)]


async def test_result_beyond_the_model_is_sent_back_as_the_model_first_read_it(
    host: InstalledHost, tab: BrowserSession
) -> None:
    turn = await asked(tab, order("return_much", {"megabytes": 5}))
    sent = await sent_next(tab, host, turn)
    ((_, output),) = sent_calls(sent)
    assert kinds(sent) == "qtcotaq"
    assert output.startswith("Output left out: it has ")


async def test_errors_and_pictures_of_tools_are_sent_back(host: InstalledHost, tab: BrowserSession) -> None:
    turn = await asked(tab, order("fail", {"reason": "no disk"}), order("return_image"))
    sent = await sent_next(tab, host, turn)
    (_, error), (_, picture) = sent_calls(sent)
    assert kinds(sent) == "qtccootaq"
    assert error == "Error: RuntimeError: no disk"
    assert [part["image_url"][:22] for part in picture if part["type"] == "input_image"] == ["data:image/png;base64,"]


async def test_result_of_a_direct_tool_is_sent_back(host: InstalledHost, tab: BrowserSession) -> None:
    servers = [direct_server("https://maps.example", ROUTE)]
    turn = await asked(tab, order("route", {"to": "Oslo"}), tool_servers=servers)
    sent = await sent_next(tab, host, turn)
    assert sent_calls(sent) == [("route", '{"way": "north"}')]


async def test_call_cancelled_at_its_limit_is_sent_back_with_its_neighbour(
    host: InstalledHost, tab: BrowserSession, client: HostAdmin
) -> None:
    async with settings(client, TOOL_TIMEOUT_SECONDS=1):
        turn = await asked(tab, order("sleep_waiting", {"seconds": 60}), order("add", {"a": 2, "b": 3}))
    sent = await sent_next(tab, host, turn)
    assert kinds(sent) == "qtccootaq"
    assert sent_calls(sent) == [("sleep_waiting", "Error: the tool did not finish within 1 s."), ("add", "5")]


async def test_calls_before_and_during_a_stop_are_sent_back_with_their_thinking(
    host: InstalledHost, tab: BrowserSession, tmp_path: Path
) -> None:
    path = tmp_path / "mark"
    waiting = order("sleep_waiting", {"seconds": 60, "mark": str(path)}, first=2)
    turn = await asked(tab, order("add", ADD, times=8), waiting, wait=False)
    await eventually(path.exists)
    await turn.stop()
    sent = await sent_next(tab, host, turn)
    assert kinds(sent) == "qt" + 8 * "c" + 8 * "o" + "tcoq"
    assert sent_calls(sent) == [*ADDED, ("sleep_waiting", "Not completed: the turn was stopped.")]


async def test_calls_without_text_after_them_are_sent_back_with_their_thinking(
    host: InstalledHost, tab: BrowserSession
) -> None:
    turn = await asked(tab, order("add", ADD, times=8), "SILENT")
    sent = await sent_next(tab, host, turn)
    assert kinds(sent).startswith("qt" + 8 * "c" + 8 * "o")
    assert sent_calls(sent) == ADDED


@pytest.mark.parametrize("failing", [2, 3], ids=["before the last round", "in the answer"])
async def test_calls_before_a_fault_are_sent_back_with_their_thinking(
    host: InstalledHost, tab: BrowserSession, failing: int
) -> None:
    turn = await asked(tab, order("add", ADD, times=8, rounds=2), f"FAIL @{failing}")
    assert error_ids(fault_text(turn))
    sent = await sent_next(tab, host, turn)
    assert kinds(sent).startswith("q" + (failing - 1) * ("t" + 8 * "c" + 8 * "o"))
    assert sent_calls(sent)[: 8 * (failing - 1)] == ADDED * (failing - 1)


async def test_calls_the_host_ran_are_sent_back_with_their_thinking(
    host: InstalledHost, tab: BrowserSession, client: HostAdmin
) -> None:
    if not client.at_least("0.8"):
        return  # 0.6 sends the results of its own calls back as quotes without ids
    async with settings(client, ADVANCED="TOOL_EXECUTION_MODE=Open-WebUI"):
        turn = await asked(tab, order("add", ADD, times=8, rounds=3))
        sent = await sent_next(tab, host, turn)
    assert kinds(sent) == "q" + 3 * ("t" + 8 * "c" + 8 * "o") + "ta" + "q"
    assert sent_calls(sent) == ADDED * 3


async def test_calls_without_stored_data_are_sent_back_as_the_page_has_them(
    host: InstalledHost, tab: BrowserSession, client: HostAdmin
) -> None:
    if not client.at_least("0.8"):
        return
    async with settings(client, PERSIST_TOOL_RESULTS=False, PERSIST_REASONING_TOKENS="disabled"):
        turn = await asked(tab, order("add", ADD, times=8, rounds=2))
        sent = await sent_next(tab, host, turn)
    assert "t" not in kinds(sent)
    assert sent_calls(sent) == ADDED * 2


async def test_refused_call_is_sent_back_as_refused(
    host: InstalledHost, tab: BrowserSession, client: HostAdmin, tmp_path: Path
) -> None:
    if not client.at_least("0.12"):
        return
    path = tmp_path / "counted"
    text = f"{fresh('May I?')}\n{order('count', {'path': str(path)})}"
    options = with_tools("counting", params={"tool_approval_mode": "ask"})
    turn = await tab.send(text, model=MODEL, options=options, wait=False)
    await resolve(turn, client, await pending_call(turn), "reject")
    sent = await sent_next(tab, host, turn)
    assert not path.exists()
    ((name, output),) = sent_calls(sent)
    assert name == "count"
    assert output
