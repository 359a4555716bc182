"""Marks that Armor writes into the text of an answer where it withheld a call of a tool: no words of the model.

In upstream's default mode a mark `<openrouter_armor_blocked>` stands in the text; what it holds is not specified. A
mark is taken out with what it encloses; of one that nothing ends, only its tags. A tag in backticks is quoted, and
stays. Everything is linear in the length of the text. Source: the official SDK, options of the plugin `armor`.
"""

import re

from domain.turn.output_items import Place
from ports.json_values import JsonObject

NAME = "openrouter_armor_blocked"
LONGEST = 4 * 1024
"""Characters of a mark, and of text that is held because it may become one."""
MOST_REPORTED = 20
"""Withheld calls of one response that are reported."""
_OPENING, _CLOSING = f"<{NAME}", f"</{NAME}>"
_NAME_READ = 2_000
_TOOL = re.compile(r"\b(?:tool_name|tool|name)[\"']?\s*[=:]\s*[\"']?([\w.-]{1,64})")


class ArmorMarks:
    """Takes the marks out of the texts of one response. `holding`: text that may become a mark, by its place.

    `found`: there was a mark.
    """

    def __init__(self) -> None:
        self.holding: dict[Place, str] = {}
        self.found = False
        self._before: dict[Place, tuple[int, str]] = {}
        self._noted: dict[Place, int] = {}
        self._tools: list[str] = []
        self._reported = 0

    def piece(self, place: Place, text: str) -> str:
        """Return what can be shown now that `text` has come; the rest is held."""
        pieces = place[0].pieces.get(place[1], ())
        number, before = self._before.get(place, (-1, ""))
        if number != len(pieces):  # more was shown since, which needed no look
            before = pieces[-1][-1:] if pieces else ""
        text = self.holding.pop(place, "") + text
        shown, marks, end = _parted(text, before)
        if len(text) - end > LONGEST:
            shown, marks, end = _parted(text, before, ends=True)
        if end < len(text):
            self.holding[place] = text[end:]
        self._before[place] = len(pieces) + bool(shown), text[end - 1 : end] if end else before
        self._note(place, marks, self._noted.get(place, 0))
        return shown

    def whole(self, place: Place, text: str) -> str:
        """Return a complete text without its marks, of which some may have come piece by piece."""
        self.holding.pop(place, None)
        if NAME not in text:
            return text
        shown, marks, _ = _parted(text, ends=True)
        known = self._noted.get(place, 0)
        self._note(place, marks[known:], known)
        return shown

    def release(self) -> list[tuple[Place, str]]:
        """Return what is still held: nothing more will come."""
        left = [(place, _parted(held, ends=True)[0]) for place, held in self.holding.items()]
        self.holding.clear()
        return left

    def withheld(self) -> list[str]:
        """Return the tools whose calls were withheld since this was asked last; a name may be empty."""
        tools, self._tools = self._tools[: MOST_REPORTED - self._reported], []
        self._reported += len(tools)
        return tools

    def _note(self, place: Place, marks: list[str], known: int) -> None:
        if not marks:
            return
        self.found = True
        self._noted[place] = known + len(marks)
        named = (_TOOL.search(mark, len(_OPENING), _NAME_READ) for mark in marks[:MOST_REPORTED])
        self._tools += [tool[1] if tool else "" for tool in named]


def without_marks(item: JsonObject) -> JsonObject:
    """Return a message without marks in its texts; the item itself if there are none."""
    content = item.get("content")
    if not isinstance(content, list):
        return item
    parts = [_unmarked(part) if isinstance(part, dict) else part for part in content]
    return {**item, "content": parts} if any(map(_differs, parts, content)) else item


def _differs(one: object, other: object) -> bool:
    return one is not other


def _unmarked(part: JsonObject) -> JsonObject:
    texts = {key: part[key] for key in ("text", "refusal") if isinstance(part.get(key), str) and NAME in part[key]}
    return {**part, **{key: _parted(text, ends=True)[0] for key, text in texts.items()}} if texts else part


def _parted(text: str, before: str = "", *, ends: bool = False) -> tuple[str, list[str], int]:
    """Return the text without marks, the marks, and where something begins that is unfinished, else the length.

    `before`: the character before the text. `ends`: nothing follows, so nothing is unfinished.
    """
    kept: list[str] = []
    marks: list[str] = []
    at = done = 0
    closing = 0  # the next closing tag, -1 once there is none: no text is searched twice
    while (at := text.find(NAME, at)) >= 0:
        start = at - 2 if text.startswith("</", max(0, at - 2)) and at >= 2 else at - 1
        at += len(NAME)
        if start < 0 or text[start] != "<" or (text[start - 1] if start else before) == "`":
            continue
        bracket = text.find(">", at, start + LONGEST)
        if bracket < 0 or text.find("<", at, bracket) >= 0:
            if ends or bracket >= 0 or len(text) - start > LONGEST:
                continue
            return "".join((*kept, text[done:start])), marks, start
        stop = bracket + 1
        if text[start + 1] != "/" and text[bracket - 1] != "/":
            if 0 <= closing < bracket:
                closing = text.find(_CLOSING, bracket)
            if closing < 0 and not ends:
                return "".join((*kept, text[done:start])), marks, start
            enclosed = closing >= 0 and closing - start <= LONGEST
            stop = closing + len(_CLOSING) if enclosed else stop
        if stop > bracket + 1 or text[bracket - 1] == "/":
            marks.append(text[start:stop])
        kept.append(text[done:start])
        at = done = stop
    end = len(text) if ends else _unfinished(text, before)
    return "".join((*kept, text[done:end])), marks, max(done, end)


def _unfinished(text: str, before: str) -> int:
    """Return where a text ends with what may be the beginning of a tag, else its length."""
    at = text.rfind("<", max(0, len(text) - len(_CLOSING)))
    may_be = at >= 0 and (_OPENING.startswith(text[at:]) or _CLOSING.startswith(text[at:]))
    return at if may_be and (text[at - 1] if at else before) != "`" else len(text)
