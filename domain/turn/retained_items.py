"""What a round leaves for the next requests, in this turn and in later ones.

Reasoning and messages are kept as received, without empty parts of messages. Of items that nest too deep to be sent
everywhere, only the text of messages is kept. Calls are kept in portable form without
their item id, whose prefix upstream checks. One output per call follows, in order. Source: OpenRouter API reference,
input items.
"""

from collections.abc import Iterable
from dataclasses import replace

from domain.conversation.annotations import with_sound_annotations
from domain.conversation.arguments import LONG, object_text
from domain.conversation.call_kinds import CUSTOM
from domain.conversation.call_names import legal_name
from domain.conversation.item_types import MESSAGE, REASONING
from domain.conversation.native_calls import sound_call
from domain.conversation.record import TurnItem
from domain.conversation.server_items import is_native, kept_form, position_of
from domain.conversation.stored_shapes import is_flat
from domain.turn.answer import Answer
from domain.turn.logprobs import without_logprobs
from domain.turn.output_items import CALL, OutputItem
from ports.json_values import JsonObject
from ports.toolbox import ToolCall

Outputs = Iterable[tuple[ToolCall, JsonObject]]


def retained_items(answer: Answer, outputs: Outputs = (), *, whole: bool = True) -> tuple[TurnItem, ...]:
    """Return what a round leaves: items in order, then the outputs of its calls; calls without output go last.

    Of items that cannot be sent again (pictures, calls of clients) only the position is kept: see `kept_form`. Not
    `whole`: the response broke off. Then text is kept as shown, and no reasoning: upstream would reject unfinished
    reasoning, and the whole history with it.
    """
    kept: list[TurnItem] = []
    segments: dict[str, int] = {}
    calls, outputs = answer.called(), tuple(outputs)
    ran = {call.call_id: call for call, _ in outputs}
    for slot in answer.slots:
        if slot in calls or slot.kind == CALL:
            call = calls.get(slot)
            item = call_item(ran.get(call.call_id, call)) if call is not None and (slot.closed or whole) else None
            if call is not None and item is not None:
                segments[call.call_id] = slot.segment
                kept.append(TurnItem(item, segment=slot.segment))
        else:
            kept += [TurnItem(item, segment=slot.segment) for item in _items(slot)]
    if not whole:
        kept = _interrupted(kept, answer)
    kept += [TurnItem(item, segment=segments.get(call.call_id, -1)) for call, item in outputs]
    return tuple(kept)


def in_segments(kept: Iterable[TurnItem], segments: Iterable[tuple[ToolCall, int]]) -> tuple[TurnItem, ...]:
    """Return items with each call and output numbered by the segment that shows it."""
    shown = {call.call_id: segment for call, segment in segments}
    numbered = ((one, shown.get(str(one.item.get("call_id")), one.segment)) for one in kept)
    return tuple(one if one.segment == segment else replace(one, segment=segment) for one, segment in numbered)


def call_item(call: ToolCall) -> JsonObject:
    """Return a call in the form upstream accepts as input; of one that cannot go back only the position.

    Long arguments stay as they came: whoever sends or stores them reads them in a thread (`sound_arguments`).
    """
    space = {"namespace": legal_name(call.namespace)} if call.namespace else {}
    if call.kind == CUSTOM:
        name = legal_name(call.name)
        return {"type": CUSTOM, "call_id": call.call_id, "name": name, "input": call.arguments, **space}
    if call.kind != CALL:
        native = sound_call({**call.item, "call_id": call.call_id}) if is_flat(call.item) else None
        return native or {"type": call.kind, "call_id": ""}
    is_long = len(call.arguments) >= LONG
    return {
        "type": "function_call",
        "call_id": call.call_id,
        "name": legal_name(call.name),
        "arguments": call.arguments if is_long else object_text(call.arguments),
        **space,
    }


def _items(slot: OutputItem) -> list[JsonObject]:
    if slot.kind == REASONING:
        return [slot.item] if slot.item is not None and is_flat(slot.item) else []
    if slot.kind != MESSAGE:
        return _of_tool(slot) if slot.closed else []
    phase = {"phase": slot.phase} if slot.phase else {}
    if slot.item is None:
        return _spoken("\n\n".join("".join(pieces) for pieces in slot.pieces.values()), phase)
    return _message(slot.item, phase)


def _of_tool(slot: OutputItem) -> list[JsonObject]:
    item = slot.item
    if item is None or not is_flat(item):
        return [position_of(slot.kind)]
    if is_native(item) and not item.get("id") and slot.item_id:
        item = {**item, "id": slot.item_id}  # upstream may name it only as it begins, and requires it later
    return [kept_form(item)]


def _message(item: JsonObject, phase: JsonObject) -> list[JsonObject]:
    content = item.get("content")
    listed = content if isinstance(content, list) else []
    parts = [without_logprobs(with_sound_annotations(part)) for part in listed if _says(part)]
    if item.get("id") and parts and is_flat(item):
        kept = {key: value for key, value in item.items() if key != "phase"}
        return [{**kept, **phase, "content": parts, "status": "completed"}]
    return _spoken("\n\n".join(_says(part) for part in parts), phase)


def _spoken(text: str, phase: JsonObject) -> list[JsonObject]:
    return [{"type": MESSAGE, "role": "assistant", **phase, "content": text}] if text and not text.isspace() else []


def _says(part: object) -> str:
    said = (part.get("text") or part.get("refusal")) if isinstance(part, dict) else ""
    return said if isinstance(said, str) else ""


def _interrupted(kept: list[TurnItem], answer: Answer) -> list[TurnItem]:
    """Keep a message without its reasoning as plain text: its id may be tied to that reasoning."""
    unfinished = any(slot.kind == REASONING and not slot.closed for slot in answer.slots)
    if not unfinished and not (kept and kept[-1].item.get("type") == REASONING):
        return kept
    bare = [one for one in kept if one.item.get("type") != REASONING and not is_native(one.item)]
    return [replace(one, item=_text_alone(one.item)) if one.item.get("id") else one for one in bare]


def _text_alone(item: JsonObject) -> JsonObject:
    content = item.get("content")
    text = "\n\n".join(_says(part) for part in content) if isinstance(content, list) else content
    phase = {"phase": item["phase"]} if item.get("phase") else {}
    return {"type": MESSAGE, "role": "assistant", **phase, "content": text}
