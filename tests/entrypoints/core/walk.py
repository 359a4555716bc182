"""Trace one real turn through the core and write the rooms it visits into docs/developers.md.

The traced turn is the second of a chat: it recalls the first from SQLite, asks the simulator over HTTP and is stored.
A room is a module. Each step of a turn lists its rooms in the order of their first visit, with the functions that
other rooms call there.
"""

import asyncio
import re
import sys
import tempfile
import textwrap
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from domain.request.turn_request import Person
from entrypoints.core.caller_request import CallerHistory, CallerRequest
from entrypoints.core.open_core import open_core
from entrypoints.core.storage_location import sqlite_location
from entrypoints.openai.completion import collect, completion
from entrypoints.openai.completions_body import CompletionsBody, read_completions_body
from entrypoints.openai.frames import ChunkHead
from entrypoints.settings import Settings
from entrypoints.settings_rows import Secret
from entrypoints.simulator.threads import SimulatorThread

ROOT = Path(__file__).resolve().parents[3]
PAGE = Path("docs/developers.md")
BEGIN, END = "<!-- walk: written by `make walk` -->\n", "<!-- end of walk -->\n"
PARTS = ("domain/", "adapters/", "entrypoints/core/", "entrypoints/openai/")
READ, ADMIT, ASSEMBLE, DRIVE, SETTLE, ANSWER = "Read", "Admit", "Assemble", "Drive", "Settle", "Answer"
BOOK = "Book"
"""What the writer of the ledger does, beside whatever step the turn is in."""
STEPS = {
    ("domain/services/admit_turn", ""): ADMIT,
    ("domain/services/assemble_turn", ""): ASSEMBLE,
    ("domain/services/drive_turn", ""): DRIVE,
    ("domain/services/attempt", ""): DRIVE,
    ("domain/turn/machine", ""): DRIVE,
    ("domain/services/settle_turn", "settle_turn"): SETTLE,
    ("domain/services/admit_turn", "Ticket.release"): SETTLE,
    ("entrypoints/openai/completion", "completion"): ANSWER,
    ("domain/services/keep_ledger", "KeepLedger._write_all"): BOOK,
}
"""Room and function ("" for any) -> the step that has begun when they run."""
ALIKE = {"Lease.finish_reading": "Lease.release"}
"""Function -> what it is listed as.

A call gives its connection back at once if the last bytes of the answer have come by then, and otherwise once they
have: which of the two is a race with the simulator.
"""
EVERYWHERE = ("adapters/process/", "adapters/logs/")
"""Clock, ids, threads, places and log serve every step; they are left out."""
BY_ITSELF = "adapters/sql/"
"""What the driver calls in its threads, and how connections are given back, is left out: for whom, nobody knows."""
SWEEPER = "domain/services/sweep_ledger"
"""What it does for other turns, beside this one, is left out."""
END_OF_TRACE = ("entrypoints/core/open_core", "Core.drained")
"""Waits until the turn is stored, while tasks and threads of the turn go on: in which order is a race."""

Walk = dict[str, dict[str, list[str]]]
"""Step -> room -> functions called from other rooms, each in the order of the first visit."""


@dataclass(slots=True)
class Trace:
    """Notes calls between rooms while it is the profiler of the interpreter's threads."""

    walk: Walk = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    step: str = READ
    entered: set[FrameType] = field(default_factory=set)

    def note(self, frame: FrameType, event: str, _argument: object) -> None:
        """Take one event of the profiler; only public calls from one room into another are listed."""
        room = _room(frame) if event == "call" else ""
        name = frame.f_code.co_qualname
        if not room or frame in self.entered or room.startswith(EVERYWHERE):  # a coroutine that goes on is no call
            return
        self.entered.add(frame)
        stack = [(room, name), *_above(frame)]
        if any(place[0] == SWEEPER for place in stack[1:]) or END_OF_TRACE in stack:
            return
        step = next((step for place in stack if (step := _step(*place))), self.step)
        self.step = self.step if step is BOOK else step
        function = ALIKE.get(name, name.removesuffix(".__init__"))
        self.calls[f"{room}: {function}"] += 1
        if (
            all(place[0].startswith(BY_ITSELF) for place in stack)
            or (len(stack) > 1 and stack[1][0] == room)
            or _PRIVATE.search(function)
        ):
            return
        functions = self.walk.setdefault(step, {}).setdefault(room, [])
        if function not in functions:
            functions.append(function)


_PRIVATE = re.compile(r"<|(^|\.)_")


def _step(room: str, name: str) -> str:
    return STEPS.get((room, name)) or STEPS.get((room, ""), "")


def _room(frame: FrameType) -> str:
    file = frame.f_code.co_filename
    name = file[len(str(ROOT)) + 1 : -len(".py")] if file.startswith(str(ROOT)) else ""
    return name if name.startswith(PARTS) else ""


def _above(frame: FrameType) -> list[tuple[str, str]]:
    found, above = [], frame.f_back
    while above is not None:
        if room := _room(above):
            found.append((room, above.f_code.co_qualname))
        above = above.f_back
    return found


async def traced() -> Trace:
    """Answer two turns of one chat and return the trace of the second."""
    trace = Trace()
    with SimulatorThread() as simulator, tempfile.TemporaryDirectory() as folder:
        settings = Settings(api_key=Secret("sk-or-v1-simulator"), base_url=simulator.url)
        async with open_core(settings, sqlite_location(Path(folder) / "store.db")) as core:
            messages = [{"role": "user", "content": "hi"}]
            for note in (None, trace.note):
                threading.setprofile(note)
                sys.setprofile(note)
                try:
                    body = read_completions_body({"model": "sim/thinking", "messages": messages})
                    assert isinstance(body, CompletionsBody)
                    person = Person("ann")
                    asked = CallerRequest(
                        body.model, tuple(body.messages), body.parameters(), person=person, history=CallerHistory("cli")
                    )
                    start = core.turn(asked, settings, await core.models.listing(settings))
                    collected = await collect(start(asyncio.current_task()))
                    answer = completion(ChunkHead("chatcmpl-1", body.model, 1), collected)
                    await core.drained()
                finally:
                    sys.setprofile(None)
                    threading.setprofile(None)
                messages += [answer["choices"][0]["message"], {"role": "user", "content": "go on"}]
    return trace


def visited_again(walk: Walk) -> dict[str, list[str]]:
    """Return the rooms that more than one step visits, with those steps."""
    steps: dict[str, list[str]] = {}
    for step, rooms in walk.items():
        for room in rooms:
            steps.setdefault(room, []).append(step)
    return {room: found for room, found in steps.items() if len(found) > 1}


def text_of(walk: Walk) -> str:
    """Return the walk as Markdown."""
    blocks = []
    for step, rooms in sorted(walk.items(), key=lambda found: found[0] == BOOK):
        lines = [f"{room}: {', '.join(functions)}" for room, functions in rooms.items()]
        wrapped = [textwrap.fill(line, 118, subsequent_indent="    ", break_on_hyphens=False) for line in lines]
        blocks.append(f"**{step}**\n\n```text\n" + "\n".join(wrapped) + "\n```\n")
    return "\n".join(blocks)


def page_with(text: str, page: str) -> str:
    """Return the page with the walk replaced."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE} lacks the marks of the walk")
    return before + begin + "\n" + text + "\n" + end + after


if __name__ == "__main__":
    page = ROOT / PAGE
    page.write_text(page_with(text_of(asyncio.run(traced()).walk), page.read_text("utf-8")), "utf-8")
