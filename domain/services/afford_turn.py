"""Whether a turn's budgets afford its model; where they do not, a cheaper model may answer."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from domain.catalog.offer import base_of
from domain.catalog.selection import find, resolved
from domain.catalog.support import is_free
from domain.conversation.tokens import tokens_of_all
from domain.faults.fault import Fault, FaultKind
from domain.request.extra_costs import costs_extra, without_extras
from domain.services.assemble_turn import Assembled
from domain.services.budget_turn import BudgetTurn
from domain.services.check_turn import Checked, stand_in
from ports.catalog import Model
from ports.offload import Offload
from ports.telemetry import Telemetry

MOST_REPORTED = 100
Assemble = Callable[[Checked], Awaitable[Assembled | Fault]]


@dataclass(frozen=True, slots=True)
class AffordTurn:
    """The use case; belongs to one event loop. Without `budgets` every turn is afforded.

    `reported`: fallback models that do not exist, each logged once.
    """

    budgets: BudgetTurn | None
    offload: Offload
    telemetry: Telemetry
    reported: set[str] = field(default_factory=set)

    async def check(self, checked: Checked, models: tuple[Model, ...], *, waits: bool) -> Checked | Fault:
        """Check what is spent already; nothing is taken. Returns the turn with what it is to hold.

        A turn that need not wait in line reserves a moment later, which checks the same.
        """
        if self.budgets is None:
            return checked
        hold = await self.budgets.check(checked.request, checked.slug, checked.model, reads=waits)
        if not isinstance(hold, Fault):
            return replace(checked, hold=hold)
        other = self._cheaper(checked, models, hold)
        if other is None:
            return hold
        held = await self.budgets.check(other.request, other.slug, other.model, reads=True)
        return hold if isinstance(held, Fault) else replace(other, hold=held)

    async def turn_to(self, checked: Checked) -> Fault | None:
        """Let the turn hold the budgets of another model than was checked; return the fault if one is spent."""
        if self.budgets is None or checked.hold is None:
            return None
        return await self.budgets.turn_to(checked.hold, checked.slug, checked.model)

    async def assembled(
        self, checked: Checked, models: tuple[Model, ...], assemble: Assemble, admits: Callable[[str], Awaitable[bool]]
    ) -> tuple[Checked, Assembled | Fault]:
        """Assemble a turn and reserve what it may cost; if there is no room for that, try a cheaper model once.

        `admits` says by its slug whether a model may be called.
        """
        if self.budgets is not None and checked.hold is not None:
            self.budgets.begin(checked.hold)
        checked, assembled, full = await self._affordable(checked, assemble)
        if full is None:
            return checked, _warning(await self._with_affordable_others(checked, assembled), checked)
        other = self._cheaper(checked, models, full)
        if other is None or checked.hold is None or not await admits(other.slug):
            return checked, full
        other = replace(other, hold=checked.hold, guard=checked.guard)
        if await self.turn_to(other) is not None:
            return checked, full
        other, assembled, refused = await self._affordable(other, assemble)
        if refused is not None:
            return checked, full
        return other, _warning(await self._with_affordable_others(other, assembled), other)

    async def settle(self, checked: Checked) -> None:
        """Post what a turn cost, or release what it holds; only the first call counts."""
        if self.budgets is not None and checked.hold is not None:
            await self.budgets.settle(checked.hold)

    # --- details ------------------------------------------------------------------------------------------

    async def _affordable(
        self, checked: Checked, assemble: Assemble
    ) -> tuple[Checked, Assembled | Fault, Fault | None]:
        """Assemble a turn and reserve for it; a free model goes on without what costs money beside it.

        Also return the fault if there is no room.
        """
        assembled = await assemble(checked)
        full = await self._reserved(checked, assembled)
        if full is None or full.kind is not FaultKind.BUDGET_SPENT or not is_free(checked.slug, checked.model):
            return checked, assembled, full
        request = without_extras(checked.request)
        if request == checked.request:
            return checked, assembled, full
        bare = replace(checked, request=request, without_extras_for=getattr(full.cause, "name", ""))
        assembled = await assemble(bare)
        refused = await self._reserved(bare, assembled)
        return (bare, assembled, None) if refused is None else (checked, assembled, full)

    async def _with_affordable_others(self, checked: Checked, assembled: Assembled | Fault) -> Assembled | Fault:
        """Return the turn without other models that may answer, by us or by upstream, whose budget is spent."""
        hold, name = checked.hold, checked.request.fallback_model
        if self.budgets is None or hold is None or isinstance(assembled, Fault):
            return assembled
        plan, body = assembled.plan, assembled.ready.sending.body
        extras = costs_extra(body)

        async def affords(name: str) -> bool:
            slug, model = resolved(name, checked.models)
            return self.budgets is None or await self.budgets.affords(hold, slug, model, extras=extras)

        if plan.alternatives.fallback is not None and not await affords(name):
            plan = replace(plan, alternatives=replace(plan.alternatives, fallback=None))
        kept = tuple([one for one in body.models if await affords(one)])
        if kept != body.models:
            plan = replace(plan, request=replace(plan.request, body=replace(plan.request.body, models=kept)))
        return replace(assembled, plan=plan)

    async def _reserved(self, checked: Checked, assembled: Assembled | Fault) -> Fault | None:
        hold = checked.hold
        if self.budgets is None or hold is None or isinstance(assembled, Fault):
            return None
        body, sent = assembled.ready.sending.body, assembled.ready.figures.sent
        tokens = await self.offload.run(lambda: tokens_of_all(body.input), size=sent)
        return await self.budgets.reserve(hold, tokens, body.max_output_tokens, extras=costs_extra(body))

    def _cheaper(self, checked: Checked, models: tuple[Model, ...], fault: Fault) -> Checked | None:
        """Return the turn with the model that answers when a budget is spent; None if there is none, or it is that."""
        request = checked.request
        if fault.kind is not FaultKind.BUDGET_SPENT or checked.saves_for:
            return None
        other = stand_in(request, models, request.spending.fallback_model)
        if other is None or other.slug == checked.slug:
            return None
        if not _may_exist(other, models):  # upstream would refuse it, and the person would not learn of the budget
            self._report(request.spending.fallback_model)
            return None
        return replace(other, saves_for=checked.slug, spent_budget=getattr(fault.cause, "name", ""))

    def _report(self, name: str) -> None:
        if name not in self.reported and len(self.reported) < MOST_REPORTED:
            self.reported.add(name)
            self.telemetry.event("warning", "budget_fallback_unknown", model=name[:80])


def _may_exist(checked: Checked, models: tuple[Model, ...]) -> bool:
    """Return whether upstream may know a model: the catalog has it or its base, or cannot tell."""
    base = base_of(checked.slug)
    return checked.model is not None or not models or not base or find(base, models) is not None


def _warning(assembled: Assembled | Fault, checked: Checked) -> Assembled | Fault:
    """Return the turn with a status about a budget that is nearly spent."""
    low = checked.hold.warning if checked.hold is not None else None
    if low is None or isinstance(assembled, Fault):
        return assembled
    return replace(assembled, plan=replace(assembled.plan, notes=(low, *assembled.plan.notes)))
