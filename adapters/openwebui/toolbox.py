"""The host's tools of one turn as a toolbox: workspace, builtin, server and direct (browser) tools."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from adapters.openwebui.direct_tools import BrowserGone, EventCall, call_in_browser, declared_only
from adapters.openwebui.host_tools import HostOffer, HostTool, Kind, read_tools
from adapters.openwebui.own_threads import OwnThreads
from adapters.openwebui.tool_results import result_of, weight_of
from adapters.openwebui.tool_threads import driven, finished
from adapters.openwebui.uncancelled import uncancelled
from ports.offload import LARGE, Offload
from ports.telemetry import Redactor, Telemetry
from ports.toolbox import Failure, ToolRequest, ToolResult, ToolSpec

BROWSER_SECONDS = 60.0
LONGEST_ERROR = 2000


class OpenWebUiToolbox:
    """Implements Toolbox for one turn.

    Direct tools are available only with `event_call` and the session id of the page; `seconds` limits each of their
    calls. `redact` masks secrets in error texts of tools. `problem` is not empty if the tools could not be read.
    """

    def __init__(
        self,
        tools: tuple[HostTool, ...],
        threads: OwnThreads,
        offload: Offload,
        telemetry: Telemetry,
        *,
        event_call: EventCall | None = None,
        session_id: str = "",
        seconds: float = BROWSER_SECONDS,
        redact: Redactor = str,
        problem: str = "",
    ) -> None:
        self._threads, self._offload, self._telemetry = threads, offload, telemetry
        self._event_call, self._session_id, self._seconds = event_call, session_id, seconds
        self._redact = redact
        self.problem = problem
        in_page = event_call is not None and bool(session_id)
        kept = [tool for tool in tools if in_page or tool.kind is not Kind.DIRECT]
        self._specs = tuple(tool.spec for tool in kept)
        self._tools = {(tool.spec.source, tool.spec.name): tool for tool in kept}

    def tools(self) -> tuple[ToolSpec, ...]:
        """Return the available tools in the order of the request."""
        return self._specs

    async def call(self, request: ToolRequest) -> ToolResult:
        """Run one call to its end; a failure is returned as a failed result."""
        tool = self._tools.get((request.spec.source, request.spec.name))
        if tool is None:
            return ToolResult(f"Error: there is no tool named {request.spec.name!r}.", failed=True, begun=False)
        try:
            value = await self._run(tool, request)
            return await self._offload.run(
                lambda: result_of(tool, request.arguments, value), size=weight_of(value, LARGE)
            )
        except BrowserGone as gone:
            return ToolResult(f"Error: {gone}.", failed=True, begun=gone.begun)
        except Exception as error:  # noqa: BLE001 - foreign code: any error of a tool becomes its result
            return self._failure(tool, error)

    async def _run(self, tool: HostTool, request: ToolRequest) -> Any:
        if tool.kind is Kind.DIRECT and self._event_call is not None:
            answer = call_in_browser(tool, request, self._event_call, self._session_id, self._seconds)
            return await finished(tool.spec.name, answer, self._telemetry)
        function = tool.function
        assert function is not None
        arguments = dict(request.arguments) if tool.kind is Kind.MCP else declared_only(tool, request.arguments)
        if _is_async(function) and not _hides_blocking(function):
            return await finished(tool.spec.name, function(**arguments), self._telemetry)
        value = await self._threads.run(tool.spec.name, lambda: _called(function, arguments))
        return await finished(tool.spec.name, _awaited(value), self._telemetry) if inspect.isawaitable(value) else value

    def _failure(self, tool: HostTool, error: Exception) -> ToolResult:
        message = self._redact(str(error)[:LONGEST_ERROR]).strip()
        name = type(error).__name__
        self._telemetry.event("info", "tool_raised", tool=tool.spec.name, source=tool.spec.source, error=name)
        text = f"Error: {name}: {message}" if message else f"Error: {name}"
        return ToolResult(text, failed=True, failure=_failure_of(tool, error))


async def open_toolbox(
    offer: HostOffer,
    threads: OwnThreads,
    offload: Offload,
    telemetry: Telemetry,
    *,
    event_call: EventCall | None = None,
    session_id: str = "",
    seconds: float = BROWSER_SECONDS,
    redact: Redactor = str,
) -> OpenWebUiToolbox:
    """Read the tools passed by the host, awaiting them if necessary.

    If they cannot be read, the turn goes on without tools: a warning is logged and `problem` is set.
    """
    tools, problem = tuple[HostTool, ...](), ""
    try:
        tools = read_tools(replace(offer, handed=await _resolved(offer.handed), stored=await _resolved(offer.stored)))
    except Exception as error:  # noqa: BLE001 - foreign data and code: the turn goes on without tools
        problem = type(error).__name__
        telemetry.event("warning", "tools_not_loaded", error=problem)
    return OpenWebUiToolbox(
        tools,
        threads,
        offload,
        telemetry,
        event_call=event_call,
        session_id=session_id,
        seconds=seconds,
        redact=redact,
        problem=problem,
    )


async def _resolved(tools: object) -> object:
    return await uncancelled(tools) if inspect.isawaitable(tools) else tools


async def _awaited(value: Awaitable[Any]) -> Any:
    return await value


def _called(function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    value = function(**arguments)
    return driven(value) if inspect.iscoroutine(value) and _hides_blocking(function) else value


def _is_async(function: object) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(vars(type(function)).get("__call__"))


def _hides_blocking(function: object) -> bool:
    """Return whether the host's async wrapper hides a blocking function, which would block the event loop."""
    wrapped = getattr(function, "__wrapped__", None)
    return wrapped is not None and _is_async(function) and not _is_async(inspect.unwrap(wrapped))


def _failure_of(tool: HostTool, error: Exception) -> Failure:
    """Classify a tool's error by its type; the hosts' MCP client raises bare Exceptions for errors of a server."""
    if tool.kind is Kind.MCP and type(error) is Exception:
        return Failure.SAID
    decoding = isinstance(error, UnicodeError) or type(error).__name__ == "JSONDecodeError"
    return Failure.VALUE if isinstance(error, ValueError) and not decoding else Failure.RAISED
