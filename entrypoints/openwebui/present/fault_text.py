"""Render a fault: as a card in the answer, as a line for the page's error box, as a status line."""

from collections.abc import Callable
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


def card(
    fault: Fault,
    error_id: str,
    support: str = "",
    now: datetime | None = None,
    own: OwnCards = NO_OWN_CARDS,
    vocabulary: Vocabulary = PAGE,
) -> str:
    """Render the administrator's own card, or what happened, what is known, what to do and the error id, as Markdown.

    `now` is the wall clock. Upstream's own text is escaped, shortened and redacted.
    """
    lines = own.markdown(fault, error_id, now, vocabulary)
    return lines or "\n\n".join(_lines(fault, error_id, support, now, inert, "\n\n- ", vocabulary))


def box(
    fault: Fault,
    error_id: str,
    support: str = "",
    now: datetime | None = None,
    own: OwnCards = NO_OWN_CARDS,
    vocabulary: Vocabulary = PAGE,
) -> str:
    """Render the same as plain text for the page's error box, which joins lines."""
    lines = own.lines(fault, error_id, now, vocabulary)
    return " \u00b7 ".join(lines or _lines(fault, error_id, support, now, str, " ", vocabulary))


def uncalled(name: str, vocabulary: Vocabulary = PAGE) -> str:
    """Report as Markdown that the model called a tool that cannot run here; else the answer would be empty."""
    shown = markdown(title_of(name, ""))
    if not shown:
        return vocabulary.say("The model asked for the tool without a name, which is not available in this chat.")
    return vocabulary.say("The model asked for the tool {tool}, which is not available in this chat.", tool=shown)


def _lines(
    fault: Fault,
    error_id: str,
    support: str,
    now: datetime | None,
    written: Callable[[str], str],
    bullet: str,
    vocabulary: Vocabulary,
) -> list[str]:
    """Return one line per fact. A list of reasons begins with `bullet`; its other entries follow on lines of their own,
    or behind semicolons where that has no lines.
    """
    lines = [happened(fault, vocabulary), *known_words(fault, vocabulary)]
    said, reasons = reasons_of(fault)
    if reasons:
        between = bullet.lstrip("\n") if bullet.strip() else ""
        listed = (f"\n{between}" if between else "; ").join(map(written, map(shortened, reasons)))
        lines.append(vocabulary.translated(said) + bullet + listed)
    lines.append(advice(fault, vocabulary, now))
    detail = detail_of(fault, vocabulary)
    if detail:
        by = f"{written(shortened(fault.provider))}: " if fault.provider else ""
        lines.append(vocabulary.say("Details: {detail}", detail=by + written(detail)))
    if support:
        lines.append(vocabulary.say("Support: {contact}", contact=support))
    lines.append(vocabulary.say("Error id: {error_id}", error_id=error_id))
    return lines
