"""References to stored turns: made of the turn's id, sent to the caller, found again in the history it sends.

Every reference contains the turn's ULID, so the id alone leads to the turn's rows; a reference grants no access
(law 12). Ids of calls and of reasoning items are the same for every caller; references in texts and in
`reasoning_details` depend on the caller's `HistoryFormat`.
"""

import re
from collections.abc import Iterator, Mapping

from domain.conversation.history_format import HistoryFormat
from domain.conversation.resolved_parts import ResolvedPart
from ports.json_values import JsonObject

MOST_PER_MESSAGE = 64
TURN_ID = r"[0-7][0-9A-HJKMNP-TV-Z]{25}"
CALL_REFERENCE = rf"call_({TURN_ID})_\d{{1,6}}"
"""Pattern of `call_reference`; its group is the turn's id. So is `REASONING_REFERENCE` of `reasoning_reference`."""
REASONING_REFERENCE = rf"rs_({TURN_ID})_\d{{1,6}}"
_TURN = re.compile(TURN_ID)
_CALL = re.compile(CALL_REFERENCE)


def call_reference(turn_id: str, number: int) -> str:
    """Return the id under which the caller sees a call; `number` is the call's own within the turn."""
    return f"call_{turn_id}_{number}"


def reasoning_reference(turn_id: str, number: int) -> str:
    """Return the id under which the caller sees the turn's reasoning item `number`."""
    return f"rs_{turn_id}_{number}"


def is_turn_id(text: object) -> bool:
    """Return whether a text is a ULID."""
    return isinstance(text, str) and _TURN.fullmatch(text) is not None


def turn_of_call(shown: object) -> str:
    """Return the id of the turn that a call id names; empty if the id is not a `call_reference`."""
    found = _CALL.fullmatch(shown) if isinstance(shown, str) else None
    return found[1] if found else ""


def references_in(message: object, history_format: HistoryFormat) -> tuple[str, ...]:
    """Return the ids of the turns that an assistant's or a tool's message names, each once, the strongest first.

    At most `MOST_PER_MESSAGE`. Values of a wrong type are ignored.
    """
    if not isinstance(message, Mapping):
        return ()
    turns: dict[str, None] = {}
    for turn_id in _named(message, history_format):
        if turn_id:
            turns[turn_id] = None
        if len(turns) == MOST_PER_MESSAGE:
            break
    return tuple(turns)


def turns_of_calls_in_text(message: object, history_format: HistoryFormat) -> tuple[str, ...]:
    """Return the ids of the turns whose finished calls the text of an assistant's message shows."""
    if not isinstance(message, Mapping) or message.get("role") != "assistant":
        return ()
    texts = texts_of(message.get("content"))
    return tuple(dict.fromkeys(turn for text in texts for turn in history_format.turns_of_calls_in(text)))


def _named(message: JsonObject, history_format: HistoryFormat) -> Iterator[str]:
    if message.get("role") == "tool":
        yield turn_of_call(message.get("tool_call_id"))
        return
    for call in _mappings(message.get("tool_calls")):
        yield turn_of_call(call.get("id"))
    for detail in _mappings(message.get("reasoning_details")):
        yield history_format.turn_in_detail(detail)
    for text in texts_of(message.get("content")):
        yield from history_format.turns_in(text)


def texts_of(content: object) -> Iterator[str]:
    """Iterate over the texts and refusals of a message's content: a string or a list of parts.

    Notes that stand in place of media are nobody's words.
    """
    if isinstance(content, str):
        yield content
    elif isinstance(content, list | tuple):
        for part in content:
            text = part.get("text") or part.get("refusal") if isinstance(part, Mapping) else part
            if isinstance(text, str) and not isinstance(part, ResolvedPart):
                yield text


def _mappings(value: object) -> Iterator[JsonObject]:
    if isinstance(value, list | tuple):
        yield from (entry for entry in value if isinstance(entry, Mapping))
