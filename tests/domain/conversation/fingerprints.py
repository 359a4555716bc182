"""Fingerprints of whole texts and histories."""

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


def fingerprint_of(asked: Question, answer_text: str, call_ids: Iterable[str] = ()) -> str:
    """Return the fingerprint of an answer to a question."""
    return fingerprint_of_digests(digest_of(asked.person), digest_of(asked.earlier), digest_of(answer_text), call_ids)


def fingerprint_of_turn(messages: Sequence[object], items: Sequence[TurnItem]) -> str:
    """Return the fingerprint of what a turn left, which answered `messages`."""
    return fingerprint_of_answer(digests_of(question_in(messages)), items)
