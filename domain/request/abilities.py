"""What a tool is good for, so that upstream's tool is never offered beside the caller's own for the same purpose."""

from collections.abc import Iterable, Mapping
from enum import Enum


class Ability(Enum):
    """A purpose of tools. An entrypoint reports those that its caller serves with tools of its own."""

    SEARCH = "search"
    FETCH = "fetch"
    TIME = "time"
    PICTURES = "pictures"
    CODE = "code"
    FILES = "files"
    DELEGATION = "delegation"
    DISCOVERY = "discovery"
    SERVERS = "servers"


ABILITIES: Mapping[str, Ability] = {
    "openrouter:web_search": Ability.SEARCH,
    "openrouter:web_fetch": Ability.FETCH,
    "openrouter:datetime": Ability.TIME,
    "openrouter:image_generation": Ability.PICTURES,
    "image_generation": Ability.PICTURES,
    "code_interpreter": Ability.CODE,
    "openrouter:shell": Ability.CODE,
    "openrouter:bash": Ability.CODE,
    "openrouter:files": Ability.FILES,
    "file_search": Ability.FILES,
    "openrouter:subagent": Ability.DELEGATION,
    "openrouter:tool_search": Ability.DISCOVERY,
    "mcp": Ability.SERVERS,
}
"""What each tool that upstream runs is good for; those without an entry are never in anybody's way."""

PLUGIN_TOOLS: Mapping[str, str] = {
    "web": "openrouter:web_search",
    "web-fetch": "openrouter:web_fetch",
    "fusion": "openrouter:fusion",
}
"""Plugins that do the work of a server tool: with both, the same thing would be done and paid twice."""


def done_by_plugins(plugins: Iterable[object]) -> frozenset[str]:
    """Return the server tools whose work a request's plugins do."""
    on = (one.get("id") for one in plugins if isinstance(one, dict) and one.get("enabled") is not False)
    return frozenset(PLUGIN_TOOLS[name] for name in on if isinstance(name, str) and name in PLUGIN_TOOLS)
