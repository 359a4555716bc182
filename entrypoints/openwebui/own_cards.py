"""The administrator's own error cards for one call. What reads and fills templates is loaded when one is needed."""

import re
from datetime import datetime
from typing import TYPE_CHECKING

from domain.faults.fault import Fault
from domain.request.turn_request import Person
from entrypoints.core.warned_once import WarnedOnce
from entrypoints.openwebui.host_call import HostCall
from entrypoints.openwebui.vocabulary import PAGE
from entrypoints.sentences.card_templates import template_of
from entrypoints.sentences.vocabulary import Vocabulary
from entrypoints.settings import Settings

if TYPE_CHECKING:
    from entrypoints.sentences.card_variables import Asked

NOT_SHOWN = "card_not_shown"
_USER_INFO = re.compile(r"(?<=//)[^/@]*@")


class OwnCards:
    """Each method returns "" or nothing where the built-in card is to be shown; a template that fails is logged once.

    Without settings there are no own cards. Of the call only its person and model are kept: the cards live as long as
    the answer, and the call holds the whole history.
    """

    __slots__ = ("_person", "_settings", "_slug", "_warnings")

    def __init__(
        self, settings: Settings | None = None, call: HostCall | None = None, warnings: WarnedOnce | None = None
    ) -> None:
        self._settings, self._warnings = settings, warnings
        self._slug = call.model.slug if call is not None else ""
        self._person = call.person if call is not None else None

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
        text = getattr(self._settings, name) if self._settings is not None and name is not None else ""
        if not text or self._settings is None or name is None:
            return ""
        try:
            asked = _asked(self._settings, self._slug, self._person)
            return _filled(text, fault, error_id, now, asked, vocabulary, plain=plain)
        except Exception as defect:  # noqa: BLE001 - a card is the last word of a failed answer: it never fails itself
            if self._warnings is not None:
                self._warnings.warn(NOT_SHOWN, f"{name.upper()}: {type(defect).__name__}")
            return ""


NO_OWN_CARDS = OwnCards()


def _filled(
    text: str,
    fault: Fault,
    error_id: str,
    now: datetime | None,
    asked: "Asked",
    vocabulary: Vocabulary,
    *,
    plain: bool,
) -> str:
    from entrypoints.sentences.card_variables import VARIABLES, variables_of
    from entrypoints.sentences.template_places import as_markdown, as_plain, known

    template, values = known(text, VARIABLES), variables_of(fault, error_id, asked, now, vocabulary)
    return "\n".join(as_plain(template, values)) if plain else as_markdown(template, values)


def _asked(settings: Settings, slug: str, person: Person | None) -> "Asked":
    from entrypoints.sentences.card_variables import Asked

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
    return Asked(slug, _USER_INFO.sub("", settings.base_url), of_call)
