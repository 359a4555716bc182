"""A message's words without decoration: what hosts and we put into an answer's text beside the model's own words.

What each host writes was read in its code. All: `<think>` and `<thinking>` tags around thoughts. Stored by 0.6 and
0.8, and by chats begun there: `<details>` blocks of three types. The page of 0.6 returns a tool block as its result in
quotes; later pages return it as plain words, which nothing tells from an answer's own. Markers: see `marker_lines`. A
`<details>` of any other type, or of none, is the model's own.
"""

import re

from domain.conversation.marker_lines import without_markers

_HOST_BLOCK = r"<details\s+type=\"(?:reasoning|tool_calls|code_interpreter)\""
_BLOCKS = (
    ("<think", re.compile(r"<think(?:ing)?\b[^>]{0,200}>"), re.compile(r"</think(?:ing)?>")),
    ("<details", re.compile(_HOST_BLOCK), re.compile(r"</details>")),
)
_CALL = re.compile(r"<details\s+type=\"tool_calls\"|\"&quot;[^\"]*&quot;\"")
_QUOTED_RESULT = re.compile(r'"&quot;[^"]*&quot;"')


def words_of(text: str, *, results: bool = False) -> str:
    """Return the words of an answer's text: without thinking, blocks of the host, markers and quoted results.

    With `results` these stay: where no stored turn knows better, they are all that is left of what a tool returned.
    One pass, whatever the text.
    """
    if "<" in text:
        for hint, opening, closing in _BLOCKS:
            if hint in text:
                text = _without(text, opening, closing)
    text = without_markers(text)
    return text if results or '"&quot;' not in text else _QUOTED_RESULT.sub("", text)


def first_call_in(text: str) -> int | None:
    """Return where a text tells of its first tool call, by a block or the quoted result of one; None if nowhere."""
    found = _CALL.search(text)
    return found.start() if found else None


def _without(text: str, opening: re.Pattern[str], closing: re.Pattern[str]) -> str:
    """Cut out blocks, each from an opening to the next closing."""
    kept: list[str] = []
    start = 0
    while (begun := opening.search(text, start)) and (ended := closing.search(text, begun.end())):
        kept.append(text[start : begun.start()])
        start = ended.end()
    return "".join((*kept, text[start:]))
