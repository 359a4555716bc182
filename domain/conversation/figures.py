"""Figures of a history that are needed after its answer; computed once, together with the request.

A settlement reads these figures instead of the history, which may be megabytes long.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from domain.conversation.fingerprint import QuestionDigests, digests_of, question_in
from domain.conversation.history import History, Past
from domain.conversation.replay import outlived
from domain.conversation.size import characters_of
from domain.conversation.stored_answers import stored_answers
from ports.json_values import JsonObject


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of one history and the request made of it.

    `sent`: characters of the request's input. `asked`: digests of the texts that led to the answer. `outlived`: turns
    whose thinking can be deleted once the answer is complete (mode `next_reply`).
    """

    sent: int = 0
    asked: QuestionDigests = field(default_factory=QuestionDigests)
    outlived: tuple[str, ...] = ()


def figures_of(
    messages: Sequence[object],
    past: Past,
    history: History,
    items: Iterable[JsonObject],
    *,
    remembered: bool,
) -> Figures:
    """Return the figures of `messages`, which were parsed as `history` and are sent as `items`.

    `past`: the stored turns of the history. `remembered`: the answer will be stored; otherwise only `sent` is computed.
    """
    gone: tuple[str, ...] = ()
    if remembered and history.reasoning == "next_reply":
        answers = history.answers
        if history.messages is not messages:
            answers = stored_answers(messages, past.records, past.history_format, past.marks)
        gone = outlived(messages, answers)
    asked = digests_of(question_in(messages), past.history_format) if remembered else QuestionDigests()
    return Figures(characters_of(items), asked, gone)
