"""What a round leaves behind: the items the next request holds, in this turn and in later ones.

Reasoning and messages as received, but messages without empty parts; calls in the portable minimum without their id,
whose prefix upstream checks; then one output per call, in order. Source: OpenRouter API reference, input items.
"""

from collections.abc import Iterable
from dataclasses import replace

from domain.conversation.arguments import object_text
from domain.conversation.record import KINDS, TurnItem
from domain.turn.answer import Answer
from domain.turn.output_items import CALL, MESSAGE, REASONING, OutputItem
from ports.json_values import JsonObject
from ports.toolbox import ToolCall

Outputs = Iterable[tuple[ToolCall, JsonObject]]


def retained_items(answer: Answer, outputs: Outputs = (), *, whole: bool = True) -> tuple[TurnItem, ...]:
    """Return what a round leaves: items in order, then the outputs of its calls; calls without output go last.

    Of what cannot be sent again (searches, pictures) only its place is kept: see `goes_back`.
    Not `whole`: the response broke off. Text is kept as it was shown. Thinking that was not finished, or led to
    nothing, would be refused upstream, and with it all that came before: then the round keeps none.
    """
    kept: list[TurnItem] = []
    segments: dict[str, int] = {}
    calls = answer.called()
    for slot in answer.slots:
        if slot.kind == CALL:
            call = calls.get(slot)
            if call is not None and (slot.closed or whole):
                segments[call.call_id] = slot.segment
                kept.append(TurnItem(call_item(call), segment=slot.segment))
        else:
            kept += [TurnItem(item, segment=slot.segment) for item in _items(slot)]
    if not whole:
        kept = _interrupted(kept, answer)
    kept += [TurnItem(item, segment=segments.get(call.call_id, -1)) for call, item in outputs]
    return tuple(kept)


def goes_back(item: JsonObject) -> bool:
    """Tell whether upstream takes an item back."""
    return item.get("type") in KINDS


def in_segments(kept: Iterable[TurnItem], segments: Iterable[tuple[ToolCall, int]]) -> tuple[TurnItem, ...]:
    """Return items with calls and outputs numbered by the segments in which they were shown."""
    shown = {call.call_id: segment for call, segment in segments}
    return tuple(replace(one, segment=shown.get(str(one.item.get("call_id")), one.segment)) for one in kept)


def call_item(call: ToolCall) -> JsonObject:
    """Return a call as upstream takes it back."""
    return {
        "type": "function_call",
        "call_id": call.call_id,
        "name": call.name,
        "arguments": object_text(call.arguments),
    }


def _items(slot: OutputItem) -> list[JsonObject]:
    if slot.kind == REASONING:
        return [slot.item] if slot.item is not None else []
    if slot.kind != MESSAGE:
        return [{"type": slot.kind}] if slot.closed else []
    if slot.item is None:
        return _spoken("\n\n".join("".join(pieces) for pieces in slot.pieces.values()))
    return _message(slot.item)


def _message(item: JsonObject) -> list[JsonObject]:
    content = item.get("content")
    parts = [part for part in content if _says(part)] if isinstance(content, list) else []
    if item.get("id") and parts:
        return [{**item, "content": parts, "status": "completed"}]
    return _spoken("\n\n".join(_says(part) for part in parts))


def _spoken(text: str) -> list[JsonObject]:
    return [{"type": "message", "role": "assistant", "content": text}] if text and not text.isspace() else []


def _says(part: object) -> str:
    said = (part.get("text") or part.get("refusal")) if isinstance(part, dict) else ""
    return said if isinstance(said, str) else ""


def _interrupted(kept: list[TurnItem], answer: Answer) -> list[TurnItem]:
    """Without its thinking a message goes as text alone: its id may be tied to it."""
    unfinished = any(slot.kind == REASONING and not slot.closed for slot in answer.slots)
    if not unfinished and not (kept and kept[-1].item.get("type") == REASONING):
        return kept
    bare = [one for one in kept if one.item.get("type") != REASONING]
    return [replace(one, item=_text_alone(one.item)) if one.item.get("id") else one for one in bare]


def _text_alone(item: JsonObject) -> JsonObject:
    content = item.get("content")
    text = "\n\n".join(_says(part) for part in content) if isinstance(content, list) else content
    return {"type": MESSAGE, "role": "assistant", "content": text}
