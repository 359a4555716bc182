"""The same in a real host: 60 requests at once against 10 slots, then 300 turns against the chaotic upstream.

Callers are the page, API clients that stream, and API clients that do not: each gets its refusal in its own form, and
each turn ends with text or with one named fault. The host lives, and its files and threads stay what they were.
"""

import asyncio
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from domain.faults.fault import Fault, FaultKind
from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.browser import BrowserSession
from entrypoints.devhost.chat import StreamedReply, stream_chat
from entrypoints.devhost.client import Account
from entrypoints.devhost.failures import DevhostError
from entrypoints.devhost.server import HostServer
from entrypoints.devhost.turn import Turn
from entrypoints.sentences.faults import happened
from tests.drills.chaos_counts import Held, held
from tests.drills.chaos_frames import SENTENCE
from tests.drills.chaos_upstream import chaotic_upstream
from tests.hosts.conftest import ADMIN
from tests.hosts.installed import READY_SECONDS, error_ids

MODEL = "openrouter.chaos/model"
NOTHING = Held(0, 0, 0)
SLOTS, LINE, AT_ONCE = 10, 30, 60
PAGES, LATE = 20, 4
"""Requests of the page among them; so many of those come last, when the line is full."""
TURNS, WARM, TOGETHER = 300, 60, 8
LIMIT = 2
HELD_MS = 8_000
SENDING = 3
"""Chats that are begun at the same moment: with more the host's own database file is locked for too long."""
TURN_SECONDS = 60.0
"""Longest time for one turn: three attempts with their limits and waits, on a busy machine."""
FREED_SECONDS = 1.0
MORE_FILES, MORE_THREADS, MORE_MEMORY = 12, 12, 80 << 20
"""What a host may have more of after the turns: kept connections, threads of its own pools, caches."""
HTTP_ERROR, BUSY = 400, 503
INTERNAL = (FaultKind.INTERNAL.value, happened(Fault(FaultKind.INTERNAL)))
"""How an API client and a person are told of a defect of ours."""


@dataclass
class Figures:
    """The counts; `misses` lists what must not happen."""

    boarded: Counter[str] = field(default_factory=Counter)
    positions: int = 0
    freed: float = 0.0
    ends: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0
    before: Held = NOTHING
    after: Held = NOTHING
    misses: list[str] = field(default_factory=list)

    def lines(self) -> dict[str, object]:
        """Return what to print."""
        both = (self.before, self.after)
        return {
            f"{AT_ONCE} at once, {SLOTS} slots": dict(self.boarded),
            "people told their place": self.positions,
            "places freed by stops after (s)": f"{self.freed:.2f}",
            "chaos turns in the host": f"{self.ends.total()} {dict(self.ends)}",
            "longest turn (s)": f"{self.longest:.1f}",
            "files, threads, MB of the host": [(one.files, one.threads, one.memory >> 20) for one in both],
        }


@dataclass
class Plain:
    """An answer that was not streamed."""

    status: int
    retry_after: str
    body: Any


class Callers:
    """Asks as the page and as API clients do."""

    def __init__(self, admin: HostAdmin, tab: BrowserSession) -> None:
        self.admin, self.tab = admin, tab
        self._sending = asyncio.Semaphore(SENDING)
        self.sent = 0

    async def send(self, text: str) -> Turn:
        """Send a message in the page."""
        async with self._sending:
            turn = await self.tab.send(text, model=MODEL, wait=False)
        self.sent += 1
        return turn

    async def page(self, text: str) -> Turn:
        """Send a message in the page and wait for its end."""
        turn = await self.send(text)
        await until(lambda: turn.shown.done or turn.shown.failed or turn.shown.error, TURN_SECONDS)
        return turn

    async def stream(self, text: str) -> StreamedReply:
        """Ask for a stream."""
        return await stream_chat(self.admin, MODEL, text)

    async def plain(self, text: str) -> Plain:
        """Ask for a whole answer."""
        body = {"model": MODEL, "stream": False, "messages": [{"role": "user", "content": text}]}
        url = f"{self.admin.url}/api/chat/completions"
        async with self.admin.http.post(url, json=body, headers=self.admin.headers) as answer:
            return Plain(answer.status, answer.headers.get("Retry-After", ""), await answer.json(content_type=None))


async def until(condition: Callable[[], object], seconds: float) -> bool:
    """Wait until a condition holds; False if that takes too long."""
    ends = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > ends:
            return False
        await asyncio.sleep(0.02)
    return True


