"""The entries of the model picker: the offered models, or one entry that says why there are none.

The host looks up every chat's model in the last listing: while a placeholder entry replaces the models, all chats
fail. Source: Open WebUI `main.py`, `app.state.MODELS`.
"""

from dataclasses import dataclass

from entrypoints.core.offered_models import Missing, NotOffered, OfferedModels, Picked
from entrypoints.openwebui.vocabulary import VALVES
from entrypoints.sentences.faults import address_words
from entrypoints.settings import Settings

KEY_REFUSED = "OpenRouter: the API key was not accepted; check the valve API_KEY"
UNREADABLE = "OpenRouter: API_KEY was saved under another WEBUI_SECRET_KEY; enter it again"
Entries = list[dict[str, str]]

_WHY: dict[Missing, tuple[str, str]] = {  # id and name of the placeholder entry
    Missing.KEY_UNREADABLE: ("unreadable-api-key", UNREADABLE),
    Missing.NO_KEY: ("no-api-key", "OpenRouter: enter an API key in the function's valves (API_KEY)"),
    Missing.KEY_REFUSED: ("key-refused", KEY_REFUSED),
    Missing.ADDRESS: ("invalid-base-url", "OpenRouter: BASE_URL cannot be used"),
    Missing.ELSEWHERE: ("no-api", "OpenRouter: no models at this address; check the valve BASE_URL"),
    Missing.LOADING: ("loading", "OpenRouter: loading the models, refresh in a moment"),
    Missing.UNREACHABLE: ("unreachable", "OpenRouter: the models could not be loaded; trying again, see the log"),
    Missing.NO_MATCH: ("no-match", "OpenRouter: no model passes the filters; check MODEL_ID and those beside it"),
}


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

    async def shown(self, settings: Settings) -> Shown:
        """Return the picker's entries; `id` is the exact slug."""
        found = await self._models.offered(settings)
        if isinstance(found, NotOffered):
            return Shown([_entry(found.why, _detail_of(found))])
        if self._made_of is not found.picked:
            self._entries = [{"id": model.id, "name": model.name} for model in found.picked.offered]
            self._made_of = found.picked
        warning = [_entry(Missing.KEY_REFUSED)] if found.key_refused else []
        return Shown([*warning, *(entry.copy() for entry in self._entries)], found.picked)


def _detail_of(found: NotOffered) -> str:
    refused = found.address
    return address_words(refused.flaw, refused.host, VALVES) if refused is not None else ""


def _entry(why: Missing, detail: str = "") -> dict[str, str]:
    entry_id, name = _WHY[why]
    return {"id": entry_id, "name": f"{name}: {detail}" if detail else name}
