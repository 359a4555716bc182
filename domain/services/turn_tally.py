"""What the attempts of one turn consumed, per model."""

from dataclasses import dataclass, field

from domain.budgets.amounts import Amounts
from domain.turn.steps import AttemptBegan, AttemptEnded
from domain.usage.accounting import CHARACTERS_PER_TOKEN
from domain.usage.prices import UNKNOWN
from ports.catalog import Model
from ports.ledger import CostSource
from ports.responses import Reach


@dataclass(slots=True)
class TurnTally:
    """The tally of one turn; `slug` is called, and `model` is the one that was estimated for.

    `prompt_tokens`: those of the request, for attempts without a bill.
    """

    slug: str = ""
    model: Model | None = None
    prompt_tokens: int = 0
    output_tokens: int = 0
    spent: dict[str, Amounts] = field(default_factory=dict)

    def book(self, entry: AttemptBegan | AttemptEnded) -> None:
        """Note what an attempt consumed; its model is the one it was announced with."""
        if isinstance(entry, AttemptBegan):
            self.slug = entry.body.model
        elif entry.outcome.reach is not Reach.NOT_SENT:
            known = self.spent.get(self.slug, Amounts(requests=1))
            self.spent[self.slug] = known + self._amounts(entry)

    def _amounts(self, entry: AttemptEnded) -> Amounts:
        price, usage = entry.price or UNKNOWN, entry.usage
        if price.source is CostSource.FREE:
            return Amounts()
        paid = price.paid.total if price.paid.is_known else None
        if usage is None:
            return Amounts(paid, self.prompt_tokens + (entry.unbilled or 0) // CHARACTERS_PER_TOKEN)
        self.output_tokens += usage.output_tokens
        return Amounts(paid, usage.total_tokens or usage.input_tokens + usage.output_tokens)
