"""Recognise a turn by its words, for callers whose history contains no references.

API clients, gateways and imported chats return texts only. Texts are compared as a person sees them, because hosts
trim, join and decorate what they store. Source: output profiles, keys.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from domain.conversation.call_kinds import CALLS, OUTPUTS
from domain.conversation.drawn_pictures import without_pictures
from domain.conversation.history_format import HistoryFormat
from domain.conversation.item_types import MESSAGE
from domain.conversation.record import TurnItem
from domain.conversation.references import texts_of
from domain.conversation.surrogates import without_surrogates

_ASCII = re.compile("[\x00-\x7f]")
_PIECE = 32 * 1024  # characters
LENGTH = 32
FEWEST_CHARACTERS = 100
"""Of question, earlier answer and answer together: shorter ones ("hi", "Hello!") are the same in many chats."""


@dataclass(frozen=True, slots=True)
class Question:
    """The texts that led to an answer: the person's last text, and the assistant's last text before the answer."""

    person: str = ""
    earlier: str = ""


@dataclass(frozen=True, slots=True)
class QuestionDigests:
    """The digests of both texts; empty for an empty text."""

    person: str = ""
    earlier: str = ""


def visible_text(message: Mapping[str, object]) -> str:
    """Return the text of a message unchanged, its parts joined by line breaks."""
    return "\n".join(texts_of(message.get("content")))


def normalised(text: str, history_format: HistoryFormat) -> str:
    """Return the words in one line: runs of white space become one blank, characters are composed (NFC)."""
    return "".join(_seen(_words(text, history_format)))


def _words(text: str, history_format: HistoryFormat) -> str:
    return without_pictures(history_format.words_of(text))


def _seen(text: str) -> Iterator[str]:
    """Yield the normalised text in pieces: splitting a very long text at once would need ten times its memory."""
    said = blank = False
    for piece in _pieces(text.replace("\0", "")):
        words = piece.split()
        blank = blank or piece[:1].isspace()
        if words:
            yield (" " if said and blank else "") + _composed(" ".join(words))
            said, blank = True, False
        blank = blank or piece[-1:].isspace()


def _pieces(text: str) -> Iterator[str]:
    """Split a text before ASCII characters, which never combine with the character before them."""
    start = 0
    while len(text) - start > _PIECE and (cut := _ASCII.search(text, start + _PIECE)):
        yield text[start : cut.start()]
        start = cut.start()
    yield text[start:]


def _composed(text: str) -> str:
    if text.isascii():
        return text
    try:
        text.encode()  # takes a tenth of the time of the search
    except UnicodeEncodeError:
        text = without_surrogates(text)
    return unicodedata.normalize("NFC", text)


def digest_of(text: str, history_format: HistoryFormat) -> str:
    """Return a digest of the normalised text; empty if that text is empty."""
    return measured(text, history_format)[0]


def measured(text: str, history_format: HistoryFormat) -> tuple[str, int]:
    """Return a digest of the normalised text, and its length in characters; empty and 0 if that text is empty."""
    digest, characters = sha256(), 0
    for piece in _seen(_words(text, history_format)):
        digest.update(piece.encode())
        characters += len(piece)
    return digest.hexdigest() if characters else "", characters


def fingerprint_of_digests(person: str, earlier: str, answer: str, call_ids: Iterable[str]) -> str:
    """Return the fingerprint of an answer, 32 hexadecimal characters; empty if it has neither text nor calls.

    `person`, `earlier` and `answer` are digests of the question, of the answer before the question and of the answer
    itself. The earlier answer is included because short answers to common questions occur in many conversations.
    `call_ids`: of the calls handed over to the caller.
    """
    calls = tuple(call_ids)
    if not answer and not calls:
        return ""
    parts = "\x1f".join((person, earlier, answer, *calls))
    return sha256(parts.encode(errors="replace")).hexdigest()[:LENGTH]


def fingerprint_of_answer(asked: QuestionDigests, items: Sequence[TurnItem], history_format: HistoryFormat) -> str:
    """Return the fingerprint of a turn's items; `asked`: the digests of the texts that led to it."""
    answered = {kept.item.get("call_id") for kept in items if kept.item.get("type") in OUTPUTS}
    calls = (kept for kept in items if kept.item.get("type") in CALLS and kept.item.get("call_id") not in answered)
    call_ids = [kept.shown or str(kept.item.get("call_id")) for kept in calls]
    return fingerprint_of_digests(asked.person, asked.earlier, digest_of(text_of(items), history_format), call_ids)


def digests_of(asked: Question, history_format: HistoryFormat) -> QuestionDigests:
    """Return the digests of the texts that led to an answer."""
    return QuestionDigests(digest_of(asked.person, history_format), digest_of(asked.earlier, history_format))


def text_of(items: Iterable[TurnItem]) -> str:
    """Return the text of a turn: its messages, separated by blank lines."""
    return "\n\n".join(visible_text(kept.item) for kept in items if kept.item.get("type") == MESSAGE)


def question_in(messages: Sequence[object]) -> Question:
    """Return the texts of a history that lead to the next answer."""
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
