"""What a client wants of an answer beside its words, as its request says."""

from dataclasses import dataclass

from domain.conversation.call_kinds import FUNCTION
from entrypoints.openai.completions_body import CompletionsBody
from ports.toolbox import ToolCall


@dataclass(frozen=True, slots=True)
class Wanted:
    """The usage in the last chunk of a stream, the model's thinking, its tokens' probabilities, and the forms of calls
    and refusals.

    `newer`: names of the functions whose calls the client reads in `tool_calls`, and the others as `function_call`;
    None if there are no others. `refusals`: the answer is to be JSON, so that a refusal stands in a field of its own:
    clients parse the content.
    """

    usage: bool = True
    reasoning: bool = True
    newer: frozenset[str] | None = None
    refusals: bool = False
    logprobs: bool = False

    def older(self, call: ToolCall) -> bool:
        """Return whether the client reads a call in the older form."""
        return self.newer is not None and call.kind == FUNCTION and call.name not in self.newer


USUAL = Wanted()


def wanted_by(body: CompletionsBody) -> Wanted:
    """Return what the request of an API client asks for."""
    return Wanted(
        body.wants_usage, body.wants_reasoning, body.newer_functions, body.wants_json, body.wanted_logprobs is not None
    )
