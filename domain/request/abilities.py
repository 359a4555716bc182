"""What a tool is good for, so that upstream's tool is never offered beside the caller's own for the same purpose."""

from collections.abc import Mapping
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
