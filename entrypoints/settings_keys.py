"""Settings of whose key pays, and of how the limits of the operator's are watched; `settings` holds the others."""
# ruff: noqa: RUF009  (each row is the default of its field)

from dataclasses import dataclass

from domain.egress.pasted import pasted_key
from domain.limits import KEY_CHECK_MINUTES
from entrypoints.settings_language import LanguageSettings
from entrypoints.settings_rows import Mend, Secret, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySettings(LanguageSettings):
    """The rows of `settings.Settings` about keys, besides API_KEY itself."""

    allow_user_keys: bool = setting(
        False,
        "Allow people to enter an OpenRouter key of their own (OWN_API_KEY), which then pays for their requests and "
        "background tasks. If off, keys that people have entered are ignored, not deleted.",
        advanced=True,
    )
    own_api_key: Secret = setting(
        Secret(),
        "Your own OpenRouter API key. If the operator allows it, your requests use this key and are charged to your "
        "OpenRouter account. If empty, the key of this server is used.",
        user=True,
        personal=True,
        mend=Mend(pasted_key, "has the word Bearer, quotes or blanks in it, which are no part of a key"),
    )
    key_check_minutes: int = setting(
        KEY_CHECK_MINUTES,
        "Minutes between two checks of what OpenRouter still lets API_KEY spend. The log and administrators are warned "
        "at 20 % and at 5 % left. 0: no checks.",
        low=0,
        high=1440,
        advanced=True,
    )
