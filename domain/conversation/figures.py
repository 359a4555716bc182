"""What of a history is needed once it is answered: computed once, beside the request made of it.

A settlement reads these and never the history again, which may be megabytes.
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
    """Of one history and the request made of it.

    `sent`: characters of the request's input. `asked`: what an answer is an answer to. `outlived`: turns whose
    thinking no `next_reply` needs once the answer is complete.
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
    """Return the figures of `messages`, parsed as `history` and sent as `items`; `past` is remembered of them.

    Only for an answer that is `remembered` it matters what was asked.
    """
    gone: tuple[str, ...] = ()
    if remembered and history.reasoning == "next_reply":
        answers = history.answers
        if history.messages is not messages:
            answers = stored_answers(messages, past.records, past.history_format, past.marks)
        gone = outlived(messages, answers)
    asked = digests_of(question_in(messages), past.history_format) if remembered else QuestionDigests()
    return Figures(characters_of(items), asked, gone)
