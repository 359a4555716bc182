"""What the attempts of one turn consumed, per model."""

from dataclasses import dataclass, field

from domain.budgets.amounts import Amounts
from domain.catalog.selection import find
from domain.turn.attempt_bill import is_free_of_charge
from domain.turn.steps import AttemptBegan, AttemptEnded
from domain.usage.accounting import CHARACTERS_PER_TOKEN
from domain.usage.prices import Consumed, price_of
from ports.catalog import Model
from ports.responses import Reach


@dataclass(slots=True)
class TurnTally:
    """The tally of one turn; `slug` and `model` are those that are called, `models` the catalog.

    `prompt_tokens` and `sent_characters` describe the request, for attempts without a bill.
    """

    slug: str = ""
    model: Model | None = None
    models: tuple[Model, ...] = ()
    prompt_tokens: int = 0
    sent_characters: int = 0
    output_tokens: int = 0
    spent: dict[str, Amounts] = field(default_factory=dict)

    def book(self, entry: AttemptBegan | AttemptEnded) -> None:
        """Note what an attempt consumed; its model is the one it was announced with."""
        if isinstance(entry, AttemptBegan):
            asked = entry.body.model
            if asked != self.slug:
                self.slug, self.model = asked, find(asked, self.models)
        elif entry.outcome.reach is not Reach.NOT_SENT:
            known = self.spent.get(self.slug, Amounts(requests=1))
            self.spent[self.slug] = known + self._amounts(entry)

    def _amounts(self, entry: AttemptEnded) -> Amounts:
        if is_free_of_charge(entry):
            return Amounts()
        usage, received = entry.usage, entry.unbilled or 0
        consumed = Consumed(usage, None, self.model, sent_characters=self.sent_characters, received_characters=received)
        price = price_of(consumed)
        if usage is None:
            return Amounts(price.cost, self.prompt_tokens + received // CHARACTERS_PER_TOKEN)
        self.output_tokens += usage.output_tokens
        paid = price.cost if price.upstream_cost is None else (price.cost or 0) + price.upstream_cost
        return Amounts(paid, usage.total_tokens or usage.input_tokens + usage.output_tokens)
