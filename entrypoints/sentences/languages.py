"""The languages of the texts for people: English is written in the code, every other one has a catalogue.

A catalogue maps each English sentence, with its `{names}`, to the sentence of its language with the same names. It is
imported when the first person who reads that language appears.
"""

from collections.abc import Mapping
from enum import Enum
from functools import cache

_LONGEST_TAG = 35
"""Characters of the longest tag of a language that is read (RFC 5646)."""


class Language(Enum):
    """A language with a catalogue. The value is the part of a tag before its region."""

    ENGLISH = "en"
    GERMAN = "de"


_LANGUAGES = {language.value: language for language in Language}


def language_of(tag: object) -> Language:
    """Return the language of a tag from outside, such as `de-DE` or `de_AT`; English for anything else."""
    if not isinstance(tag, str) or len(tag) > _LONGEST_TAG:
        return Language.ENGLISH
    return _LANGUAGES.get(tag.strip().lower().replace("_", "-").partition("-")[0], Language.ENGLISH)


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """Return English sentence -> sentence. The first call imports the texts: make it off the event loop."""
    if language is Language.ENGLISH:
        return {}
    from entrypoints.sentences.german import SENTENCES

    return SENTENCES


def is_loaded(language: Language) -> bool:
    """Return whether something can be said in a language without an import."""
    return language is Language.ENGLISH or catalogue.cache_info().currsize > 0


def translated(sentence: str, language: Language) -> str:
    """Return a sentence in a language; the English one if it has no translation."""
    return sentence if language is Language.ENGLISH else catalogue(language).get(sentence, sentence)
