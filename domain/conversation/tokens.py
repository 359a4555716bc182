"""Estimate the tokens of items, from their texts and the number of their pictures and files.

Two figures: an upper bound, which costs next to nothing and is enough for almost every request, and an estimate from
samples of the texts. Source of the rates: samples of prose, code, JSON, tables, logs, base64, hexadecimal numbers,
emoji and ten languages, counted by four public vocabularies (cl100k, o200k, and those of Claude 2 and DeepSeek V3).
The estimate lies between 0.7 and 1.5 of their largest count; four characters per token would be a third to a half of
it for base64, tables and logs.
"""

import re
from collections.abc import Iterable

from domain.conversation.cache_marks import MARK
from ports.json_values import JsonObject

PER_ITEM = 8
"""Tokens around an item: its role, its ids and its separators."""
MEDIA = {"input_image": 1_600, "input_audio": 2_000, "input_file": 5_000, "input_video": 10_000}
"""Tokens of a part by its type, whatever its bytes. Source: the documentation of makers, for a large picture (OpenAI
1,445, Anthropic 1,600, Google 1,290), a minute of sound, a few pages and half a minute of video."""
SEALED = 6
"""Characters of encrypted thinking per token of the thinking: base64 of bytes that are billed as the text inside."""
_UNREAD = frozenset({"type", "id", "call_id", "role", "status", "format", "signature", "phase", MARK})
_WORDS = frozenset({"text", "content", "output", "arguments", "input", "stdout", "stderr"})
"""Keys under which a data URL is read as the text it is."""
_PLAIN = frozenset({"type", "text"})
_HEAD = 200
"""Characters in which the head of a data URL ends."""
SAMPLED = 12
"""Plain texts of a prompt that are read to estimate all of them."""
WINDOW, WINDOWS = 96, 8
"""Characters of one sample, and samples of one text; shorter texts are read whole."""
_PIECES = re.compile(
    r"[A-Z]?[a-z]{1,7}|[A-Z]{1,3}|[0-9]{1,3}|[!-/:-@\[-`{-~]{1,2}|[ \t]{2,64}|[\r\n]{1,16}|[\x00-\x08\x0b-\x1f\x7f]"
)
"""Runs of ASCII that vocabularies hold as one token; a single blank belongs to the word that follows."""
_RATES = (
    (re.compile("[\x80-\u07ff]"), 0.7),
    (re.compile("[\u0800-\uffff]"), 1.2),
    (re.compile("[\U00010000-\U0010ffff]"), 2.8),
)
"""Tokens of one character by its length in UTF-8: 2 (Cyrillic, Arabic), 3 (Chinese, Hindi) and 4 bytes (emoji)."""


def most_tokens(item: JsonObject) -> int:
    """Return the most tokens an item can have: every token of a text is one byte at least."""
    said = _only_text(item)
    if said is not None:
        return PER_ITEM + _bytes(said)
    texts, fixed = _read(item)
    return fixed + sum(map(_bytes, texts))


def tokens_of(item: JsonObject) -> int:
    """Estimate the tokens of an item."""
    texts, fixed = _read(item)
    return fixed + round(sum(map(tokens_of_text, texts)))


def tokens_of_all(items: Iterable[JsonObject]) -> int:
    """Estimate the tokens of a whole prompt; of many plain texts, some stand for all."""
    total, texts = 0, list[str]()
    for item in items:
        said = _only_text(item)
        if said is None:
            total += tokens_of(item)
        else:
            total += PER_ITEM
            texts.append(said)
    sample = texts[:: max(1, len(texts) // SAMPLED)]
    characters = sum(map(len, sample))
    if not characters:
        return total
    share = sum(map(tokens_of_text, sample)) / characters
    return total + round(share * sum(map(len, texts)))


def tokens_of_text(text: str) -> float:
    """Estimate the tokens of a text; the work does not grow with its length."""
    length = len(text)
    if length <= WINDOW * WINDOWS:
        return _counted(text)
    step = (length - WINDOW) / (WINDOWS - 1)
    sample = "".join(text[round(step * number) : round(step * number) + WINDOW] for number in range(WINDOWS))
    return _counted(sample) * length / len(sample)


def _counted(text: str) -> float:
    pieces = float(len(_PIECES.findall(text)))
    if text.isascii():
        return pieces
    return pieces + sum(rate * len(characters.findall(text)) for characters, rate in _RATES)


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _only_text(item: JsonObject) -> str | None:
    """Return the only text of a plain message or output, as most items of most histories are; None otherwise."""
    if len(item) != 3 or "type" not in item:
        return None
    said = item.get("content") if "role" in item else item.get("output") if "call_id" in item else None
    if isinstance(said, list) and len(said) == 1 and isinstance(said[0], dict) and said[0].keys() == _PLAIN:
        said = said[0]["text"]
    return said if isinstance(said, str) else None


def _read(item: JsonObject) -> tuple[list[str], int]:
    """Return the texts of an item that a model reads, and the tokens of everything else."""
    texts: list[str] = []
    fixed = PER_ITEM
    waiting: list[object] = [item]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            if value.startswith("data:") and ";base64," in value[:_HEAD]:
                fixed += MEDIA["input_image"]
            else:
                texts.append(value)
        elif isinstance(value, dict):
            medium = MEDIA.get(str(value.get("type")))
            if medium is not None:
                fixed += medium
            else:
                fixed += _sealed(value)
                for key, inner in value.items():
                    if key in _WORDS and isinstance(inner, str):
                        texts.append(inner)
                    elif key not in _UNREAD and key != "encrypted_content":
                        waiting.append(inner)
        elif isinstance(value, list | tuple):
            waiting += value
        elif value is not None:
            fixed += 1
    return texts, fixed


def _sealed(item: JsonObject) -> int:
    seal = item.get("encrypted_content")
    return len(seal) // SEALED if isinstance(seal, str) else 0
