"""One user who keeps chatting in a real host; records answers, first tokens, loop stalls and the log."""

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.browser import BrowserSession
from entrypoints.devhost.chat import plain_chat
from entrypoints.devhost.failures import DevhostError
from entrypoints.devhost.turn import Turn
from tests.hosts.installed import InstalledHost, fresh
from tests.hosts.test_host_memory import THINKER, thoughts

TICKER = Path(__file__).resolve().parents[2] / "benchmarks" / "ticker_pipe.py"
EVERY = 0.7
"""Seconds between two questions."""
STORE_EVENTS = (
    "storage_unavailable",
    "storage_file_lost",
    "storage_read_only",
    "conversation_memory_failed",
    "tool_runs_unavailable",
    "breaker_state_unavailable",
    "kept_catalog_unusable",
    "catalog_not_kept",
)
WARNING = re.compile(rf"({'|'.join(STORE_EVENTS)}).*?reason='([^']*)'")


@dataclass
class Period:
    """The observations of a period: answered questions, faults, times to first token (s).

    `stall` is the longest stall of the loop (s) minus the time of the interpreter's garbage collector, at most
    `collected`: that time grows with the host's heap and is independent of databases.
    """

    answered: int = 0
    failed: list[str] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    stall: float = 0.0
    collected: float = 0.0

    @property
    def slowest(self) -> float:
        """Return the longest time to a first token."""
        return max(self.first, default=0.0)

    @property
    def usual(self) -> float:
        """Return the median time to a first token."""
        return median(self.first) if self.first else 0.0


class Talk:
    """A chat with a reasoning model: each question shows whether the previous turn was stored."""

    def __init__(self, host: InstalledHost, admin: HostAdmin, tab: BrowserSession) -> None:
        self.host, self.admin, self._tab = host, admin, tab
        self._turn: Turn | None = None
        self.remembered = 0

    async def ask(self, period: Period) -> None:
        """Ask the next question in the chat and record the result."""
        words = fresh("go on")
        try:
            self._turn = await self._tab.send(words, model=THINKER, chat=self._turn)
        except DevhostError as error:
            period.failed.append(str(error))
            return
        if self._turn.shown.error is not None:
            period.failed.append(str(self._turn.shown.error))
            self._turn = None
            return
        period.answered += 1
        period.first.append(self._turn.first_text_at - self._turn.sent_at)
        self.remembered = len(thoughts(self.host.asked(words)[0]))

    async def for_seconds(self, seconds: float) -> Period:
        """Keep chatting and watch the host's loop."""
        period = Period()
        async with self._ticking(period):
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                began = time.monotonic()
                await self.ask(period)
                await asyncio.sleep(max(0.0, EVERY - (time.monotonic() - began)))
        return period

    async def until_logged(self, warning: tuple[str, str], seconds: float) -> float | None:
        """Chat until the log has an event with a reason; return the seconds, None if it never appeared."""
        began, period = time.monotonic(), Period()
        while warning not in self.warnings():
            if time.monotonic() - began > seconds:
                return None
            await self.ask(period)
            await asyncio.sleep(EVERY)
        return time.monotonic() - began

    async def until_remembered(self, seconds: float) -> float | None:
        """Start a new chat and ask until its turns are stored; return the seconds, None if they never were."""
        self._turn, self.remembered = None, 0
        began, period = time.monotonic(), Period()
        while not self.remembered:
            if time.monotonic() - began > seconds:
                return None
            await self.ask(period)
            await asyncio.sleep(0.1)
        return time.monotonic() - began

    def warnings(self) -> Counter[tuple[str, str]]:
        """Return the number of log warnings about a store, by event and reason, since the host started."""
        return Counter(WARNING.findall(self.host.server.log_text()))

    @asynccontextmanager
    async def _ticking(self, period: Period) -> AsyncIterator[None]:
        await plain_chat(self.admin, "ticker.tick", "start")
        try:
            yield
        finally:
            _, answer = await plain_chat(self.admin, "ticker.tick", "stop")
            gaps = json.loads(answer["choices"][0]["message"]["content"])
            period.stall = max((length - collected for _, length, collected in gaps), default=0.0)
            period.collected = max((collected for *_, collected in gaps), default=0.0)


@asynccontextmanager
async def talking(host: InstalledHost) -> AsyncIterator[Talk]:
    """Open a browser tab in a host that also runs the ticker."""
    async with HostAdmin(host.url, host.admin) as admin:
        await admin.install_function("ticker", TICKER.read_text("utf-8"))
        await admin.wait_for_model(lambda model_id: model_id == THINKER)
        async with BrowserSession(admin) as tab:
            talk = Talk(host, admin, tab)
            for _ in range(4):
                await talk.ask(Period())
            yield talk
