"""Upstream plugins: those a request names and those the operator switched on."""

from collections.abc import Iterable

from domain.request.shapes import Shape, flag, inner, number, one_of, reduced, text, texts, whole
from ports.json_values import JsonObject

_WEB: Shape = {
    "enabled": flag,
    "engine": one_of("native", "exa", "firecrawl", "parallel", "perplexity"),
    "max_results": whole(1, 25),
    "max_uses": whole(1, 100),
    "search_prompt": text,
    "include_domains": texts,
    "exclude_domains": texts,
}
_AUTO: Shape = {
    "enabled": flag,
    "allowed_models": texts,
    "excluded_models": texts,
    "cost_quality_tradeoff": number(0, 10),
}
PLUGINS: dict[str, Shape] = {
    "web": _WEB,
    "web-fetch": {
        "max_uses": whole(1, 100),
        "max_content_tokens": whole(1, 10_000_000),
        "allowed_domains": texts,
        "blocked_domains": texts,
    },
    "file-parser": {"enabled": flag, "pdf": inner({"engine": one_of("mistral-ocr", "cloudflare-ai", "native")})},
    "response-healing": {"enabled": flag},
    "context-compression": {"enabled": flag, "engine": one_of("middle-out")},
    "auto-router": _AUTO,
    "moderation": {},
}
COMPRESSION = "context-compression"


def plugins_of(asked: Iterable[object], *, trim: bool, stream: bool) -> tuple[tuple[JsonObject, ...], tuple[str, ...]]:
    """Return the plugins to send, each id once, and the names of omitted ones.

    `trim` adds the compression plugin unless the request names it. Plugins that do not work with streaming are omitted
    from streamed requests.
    """
    kept: dict[str, JsonObject] = {}
    dropped: list[str] = []
    for plugin in asked:
        name = plugin.get("id") if isinstance(plugin, dict) else None
        if not isinstance(name, str) or name not in PLUGINS or (name == "response-healing" and stream):
            dropped.append(f"plugin {name!r}"[:80])
        else:
            kept[name] = {"id": name, **reduced(plugin, PLUGINS[name])}
    if trim and COMPRESSION not in kept:
        kept[COMPRESSION] = {"id": COMPRESSION, "engine": "middle-out"}
    return tuple(kept.values()), tuple(dropped)
