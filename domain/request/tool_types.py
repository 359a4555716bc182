"""Every tool type of upstream: who runs it, its options, and the form in which it is sent.

The table is complete: a test compares it with the official SDK, type by type and option by option.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from domain.request.search_shapes import sound_search
from domain.request.shapes import Check, Shape, reduced, scalar, text, whole
from domain.request.tool_shapes import (
    ADVISOR,
    APPLY_PATCH,
    BASH,
    CODE,
    COMPUTER,
    CUSTOM,
    FILE_SEARCH,
    FUNCTION,
    MCP,
    OLDER_SEARCH,
    PICTURES,
    SHELL,
    WEB_FETCH,
    WEB_SEARCH,
    fusion,
    subagent,
)
from ports.json_values import JsonObject
from ports.responses import OWN_TYPES

SEARCH = f"{OWN_TYPES}web_search"
MOST_OTHERS = 32
ONLY_RESPONSES = frozenset({"openrouter:apply_patch"})
"""Server tools that chat completions does not have. Source: the SDK's description of this tool."""


class RunBy(Enum):
    """Who runs the calls of a tool."""

    UPSTREAM = "upstream"
    CALLER = "caller"


@dataclass(frozen=True, slots=True)
class ToolType:
    """How a tool type is sent. A type without options has an empty shape; `required` options must pass their checks.

    `nested`: the options are an object under `parameters`. `others`: the check of options that the shape does not name;
    None if there are none. `sent_as`: the type in which upstream takes it, empty for its own. `named`: it has a name of
    its own, so that a request may have several; the key that tells them apart.
    """

    run_by: RunBy
    options: Shape = field(default_factory=dict)
    required: tuple[str, ...] = ()
    nested: bool = False
    others: Check | None = None
    sent_as: str = ""
    named: str = ""


def _nested_tool(value: object) -> JsonObject | None:
    """Accept a tool that upstream runs for the model of a subagent or a panel; those have no such tools themselves."""
    kind = value.get("type") if isinstance(value, dict) else None
    known = _RUN_UPSTREAM.get(kind) if isinstance(kind, str) else None
    if not isinstance(value, dict) or known is None or not known.nested or "tools" in known.options:
        return None
    return written(value)


def _upstream(options: Shape | None = None, *, others: Check | None = None, named: str = "") -> ToolType:
    return ToolType(RunBy.UPSTREAM, options or {}, nested=True, others=others, named=named)


_OLDER = ToolType(RunBy.UPSTREAM, OLDER_SEARCH, sent_as=SEARCH)

_RUN_UPSTREAM: Mapping[str, ToolType] = {
    SEARCH: _upstream(WEB_SEARCH),
    "web_search": _OLDER,
    "web_search_preview": _OLDER,
    "web_search_preview_2025_03_11": _OLDER,
    "web_search_2025_08_26": _OLDER,
    "openrouter:web_fetch": _upstream(WEB_FETCH),
    "openrouter:datetime": _upstream({"timezone": text}),
    "openrouter:image_generation": _upstream({"model": text}, others=scalar),
    "openrouter:experimental__search_models": _upstream({"max_results": whole(1, 100)}),
    "openrouter:tool_search": _upstream({"max_results": whole(1, 100)}),
    "openrouter:files": _upstream(),
    "openrouter:shell": _upstream(SHELL),
    "openrouter:bash": _upstream(BASH),
    "openrouter:apply_patch": _upstream(APPLY_PATCH),
    "openrouter:advisor": _upstream(ADVISOR, named="name"),
    "openrouter:subagent": _upstream(subagent(_nested_tool), named="name"),
    "openrouter:fusion": _upstream(fusion(_nested_tool)),
    "file_search": ToolType(RunBy.UPSTREAM, FILE_SEARCH, ("vector_store_ids",)),
    "code_interpreter": ToolType(RunBy.UPSTREAM, CODE, ("container",)),
    "image_generation": ToolType(RunBy.UPSTREAM, PICTURES),
    "mcp": ToolType(RunBy.UPSTREAM, MCP, ("server_label",), named="server_label"),
}
_RUN_BY_CALLER: Mapping[str, ToolType] = {
    "function": ToolType(RunBy.CALLER, FUNCTION),
    "custom": ToolType(RunBy.CALLER, CUSTOM),
    "namespace": ToolType(RunBy.CALLER),
    "local_shell": ToolType(RunBy.CALLER),
    "shell": ToolType(RunBy.CALLER),
    "apply_patch": ToolType(RunBy.CALLER),
    "computer_use_preview": ToolType(RunBy.CALLER, COMPUTER, ("display_height", "display_width", "environment")),
}
TOOL_TYPES: Mapping[str, ToolType] = {**_RUN_UPSTREAM, **_RUN_BY_CALLER}
DEFAULTS: Mapping[str, JsonObject] = {"code_interpreter": {"container": {"type": "auto"}}}
"""Options that a type requires and that have one usual value, for a tool without a usable one."""


