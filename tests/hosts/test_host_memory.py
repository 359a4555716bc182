"""Thinking is sent back to the model in later turns, found by each host's own history, also after a restart."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.browser import BrowserSession
from entrypoints.devhost.turn import Turn
from entrypoints.simulator.records import RequestRecord
from tests.hosts.installed import READY_SECONDS, InstalledHost, fresh
from tests.patience import eventually

pytestmark = pytest.mark.host
THINKER = "openrouter.sim/thinking"


def thoughts(record: RequestRecord) -> list[dict[str, Any]]:
    """Return the thinking that a request contained."""
    return [item for item in record.body["input"] if item.get("type") == "reasoning"]


@asynccontextmanager
async def opened_tab(host: InstalledHost) -> AsyncIterator[BrowserSession]:
    """Open a tab of the administrator's browser."""
    async with HostAdmin(host.url, host.admin) as admin, BrowserSession(admin) as tab:
        await admin.wait_for_model(lambda model_id: model_id == THINKER, seconds=READY_SECONDS)
        yield tab


async def ask(tab: BrowserSession, host: InstalledHost, chat: Turn | None, words: str) -> tuple[Turn, RequestRecord]:
    """Ask in a chat; return the answer and upstream's record of the request for it."""
    text = fresh(words)
    turn = await tab.send(text, model=THINKER, chat=chat)
    assert turn.shown.error is None
    await eventually(lambda: host.asked(text))
    return turn, host.asked(text)[0]


async def test_thinking_is_sent_back_to_the_model_in_the_next_turn(page: BrowserSession, host: InstalledHost) -> None:
    first, _ = await ask(page, host, None, "think of a number")
    _, record = await ask(page, host, first, "which one")
    assert len(thoughts(record)) == 1


async def test_every_turn_of_a_long_chat_is_remembered_across_a_restart(host: InstalledHost) -> None:
    turn: Turn | None = None
    counts: list[int] = []
    for half in range(2):
        async with opened_tab(host) as tab:
            for number in range(5):
                turn, record = await ask(tab, host, turn, f"turn {5 * half + number}")
                counts.append(len(thoughts(record)))
        if half == 0:
            host.server.stop()
            host.server.start()  # in this thread, because the host ends with the thread that started it
    assert counts == list(range(10))


async def test_answer_shown_before_a_stop_is_sent_back_with_its_thinking(
    page: BrowserSession, host: InstalledHost
) -> None:
    model = "openrouter.sim/deltas-200-rate-20-thinking-40"
    turn = await page.send(fresh("stop in the answer"), model=model, wait=False)
    await turn.until(lambda turn: "w1" in turn.text_shown)
    await turn.stop()
    words = fresh("go on")
    await page.send(words, chat=turn, model=model, wait=False)
    await eventually(lambda: host.asked(words))
    assert len(thoughts(host.asked(words)[0])) == 1


async def test_nothing_of_ours_shows_in_what_the_page_keeps(page: BrowserSession, host: InstalledHost) -> None:
    turn, _ = await ask(page, host, None, "keep it clean")
    visible = "\n".join(line for line in turn.stored_text.splitlines() if not line.strip().endswith("]: #"))
    assert "openrouter-pipe" not in visible
    assert "<think" not in visible
