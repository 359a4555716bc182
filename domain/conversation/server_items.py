"""What is kept of the items of tools that upstream runs, and to whom they go back.

They are kept as received if they are small: pictures and screenshots are left out where upstream can do without them.
Of all others only the position is kept, an item that has nothing but its type. Source: the official SDK, input items.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum

from domain.conversation.call_kinds import CALLS, FUNCTION, OUTPUT_OF, OUTPUTS, ran_upstream
from domain.conversation.item_types import OWN_IMAGE, Replay, treatment_of
from domain.conversation.native_calls import sound_call
from ports.json_values import JsonObject


class Audience(Enum):
    """To whom a request sends items of server tools: to a model without tools, to any other, or to one of the maker
    that wrote them."""

    NOBODY = "nobody"
    ANY_MODEL = "any_model"
    SAME_MAKER = "same_maker"


MOST_CHARACTERS, LONGEST_TYPE = 32 * 1024, 100
"""The size of an item that is kept, see `characters_in`, and the length of its type."""
_ENDED = ("completed", "incomplete", "failed")
_WITHOUT_STATUS = ("mcp_call", "mcp_list_tools")
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "code_interpreter_call": ("id",),
    "file_search_call": ("id", "queries"),
    "mcp_call": ("arguments", "id", "name", "server_label"),
    "mcp_list_tools": ("id", "server_label", "tools"),
    "openrouter:armor_blocked": ("arguments", "call_id", "explanation", "id", "name", "reason"),
    "openrouter:datetime": ("datetime", "timezone"),
    "web_search_call": ("id",),
}
"""What upstream requires of such an item beside its type and status, by its type. A test compares this with the SDK."""
_IMAGES = frozenset({"image_generation_call", OWN_IMAGE})
_PICTURES = ("imageB64", "image_b64", "screenshotB64", "screenshot_b64")
_RARE_CALLS, _RARE_OUTPUTS = CALLS - {FUNCTION}, OUTPUTS - {OUTPUT_OF[FUNCTION]}
_SERVER = (Replay.ANY_MODEL, Replay.SAME_MAKER)


def position_of(kind: str) -> JsonObject:
    """Return an item that only says where an item of this type stood."""
    return {"type": kind[:LONGEST_TYPE]}


def kept_form(item: JsonObject) -> JsonObject:
    """Return what is kept of a finished item that is neither message, thinking, call nor output.

    A status that says otherwise is stale, as everywhere.
    """
    kind, replay = str(item.get("type")), treatment_of(item).replay
    if replay in _SERVER:
        item = without_pictures(item)
        if kind not in _WITHOUT_STATUS and item.get("status") not in _ENDED:
            item = {**item, "status": "completed"}
        fits = is_server_item(item)
    else:
        fits = replay is Replay.UNKNOWN and len(kind) <= LONGEST_TYPE
    return item if fits and is_small(item) else position_of(kind)


def is_server_item(item: JsonObject) -> bool:
    """Return whether an item is one of a server tool, and more than a position: it has all that upstream requires."""
    if len(item) == 1 or treatment_of(item).replay not in _SERVER:
        return False
    return all(item.get(key) is not None for key in REQUIRED.get(item["type"], ()))


def goes_back(item: JsonObject) -> bool:
    """Return whether upstream accepts the item as input: a call of a rare kind has all that it must have there."""
    if treatment_of(item).replay is not Replay.OWN:
        return is_server_item(item)
    if item["type"] in _RARE_CALLS:
        return sound_call(item) is not None and not ran_upstream(item)
    return item["type"] not in _RARE_OUTPUTS or bool(item.get("call_id"))


def is_stored(item: JsonObject) -> bool:
    """Return whether an item is stored: what goes back, and what a later release may know."""
    return goes_back(item) or (treatment_of(item).replay is Replay.UNKNOWN and len(item) > 1)


def is_native(item: JsonObject) -> bool:
    """Return whether an item is of a maker's own tool. It may be tied to the thinking before it."""
    return treatment_of(item).replay is Replay.SAME_MAKER


def without_results(items: Iterable[JsonObject]) -> list[JsonObject]:
    """Return the items with only the positions of those of all server tools."""
    return [position_of(str(item.get("type"))) if is_server_item(item) else item for item in items]


def with_texts(item: JsonObject, change: Callable[[str], str]) -> JsonObject:
    """Return an item with all its texts changed; addresses stay. What is stored nests no deeper than `DEEPEST`."""

    def changed(value: object) -> object:
        if isinstance(value, str):
            return value if _is_address(value) else change(value)
        if isinstance(value, Mapping):
            return {key: changed(entry) for key, entry in value.items()}
        return [changed(entry) for entry in value] if isinstance(value, list) else value

    return {key: changed(value) for key, value in item.items()}


def is_small(item: JsonObject) -> bool:
    """Return whether an item is small enough to be kept."""
    return characters_in(item) <= MOST_CHARACTERS


def characters_in(item: JsonObject) -> int:
    """Count the characters of an item's texts and keys, and its other values as one each; stop beyond the limit."""
    characters = 0
    waiting: list[object] = [item]
    while waiting and characters <= MOST_CHARACTERS:
        value = waiting.pop()
        characters += len(value) if isinstance(value, str) else 1
        if isinstance(value, Mapping):
            characters += sum(len(key) for key in value if isinstance(key, str))
            waiting += value.values()
        elif isinstance(value, Sequence) and not isinstance(value, str):
            waiting += value
    return characters


def without_pictures(item: JsonObject) -> JsonObject:
    """Leave out pictures given as base64 or data URLs; addresses stay."""
    kept = {key: value for key, value in item.items() if key not in _PICTURES and not _is_data(value)}
    if item.get("type") in _IMAGES and not _is_address(item.get("result")):
        kept.pop("result", None)
    outputs = item.get("outputs")
    if isinstance(outputs, list):
        kept["outputs"] = [one for one in outputs if not _is_inline(one)]
    return kept if kept != item else item


def _is_data(value: object) -> bool:
    return isinstance(value, str) and value.startswith("data:")


def _is_address(value: object) -> bool:
    return isinstance(value, str) and value.startswith("https://") and not any(map(str.isspace, value))


def _is_inline(output: object) -> bool:
    return isinstance(output, Mapping) and output.get("type") == "image" and not _is_address(output.get("url"))
