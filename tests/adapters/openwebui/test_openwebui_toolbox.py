"""Running the host's tools: awaited, in a thread, or in the user's browser."""

import asyncio
import sys
import threading
from collections.abc import Awaitable, Mapping
from typing import Any

import pytest

from adapters.openwebui.host_tools import HostOffer
from adapters.openwebui.tool_threads import tool_threads
from adapters.openwebui.toolbox import OpenWebUiToolbox, open_toolbox
from ports.offload import LARGE
from ports.toolbox import Failure, Toolbox, ToolRequest, ToolResult
from tests.adapters.openwebui.host_wrappers import direct, external, in_body, mcp, workspace, wrapped
from tests.doubles.offload import InlineOffload
from tests.doubles.telemetry import RecordedTelemetry

BOXES: tuple[type[Toolbox], ...] = (OpenWebUiToolbox,)


class Ground:
    """A toolbox, its log and its offloaded work."""

    def __init__(self) -> None:
        self.telemetry, self.offload = RecordedTelemetry(), InlineOffload()

    async def box(self, tools: object, *names: str, places: int = 4, **other: Any) -> OpenWebUiToolbox:
        given = names or tuple(tools) if isinstance(tools, dict) else names
        offer = HostOffer(None, tools, in_body(*given))
        return await open_toolbox(offer, tool_threads(self.telemetry, places), self.offload, self.telemetry, **other)

    async def run(self, entry: Mapping[str, Any], arguments: Mapping[str, Any], **other: Any) -> ToolResult:
        name = entry["spec"]["name"]
        box = await self.box({name: entry}, **other)
        return await call(box, arguments)


async def call(box: OpenWebUiToolbox, arguments: Mapping[str, Any], call_id: str = "call_1") -> ToolResult:
    return await box.call(ToolRequest(box.tools()[0], arguments, call_id))


@pytest.fixture
def ground() -> Ground:
    return Ground()


async def add(a: int = 0, b: int = 0) -> int:
    return a + b


async def test_an_asynchronous_tool_is_awaited(ground: Ground) -> None:
    assert await ground.run(workspace("add", add), {"a": 2, "b": 3}) == ToolResult("5")


async def test_arguments_missing_in_the_schema_are_left_out(ground: Ground) -> None:
    assert (await ground.run(workspace("add", add), {"a": 2, "__user__": "x"})).text == "2"


async def test_an_mcp_server_gets_all_arguments(ground: Ground) -> None:
    async def all_of(**given: Any) -> str:
        return ",".join(given)

    assert (await ground.run(mcp("s_all", all_of, object()), {"a": 1, "extra": 2})).text == "a,extra"


@pytest.mark.parametrize("wrap", [wrapped, lambda function: function], ids=["in the host's wrapper", "bare"])
async def test_a_blocking_tool_runs_in_a_thread_of_its_own(ground: Ground, wrap: Any) -> None:
    def where(a: int = 0) -> str:
        return f"{a} {threading.get_ident() != main}"

    main = threading.get_ident()
    entry = {**workspace("where", where), "callable": wrap(where)}
    assert (await ground.run(entry, {"a": 1})).text == "1 True"


async def test_a_blocking_function_that_returns_an_awaitable_is_awaited(ground: Ground) -> None:
    def later(a: int, b: int) -> Awaitable[int]:
        return add(a, b)

    entry = {**workspace("add", add), "callable": later}
    assert (await ground.run(entry, {"a": 1, "b": 1})).text == "2"


@pytest.mark.parametrize(
    ("raised", "failure"),
    [
        (RuntimeError("no disk"), Failure.RAISED),
        (ValueError("no such city"), Failure.VALUE),
        (UnicodeError("torn"), Failure.RAISED),
    ],
)
async def test_a_tool_that_raises_answers_with_its_error(ground: Ground, raised: Exception, failure: Failure) -> None:
    async def fail() -> None:
        raise raised

    result = await ground.run(workspace("fail", fail), {})
    assert (result.failed, result.failure, result.begun) == (True, failure, True)
    assert result.text.startswith(f"Error: {type(raised).__name__}: ")


async def test_an_error_an_mcp_server_answers_with_does_not_count_against_it(ground: Ground) -> None:
    async def refuse(**_given: Any) -> None:
        raise Exception("no such repository")

    result = await ground.run(mcp("hub_find", refuse, object()), {})
    assert (result.text, result.failure) == ("Error: Exception: no such repository", Failure.SAID)


@pytest.mark.parametrize("asynchronous", [True, False])
async def test_a_tool_cannot_end_the_process(ground: Ground, asynchronous: bool) -> None:
    def leave() -> None:
        sys.exit(3)

    async def leave_awaited() -> None:
        sys.exit(3)

    result = await ground.run(workspace("leave", leave_awaited if asynchronous else leave), {})
    assert (result.failed, result.text) == (True, "Error: WorkExited: SystemExit")


async def test_a_tool_that_cancels_itself_has_failed(ground: Ground) -> None:
    async def give_up() -> None:
        raise asyncio.CancelledError

    assert (await ground.run(workspace("give_up", give_up), {})).failed


async def test_secrets_in_errors_are_masked(ground: Ground) -> None:
    async def fail() -> None:
        raise RuntimeError("key sk-1")

    result = await ground.run(workspace("fail", fail), {}, redact=lambda text: text.replace("sk-1", "…"))
    assert result.text == "Error: RuntimeError: key …"


