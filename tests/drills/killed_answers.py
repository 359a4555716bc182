"""A real host killed while answers run tools, repeatedly: which outputs are sent afterwards, and which tools ran twice.

Every finished call must be in the next two requests of its chat; a started call must be reported as "may have run".
Run `python -m tests.drills.killed_answers --help`.
"""

import argparse
import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from socketio.exceptions import SocketIOError

from adapters.vault.key_file import read_key
from adapters.vault.vault import KeyRing, VaultOptions, make_vault
from domain.conversation.placeholders import MAY_HAVE_RUN
from domain.tools.once import arguments_hash
from entrypoints.core.storage_location import LOOKUP_KEY_FILE
from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.browser import BrowserSession
from entrypoints.devhost.failures import DevhostError
from entrypoints.devhost.forms import completion_form
from entrypoints.devhost.server import HostServer
from entrypoints.devhost.turn import Turn
from entrypoints.simulator.threads import SimulatorThread
from tests.hosts.installed import FUNCTION_ID, READY_SECONDS, InstalledHost, fresh, install
from tests.hosts.tooled import order, tab_with_tools, with_tools
from tests.patience import eventually

MODEL = f"{FUNCTION_ID}.sim/thoughtful-tools"
ROUNDS, CALLS = 3, 3
SLACK = 0.25  # s during which a killed process may run on after the awaited effect
NEWEST = "0.12.4"


