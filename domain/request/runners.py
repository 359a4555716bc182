"""Who runs a tool call: this process or the caller (an API client, or the host for its page).

The entrypoint reports which calls its caller runs itself (`Tooling.handed_over`, `Tooling.host_only`); the other rules
are here.
"""

from collections.abc import Collection, Iterable

from domain.request.turn_request import Caller, TurnRequest


def caller_runs_named_tools(request: TurnRequest) -> bool:
    """Return whether the caller runs the tools that its request names.

    An API client does, also beside tools that this process runs; the host runs only the tools it keeps for itself.
    """
    return request.tooling.handed_over or request.caller is Caller.API


def runs_here(names: Iterable[str], runnable: Collection[str], handed_over: Collection[str]) -> bool:
    """Return whether this process runs a round of calls: if one call is handed over, the whole round is."""
    return bool(runnable) and not any(name in handed_over for name in names)
