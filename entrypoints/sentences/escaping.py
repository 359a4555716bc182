"""Foreign text in what we write ourselves: escaped once, for the place it stands in.

Fields of JSON (titles, urls, names in events and chunks) are shown as text by pages and are not escaped.
"""

import html
import re
from collections.abc import Iterator

from domain.egress.links import LinkGate
from domain.turn.steps import ShowImage
from entrypoints.sentences.vocabulary import NEUTRAL, Vocabulary

PICTURE_LEFT_OUT = "A picture was left out: only PNG, JPEG, GIF and WebP from a safe address are shown."
LONGEST_NAME = 64
PLAIN_LANGUAGES = frozenset({"bash", "diff", "json", "python", "text"})
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|!~$&])")
_BEGIN = re.compile(r"^(\d{0,9})(?=([-+=:.)]))")
_ADDRESS = re.compile(r"(?=://|@)|(?<=\bwww)(?=\.)", re.IGNORECASE)
_LINK = {"(": "%28", ")": "%29", "'": "%27", "*": "%2A", "$": "%24", "[": "%5B", "]": "%5D", "~": "%7E"}
_BREAK = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]")
_NAME = re.compile(r"[^\w.-]+")
_BLOCK = re.compile(r"<(/?)(?=details)", re.IGNORECASE)
_FENCE = re.compile(r"^([^\S\n]*(?:>[^\S\n]*)*)(`{3,}|~{3,})", re.MULTILINE)


def markdown(text: str) -> str:
    """Escape a text for Markdown: nothing in it is a sign of Markdown, formulas or HTML."""
    return _MARKDOWN.sub(r"\\\1", text)


def inert(text: str) -> str:
    """Escape one line for Markdown at any place, also at the beginning of a line: it becomes no link and no list.

    Pages read escaped brackets as a formula, unless a letter stands behind them: a space without width does.
    """
    return _BEGIN.sub(_begun, _ADDRESS.sub(r"\\", markdown(text).replace("\\]", "\\]\u200b")))


def _begun(match: re.Match[str]) -> str:
    """Break what would begin a list, a heading or a block."""
    return f"{match[1]}\u200b" if match[2] == ")" else f"{match[1]}\\"


def in_code(text: str) -> str:
    """Write one line for a span of code in backticks."""
    return text.replace("`", "'")


def in_fence(text: str) -> str:
    """Write a text for a fence of code; nothing in it ends the fence or opens a block of the page."""
    return _BLOCK.sub("<\\1\u200b", unfenced(text)).replace("```", "`\u200b``")


def picture(shown: ShowImage, links: LinkGate, vocabulary: Vocabulary = NEUTRAL) -> str:
    """Write a picture as Markdown; in words that it was left out if its address does not pass the gate.

    Data that the core has read is not read again: it is megabytes of letters, digits and few signs.
    """
    passed = shown.url if shown.checked else links.picture(shown.url)
    if not passed.startswith("data:"):
        passed = "".join(_LINK.get(letter, letter) for letter in passed)
    return f"![image]({passed})" if passed else vocabulary.say(PICTURE_LEFT_OUT)


def picture_pieces(shown: ShowImage, links: LinkGate, most: int, vocabulary: Vocabulary = NEUTRAL) -> Iterator[str]:
    """Yield the same Markdown in pieces of about `most` characters: of megabytes no second copy is made."""
    if not shown.checked or len(shown.url) <= most:
        yield picture(shown, links, vocabulary)
        return
    yield f"![image]({shown.url[:most]}"
    yield from (shown.url[at : at + most] for at in range(most, len(shown.url), most))
    yield ")"


def attribute(text: str) -> str:
    """Escape a text for an attribute in double quotes; one line, and no `$`, which pages read in replacements."""
    return html.escape(_BREAK.sub(" ", text)).replace("$", "&#36;")


def tool_name(name: str) -> str:
    """Return the name of a tool as pages may show it, some as Markdown; a legal name stays as it is."""
    return _NAME.sub("_", name[: 2 * LONGEST_NAME])[:LONGEST_NAME]


def unfenced(text: str) -> str:
    """Break up code fences at the beginning of lines, for pages that show a text inside a fence of their own.

    By a space without width after the first sign: JSON has no such line.
    """
    if "```" not in text and "~~~" not in text:
        return text
    return _FENCE.sub(lambda match: f"{match[1]}{match[2][0]}\u200b{match[2][1:]}", text)


def fenced(text: str, language: str = "text") -> str:
    """Write a text as code in a fence, inside a `<details>` block; nothing in it ends the fence or the block.

    Any language that is not among PLAIN_LANGUAGES is text: pages run or draw some, and guess where none is named.
    """
    return f"```{language if language in PLAIN_LANGUAGES else 'text'}\n{in_fence(text)}\n```"
