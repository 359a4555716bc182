"""What the operator and the person want to see beside the answer."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from domain.egress.links import EVERY_HTTPS, LinkGate
from domain.faults.fault import Fault
from entrypoints.openwebui.answer_bills import AnswerBill
from entrypoints.openwebui.host_call import Audience
from entrypoints.openwebui.own_cards import NO_OWN_CARDS, OwnCards
from entrypoints.openwebui.present.fault_text import ToldFault
from entrypoints.openwebui.vocabulary import PAGE
from entrypoints.sentences.usage_labels import WORDS, UsageLabels
from entrypoints.sentences.vocabulary import Vocabulary


def _unknown() -> None:
    return None


@dataclass(frozen=True, slots=True)
class ShownParts:
    """`usage`: the last line shows time, cost and tokens, under these labels; None if it does not.

    `thoughts_in_box`: the thinking of the model is part of the answer. `tool_cards`: so are calls of tools with their
    results, except those that the host runs.
    """

    usage: UsageLabels | None = WORDS
    thoughts_in_box: bool = True
    tool_cards: bool = True


ALL_PARTS = ShownParts()


@dataclass(frozen=True, slots=True)
class Wishes:
    """`parts`: what the answer shows beside the text; `support`: the contact shown on error cards.

    `references`: the page stores references to what the turn leaves in our store. `hands_over`: the host runs the calls
    handed over to it. `reader`: who reads the answer. `links`: which addresses may be shown. `cited`: addresses of
    sources that the host shows by itself. `bill`: what the answer has cost so far. `now` returns the wall clock, None
    if unknown. `cards`: the administrator's own error cards. `vocabulary`: the names of settings, in the language of
    the reader.
    """

    parts: ShownParts = ALL_PARTS
    support: str = ""
    references: bool = True
    reader: Audience = Audience.PERSON
    hands_over: bool = False
    links: LinkGate = EVERY_HTTPS
    cited: frozenset[str] = frozenset()
    cards: OwnCards = NO_OWN_CARDS
    bill: AnswerBill = field(default_factory=AnswerBill)
    now: Callable[[], datetime | None] = _unknown
    vocabulary: Vocabulary = PAGE

    def told(self, fault: Fault, error_id: str) -> ToldFault:
        """Return a fault as the reader is told of it now."""
        return ToldFault(fault, error_id, self.support, self.now(), self.cards, self.vocabulary)
