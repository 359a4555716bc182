"""Compute fingerprints of whole texts and histories of Open WebUI."""

from collections.abc import Iterable, Sequence

from domain.conversation.fingerprint import (
    Question,
    digest_of,
    digests_of,
    fingerprint_of_answer,
    fingerprint_of_digests,
    question_in,
)
from domain.conversation.record import TurnItem
from entrypoints.openwebui.history_format import OPEN_WEBUI


def fingerprint_of(asked: Question, answer_text: str, call_ids: Iterable[str] = ()) -> str:
    """Return the fingerprint of an answer to a question."""
    person, earlier, answer = (digest_of(text, OPEN_WEBUI) for text in (asked.person, asked.earlier, answer_text))
    return fingerprint_of_digests(person, earlier, answer, call_ids)


def fingerprint_of_turn(messages: Sequence[object], items: Sequence[TurnItem]) -> str:
    """Return the fingerprint of a turn's items; the turn answered `messages`."""
    return fingerprint_of_answer(digests_of(question_in(messages), OPEN_WEBUI), items, OPEN_WEBUI)
