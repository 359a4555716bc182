"""Values that occur anywhere in a body: junk, texts as stored by hosts and users, small images and files."""

import base64
from typing import Any

from hypothesis import strategies as st

JUNK: list[Any] = [
    None, True, False, 0, -1, 1.5, 10**20, 1e308, float("nan"), float("inf"),
    "", " ", "x", "5", "null", "\ud83d", "a\0b", [], {}, [None], {"a": None}, [[]], ["x", None, 3],
]  # fmt: skip
TEXTS = [
    "Hello", "What is this?", "Hé, что это? 你好 👩‍👩‍👧‍👦", "", " ", "\n\t\n", "  padded  ",
    "line one\r\nline two\rline three", "cut \ud83d here", "\udc00\udfff", "nul \0 inside", "\0", "\ufeffmark",
    "\u202eright to left",
    "<think>Let me see.</think>It is red.", "<think>never closed", "</think>only closed", "<thinking>a</thinking>b",
    '<details type="reasoning" done="true" duration="3">\n<summary>Thought for 3 seconds</summary>\n> Hm.\n'
    "</details>\nRed.",
    '<details type="tool_calls" done="true" id="call_1" name="adder" arguments="{&quot;a&quot;: 1}" result="2">\n'
    "<summary>Tool Executed</summary>\n</details>",
    "<details>\n<summary>the person's own</summary>\nkeep me\n</details>",
    '<attached_files>\n<file type="image" id="05ad" url="05ad"/>\n</attached_files>\n\n',
    '<attached_files>\n<file type="file" id="2279" name="note.txt"/>\n</attached_files>\n\nSummarise it.',
    "[01J2VVZBDQTP1ZQJ8DSN]: #\n\nThe answer.\n\n[01J2VVZBDQTP1ZQJ8DSM0AAAAA]: #", "[01J2VVZBDQTP1ZQJ8DSN]: #",
    "[link]: # not a marker", "![picture](data:image/png;base64,iVBORw0KGgo=)", "![](https://example.com/a.png)",
    "data:image/png;base64,iVBORw0KGgo=", "{{USER_NAME}} {\"json\": [1, null]}", "```python\nprint('<think>')\n```",
    '### Task:\nAnswer from the context.\n<context>\n<source id="1" name="note.txt">text</source>\n</context>',
]  # fmt: skip
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
HUGE_DATA = "A" * 1_400_000
WAV = base64.b64encode(b"RIFF\x24\0\0\0WAVEfmt ").decode()
PDF = base64.b64encode(b"%PDF-1.4\n%%EOF").decode()


def weighted(*choices: tuple[int, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """Draw from one of the strategies by weight; `one_of` would give all branches equal weight."""
    wheel = [at for at, (weight, _) in enumerate(choices) for _ in range(weight)]
    return st.sampled_from(wheel).flatmap(lambda at: choices[at][1])


def rarely(usual: st.SearchStrategy[Any], odd: st.SearchStrategy[Any], one_in: int = 8) -> st.SearchStrategy[Any]:
    """Draw from `usual`, and once in `one_in` draws from `odd`."""
    return weighted((one_in - 1, usual), (1, odd))


junk = st.sampled_from(JUNK)


def near(*values: Any) -> st.SearchStrategy[Any]:
    """Draw one of `values` (at and beyond a limit), sometimes a value of a wrong type."""
    return rarely(st.sampled_from(values), junk, 6)


texts = weighted(
    (6, st.sampled_from(TEXTS)),
    (2, st.lists(st.sampled_from(TEXTS), min_size=2, max_size=4).map("\n".join)),
    (2, st.text(st.characters(codec=None), max_size=20)),
    (1, st.sampled_from(["word " * 4000, "é" * 600])),
)
words = st.sampled_from(["Hello", "What is this?", "Red.", "Go on.", "Summarise it, please."])
