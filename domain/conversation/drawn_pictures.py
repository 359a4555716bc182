"""Pictures in the text of an answer. They are no words of the model: what it drew, we wrote into the text.

API clients return a picture as the data URL that it was, pages as the file that the host made of it.
"""

import re
from collections.abc import Iterator

from domain.conversation.placeholders import unusable

_HINT = "](data:image/"
_LONGEST_ALT, _LONGEST_ADDRESS = 200, 2048
PIECE = 64 * 1024
"""Characters searched at a time: a search holds the interpreter, and a data URL may have millions."""
_FILE_HINT = "![image](/"
_FILE = re.compile(r"!\[image\]\(/api/v1/files/[\w-]{1,64}/content\)")


def without_pictures(text: str) -> str:
    """Return a text without the pictures that it contains, to compare its words.

    Addresses of other sites stay: a model or a person may have written them.
    """
    if "]" not in text:  # nearly always; one character is found at once
        return text
    text = _replaced(text, "") if _HINT in text else text
    return _FILE.sub("", text) if _FILE_HINT in text else text


def with_notes(text: str) -> str:
    """Return a text with a note for each picture that it contains as data: a model would read it as letters."""
    return _replaced(text, unusable("image")) if "]" in text and _HINT in text else text


def _replaced(text: str, note: str) -> str:
    """Replace the pictures that are data: `![up to 200 characters](data:image/...)`, on one line."""
    kept: list[str] = []
    at = done = 0
    while (at := text.find(_HINT, at)) >= 0:
        begin = text.rfind("[", max(done, at - _LONGEST_ALT - 1), at)
        is_alt = begin > done and text[begin - 1] == "!" and not any(sign in text[begin:at] for sign in "]\n")
        at += len(_HINT)
        end = _end_of(text, at) if is_alt else -1
        if end >= 0:
            kept += (text[done : begin - 1], note)
            at = done = end + 1
    return "".join((*kept, text[done:]))


def _end_of(text: str, start: int) -> int:
    """Return where the parenthesis around an address closes; -1 if white space or another one comes before."""
    opened = text.find("(", start)
    end = text.find(")", start, opened if opened >= 0 else len(text))
    starts = range(start, end, PIECE)
    return -1 if any(len(f".{text[at : min(at + PIECE, end)]}.".split(None, 1)) > 1 for at in starts) else end


MOST_FOUND = 64
"""Pictures of one text that are looked at."""


def pictures_in(text: str) -> Iterator[str]:
    """Yield the addresses of the Markdown pictures in a text, in order: data URLs of pictures and all other addresses.

    Searches with `find` only: a data URL may have millions of characters.
    """
    at = 0
    for _ in range(MOST_FOUND):
        at = text.find("](", at)
        if at < 0:
            return
        at += 2
        end = text.find(")", at)
        begin = text.rfind("![", max(0, at - 2 - _LONGEST_ALT), at)
        if end < 0 or begin < 0 or "]" in text[begin + 2 : at - 2]:
            continue
        if text.startswith("data:image/", at) or end - at <= _LONGEST_ADDRESS:
            yield text[at:end].partition(' "')[0].strip() if end - at <= _LONGEST_ADDRESS else text[at:end]
            at = end
