"""Recognise a turn by what was said in it, for callers whose history carries no references.

API clients, the gateway and imported chats return words only. The words are compared as a person sees them: hosts
trim, join and decorate what they store. Source: output profiles, keys.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from domain.conversation.decoration import words_of
from domain.conversation.record import CALL, MESSAGE, OUTPUT, TurnItem
from domain.conversation.references import texts_of

_SURROGATE = re.compile("[\ud800-\udfff]")
_ASCII = re.compile("[\x00-\x7f]")
_PIECE = 32 * 1024  # characters
LENGTH = 32
FEWEST_CHARACTERS = 100
"""Of question, earlier answer and answer together: shorter ones ("hi", "Hello!") are the same in many chats."""


@dataclass(frozen=True, slots=True)
class Question:
    """What led to an answer: the person's last text, and the assistant's last text before the answer."""

    person: str = ""
    earlier: str = ""


@dataclass(frozen=True, slots=True)
class QuestionDigests:
    """The digests of both texts; empty where nothing was said."""

    person: str = ""
    earlier: str = ""


def visible_text(message: Mapping[str, object]) -> str:
    """Return the text of a message as it was sent, parts below one another."""
    return "\n".join(texts_of(message.get("content")))


def normalised(text: str) -> str:
    """Return what a person sees of a text, in one line: white space is one blank, characters are composed."""
    return "".join(_seen(words_of(text)))


def _seen(text: str) -> Iterator[str]:
    """Yield what `normalised` returns, piece by piece: the words of a very long text take ten times its memory."""
    said = blank = False
    for piece in _pieces(text.replace("\0", "")):
        words = piece.split()
        blank = blank or piece[:1].isspace()
        if words:
            yield (" " if said and blank else "") + _composed(" ".join(words))
            said, blank = True, False
        blank = blank or piece[-1:].isspace()


def _pieces(text: str) -> Iterator[str]:
    """Cut a text before characters of ASCII, which never compose with what stands before them."""
    start = 0
    while len(text) - start > _PIECE and (cut := _ASCII.search(text, start + _PIECE)):
        yield text[start : cut.start()]
        start = cut.start()
    yield text[start:]


def _composed(text: str) -> str:
    if text.isascii():
        return text
    try:
        text.encode()  # a tenth of the time the search takes
    except UnicodeEncodeError:
        text = _SURROGATE.sub("\ufffd", text)
    return unicodedata.normalize("NFC", text)


def digest_of(text: str) -> str:
    """Return a digest of what a person sees of a text; empty if that is nothing."""
    return measured(text)[0]


def measured(text: str) -> tuple[str, int]:
    """Return a digest of what a person sees of a text, and its length in characters; empty and 0 if that is nothing."""
    digest, characters = sha256(), 0
    for piece in _seen(words_of(text)):
        digest.update(piece.encode())
        characters += len(piece)
    return digest.hexdigest() if characters else "", characters


def fingerprint_of_digests(person: str, earlier: str, answer: str, call_ids: Iterable[str]) -> str:
    """Return 32 hexadecimal characters for an answer and what led to it; empty if nothing was said or called.

    Digests of the question, of the answer before it and of the answer; the text before the question is part of it, so
    that a short answer to a common question is not taken for that of another conversation. `call_ids`: of the calls
    handed over to the caller.
    """
    calls = tuple(call_ids)
    if not answer and not calls:
        return ""
    parts = "\x1f".join((person, earlier, answer, *calls))
    return sha256(parts.encode(errors="replace")).hexdigest()[:LENGTH]


def fingerprint_of_answer(asked: QuestionDigests, items: Sequence[TurnItem]) -> str:
    """Return the fingerprint of what a turn left, from the digests of what it answered."""
    answered = {kept.item.get("call_id") for kept in items if kept.item.get("type") == OUTPUT}
    calls = (kept for kept in items if kept.item.get("type") == CALL and kept.item.get("call_id") not in answered)
    call_ids = [kept.shown or str(kept.item.get("call_id")) for kept in calls]
    return fingerprint_of_digests(asked.person, asked.earlier, digest_of(text_of(items)), call_ids)


def digests_of(asked: Question) -> QuestionDigests:
    """Return the digests of what led to an answer."""
    return QuestionDigests(digest_of(asked.person), digest_of(asked.earlier))


def text_of(items: Iterable[TurnItem]) -> str:
    """Return what a turn said, its messages below one another."""
    return "\n\n".join(visible_text(kept.item) for kept in items if kept.item.get("type") == MESSAGE)


def question_in(messages: Sequence[object]) -> Question:
    """Read from a history what an answer to it is an answer to."""
    person = earlier = None
    for message in reversed(messages):
        role = message.get("role") if isinstance(message, Mapping) else None
        if role == "user" and person is None and isinstance(message, Mapping):
            person = visible_text(message)
        elif role == "assistant" and earlier is None and isinstance(message, Mapping):
            earlier = visible_text(message)
        if person is not None and earlier is not None:
            break
    return Question(person or "", earlier or "")
