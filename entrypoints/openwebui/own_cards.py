"""The administrator's own error cards for one call. What reads and fills templates is loaded when one is needed."""

import re
from dataclasses import dataclass
from datetime import datetime

from domain.faults.fault import Fault
from domain.request.turn_request import Person
from entrypoints.core.warned_once import WarnedOnce
from entrypoints.openwebui.vocabulary import PAGE
from entrypoints.sentences.card_templates import template_of
from entrypoints.sentences.vocabulary import Vocabulary
from entrypoints.settings import Settings

NOT_SHOWN = "card_not_shown"
_USER_INFO = re.compile(r"(?<=//)[^/@]*@")


@dataclass(frozen=True, slots=True)
class OwnCards:
    """The cards for `person`, who asked for the model `slug`. None of the rest of the call is kept while it lasts.

    Each method returns "" or nothing where the built-in card is to be shown; a template that fails is logged once.

    Without settings there are no own cards.
    """

    settings: Settings | None = None
    slug: str = ""
    person: Person | None = None
    warnings: WarnedOnce | None = None

    def markdown(self, fault: Fault, error_id: str, now: datetime | None, vocabulary: Vocabulary = PAGE) -> str:
        """Return the own card for a fault as Markdown."""
        return self._written(fault, error_id, now, vocabulary, plain=False)

    def lines(self, fault: Fault, error_id: str, now: datetime | None, vocabulary: Vocabulary = PAGE) -> list[str]:
        """Return the own card for a fault as lines of plain text."""
        written = self._written(fault, error_id, now, vocabulary, plain=True)
        return written.split("\n") if written else []

    def _written(
        self, fault: Fault, error_id: str, now: datetime | None, vocabulary: Vocabulary, *, plain: bool
    ) -> str:
        name = template_of(fault)
        text = getattr(self.settings, name) if self.settings is not None and name is not None else ""
        if not text or self.settings is None or name is None:
            return ""
        try:
            return _filled(text, fault, error_id, now, self, vocabulary, plain=plain)
        except Exception as defect:  # noqa: BLE001 - a card is the last word of a failed answer: it never fails itself
            if self.warnings is not None:
                self.warnings.warn(NOT_SHOWN, f"{name.upper()}: {type(defect).__name__}")
            return ""


NO_OWN_CARDS = OwnCards()


def _filled(
    text: str,
    fault: Fault,
    error_id: str,
    now: datetime | None,
    cards: OwnCards,
    vocabulary: Vocabulary,
    *,
    plain: bool,
) -> str:
    from entrypoints.sentences.card_variables import VARIABLES, Asked, variables_of
    from entrypoints.sentences.template_places import as_markdown, as_plain, known

    settings, person = cards.settings or Settings(), cards.person
    of_call = {
        "support_email": settings.support_email,
        "support_url": settings.support_url,
        "model_id_filter": settings.model_id,
        "free_model_filter": settings.free_model_filter,
        "tool_calling_filter": settings.tool_calling_filter,
        "max_function_call_loops": str(settings.max_function_call_loops),
    }
    if person is not None:
        of_call |= {"user_id": person.user_id, "session_id": person.session_id}
    asked = Asked(cards.slug, _USER_INFO.sub("", settings.base_url), of_call)
    template, values = known(text, VARIABLES), variables_of(fault, error_id, asked, now, vocabulary)
    return "\n".join(as_plain(template, values)) if plain else as_markdown(template, values)