@dataclass
class Figures:
    """The counts; `misses` lists what must not happen."""

    kills: int = 0
    answers: int = 0
    effects: int = 0
    finished: int = 0
    reported: int = 0
    may_have_run: int = 0
    forgotten_later: int = 0
    twice: int = 0
    misses: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Return the lines to print."""
        return [
            f"hosts killed, answers broken off   {self.kills}, {self.answers}",
            f"effects, finished in the journal   {self.effects}, {self.finished}",
            f"reported with their output         {self.reported}",
            f"reported as may have run           {self.may_have_run}",
            f"forgotten in the turn after it     {self.forgotten_later}",
            f"effects that happened twice        {self.twice}",
        ]


@dataclass(frozen=True)
class Killed:
    """One chat whose answer was killed, and the file with the effects of its tools."""

    turn: Turn
    effects: Path


async def kill_answers(host: InstalledHost, folder: Path, kills: int, *, chats: int = 1, seed: int = 0) -> Figures:
    """Kill the host `kills` times, each time in the middle of an answer in each of `chats` chats.

    After each kill, ask twice more in every chat and check the requests upstream received.
    """
    rng, figures = Random(seed), Figures()
    for number in range(kills):
        files = [folder / f"effects-{number}-{chat}" for chat in range(chats)]
        killed = await _killed(host, files, rng, at_end=number % 4 == 3)
        figures.kills += 1
        figures.answers += len(killed)
        host.server.start()  # in this thread: the host ends with the thread that started it
        async with _tab(host) as tab:
            for chat, one in enumerate(killed):
                await _judge(host, tab, one, figures, f"kill {number + 1}, chat {chat + 1}")
            if number == kills - 1 and tab.client.at_least("0.10"):  # in older hosts the page owns the chat
                await _regenerate(host, tab, killed[0], figures)
    return figures


@asynccontextmanager
async def _tab(host: InstalledHost) -> AsyncIterator[BrowserSession]:
    async with HostAdmin(host.url, host.admin) as admin:
        await admin.wait_for_model(lambda model_id: model_id == MODEL, seconds=READY_SECONDS)
        async with tab_with_tools(admin) as tab:
            yield tab


async def _killed(host: InstalledHost, files: list[Path], rng: Random, *, at_end: bool) -> list[Killed]:
    """Ask once in a chat for each file of effects; kill the host at a random time after the first effect.

    Each answer has rounds of calls, then a call that lasts. `at_end`: no call lasts, and the host is killed near the
    end of the answers.
    """
    needed = len(files) * ROUNDS * CALLS if at_end else rng.randint(1, len(files) * ROUNDS * CALLS)
    killed: list[Killed] = []
    try:
        async with _tab(host) as tab:
            for effects in files:
                text = "\n".join((fresh("Count."), *_orders(effects, lasting=not at_end)))
                turn = await tab.send(text, model=MODEL, options=with_tools(), wait=False)
                killed.append(Killed(turn, effects))
            await eventually(lambda: sum(len(_keys(path)) for path in files) >= needed)
            await asyncio.sleep(rng.choice((0.0, rng.uniform(0.0, SLACK))))
            os.killpg(host.server.pid, signal.SIGKILL)
    except (DevhostError, OSError, SocketIOError):  # errors of closing a tab whose host is dead
        if len(killed) < len(files):
            raise
    host.server.stop()
    return killed


def _orders(effects: Path, *, lasting: bool) -> list[str]:
    lines = [
        order("count", {"path": str(effects), "key": f"r{number}-#"}, first=number, times=CALLS)
        for number in range(1, ROUNDS + 1)
    ]
    return [*lines, order("sleep_waiting", {"seconds": 600}, first=ROUNDS + 1)] if lasting else lines


async def _judge(host: InstalledHost, tab: BrowserSession, killed: Killed, figures: Figures, name: str) -> None:
    effects, finished = Counter(_keys(killed.effects)), _finished(host, killed)
    figures.effects += effects.total()
    figures.finished += len(finished)
    first = await _sent_next(host, tab, killed.turn)
    second = await _sent_next(host, tab, first[0])
    outputs = _outputs(first[1])
    for key, text in finished.items():
        if outputs.get(key) == text:
            figures.reported += 1
        else:
            figures.misses.append(f"{name}: {key} finished, and the next request says {outputs.get(key)!r}")
    noted = any("while these tools ran: count" in text and MAY_HAVE_RUN in text for text in map(json.dumps, first[1]))
    for key in effects.keys() - finished.keys():
        if noted:
            figures.may_have_run += 1
        else:
            figures.misses.append(f"{name}: {key} ran, and the next request does not say that it may have run")
    if first[1][:-1] != second[1][: len(first[1]) - 1]:
        figures.forgotten_later += 1
        figures.misses.append(f"{name}: the second request does not begin as the first one did")
    after = Counter(_keys(killed.effects))
    if after != effects or max(effects.values(), default=0) > 1:
        figures.twice += 1
        figures.misses.append(f"{name}: effects {dict(after)} after {dict(effects)}")


async def _regenerate(host: InstalledHost, tab: BrowserSession, killed: Killed, figures: Figures) -> None:
    """Regenerate the killed answer: the new request must contain nothing of the first answer."""
    history, answer_id = killed.turn.history, str(uuid4())
    words = str(history.messages[killed.turn.user_id]["content"]).splitlines()[0]
    before = len(host.asked(words))
    history.messages[answer_id] = {**history.messages[killed.turn.answer_id], "id": answer_id, "childrenIds": []}
    history.current_id = answer_id
    form = completion_form(history, with_tools(), session_id=tab.session_id, server_owns=True)
    await tab.client.request("POST", "/api/chat/completions", form)
    await eventually(lambda: len(host.asked(words)) > before)
    sent = host.asked(words)[before].body["input"]
    if [item.get("role") for item in sent] != ["user"]:
        figures.misses.append(f"another answer to the question begins with {[item.get('type') for item in sent]}")
    await tab.client.stop_chat(killed.turn.chat_id)


async def _sent_next(host: InstalledHost, tab: BrowserSession, turn: Turn) -> tuple[Turn, list[dict[str, Any]]]:
    words = fresh("And now?")
    answer = await tab.send(words, chat=turn, model=MODEL, options=with_tools())
    (record,) = host.asked(words)
    return answer, list(record.body["input"])


def _outputs(sent: Iterable[Mapping[str, Any]]) -> dict[str, object]:
    """Return the outputs of the calls of `count` in a request, by the key of each call."""
    keys: dict[str, str] = {}
    found: dict[str, object] = {}
    for item in sent:
        if item.get("type") == "function_call" and item["name"] == "count":
            keys[item["call_id"]] = json.loads(item["arguments"])["key"]
        elif item.get("type") == "function_call_output" and item["call_id"] in keys:
            found[keys[item["call_id"]]] = item["output"]
    return found


def _finished(host: InstalledHost, killed: Killed) -> dict[str, str]:
    """Return the finished calls of a chat from the journal, read directly: key and output of each call."""
    with closing(sqlite3.connect(host.server.folder / "data" / "openrouter_pipe.db")) as database:
        asked = "SELECT arguments_hash FROM openrouter_pipe_tool_run WHERE chat_id = ? AND state <> 'started'"
        finished = {digest for (digest,) in database.execute(asked, (killed.turn.chat_id,))}
    keys = [f"r{number}-{place}" for number in range(1, ROUNDS + 1) for place in range(CALLS)]
    lookup = read_key(host.server.folder / "data" / LOOKUP_KEY_FILE)
    vault = make_vault(KeyRing(lookup=lookup), VaultOptions())
    hashes = {key: vault.lookups(arguments_hash({"path": str(killed.effects), "key": key}))[0] for key in keys}
    return {key: f"counted {key}" for key, digest in hashes.items() if digest in finished}


def _keys(effects: Path) -> list[str]:
    return effects.read_text().split() if effects.exists() else []


async def _installed(server: HostServer, simulator: SimulatorThread, source: str) -> InstalledHost:
    async with HostAdmin(server.url) as admin:
        account = await admin.sign_up(email="admin@example.com", password="a long password", name="Admin")
    host = InstalledHost(server, account, simulator, source)
    async with HostAdmin(server.url, account) as admin:
        await install(admin, source, host.valves)
    return host


def run(kills: int, *, chats: int = 1, seed: int = 0, version: str = NEWEST, bundle: Path | None = None) -> Figures:
    """Boot a host with the function, built from the work tree unless `bundle` is set, and kill it."""
    with TemporaryDirectory(prefix="killed-answers-") as name, SimulatorThread() as simulator:
        path = bundle or Path(name) / "openrouter_pipe.py"
        if bundle is None:
            subprocess.run([sys.executable, "-m", "entrypoints.openwebui.bundle", "--output", str(path)], check=True)
        with HostServer(version) as server:
            host = asyncio.run(_installed(server, simulator, path.read_text("utf-8")))
            return asyncio.run(kill_answers(host, Path(name), kills, chats=chats, seed=seed))


def main() -> int:
    """Run the drill; return 0 if nothing went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=4)
    parser.add_argument("--chats", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--host-version", default=NEWEST)
    parser.add_argument("--bundle", type=Path, help="a single file built before")
    asked = parser.parse_args()
    figures = run(asked.kills, chats=asked.chats, seed=asked.seed, version=asked.host_version, bundle=asked.bundle)
    print("\n".join(figures.lines()))
    print(f"misses                             {len(figures.misses) or 'none'}")
    for miss in figures.misses[:20]:
        print(f"  {miss}")
    return 1 if figures.misses else 0


if __name__ == "__main__":
    sys.exit(main())