def fault_of(reply: "Turn | StreamedReply | Plain") -> str:
    """Return the words of the fault that an answer reports, "" for none."""
    if isinstance(reply, Turn):
        text = reply.text_shown
        return str(reply.shown.error or "") or (text[len(_said(text)) :].strip() if error_ids(text) else "")
    if isinstance(reply, StreamedReply):
        return "; ".join(str(error) for error in reply.errors)
    return str(reply.body.get("error") or "")


def _said(text: str) -> str:
    return SENTENCE if text.startswith(SENTENCE) else ""


def complaint(reply: "Turn | StreamedReply | Plain") -> str:
    """Return what is wrong with the form of an answer, "" if nothing is."""
    fault = fault_of(reply)
    if isinstance(reply, StreamedReply):
        if (reply.status, reply.done_count, len(reply.finish_reasons)) != (200, 1, 1) or reply.stray_lines:
            return f"status {reply.status}, {reply.done_count} [DONE], finished {reply.finish_reasons}"
        if len(reply.errors) > 1 or not (reply.errors or reply.text):
            return f"{len(reply.errors)} errors, text {reply.text!r}"
    elif isinstance(reply, Plain):
        if (reply.status >= HTTP_ERROR) != bool(fault):
            return f"status {reply.status} with {str(reply.body)[:300]}"
        if not fault and not reply.body["choices"][0]["message"]["content"]:
            return "an answer without text"
    elif not (reply.shown.done or reply.shown.failed or reply.shown.error):
        return "the page waits for ever"
    elif not (fault or reply.text_shown):
        return "the page shows nothing"
    return "an internal error" if any(words in fault for words in INTERNAL) else ""


async def _crowd(callers: Callers, figures: Figures) -> None:
    """Send 60 requests at once; those beyond slots and line are refused, each in the form of its caller."""
    asked: list[Awaitable[Turn | StreamedReply | Plain]] = []
    asked += [asyncio.create_task(callers.page(f"Say it. hold-{HELD_MS} {n}")) for n in range(PAGES - LATE)]
    await until(lambda: callers.sent >= PAGES - LATE, HELD_MS / 1000)
    for n in range(AT_ONCE - PAGES):
        said = f"Say it. hold-{HELD_MS} {n}"
        asked.append(asyncio.create_task(callers.plain(said)) if n % 2 else asyncio.create_task(callers.stream(said)))
    await asyncio.sleep(0.5)
    asked += [asyncio.create_task(callers.page(f"Say it. hold-{HELD_MS} late {n}")) for n in range(LATE)]
    replies = await asyncio.gather(*asked, return_exceptions=True)
    for reply in replies:
        if isinstance(reply, BaseException):
            figures.misses.append(f"crowd: {reply!r}")
            continue
        kind, fault = type(reply).__name__, fault_of(reply)
        figures.boarded[f"{kind} {'refused' if fault else 'served'}"] += 1
        if wrong := complaint(reply) or (_refusal_complaint(reply) if fault else ""):
            figures.misses.append(f"crowd: {kind}: {wrong}")
    turns = [reply for reply in replies if isinstance(reply, Turn)]
    figures.positions = sum(any("in line" in str(status) for status in turn.statuses) for turn in turns)
    refused = sum(count for name, count in figures.boarded.items() if name.endswith("refused"))
    if not AT_ONCE - SLOTS - LINE <= refused <= AT_ONCE - SLOTS:
        figures.misses.append(f"crowd: {refused} were refused")
    if not figures.positions:
        figures.misses.append("crowd: nobody in the page was told that they wait")


def _refusal_complaint(reply: "Turn | StreamedReply | Plain") -> str:
    if isinstance(reply, Plain):
        right = reply.status == BUSY and reply.retry_after.isdigit()
        return "" if right else f"refused with {reply.status}, Retry-After {reply.retry_after!r}: {reply.body}"
    if isinstance(reply, StreamedReply):
        error = reply.errors[0]
        right = str(error.get("code")) in (str(BUSY), "server_busy") and error.get("retry_after")
        return "" if right else f"refused with {error}"
    return "" if "try again" in fault_of(reply).lower() or "busy" in fault_of(reply).lower() else fault_of(reply)