def written(tool: JsonObject) -> JsonObject | None:
    """Return a tool other than a function, custom tool or namespace as upstream takes it; None if it takes none.

    Options may stand beside the type or under `parameters`: clients write both. Those of the wrong type are omitted.
    """
    kind = tool.get("type")
    known = TOOL_TYPES.get(kind) if isinstance(kind, str) else None
    if known is None or not isinstance(kind, str):
        return None
    within = tool.get("parameters")
    given = {**tool, **(within if isinstance(within, dict) else {})}
    options = {**DEFAULTS.get(kind, {}), **reduced(given, known.options)}
    if known.others is not None:
        options |= _others(within, known)
    if any(key not in options for key in known.required):
        return None
    if SEARCH in (kind, known.sent_as):
        options = _search_options(options)
    if not known.nested and not known.sent_as:
        return {"type": kind, **options}
    sent = known.sent_as or kind
    return {"type": sent, "parameters": options} if options else {"type": sent}


def goes_to_chat(tool: JsonObject) -> bool:
    """Return whether chat completions takes a tool that is written for `POST /responses`."""
    kind = str(tool["type"])
    return kind == "function" or (kind.startswith(OWN_TYPES) and kind not in ONLY_RESPONSES)


def unread_options(tool: JsonObject, sent: JsonObject) -> tuple[str, ...]:
    """Return the options of a tool that are not sent: unknown ones, and those of the wrong type."""
    within, kept = tool.get("parameters"), sent.get("parameters")
    given = {**tool, **(within if isinstance(within, dict) else {})}
    known = {"type", "parameters", "filters", *sent, *(kept if isinstance(kept, dict) else {})}
    return tuple(key for key, value in given.items() if value is not None and key not in known)[:MOST_OTHERS]


def names_of(name: str) -> tuple[str, ...]:
    """Return the types that a name of a tool stands for, with or without its prefix; the sent one first."""
    bare = name.strip().lower().removeprefix(OWN_TYPES)
    bare = {"search_models": "experimental__search_models"}.get(bare, bare)
    return tuple(kind for kind in (OWN_TYPES + bare, bare) if kind in TOOL_TYPES)


def _others(given: object, known: ToolType) -> dict[str, object]:
    """Return the options that the shape of a type does not name."""
    if not isinstance(given, dict) or known.others is None:
        return {}
    named = [key for key in given if text(key) and key not in known.options][:MOST_OTHERS]
    checked = {key: known.others(given[key]) for key in named}
    return {key: value for key, value in checked.items() if value is not None}


def _search_options(options: dict[str, object]) -> dict[str, object]:
    """Return the options of a search as today's tool takes them: domains without a filter object, and one way only."""
    filters = options.pop("filters", None)
    if isinstance(filters, dict):
        allowed = filters.get("allowed_domains")
        excluded = filters.get("excluded_domains") or filters.get("blocked_domains")
        found = {"allowed_domains": allowed, "excluded_domains": excluded}
        options |= {key: value for key, value in found.items() if value and key not in options}
    if "allowed_domains" in options:
        options.pop("excluded_domains", None)
    return sound_search(options)
