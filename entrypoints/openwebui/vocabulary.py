"""The names this entrypoint uses for its settings and for itself."""

from entrypoints.sentences.vocabulary import Vocabulary

VALVES = Vocabulary(
    setting="the valve {}",
    enter_key="An administrator can enter one in the function's valves (API_KEY) or set OPENROUTER_API_KEY.",
    program="the pipe",
    reload="reload the function",
)
