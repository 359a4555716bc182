"""The names this entrypoint uses for its settings and for itself."""

from dataclasses import replace

from entrypoints.sentences.languages import Language, language_of
from entrypoints.sentences.vocabulary import Vocabulary

AUTO = "auto"
"""The value of LANGUAGE that means the language of each page."""

VALVES = Vocabulary(
    setting="the valve {}",
    enter_key="An administrator can enter one in the function's valves (API_KEY) or set OPENROUTER_API_KEY.",
    program="the pipe",
    reload="reload the function",
)

PAGE = replace(VALVES, go_on="press Continue below it, or send another message")
"""The names for people in the page, which has a button to continue an answer."""


def language_for(asked: Language, setting: str) -> Language:
    """Return the language of a call: what LANGUAGE names, or what the caller's page speaks, `asked`."""
    return asked if setting == AUTO else language_of(setting)
