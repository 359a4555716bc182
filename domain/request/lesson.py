"""What a refusal teaches: one change to a request."""

from dataclasses import dataclass

THINKING, HISTORY = "thinking", "history"
LOOSE_TOOLS, WITHOUT_TOOLS, FEWER_TOOLS = "loose_tools", "without_tools", "fewer_tools"
NO_TOOLS = "no_tools"
"""None of the providers that may answer takes tools: all are left out."""
BALANCE, OUTPUT_LIMIT, BLANK_STOP = "balance", "output_limit", "blank_stop"
INSTRUCTIONS = "instructions"
"""The model takes no system messages: their words go with those of the person."""
FIRST = "first"
"""The value of INSTRUCTIONS where the model takes one system message, at the start."""
MEDIA = "media"
"""Media that are not the newest message's are left out, of the kinds that `value` names."""
PROMPT_LIMIT = "prompt_limit"
"""How many tokens a prompt may have: nothing in the request is changed, results of tools are shortened to it."""
PROMPT_WEIGHT = "prompt_weight"
"""How many tokens upstream counts per estimated one, as of a prompt near its limit; changes nothing in the request."""
OF_HISTORY = frozenset({THINKING, HISTORY})
"""Changes to what stored turns send: these turns are marked instead of a lesson being learned."""
OF_ONE_TURN = OF_HISTORY | {WITHOUT_TOOLS, FEWER_TOOLS, NO_TOOLS, BALANCE, MEDIA}
"""Changes that hold for one turn only: a balance changes, and no tool is left out without a status."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What to change for a model: `what` names the repair, `value` its detail (an effort, a parameter, names).

    `refused` is the effort that was not taken: only that one is exchanged. Several names are separated by line feeds.
    """

    what: str
    value: str = ""
    refused: str = ""

    @property
    def kind(self) -> str:
        """What is repaired at most once a round: each parameter and tool by itself, everything else by its name."""
        if self.what in ("parameter", LOOSE_TOOLS, WITHOUT_TOOLS, MEDIA) or (self.what == INSTRUCTIONS and self.value):
            return f"{self.what} {self.value}"
        return "thinking_of_one" if self.what == THINKING and self.value else self.what

    @property
    def names(self) -> tuple[str, ...]:
        """The names in `value`."""
        return tuple(filter(None, self.value.split("\n")))
