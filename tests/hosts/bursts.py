"""Bursts: many people of a page who all ask at the same moment."""

import asyncio

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.browser import BrowserSession
from entrypoints.devhost.failures import DevhostError
from tests.hosts.installed import InstalledHost

BURST_SECONDS = 60.0


async def answered(host: InstalledHost, model: str, people: int) -> int:
    """Let as many people ask in chats of their own at once; return how many got an answer without an error."""
    async with HostAdmin(host.url, host.admin) as admin, BrowserSession(admin) as tab:
        asked = [_answer(tab, model, f"person {number}") for number in range(people)]
        return sum(await asyncio.gather(*asked))


async def _answer(tab: BrowserSession, model: str, words: str) -> bool:
    try:
        turn = await tab.send(words, model=model, seconds=BURST_SECONDS)
    except (DevhostError, TimeoutError):
        return False
    return turn.shown.error is None and bool(turn.stored_text)
