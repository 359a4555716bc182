"""Tools in a running host: installed from the files in `tools`, usable by everybody, called from a page."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from entrypoints.devhost.admin import EVERYBODY, HostAdmin
from entrypoints.devhost.browser import BrowserSession
from entrypoints.devhost.client import Json
from entrypoints.devhost.forms import TurnOptions
from entrypoints.devhost.turn import Turn
from entrypoints.devhost.waiting import POLL_SECONDS, deadline
from tests.hosts.installed import FUNCTION_ID, RARELY_OPEN, InstalledHost
from tests.patience import eventually

SOURCES = Path(__file__).parent / "tools"
TOOLS = ("adding", "sleeping", "failing", "returning", "counting")
"""Ids of the tool sets; each has one or more functions."""

PAUSE_SECONDS = 60.0


async def install_tools(admin: HostAdmin, names: Iterable[str] = TOOLS) -> None:
    """Create the tool sets that the host does not have yet, with access for everybody."""
    there = {str(tool["id"]) for tool in await admin.request("GET", "/api/v1/tools/")}
    access = {"access_grants": [EVERYBODY]} if admin.at_least("0.8") else {"access_control": None}
    for name in names:
        if name not in there:
            form = {"id": name, "name": name.title(), "content": (SOURCES / f"{name}.py").read_text("utf-8")}
            meta = {"description": name, "manifest": {}}
            await admin.request("POST", "/api/v1/tools/create", {**form, "meta": meta, **access})


async def let_choose(admin: HostAdmin, *, search: bool = False) -> None:
    """Allow people to request approval of calls and to use tool servers of their own, which 0.12 forbids by default.

    `search`: requests contain no definitions of tools, so the model has to search for tools.
    """
    if not admin.at_least("0.12"):
        return
    chats, connections = "/api/v1/chats/config", "/api/v1/configs/connections"
    given = await admin.request("GET", chats)
    changed = {"ENABLE_TOOL_PERMISSIONS": True, "ENABLE_TOOL_SEARCH": search, "TOOL_SEARCH_DEFER_THRESHOLD": 0}
    await admin.request("POST", chats, {**given, **changed})
    given = await admin.request("GET", connections)
    await admin.request("POST", connections, {**given, "ENABLE_DIRECT_INTEGRATIONS": True})


@asynccontextmanager
async def tab_with_tools(admin: HostAdmin) -> AsyncIterator[BrowserSession]:
    """Open a tab of a host that has the tools; the tab's own tool server always returns the same result."""
    await install_tools(admin)
    await let_choose(admin)
    answer = [{"way": "north"}, {"content-type": "application/json"}]
    async with BrowserSession(admin, answers={"execute:tool": answer}) as session:
        yield session


@asynccontextmanager
async def settings(admin: HostAdmin, **values: Json) -> AsyncIterator[None]:
    """Change valves of the function inside a block; `ADVANCED` holds further lines."""
    before = await admin.valves(FUNCTION_ID)
    values |= {"ADVANCED": f"{RARELY_OPEN}\n{values.get('ADVANCED', '')}"}
    await admin.set_valves(FUNCTION_ID, {**before, **values})
    try:
        yield
    finally:
        await admin.set_valves(FUNCTION_ID, before)


async def pipe_calls(host: InstalledHost, turn: Turn) -> int:
    """Wait until an answer and its tasks have ended; return how often the host called the pipe for it."""
    await turn.idle()

    def ended() -> int:
        lines = host.server.log_text().splitlines()
        return sum("turn_ended" in line and turn.answer_id in line for line in lines)

    await eventually(ended)
    return ended()


async def pending_call(turn: Turn) -> dict[str, Json]:
    """Wait until the host has paused an answer for a call that needs the person, and return the call."""
    async with deadline(PAUSE_SECONDS, "no call waited for the person"):
        while True:
            items = (await turn.read_back()).get("output") or []
            for item in items:
                if item["type"] == "function_call" and item["status"] == "pending":
                    return dict(item)
            await asyncio.sleep(POLL_SECONDS)


async def resolve(
    turn: Turn, admin: HostAdmin, call: Mapping[str, Json], action: str, **answer: Json
) -> dict[str, Json]:
    """Approve, reject or answer a paused call; return the stored answer after it is complete."""
    await admin.wait_until_idle(turn.chat_id)
    form = {"call_id": call["call_id"], "action": action, **answer}
    await admin.request("POST", f"/api/v1/chats/{turn.chat_id}/messages/{turn.answer_id}/resolve", form)
    async with deadline(PAUSE_SECONDS, "the answer did not continue"):
        while not _is_complete(message := await turn.read_back()):
            await asyncio.sleep(POLL_SECONDS)
    return message


def _is_complete(message: Mapping[str, Json]) -> bool:
    """Return whether an answer has ended with a text after its calls."""
    return bool(message.get("done") and message.get("output") and message["output"][-1]["type"] == "message")


def results(turn: Turn) -> list[str]:
    """Return the results that the model got, as its answer quotes them."""
    return turn.stored_text.partition("results: ")[2].split(" | ")


def sent_calls(sent: Iterable[Mapping[str, Json]]) -> list[tuple[str, Json]]:
    """Return name and output of each call in a request's input, in the order of the calls.

    Fails unless every call has one output that follows it, with only calls and outputs in between.
    """
    names: dict[str, str] = {}
    outputs: dict[str, Json] = {}
    for item in sent:
        if item.get("type") == "function_call":
            assert item["call_id"] not in names
            names[item["call_id"]] = item["name"]
        elif item.get("type") == "function_call_output":
            assert item["call_id"] in names
            assert item["call_id"] not in outputs
            outputs[item["call_id"]] = item["output"]
        else:
            assert names.keys() == outputs.keys()
    return [(name, outputs[call_id]) for call_id, name in names.items()]


def with_tools(*names: str, params: Mapping[str, Json] | None = None, **body: Json) -> TurnOptions:
    """Select tool sets for a message, in native mode (the model calls them); `body` adds fields to the request."""
    return TurnOptions((), {"function_calling": "native", **(params or {})}, tool_ids=names or TOOLS, body=body)


def order(
    name: str, arguments: Mapping[str, Json] | str = "", *, first: int = 1, times: int = 1, rounds: int = 1
) -> str:
    """Return the prompt line that makes `sim/tools` call a tool; `arguments` given as text are used unchanged."""
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return f"CALL {name} @{first} x{times} r{rounds} {text}".rstrip()


def direct_server(url: str, *specs: Json, title: str = "Maps") -> dict[str, Json]:
    """Return the description of a tool server that only the browser can reach, as the page sends it."""
    return {"url": url, "path": "openapi.json", "config": {"enable": True}, "info": {"title": title}, "specs": specs}
