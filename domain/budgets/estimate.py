"""What a turn will probably cost: its real prompt, and the output that its model usually writes for its person.

An estimate from the largest possible output would refuse turns that the budget has room for; what is estimated too low
is settled afterwards.
"""

from collections import deque
from statistics import median_low

from domain.budgets.amounts import Amounts
from domain.recent import Recent
from domain.usage.prices import Consumed, price_of
from ports.catalog import Model
from ports.usage import Usage

USUAL_OUTPUT = 1_000
"""Tokens that an answer is expected to have before any is known."""
KEPT, MODELS_KEPT = 15, 2_000
"""Latest outputs of one person and model that are remembered, and of how many of these."""


class UsualOutputs:
    """The latest outputs in tokens per person and model, in memory; the least recently used pairs are forgotten."""

    def __init__(self) -> None:
        self._known = Recent[tuple[str, str], deque[int]](MODELS_KEPT)

    def learn(self, user_id: str, slug: str, tokens: int) -> None:
        """Remember the output of one turn, for the person and for the model in general."""
        for key in {(user_id, slug), ("", slug)}:
            outputs = self._known.get(key) or deque(maxlen=KEPT)
            outputs.append(tokens)
            self._known[key] = outputs

    def usual(self, user_id: str, slug: str) -> int:
        """Return the median for the person, else for the model, else what is usual."""
        known = self._known.get((user_id, slug)) or self._known.get(("", slug))
        return median_low(known) if known else USUAL_OUTPUT


def estimated(model: Model | None, prompt_tokens: int, output_tokens: int, most: int | None, *, free: bool) -> Amounts:
    """Return what one request may cost. `most`: the output tokens that it allows, None for no limit."""
    ceilings = [ceiling for ceiling in (most, model.max_completion_tokens if model else None) if ceiling]
    output = min([output_tokens, *ceilings])
    usage = Usage(input_tokens=prompt_tokens, output_tokens=output)
    price = price_of(Consumed(usage=usage, model=model))
    return Amounts(price.cost, prompt_tokens + output, requests=1, exempt=free)
