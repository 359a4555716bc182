"""Lines `[ULID]: #` in stored answers: the references of hosts of 0.6, invisible on the page, of no use to a model.

Other pipes leave such lines with ids of 20 characters.
"""

import re

_MARK = r"\[[0-9A-Z]{20,26}\]: #[ \t]*\r?$"
_MARKER = re.compile(rf"^[ \t]*{_MARK}\n?| ?{_MARK}", re.MULTILINE)


def without_markers(text: str) -> str:
    """Return a text without markers: lines that hold nothing else go whole, others lose their end."""
    return _MARKER.sub("", text) if "#" in text and "]: #" in text else text
