"""How Open WebUI stores and returns answers: its tags and blocks, and the references to turns that we add.

What each host version writes was read in its code. All versions: `<think>` and `<thinking>` tags around thoughts.
Stored by 0.6 and 0.8, and by chats begun there: `<details>` blocks of three types. The page of 0.6 returns a tool block
as its result in quotes; later pages return the result as plain words, which cannot be distinguished from an answer's
own. A `<details>` of any other type, or of none, is the model's own. From 0.7 on the host names the files of a message
in an `<attached_files>` block before its text, those of an answer too.

References, by host version: marker lines `[ULID]: #` (0.6, 0.7 and 0.9), the id in a `<think>` tag (0.8), an entry of
`reasoning_details` (from 0.10 on). 0.9 returns neither tags nor entries. Other pipes leave marker lines with ids of 20
characters. Source: output profiles,
what comes back next turn.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from domain.conversation.references import CALL_REFERENCE, REASONING_REFERENCE, TURN_ID, is_turn_id, reasoning_reference
from entrypoints.openwebui.tool_mode import QUESTION
from ports.json_values import JsonObject

DETAILS_FORMAT = "openrouter-pipe-v1"
_HOST_BLOCK = r"<details\s+type=\"(?:reasoning|tool_calls|code_interpreter)\""
_BLOCKS = (
    ("<think", re.compile(r"<think(?:ing)?\b[^>]{0,200}>"), re.compile(r"</think(?:ing)?>")),
    ("<details", re.compile(_HOST_BLOCK), re.compile(r"</details>")),
    ("<attached_files", re.compile(r"<attached_files>\n<file "), re.compile(r"</attached_files>")),
)
_ANY_BLOCK = re.compile("|".join(hint for hint, _, _ in _BLOCKS))
_CALL = re.compile(r"<details\s+type=\"tool_calls\"|\"&quot;[^\"]*&quot;\"")
_QUOTED_RESULT = re.compile(r'"&quot;[^"]*&quot;"')
_MARK = r"\[[0-9A-Z]{20,26}\]: #[ \t]*\r?$"
_ANY_MARKER = re.compile(rf"^[ \t]*{_MARK}\n?| ?{_MARK}", re.MULTILINE)
_OUR_MARKER = re.compile(rf"^[ \t]*\[({TURN_ID})\]: #[ \t]*\r?$", re.MULTILINE)
_THOUGHT = re.compile(rf'<think id="{REASONING_REFERENCE}">')
_BLOCK = re.compile(rf' id="{CALL_REFERENCE}"')
_MEMORIES, _END_OF_MEMORIES = "<memory_context>\n[", "\n</memory_context>"
"""The host appends `[User Memory]` and other sections between tags; a memory may contain anything, the tags too."""
_USE = re.compile(rf"use_({TURN_ID})_\d{{1,6}}")
_ASKING = frozenset({QUESTION})
_Form = tuple[str, str, re.Pattern[str]]
"""A rare character, a text and a pattern, each found only where the one before is: one character is found at once."""
_FORMS_OF_CALLS: tuple[_Form, ...] = (("]", "]: #", _OUR_MARKER), ("=", 'id="call_', _BLOCK))
_FORMS: tuple[_Form, ...] = (("<", '<think id="rs_', _THOUGHT), *_FORMS_OF_CALLS)


def use_reference(turn_id: str, number: int) -> str:
    """Return the id under which pages show what a server tool did, as use `number` of the turn."""
    return f"use_{turn_id}_{number}"


def turn_of_use(shown: object) -> str:
    """Return the id of the turn that a `use_reference` names; empty for other ids."""
    found = _USE.fullmatch(shown) if isinstance(shown, str) else None
    return found[1] if found else ""


def thinking_tag(turn_id: str, number: int) -> str:
    """Return the tag that 0.8 writes before a thought and returns unchanged."""
    return f'<think id="{reasoning_reference(turn_id, number)}">'


def details_entry(turn_id: str, number: int) -> dict[str, Any]:
    """Return the entry of `reasoning_details` that hosts from 0.10 on return; they merge entries of one index."""
    return {
        "type": "reasoning.encrypted",
        "id": reasoning_reference(turn_id, number),
        "data": turn_id,
        "format": DETAILS_FORMAT,
        "index": number,
    }


def marker_line(turn_id: str) -> str:
    """Return the line that a page does not show if blank lines surround it."""
    return f"[{turn_id}]: #"


@dataclass(frozen=True, slots=True)
class OpenWebUiHistory:
    """The `HistoryFormat` of Open WebUI, for all host versions: a chat may have been begun in an older one."""

    @property
    def asking(self) -> frozenset[str]:
        """Return the name of the host's question tool."""
        return _ASKING

    def words_of(self, text: str, *, results: bool = False) -> str:
        """Strip thinking, blocks of the host, markers and, without `results`, quoted results; one pass over any text.

        Where no stored turn has the result of a call, the quoted one is all that is left of it.
        """
        if "<" in text and _ANY_BLOCK.search(text):
            for hint, opening, closing in _BLOCKS:
                if hint in text:
                    text = _without(text, opening, closing)
        if "]" in text:
            text = self.without_references(text)
        return text if results or '"&quot;' not in text else _QUOTED_RESULT.sub("", text)

    def without_references(self, text: str) -> str:
        """Strip markers: lines that hold nothing else go whole, others lose their end."""
        first, last = text.find("]"), text.rfind("#")  # searching one character is many times faster
        found = 0 <= first < last and text.find("]: #", first, last + 1) >= 0
        return _ANY_MARKER.sub("", text) if found else text

    def first_call_in(self, text: str) -> int | None:
        """Return the position of the first tool block or quoted result; None if there is none."""
        found = _CALL.search(text)
        return found.start() if found else None

    def turns_in(self, text: str) -> Iterator[str]:
        """Iterate over the turns that `<think>` tags, markers and tool blocks name."""
        return _named(text, _FORMS)

    def turns_of_calls_in(self, text: str) -> Iterator[str]:
        """Iterate over the turns that markers and tool blocks name; a `<think>` tag proves no finished call."""
        return _named(text, _FORMS_OF_CALLS)

    def turn_in_detail(self, detail: JsonObject) -> str:
        """Return the turn that one of our entries names."""
        data = detail.get("data")
        return data if detail.get("format") == DETAILS_FORMAT and isinstance(data, str) and is_turn_id(data) else ""

    def changing_in(self, text: str) -> tuple[int, int] | None:
        """Return the span of the memories that hosts from 0.10 on look up for each message and enclose in tags.

        An operator's own words about the tags have no section, and stand before the host's.
        """
        start = text.find(_MEMORIES)
        end = text.rfind(_END_OF_MEMORIES, start) if start >= 0 else -1
        return (start, end + len(_END_OF_MEMORIES)) if end >= 0 else None


OPEN_WEBUI = OpenWebUiHistory()


def _without(text: str, opening: re.Pattern[str], closing: re.Pattern[str]) -> str:
    """Cut out blocks, each from an opening to the next closing."""
    kept: list[str] = []
    start = 0
    while (begun := opening.search(text, start)) and (ended := closing.search(text, begun.end())):
        kept.append(text[start : begun.start()])
        start = ended.end()
    return "".join((*kept, text[start:]))


def _named(text: str, forms: tuple[_Form, ...]) -> Iterator[str]:
    for rare, hint, form in forms:
        if rare in text and hint in text:
            yield from (found[1] for found in form.finditer(text))
