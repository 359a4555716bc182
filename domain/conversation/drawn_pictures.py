"""Pictures in the text of an answer. They are no words of the model: what it drew, we wrote into the text.

API clients return a picture as the data URL that it was, pages as the file that the host made of it.
"""

import re
from collections.abc import Iterator

from domain.conversation.placeholders import unusable

_HINT = "](data:image/"
_INLINE = re.compile(r"!\[[^\[\]\n]{0,200}\]\(data:image/[^\s()]*\)")
_FILE_HINT = "![image](/"
_FILE = re.compile(r"!\[image\]\(/api/v1/files/[\w-]{1,64}/content\)")


def without_pictures(text: str) -> str:
    """Return a text without the pictures that it contains, to compare its words.

    Addresses of other sites stay: a model or a person may have written them.
    """
    text = _INLINE.sub("", text) if _HINT in text else text
    return _FILE.sub("", text) if _FILE_HINT in text else text


def with_notes(text: str) -> str:
    """Return a text with a note for each picture that it contains as data: a model would read it as letters."""
    return _INLINE.sub(unusable("image"), text) if _HINT in text else text


MOST_FOUND = 64
"""Pictures of one text that are looked at."""
_LONGEST_ALT, _LONGEST_ADDRESS = 200, 2048


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
