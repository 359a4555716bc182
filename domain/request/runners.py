"""Who runs a tool call: this process, or whoever asked (a client of the API, or the host for its page).

The entrypoint reports what its caller wants to run itself (`Tooling.handed_over`, `Tooling.host_only`); the rest is
decided here.
"""

from collections.abc import Collection, Iterable

from domain.request.turn_request import Caller, TurnRequest


def caller_runs_named_tools(request: TurnRequest, *, offered: bool) -> bool:
    """Tell whether the tools a request names go upstream for the caller to run.

    A client of the API runs what it names, unless tools are `offered` that run here; the host only what it keeps for
    itself.
    """
    return request.tooling.handed_over or (request.caller is Caller.API and not offered)


def runs_here(names: Iterable[str], runnable: Collection[str], handed_over: Collection[str]) -> bool:
    """Tell whether a round of calls runs in this process: one call that is handed over takes the whole round along."""
    return bool(runnable) and not any(name in handed_over for name in names)
