"""What the attempts of one turn consumed, per model."""

import asyncio
from dataclasses import dataclass, field

from domain.budgets.amounts import Amounts
from domain.turn.steps import AttemptBegan, AttemptEnded
from domain.usage.accounting import CHARACTERS_PER_TOKEN
from domain.usage.prices import UNKNOWN
from ports.catalog import Model
from ports.ledger import CostSource, Entry
from ports.responses import Reach


@dataclass(slots=True)
class TurnTally:
    """The tally of one turn; `slug` is called, and `model` is the one that was estimated for.

    `prompt_tokens`: those of the request, for attempts without a bill. `attempts`: the model of each, by its number,
    and what it consumed. `answered`: the model that answered in its place, where a router or the request's other models
    let one. `entries`: slugs that name a version, with the slug that the list of models has for it: the budgets of both
    count. `awaited`: where figures will be found that the end did not bring.
    """

    slug: str = ""
    model: Model | None = None
    prompt_tokens: int = 0
    output_tokens: int = 0
    attempts: dict[int, tuple[str, Amounts]] = field(default_factory=dict)
    answered: dict[int, str] = field(default_factory=dict)
    entries: dict[str, str] = field(default_factory=dict)
    awaited: "dict[int, asyncio.Future[Entry]]" = field(default_factory=dict)

    @property
    def spent(self) -> dict[tuple[str, ...], Amounts]:
        """What was consumed, by the called model and the one that answered in its place; each counts one request."""
        spent: dict[tuple[str, ...], Amounts] = {}
        for no, (slug, amounts) in self.attempts.items():
            slugs = (slug, self.answered[no]) if no in self.answered else (slug,)
            spent[slugs] = spent.get(slugs, Amounts(requests=1)) + amounts
        return spent

    def book(self, entry: AttemptBegan | AttemptEnded, answered: str = "") -> None:
        """Note what an attempt consumed; its model is the one it was announced with.

        `answered`: the slug of the model that answered instead, empty if that one did.
        """
        if isinstance(entry, AttemptBegan):
            self.slug = entry.body.model
        elif entry.outcome.reach is not Reach.NOT_SENT:
            self.attempts[entry.no] = (self.slug, self._amounts(entry))
            if answered:
                self.answered[entry.no] = answered

    def expect(self, no: int, final: "asyncio.Future[Entry] | None") -> None:
        """Note where the figures of an attempt will be found."""
        if final is not None and no in self.attempts:
            self.awaited[no] = final

    async def complete(self) -> None:
        """Wait for figures that are still looked for, and take them instead of the estimates."""
        if self.awaited:
            await asyncio.wait(self.awaited.values())
        for no, final in self.awaited.items():
            if not final.cancelled():
                self._correct(no, final.result())
        self.awaited.clear()

    def _correct(self, no: int, entry: Entry) -> None:
        slug, guess = self.attempts[no]
        if entry.cost_source is CostSource.FREE:
            self.attempts[no] = (slug, Amounts())
            return
        paid = None if entry.cost is None else entry.paid.total
        self.attempts[no] = (slug, Amounts(paid, entry.input_tokens + entry.output_tokens or guess.tokens))

    def _amounts(self, entry: AttemptEnded) -> Amounts:
        price, usage = entry.price or UNKNOWN, entry.usage
        if price.source is CostSource.FREE:
            return Amounts()
        paid = price.paid.total if price.paid.is_known else None
        if usage is None:
            return Amounts(paid, self.prompt_tokens + (entry.unbilled or 0) // CHARACTERS_PER_TOKEN)
        self.output_tokens += usage.output_tokens
        return Amounts(paid, usage.total_tokens or usage.input_tokens + usage.output_tokens)
