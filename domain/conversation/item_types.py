"""Every item type of upstream: what becomes of an item in later requests. A test compares this with the SDK.

Source: the official SDK, version `SDK`: its output items, and its input items, which are what upstream accepts.
"""

from dataclasses import dataclass
from enum import Enum

from domain.conversation.call_kinds import CALLS, OUTPUTS
from ports.json_values import JsonObject

SDK = "1.3.84"
MESSAGE, REASONING, OWN_IMAGE = "message", "reasoning", "openrouter:image_generation"


class Replay(Enum):
    """What becomes of an item in later requests.

    OWN: goes back by rules of its own. ANY_MODEL: goes back as received, to every model. SAME_MAKER: goes back as
    received, to models of the maker that wrote it. POSITION: only its position is kept, which tells what stood after
    thinking. UNKNOWN: kept as received, but never sent.
    """

    OWN = "own"
    ANY_MODEL = "any_model"
    SAME_MAKER = "same_maker"
    POSITION = "position"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Treatment:
    """How items of a type go back; `reason`: why they do not."""

    replay: Replay
    reason: str = ""


_ANY, _MAKER = Treatment(Replay.ANY_MODEL), Treatment(Replay.SAME_MAKER)
_UNKNOWN = Treatment(Replay.UNKNOWN, "not in the table")
_ASKED = Treatment(Replay.POSITION, "upstream has no item for its output, which goes back in words")
_GIVEN = Treatment(Replay.POSITION, "only clients send it")

ITEM_TYPES: dict[str, Treatment] = {
    **dict.fromkeys((MESSAGE, REASONING, *sorted(CALLS | OUTPUTS)), Treatment(Replay.OWN)),
    "openrouter:advisor": _ANY,
    "openrouter:apply_patch": _ANY,
    "openrouter:armor_blocked": _ANY,
    "openrouter:bash": _ANY,
    "openrouter:browser_use": _ANY,
    "openrouter:code_interpreter": _ANY,
    "openrouter:datetime": _ANY,
    "openrouter:experimental__search_models": _ANY,
    "openrouter:file_search": _ANY,
    "openrouter:files": _ANY,
    "openrouter:fusion": _ANY,
    OWN_IMAGE: _ANY,
    "openrouter:mcp": _ANY,
    "openrouter:memory": _ANY,
    "openrouter:shell": _ANY,
    "openrouter:subagent": _ANY,
    "openrouter:text_editor": _ANY,
    "openrouter:tool_search": _ANY,
    "openrouter:web_fetch": _ANY,
    "openrouter:web_search": _ANY,
    "code_interpreter_call": _MAKER,
    "file_search_call": _MAKER,
    "mcp_call": _MAKER,
    "mcp_list_tools": _MAKER,
    "web_search_call": _MAKER,
    "image_generation_call": Treatment(Replay.POSITION, "makers want its picture back, which is megabytes"),
    "compaction": Treatment(Replay.POSITION, "the whole history goes back, so nothing needs its summary"),
    "context_compaction": Treatment(Replay.POSITION, "the whole history goes back, so nothing needs its summary"),
    "computer_call": _ASKED,
    "additional_tools": _GIVEN,
    "agent_message": _GIVEN,
    "configuration_update": _GIVEN,
    "item_reference": _GIVEN,
}


def treatment_of(item: JsonObject) -> Treatment:
    """Return how an item goes back."""
    kind = item.get("type")
    return ITEM_TYPES.get(kind, _UNKNOWN) if isinstance(kind, str) else _UNKNOWN


def is_unknown(kind: str) -> bool:
    """Return whether nobody knew items of this type when the table was made."""
    return kind not in ITEM_TYPES
