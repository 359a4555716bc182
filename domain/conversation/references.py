"""References to what a turn left: made of the turn's id, shown to the host, found again in what it sends back.

Every form holds the turn's ULID, so the id alone finds the turn's rows; a reference is no permission (law 12). Which
host returns which form: output profiles, what comes back next turn.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ports.json_values import JsonObject

DETAILS_FORMAT = "openrouter-pipe-v1"
MOST_PER_MESSAGE = 64
_ULID = r"[0-7][0-9A-HJKMNP-TV-Z]{25}"
_TURN = re.compile(_ULID)
_CALL = re.compile(rf"call_({_ULID})_\d{{1,6}}")
_THOUGHT = re.compile(rf'<think id="rs_({_ULID})_\d{{1,6}}">')
_MARKER = re.compile(rf"^[ \t]*\[({_ULID})\]: #[ \t]*\r?$", re.MULTILINE)
_BLOCK = re.compile(rf' id="call_({_ULID})_\d{{1,6}}"')
_Form = tuple[str, re.Pattern[str]]
_BESIDE_CALLS: tuple[_Form, ...] = (("]: #", _MARKER), ('id="call_', _BLOCK))
_FORMS: tuple[_Form, ...] = (('<think id="rs_', _THOUGHT), *_BESIDE_CALLS)


def call_reference(turn_id: str, number: int) -> str:
    """Return the id the host sees for one of the turn's calls; `number` is its own within the turn."""
    return f"call_{turn_id}_{number}"


def reasoning_reference(turn_id: str, number: int) -> str:
    """Return the id the host sees for the turn's reasoning item `number`."""
    return f"rs_{turn_id}_{number}"


def thinking_tag(turn_id: str, number: int) -> str:
    """Return the tag that 0.8 puts before a thought and returns as it is."""
    return f'<think id="{reasoning_reference(turn_id, number)}">'


def details_entry(turn_id: str, number: int) -> dict[str, Any]:
    """Return the entry of `reasoning_details` that hosts from 0.10 on return; entries of one index would be merged."""
    return {
        "type": "reasoning.encrypted",
        "id": reasoning_reference(turn_id, number),
        "data": turn_id,
        "format": DETAILS_FORMAT,
        "index": number,
    }


def marker_line(turn_id: str) -> str:
    """Return the line that shows nothing on a page, if blank lines are around it."""
    return f"[{turn_id}]: #"


def is_turn_id(text: object) -> bool:
    """Tell whether a text is a ULID."""
    return isinstance(text, str) and _TURN.fullmatch(text) is not None


def turn_of_call(shown: object) -> str:
    """Return the turn a call id names; empty if it is not one of ours."""
    found = _CALL.fullmatch(shown) if isinstance(shown, str) else None
    return found[1] if found else ""


def references_in(message: object) -> tuple[str, ...]:
    """Return the turns a message of an assistant or a tool names, each once, the strongest reference first.

    At most `MOST_PER_MESSAGE`; whatever cannot be a reference is passed over.
    """
    if not isinstance(message, Mapping):
        return ()
    turns: dict[str, None] = {}
    for turn_id in _named(message):
        if turn_id:
            turns[turn_id] = None
        if len(turns) == MOST_PER_MESSAGE:
            break
    return tuple(turns)


def marked_in_text(message: object) -> tuple[str, ...]:
    """Return the turns an assistant's text names by markers or tool blocks; a thought says nothing of calls."""
    if not isinstance(message, Mapping) or message.get("role") != "assistant":
        return ()
    texts = texts_of(message.get("content"))
    return tuple(dict.fromkeys(turn for text in texts for turn in _in_text(text, _BESIDE_CALLS)))


def _named(message: JsonObject) -> Iterator[str]:
    if message.get("role") == "tool":
        yield turn_of_call(message.get("tool_call_id"))
        return
    for call in _mappings(message.get("tool_calls")):
        yield turn_of_call(call.get("id"))
    for detail in _mappings(message.get("reasoning_details")):
        data = detail.get("data")
        if detail.get("format") == DETAILS_FORMAT and isinstance(data, str) and is_turn_id(data):
            yield data
    for text in texts_of(message.get("content")):
        yield from _in_text(text)


def _in_text(text: str, forms: tuple[_Form, ...] = _FORMS) -> Iterator[str]:
    for hint, form in forms:
        if hint in text:
            yield from (found[1] for found in form.finditer(text))


def texts_of(content: object) -> Iterator[str]:
    """Iterate over the texts and refusals of a message's content: a string or a list of parts."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, list | tuple):
        for part in content:
            text = part.get("text") or part.get("refusal") if isinstance(part, Mapping) else part
            if isinstance(text, str):
                yield text


def _mappings(value: object) -> Iterator[JsonObject]:
    if isinstance(value, list | tuple):
        yield from (entry for entry in value if isinstance(entry, Mapping))