async def _stops(callers: Callers, figures: Figures) -> None:
    """Stop the running half in the page: those who wait begin within a second."""
    words = "Say it. hold-30000"
    turns = await asyncio.gather(*(callers.send(f"{words} {n}") for n in range(2 * SLOTS)))
    began = [turn for turn in turns if turn.text_shown]
    if not await until(lambda: sum(bool(turn.text_shown) for turn in turns) == SLOTS, 20.0):
        figures.misses.append("stops: the slots are not taken")
    began = [turn for turn in turns if turn.text_shown]
    waiting = [turn for turn in turns if not turn.text_shown]
    await asyncio.gather(*(callers.admin.stop_chat(turn.chat_id) for turn in began))
    at = time.monotonic()
    if not await until(lambda: all(turn.text_shown for turn in waiting), 10.0):
        figures.misses.append(f"stops: {sum(not turn.text_shown for turn in waiting)} still wait")
    figures.freed = time.monotonic() - at
    if figures.freed > FREED_SECONDS:
        figures.misses.append(f"stops: those who waited began after {figures.freed:.2f} s")
    await asyncio.gather(*(callers.admin.stop_chat(turn.chat_id) for turn in waiting))


async def _chaos(callers: Callers, count: int, first: int, rng: Random, figures: Figures) -> None:
    """Run turns against the chaotic upstream, some at a time."""
    seeds = iter(range(first, first + count))

    async def worker() -> None:
        for seed in seeds:
            ask = rng.choice((callers.page, callers.page, callers.stream, callers.plain))
            began = time.monotonic()
            try:
                reply = await ask(f"Say it. chaos-{seed}")
            except (DevhostError, TimeoutError, ValueError, OSError) as error:
                figures.misses.append(f"turn {seed}: {error!r}")
                continue
            figures.longest = max(figures.longest, time.monotonic() - began)
            figures.ends[f"{type(reply).__name__} {'fault' if fault_of(reply) else 'text'}"] += 1
            if wrong := complaint(reply):
                figures.misses.append(f"turn {seed}, {type(reply).__name__}: {wrong} {fault_of(reply)}"[:500])

    await asyncio.gather(*(worker() for _ in range(TOGETHER)))


async def _run(server: HostServer, account: Account, seed: int, figures: Figures) -> None:
    async with HostAdmin(server.url, account) as admin, BrowserSession(admin) as tab:
        callers, rng = Callers(admin, tab), Random(seed)
        await _crowd(callers, figures)
        await _stops(callers, figures)
        await _chaos(callers, WARM, seed * 1_000_000, rng, Figures())
        await asyncio.sleep(3.0)
        figures.before = held(server.pid)
        await _chaos(callers, TURNS, seed * 1_000_000 + WARM, rng, figures)
        await asyncio.sleep(3.0)
        figures.after = held(server.pid)
        await callers.plain("Say it.")
    if not server.is_running():
        figures.misses.append("the host is dead")
    before, after = figures.before, figures.after
    if after.files > before.files + MORE_FILES:
        figures.misses.append(f"{after.files - before.files} more files are open")
    if after.threads > before.threads + MORE_THREADS:
        figures.misses.append(f"{after.threads - before.threads} more threads run")
    if after.memory > before.memory + MORE_MEMORY:
        figures.misses.append(f"memory grew by {(after.memory - before.memory) >> 20} MB")
    for complaint_of in ("never retrieved", "was never awaited", "turn_not_booked", "upkeep_failed"):
        if complaint_of in server.log_text():
            figures.misses.append(f"the log says: {complaint_of}")


async def _installed(server: HostServer, url: str, source: str) -> Account:
    valves = {
        "API_KEY": "sk-or-v1-chaos",
        "BASE_URL": url,
        "MAX_CONCURRENT_REQUESTS": SLOTS,
        "ADVANCED": f"MAX_QUEUED_REQUESTS={LINE}\nBREAKER_MAX_FAILURES=50",
        "HTTP_CONNECT_TIMEOUT_SECONDS": LIMIT,
        "HTTP_SOCK_READ_SECONDS": 2 * LIMIT,
        "BREAKER_MAX_FAILURES": 50,
    }
    async with HostAdmin(server.url) as admin:
        account = await admin.sign_up(**ADMIN)
        await admin.install_function("openrouter", source)
        await admin.set_valves("openrouter", valves)
        await admin.wait_for_model(lambda model_id: model_id == MODEL, seconds=READY_SECONDS)
    return account


def run(version: str, bundle: Path | None = None, seed: int = 0) -> Figures:
    """Boot a host with the function, built from the work tree unless `bundle` is set."""
    figures = Figures()
    with TemporaryDirectory(prefix="drill-chaos-") as folder, chaotic_upstream() as url:
        path = bundle or Path(folder) / "openrouter_pipe.py"
        if bundle is None:
            subprocess.run([sys.executable, "-m", "entrypoints.openwebui.bundle", "--output", str(path)], check=True)
        with HostServer(version) as server:
            account = asyncio.run(_installed(server, url, path.read_text("utf-8")))
            asyncio.run(_run(server, account, seed, figures))
    return figures
