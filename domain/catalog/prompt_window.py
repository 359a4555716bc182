"""How many tokens the prompt of a model may have."""

from dataclasses import dataclass

from ports.catalog import Model

SMALLEST_CONTEXT = 1_024
"""Tokens; fewer are a placeholder of the catalog, and would leave nothing of any result."""


@dataclass(frozen=True, slots=True)
class Window:
    """What the catalog states of a model, in tokens: its `context`, and the `ceiling` of an answer, None if unknown."""

    context: int
    ceiling: int | None = None

    def prompt(self, output_limit: int | None = None) -> int:
        """Return the tokens left for the prompt beside an answer of `output_limit`, or of the ceiling without a limit.

        If that leaves almost nothing, half of the context counts: some models list the whole context as their ceiling.
        """
        left = self.context - (output_limit or self.ceiling or 0)
        return left if left >= self.context // 8 else self.context // 2


def window_of(model: Model | None) -> Window | None:
    """Return the window of a model; None if the catalog does not state its context, or one that no model has."""
    context = (model.context_length if model is not None else None) or 0
    if model is None or context < SMALLEST_CONTEXT:
        return None
    return Window(context, model.max_completion_tokens)
