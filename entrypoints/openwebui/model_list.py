"""The entries of the model picker: the offered models, or one entry that says why there are none.

The host looks up every chat's model in the last listing: while a placeholder entry replaces the models, all chats
fail. Source: Open WebUI `main.py`, `app.state.MODELS`.
"""

from dataclasses import dataclass

from entrypoints.core.offered_models import Missing, NotOffered, OfferedModels, Picked
from entrypoints.openwebui.vocabulary import VALVES
from entrypoints.sentences.faults import address_words
from entrypoints.sentences.vocabulary import Vocabulary
from entrypoints.settings import Settings

KEY_REFUSED = "OpenRouter: the API key was not accepted; check the valve API_KEY"
UNREADABLE = "OpenRouter: API_KEY was saved under another WEBUI_SECRET_KEY; enter it again"
Entries = list[dict[str, str]]

_IDS = {
    Missing.KEY_UNREADABLE: "unreadable-api-key",
    Missing.NO_KEY: "no-api-key",
    Missing.KEY_REFUSED: "key-refused",
    Missing.ADDRESS: "invalid-base-url",
    Missing.ELSEWHERE: "no-api",
    Missing.LOADING: "loading",
    Missing.UNREACHABLE: "unreachable",
    Missing.NO_MATCH: "no-match",
}
_WHY = {
    Missing.KEY_UNREADABLE: UNREADABLE,
    Missing.NO_KEY: "OpenRouter: enter an API key in the function's valves (API_KEY)",
    Missing.KEY_REFUSED: KEY_REFUSED,
    Missing.ADDRESS: "OpenRouter: BASE_URL cannot be used",
    Missing.ELSEWHERE: "OpenRouter: no models at this address; check the valve BASE_URL",
    Missing.LOADING: "OpenRouter: loading the models, refresh in a moment",
    Missing.UNREACHABLE: "OpenRouter: the models could not be loaded; trying again, see the log",
    Missing.NO_MATCH: "OpenRouter: no model passes the filters; check MODEL_ID and those beside it",
}
"""Id and name of the entry that replaces the models."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One listing: the picker's entries, and the models behind them; None if a placeholder entry replaces them."""

    entries: Entries
    picked: Picked | None = None


class ModelList:
    """Lists models from memory; the host may modify the entries it gets."""

    def __init__(self, models: OfferedModels) -> None:
        self._models = models
        self._made_of: Picked | None = None
        self._entries: Entries = []

    async def shown(self, settings: Settings, vocabulary: Vocabulary = VALVES) -> Shown:
        """Return the picker's entries; `id` is the exact slug."""
        found = await self._models.offered(settings)
        if isinstance(found, NotOffered):
            return Shown([_entry(found.why, vocabulary, _detail_of(found, vocabulary))])
        if self._made_of is not found.picked:
            self._entries = [{"id": model.id, "name": model.name} for model in found.picked.offered]
            self._made_of = found.picked
        warning = [_entry(Missing.KEY_REFUSED, vocabulary)] if found.key_refused else []
        return Shown([*warning, *(entry.copy() for entry in self._entries)], found.picked)


def _detail_of(found: NotOffered, vocabulary: Vocabulary) -> str:
    refused = found.address
    return address_words(refused.flaw, refused.host, vocabulary) if refused is not None else ""


def _entry(why: Missing, vocabulary: Vocabulary, detail: str = "") -> dict[str, str]:
    name = vocabulary.say(_WHY[why])
    return {"id": _IDS[why], "name": f"{name}: {detail}" if detail else name}
