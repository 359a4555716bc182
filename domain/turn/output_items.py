"""One output item of a response: its place, its text so far, and how to find it in the terminal event."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from domain.conversation.arguments import NONE
from domain.conversation.call_kinds import CALLER_CALLS, CUSTOM, FUNCTION, OUTPUTS, call_id_of, ran_upstream
from domain.conversation.item_types import MESSAGE, OWN_IMAGE
from domain.conversation.native_calls import words_of_call
from ports.json_values import JsonObject
from ports.responses import OWN_TYPES
from ports.toolbox import ToolCall

CALL = FUNCTION
IMAGES = frozenset({"image_generation_call", OWN_IMAGE})
DRAWS = IMAGES | {"code_interpreter_call", "openrouter:browser_use"}
"""Items that may bring pictures."""
_DRAWN = ("result", "imageUrl", "image_url", "imageB64", "image_b64")
_SEEN = ("screenshotB64", "screenshot_b64")
TEXT_OF_CALL = {FUNCTION: "arguments", CUSTOM: "input"}
"""Calls that arrive as text in pieces, and the field of it."""
PHASES = frozenset({"commentary", "final_answer"})
"""The phases of messages that upstream accepts. Source: OpenRouter API reference, input items."""


@dataclass(slots=True, eq=False)
class OutputItem:
    """One output item: its place, what was shown of it, and how it ended. `phase`: of a message, empty if unknown.

    `pieces`: what was shown, by part; `growing`: the same lists, of the parts whose complete text has not come.
    """

    index: int
    item_id: str
    kind: str
    segment: int
    started: float
    opening: JsonObject | None = None
    item: JsonObject | None = None
    pieces: dict[tuple[str, int], list[str]] = field(default_factory=dict)
    growing: dict[tuple[str, int], list[str]] = field(default_factory=dict)
    arguments: list[str] = field(default_factory=list)
    closed: bool = False
    phase: str = ""

    def describe(self, item: JsonObject) -> None:
        """Take what a later form of the item may leave out: the phase of a message."""
        phase = item.get("phase")
        if not self.phase and isinstance(phase, str) and phase in PHASES:
            self.phase = phase

    def shown(self, part: tuple[str, int]) -> str:
        """Return what was shown of one part."""
        return "".join(self.pieces.get(part, ()))

    def settle(self, *parts: tuple[str, int]) -> None:
        """Note that the complete text of parts has come."""
        for part in parts:
            self.growing.pop(part, None)
            if part in self.pieces:
                self.pieces[part] = [self.shown(part)]

    def has_all_of(self, part: tuple[str, int]) -> bool:
        """Return whether the complete text of a part, or of the item, has come: later pieces can only repeat it."""
        return part not in self.growing and (part in self.pieces or (self.closed and self.has_text()))

    def has_text(self) -> bool:
        """Return whether any text of the item was shown."""
        return any(any(pieces) for pieces in self.pieces.values())


Place = tuple[OutputItem, tuple[str, int]]
"""A part of a message: the item, and the part's kind and number."""


def calls_among(slots: Sequence[OutputItem]) -> list[OutputItem]:
    """Return the items that ask the caller for something; upstream has run a call whose output is beside it."""
    called = [slot for slot in slots if slot.kind in CALLER_CALLS]
    if all(slot.kind in TEXT_OF_CALL for slot in called):
        return called
    answered = {call_id_of(slot.item or slot.opening or {}) for slot in slots if slot.kind in OUTPUTS}
    return [slot for slot in called if slot.kind in TEXT_OF_CALL or _is_asked(slot.item, answered)]


def _is_asked(item: JsonObject | None, answered: set[str]) -> bool:
    """Return whether a native call is whole and was not run by upstream."""
    return item is not None and not ran_upstream(item) and call_id_of(item) not in answered


def call_of(slot: OutputItem) -> ToolCall:
    """Return the call that an item is, of whatever kind."""
    item, said = slot.item or slot.opening or {}, "".join(slot.arguments)
    call_id = call_id_of(item) or slot.item_id or f"call_{slot.segment}"
    space = text_of(item, "namespace")
    if slot.kind == FUNCTION:
        return ToolCall(call_id, text_of(item, "name"), text_of(item, "arguments") or said or NONE, namespace=space)
    if slot.kind == CUSTOM:
        return ToolCall(call_id, text_of(item, "name"), text_of(item, "input") or said, CUSTOM, space)
    return ToolCall(call_id, *words_of_call(item), slot.kind, item=item)


def alike(slot: OutputItem, _position: int, item: JsonObject) -> bool:
    """Return whether both may be the same item: same type and, for calls, same call id."""
    if not _are_kin(slot, item):
        return False
    theirs, ours = text_of(item, "call_id"), text_of(slot.item or slot.opening or {}, "call_id")
    return not theirs or not ours or theirs == ours


def id_of(item: JsonObject) -> str:
    return text_of(item, "id") or text_of(item, "call_id")


def family_of(kind: str) -> str:
    """Return the type without what tells a server tool of OpenRouter from one of a maker."""
    return kind if kind == CALL else kind.removeprefix(OWN_TYPES).removesuffix("_call")


def kind_of(item: JsonObject) -> str:
    return text_of(item, "type") or MESSAGE


def _are_kin(slot: OutputItem, item: JsonObject) -> bool:
    kind = kind_of(item)
    return slot.kind == kind or family_of(slot.kind) == family_of(kind)


def objects(value: object) -> Iterator[JsonObject]:
    if isinstance(value, list):
        yield from (entry for entry in value if isinstance(entry, dict))


def text_of(item: JsonObject, key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else ""


def place_of(source: JsonObject) -> tuple[int, int]:
    """Return the characters that a citation is of, from and to (exclusive); (0, 0) if it does not say."""
    start, end = source.get("start_index"), source.get("end_index")
    if type(start) is int and type(end) is int and 0 <= start <= end < 2**31:
        return start, end
    return 0, 0


def pictures_of(item: JsonObject) -> Iterator[str]:
    """Return the pictures of an item as received: an image, what code drew, what a browser saw.

    Each is an address, a data URL or bare base64. Nothing is read here: it may be megabytes.
    """
    for output in objects(item.get("outputs")):
        if text_of(output, "type") == "image" and text_of(output, "url").startswith(("https://", "data:image/")):
            yield text_of(output, "url")
    for key in _DRAWN if kind_of(item) in IMAGES else _SEEN:
        value = text_of(item, key)
        if value:
            yield value
            return
