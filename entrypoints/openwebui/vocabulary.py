"""The names this entrypoint uses for its settings and for itself."""

from dataclasses import replace

from entrypoints.sentences.vocabulary import Vocabulary

VALVES = Vocabulary(
    setting="the valve {}",
    enter_key="An administrator can enter one in the function's valves (API_KEY) or set OPENROUTER_API_KEY.",
    program="the pipe",
    reload="reload the function",
)

PAGE = replace(VALVES, go_on="press Continue below it, or send another message")
"""The names for people in the page, which has a button to continue an answer."""
