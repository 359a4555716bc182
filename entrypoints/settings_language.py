"""The setting of the language in which people read what we write; `settings` holds the others."""
# ruff: noqa: RUF009  (each row is the default of its field)

from dataclasses import dataclass
from typing import Literal

from entrypoints.settings_metrics import MetricSettings
from entrypoints.settings_rows import setting

LanguageChoice = Literal["auto", "en", "de"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageSettings(MetricSettings):
    """The row of `settings.Settings` about language."""

    language: LanguageChoice = setting(
        "auto",
        "Language of statuses and error messages. auto: that of each person's page, English for pages in other "
        "languages and for API clients; en: English; de: German.",
        user=True,
        advanced=True,
    )
