"""Upstream plugins: those a request names and those the operator switched on.

Source: the plugins' models of the official SDK; a test compares every field and word with them.
"""

from collections.abc import Iterable

from domain.conversation.media_kinds import PDF
from domain.request.lost import LONGEST_LABEL, lost
from domain.request.plugin_shapes import COMPRESSION, FILE_PARSER, HEALING, PLUGINS, REQUIRED
from domain.request.search_shapes import sound_search
from domain.request.shapes import reduced
from ports.json_values import JsonObject

MOST_READ = 64
"""Entries of a request's list of plugins that are read."""


_ROUTERS = {"openrouter/auto": "auto-router", "openrouter/auto-beta": "auto-beta-router"}
"""Slug of an automatic router -> the plugin that holds its options; elsewhere upstream ignores them."""


def with_router(asked: tuple[object, ...] | None, slug: str, cost_tier: str) -> tuple[object, ...]:
    """Return a request's plugins, with the operator's tier of cost for a router that the request does not name."""
    name = _ROUTERS.get(slug.partition(":")[0].partition("@")[0])
    given = asked or ()
    if not cost_tier or name is None or any(isinstance(one, dict) and one.get("id") == name for one in given):
        return given
    return (*given, {"id": name, "cost_tier": cost_tier})


def with_pdf_engine(asked: tuple[object, ...], engine: str, items: Iterable[JsonObject]) -> tuple[object, ...]:
    """Return a request's plugins, with the operator's engine for PDF files if one is sent and none is named."""
    if not engine or any(isinstance(one, dict) and one.get("id") == FILE_PARSER for one in asked):
        return asked
    parts = (part for item in items if isinstance(content := item.get("content"), list) for part in content)
    return (*asked, {"id": FILE_PARSER, "pdf": {"engine": engine}}) if any(map(_is_pdf, parts)) else asked


def _is_pdf(part: object) -> bool:
    if not isinstance(part, dict) or part.get("type") != "input_file":
        return False
    data, named = part.get("file_data"), (part.get("filename"), part.get("file_url"))
    if isinstance(data, str):
        return data.startswith(f"data:{PDF}")
    return any(isinstance(name, str) and name.lower().partition("?")[0].endswith(".pdf") for name in named)


def plugins_of(asked: Iterable[object], *, trim: bool, stream: bool) -> tuple[tuple[JsonObject, ...], tuple[str, ...]]:
    """Return the plugins to send, each id once, and the names of omitted plugins and options.

    `trim` adds the compression plugin unless the request names it. Plugins that do not work with streaming are omitted
    from streamed requests, unless the request switches them off. A plugin without what it requires is omitted.
    """
    kept: dict[str, JsonObject] = {}
    dropped: list[str] = []
    for plugin in list(asked)[:MOST_READ]:
        name = plugin.get("id") if isinstance(plugin, dict) else None
        if not isinstance(plugin, dict) or not isinstance(name, str) or name not in PLUGINS:
            dropped.append(f"plugin {name!r}"[:LONGEST_LABEL])
            continue
        options = reduced(plugin, PLUGINS[name])
        unusable = [key for key in REQUIRED.get(name, ()) if key not in options]
        if unusable or (name == HEALING and stream and options.get("enabled") is not False):
            dropped.append(f"plugin {name!r}")
            continue
        kept[name] = {"id": name, **sound_search(options)}
        dropped += lost(plugin, kept[name], f"plugins.{name}")
    if trim and COMPRESSION not in kept:
        kept[COMPRESSION] = {"id": COMPRESSION, "engine": "middle-out"}
    return tuple(kept.values()), tuple(dropped)