async def test_an_unknown_tool_never_starts(ground: Ground) -> None:
    box, other = await ground.box({"add": workspace("add", add)}), await ground.box({"b": workspace("b", add)})
    result = await box.call(ToolRequest(other.tools()[0], {}, "call_1"))
    assert (result.failed, result.begun) == (True, False)


async def test_a_large_result_is_read_in_a_thread(ground: Ground) -> None:
    async def much() -> str:
        return "x" * 5_000_000

    result = await ground.run(workspace("much", much), {})
    assert ground.offload.sizes[0] >= LARGE
    assert len(result.text) < 4_300_000


async def test_cancelling_ends_an_asynchronous_tool(ground: Ground) -> None:
    begun, ended = asyncio.Event(), list[str]()

    async def wait() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("ended")

    box = await ground.box({"wait": workspace("wait", wait)})
    running = asyncio.create_task(call(box, {}))
    await begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert ended == ["ended"]
    assert ground.telemetry.named("tool_left_running") == []


async def test_a_tool_that_ignores_cancellation_is_abandoned_and_logged_once(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.openwebui.tool_threads.GRACE", 0.0)
    begun, let_go = asyncio.Event(), asyncio.Event()

    async def stubborn() -> None:
        begun.set()
        while not let_go.is_set():
            try:
                await let_go.wait()
            except asyncio.CancelledError:
                continue

    box = await ground.box({"stubborn": workspace("stubborn", stubborn)})
    running = asyncio.create_task(call(box, {}))
    await begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert ground.telemetry.only("tool_left_running").values == {"tool": "stubborn", "where": "task"}
    let_go.set()


async def test_a_thread_that_outlives_its_call_counts_until_it_ends(ground: Ground) -> None:
    begun, let_go = threading.Event(), threading.Event()

    def block() -> str:
        begun.set()
        let_go.wait(10)
        return "late"

    box = await ground.box({"block": workspace("block", block)}, places=1)
    first = asyncio.create_task(call(box, {}))
    await asyncio.to_thread(begun.wait, 10)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert ground.telemetry.only("tool_left_running").values == {"tool": "block", "where": "thread"}
    second = asyncio.create_task(call(box, {}))
    await asyncio.sleep(0)
    assert not second.done()
    let_go.set()
    assert (await second).text == "late"


async def test_a_direct_tool_is_called_through_the_page(ground: Ground) -> None:
    asked = list[dict[str, Any]]()

    async def event_call(event: dict[str, Any]) -> Any:
        asked.append(event)
        return [{"way": "north"}, {"content-type": "application/json"}]

    entry = direct("route", info={"title": "Maps"})
    given = {"event_call": event_call, "session_id": "sid"}
    result = await ground.run(entry, {"a": 1, "extra": 2}, **given)
    assert result == ToolResult('{"way": "north"}')
    data = {"id": "call_1", "name": "route", "params": {"a": 1}, "server": entry["server"], "session_id": "sid"}
    assert asked == [{"type": "execute:tool", "data": data}]


@pytest.mark.parametrize("session_id", ["", "sid"])
async def test_direct_tools_are_not_available_without_a_page(ground: Ground, session_id: str) -> None:
    async def event_call(_event: dict[str, Any]) -> None: ...

    given: dict[str, Any] = {"session_id": session_id, "event_call": None if session_id else event_call}
    assert (await ground.box({"route": direct("route")}, **given)).tools() == ()


async def test_a_page_that_does_not_answer_fails_the_call(ground: Ground) -> None:
    async def event_call(_event: dict[str, Any]) -> None:
        await asyncio.Event().wait()

    result = await ground.run(direct("route"), {}, event_call=event_call, session_id="sid", seconds=0.0)
    assert (result.text, result.failed, result.begun) == ("Error: the page did not answer within 0 s.", True, True)


async def test_a_page_that_is_gone_never_started_the_call(ground: Ground) -> None:
    async def event_call(_event: dict[str, Any]) -> Any:
        return {"error": "Client session disconnected."}

    result = await ground.run(direct("route"), {}, event_call=event_call, session_id="sid")
    assert (result.failed, result.begun, result.failure) == (True, False, None)


@pytest.mark.parametrize("status", [500, 422])
async def test_an_error_of_a_tool_server_has_its_status(ground: Ground, status: int) -> None:
    async def fetch(**_given: Any) -> Any:
        return ({"error": f"HTTP error {status}: no"}, None)

    result = await ground.run(external("fetch", fetch), {})
    assert (result.failed, result.failure, result.status) == (True, Failure.SERVER, status)


async def test_awaitable_tools_are_awaited(ground: Ground) -> None:
    async def later() -> dict[str, Any]:
        return {"add": workspace("add", add)}

    assert [spec.name for spec in (await ground.box(later(), "add")).tools()] == ["add"]


async def test_unreadable_tools_are_logged_and_do_not_fail_the_turn(ground: Ground) -> None:
    async def broken() -> None:
        raise RuntimeError("database is locked")

    box = await ground.box(broken(), "add")
    assert (box.tools(), box.problem) == ((), "RuntimeError")
    assert ground.telemetry.only("tools_not_loaded").level == "warning"
