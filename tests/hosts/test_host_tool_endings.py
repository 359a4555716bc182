"""Every ending of an answer with tools closes all calls: a host would run an open call and call the pipe again."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.browser import BrowserSession
from entrypoints.devhost.turn import Turn
from entrypoints.openwebui.bundle.build import build
from tests.hosts.conftest import ROOT
from tests.hosts.installed import FUNCTION_ID, InstalledHost, error_ids, fault_text, fresh, install
from tests.hosts.tooled import order, pipe_calls, tab_with_tools, with_tools
from tests.patience import eventually

pytestmark = pytest.mark.host
MODEL = f"{FUNCTION_ID}.sim/thoughtful-tools"
ADD = '{"a": #, "b": 1}'
RECEIVED = "def finish(self, call_id: str, result: ToolResult, now: float) -> list[CallStep]:\n"


@pytest.fixture
async def tab(client: HostAdmin) -> AsyncIterator[BrowserSession]:
    """Yield a tab of the administrator's browser, in a host that has the tools."""
    async with tab_with_tools(client) as session:
        yield session


def breaking(folder: Path) -> str:
    """Return the function's text with a defect: handling one result raises. `folder` gets a copy of the sources."""
    for part in ("domain", "ports", "adapters", "entrypoints", "alembic"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    plan = folder / "domain/tools/plan.py"
    source = plan.read_text("utf-8")
    assert source.count(RECEIVED) == 1
    defect = '        if result.text == "waited 0.5":\n            raise LookupError("a defect")\n'
    plan.write_text(source.replace(RECEIVED, RECEIVED + defect), "utf-8")
    return build(folder).text


def open_calls(turn: Turn) -> set[str]:
    """Return the calls without output in the host's stored answer."""
    items = turn.message.get("output") or []
    calls = {item["call_id"] for item in items if item["type"] == "function_call"}
    return calls - {item["call_id"] for item in items if item["type"] == "function_call_output"}


async def asked(tab: BrowserSession, words: str, *lines: str, model: str = MODEL, wait: bool = True) -> Turn:
    return await tab.send("\n".join((words, *lines)), model=model, options=with_tools(), wait=wait)


@pytest.mark.parametrize("failing", [2, 3], ids=["before the last round", "in the answer"])
async def test_upstream_that_fails_after_tools_ends_the_answer_once(
    host: InstalledHost, tab: BrowserSession, tmp_path: Path, failing: int
) -> None:
    words, path = fresh("Fail after tools."), tmp_path / "counted"
    line = order("count", {"path": str(path), "key": "x"}, times=2, rounds=2)
    turn = await asked(tab, words, line, f"FAIL @{failing}")
    assert error_ids(fault_text(turn))
    assert len(host.asked(words)) == failing
    assert path.read_text() == "x\n" * 2 * (failing - 1)
    assert await pipe_calls(host, turn) == 1
    assert open_calls(turn) == set()


async def test_defect_while_tools_run_ends_the_answer_once(
    host: InstalledHost, tab: BrowserSession, client: HostAdmin, tmp_path: Path
) -> None:
    words, path = fresh("Break."), tmp_path / "mark"
    lines = (order("sleep_waiting", {"seconds": 60, "mark": str(path)}), order("sleep_waiting", {"seconds": 0.5}))
    source = await asyncio.to_thread(breaking, tmp_path / "sources")  # a standing loop would lose the tab's socket
    await install(client, source, host.valves, function_id="breaking")
    try:
        turn = await asked(tab, words, *lines, model="breaking.sim/thoughtful-tools")
        assert error_ids(fault_text(turn))
        assert len(host.asked(words)) == 1
        assert await pipe_calls(host, turn) == 1
        assert open_calls(turn) == set()
        await eventually(lambda: path.read_text() == "cancelled")
    finally:
        await client.delete_function("breaking")


async def test_stop_while_tools_run_ends_them_all_and_the_answer_once(
    host: InstalledHost, tab: BrowserSession, tmp_path: Path
) -> None:
    words = fresh("Stop.")
    line = order("sleep_waiting", f'{{"seconds": 60, "mark": "{tmp_path}/#"}}', times=8)
    turn = await asked(tab, words, order("add", ADD, times=2), line, wait=False)
    await eventually(lambda: len(list(tmp_path.iterdir())) == 5)
    pressed_at = time.time()
    await turn.stop()
    await eventually(lambda: {path.read_text() for path in tmp_path.iterdir()} == {"cancelled"})
    assert max(path.stat().st_mtime for path in tmp_path.iterdir()) - pressed_at < 1.0
    assert await pipe_calls(host, turn) == 1
    assert len(host.asked(words)) == 1


async def test_stop_in_a_later_round_ends_the_answer_once(
    host: InstalledHost, tab: BrowserSession, tmp_path: Path
) -> None:
    words, path = fresh("Stop later."), tmp_path / "mark"
    lines = (order("add", ADD, times=8, rounds=2), order("sleep_waiting", {"seconds": 60, "mark": str(path)}, first=3))
    turn = await asked(tab, words, *lines, wait=False)
    await eventually(path.exists)
    await turn.stop()
    assert await pipe_calls(host, turn) == 1
    assert len(host.asked(words)) == 3
