"""Render a fault: as a card in the answer, as a line for the page's error box, as a status line."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from domain.egress.links import title_of
from domain.faults.fault import Fault
from entrypoints.openai.errors import detail_of, shortened
from entrypoints.openwebui.own_cards import NO_OWN_CARDS, OwnCards
from entrypoints.openwebui.vocabulary import PAGE
from entrypoints.sentences.escaping import inert, markdown
from entrypoints.sentences.fault_facts import known_words, reasons_of
from entrypoints.sentences.faults import advice, happened
from entrypoints.sentences.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class ToldFault:
    """A fault, and what its reader is told beside it: the error id, whom to ask, in which language.

    `now` is the wall clock, None if unknown; `own`: the administrator's own cards.
    """

    fault: Fault
    error_id: str
    support: str = ""
    now: datetime | None = None
    own: OwnCards = NO_OWN_CARDS
    vocabulary: Vocabulary = PAGE

    def card(self) -> str:
        """Render the administrator's own card, or what happened, what is known, what to do and the id, as Markdown.

        Upstream's own text is escaped, shortened and redacted.
        """
        lines = self.own.markdown(self.fault, self.error_id, self.now, self.vocabulary)
        return lines or "\n\n".join(self._lines(inert, "\n\n- "))

    def box(self) -> str:
        """Render the same as plain text for the page's error box, which joins lines."""
        lines = self.own.lines(self.fault, self.error_id, self.now, self.vocabulary)
        return " \u00b7 ".join(lines or self._lines(str, " "))

    def _lines(self, written: Callable[[str], str], bullet: str) -> list[str]:
        """Return one line per fact. A list of reasons begins with `bullet`; its other entries follow on lines of their
        own, or behind semicolons where that has no lines.
        """
        fault, vocabulary = self.fault, self.vocabulary
        lines = [happened(fault, vocabulary), *known_words(fault, vocabulary)]
        said, reasons = reasons_of(fault)
        if reasons:
            between = bullet.lstrip("\n") if bullet.strip() else ""
            listed = (f"\n{between}" if between else "; ").join(map(written, map(shortened, reasons)))
            lines.append(vocabulary.translated(said) + bullet + listed)
        lines.append(advice(fault, vocabulary, self.now))
        detail = detail_of(fault, vocabulary)
        if detail:
            by = f"{written(shortened(fault.provider))}: " if fault.provider else ""
            lines.append(vocabulary.say("Details: {detail}", detail=by + written(detail)))
        if self.support:
            lines.append(vocabulary.say("Support: {contact}", contact=self.support))
        lines.append(vocabulary.say("Error id: {error_id}", error_id=self.error_id))
        return lines


def uncalled(name: str, vocabulary: Vocabulary = PAGE) -> str:
    """Report as Markdown that the model called a tool that cannot run here; else the answer would be empty."""
    shown = markdown(title_of(name, ""))
    if not shown:
        return vocabulary.say("The model asked for the tool without a name, which is not available in this chat.")
    return vocabulary.say("The model asked for the tool {tool}, which is not available in this chat.", tool=shown)
