"""Read the items of tools that upstream runs. Source: the official SDK, output items."""

from domain.turn.server_tools import Progress, ServerToolReport
from ports.json_values import JsonObject

OWN = "openrouter:"
SERVER_TYPES = frozenset(
    (
        *("web_search_call", "file_search_call", "code_interpreter_call", "image_generation_call"),
        *("mcp_call", "mcp_list_tools", "shell_call_output"),
    )
)
_ENDED = {"completed": Progress.COMPLETED, "failed": Progress.FAILED, "incomplete": Progress.FAILED}


def report_of(item: JsonObject, *, done: bool = False) -> ServerToolReport | None:
    """Return what an item says of a server tool; None for other items. Never raises.

    `done`: upstream sent the item as finished, so a status that says otherwise is stale.
    """
    kind, status = item.get("type"), item.get("status")
    if not isinstance(kind, str) or not (kind in SERVER_TYPES or kind.startswith(OWN)):
        return None
    progress = _ENDED.get(status, Progress.RUNNING) if isinstance(status, str) else Progress.RUNNING
    if progress is Progress.RUNNING and done:
        progress = Progress.COMPLETED
    action = item.get("action")
    query = action.get("query") if isinstance(action, dict) else ""
    code, error = item.get("code"), item.get("error")
    return ServerToolReport(
        kind.removeprefix(OWN).removesuffix("_call")[:200],
        progress,
        subject=" ".join(query.split())[:200] if isinstance(query, str) else "",
        code=code[:4000] if isinstance(code, str) else "",
        error=error[:1000] if isinstance(error, str) else "",
    )
