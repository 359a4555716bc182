"""A history of the page without what it shows of server tools: those are no calls of functions (ADR 38).

Hosts from 0.8 on return them as calls with results, and divide the answer's text at each. Without them the messages are
those that the host would have returned had they not been shown; each names its turn as a thought does.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from entrypoints.openwebui.history_format import details_entry, turn_of_use

Message = dict[str, Any]


def without_uses(messages: Sequence[object]) -> tuple[object, ...]:
    """Take shown uses out of messages; the parts of an answer that one divided are joined again."""
    kept: list[object] = []
    divided: Message | None = None  # the last message kept, if a use ended it
    for message in messages:
        if not isinstance(message, dict):
            kept.append(message)
            divided = None
            continue
        if message.get("role") == "tool" and turn_of_use(message.get("tool_call_id")):
            continue
        rest, turns = _parted(message)
        bare = _bare(message, rest, turns) if turns else message
        if divided is not None and _continues(divided, bare):
            kept[-1] = bare = _joined(divided, bare)
        else:
            kept.append(bare)
        divided = bare if turns and not rest else None
    return tuple(kept)


def _parted(message: Message) -> tuple[list[Any], list[str]]:
    """Return the calls that are no uses, and the turns that uses name, each once."""
    calls = message.get("tool_calls") if message.get("role") == "assistant" else None
    rest: list[Any] = []
    turns: dict[str, None] = {}
    for call in calls if isinstance(calls, list) else ():
        turn_id = turn_of_use(call.get("id")) if isinstance(call, Mapping) else ""
        if turn_id:
            turns[turn_id] = None
        else:
            rest.append(call)
    return rest, list(turns)


def _bare(message: Message, rest: list[Any], turns: list[str]) -> Message:
    bare = {key: value for key, value in message.items() if key != "tool_calls"}
    if rest:
        bare["tool_calls"] = rest
    details = [*_list(message.get("reasoning_details")), *(details_entry(turn_id, 0) for turn_id in turns)]
    return {**bare, "content": message.get("content") or "", "reasoning_details": details}


def _continues(divided: Message, message: Message) -> bool:
    texts = divided.get("content"), message.get("content") or ""
    return message.get("role") == "assistant" and all(isinstance(text, str) for text in texts)


def _joined(divided: Message, message: Message) -> Message:
    texts = [text for text in (divided["content"], message.get("content")) if text]
    details = [*_list(divided.get("reasoning_details")), *_list(message.get("reasoning_details"))]
    return {**divided, **message, "content": "\n".join(texts), "reasoning_details": details}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
