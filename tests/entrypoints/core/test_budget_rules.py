"""The budgets in effect: of the settings, of the store, per minute; what is logged and reported of them."""

from dataclasses import replace

import pytest

from domain.budgets.rule import Period, Scope
from domain.request.spending import Spending
from entrypoints.core.budget_rules import BudgetRules
from entrypoints.core.stored_budgets import AGAIN_SECONDS, STORED_SECONDS, StoredBudgets
from ports.budget_rules import BudgetRuleStore, StoredRule
from ports.budgets import BudgetsUnavailable, Unit
from ports.people import Profile
from tests.doubles.clock import FakeClock, settled
from tests.doubles.offload import InlineOffload
from tests.doubles.people import MemoryPeople
from tests.doubles.telemetry import RecordedTelemetry

ONE = "- {name: One, who: each, period: month, hard: 1}"
SPENDING = Spending("ns", ONE)


class MemoryRules:
    """Rules in memory; `down`: they cannot be read."""

    def __init__(self, *rows: StoredRule) -> None:
        self.rows, self.down, self.read = rows, False, 0

    async def load(self, namespace: str, limit: int) -> tuple[StoredRule, ...]:
        self.read += 1
        if self.down:
            raise BudgetsUnavailable("down")
        return self.rows[:limit]


RULE_STORES: tuple[type[BudgetRuleStore], ...] = (MemoryRules,)


class World:
    """Rules with a store, people, a clock and a log."""

    def __init__(self, *rows: StoredRule) -> None:
        self.clock, self.log, offload = FakeClock(), RecordedTelemetry(), InlineOffload()
        self.open = True
        self.store, self.people = (
            MemoryRules(*rows),
            MemoryPeople({"ann": Profile("ann@example.org", frozenset({"S"}))}),
        )

        async def opened(opens: bool) -> BudgetRuleStore | None:
            return self.store if opens or self.open else None

        stored = StoredBudgets(opened, clock=self.clock, offload=offload, telemetry=self.log)
        self.rules = BudgetRules(stored, self.people, clock=self.clock, offload=offload, telemetry=self.log)

    async def names(self, spending: Spending = SPENDING) -> list[str]:
        return [rule.name for rule in (await self.rules.book(spending)).rules]

    async def problems(self, text: str) -> list[str]:
        return [problem.text for problem in await self.rules.problems(Spending("ns", text))]


async def test_rules_of_the_store_count_beside_those_of_the_settings():
    world = World(StoredRule("Two", '{"who": "all", "period": "day", "unit": "tokens", "hard": 5}'))
    assert await world.names() == ["One", "Two"]
    assert (await world.rules.book(SPENDING)).rules[1].unit is Unit.TOKENS


async def test_limits_per_minute_are_rules_too():
    [rule] = (await World().rules.book(Spending("ns", tokens_per_minute=7))).rules
    assert (rule.scope, rule.period, rule.unit, rule.hard) == (Scope.EACH, Period.MINUTE, Unit.TOKENS, 7)


async def test_a_changed_store_is_read_after_a_while_and_no_turn_waits_for_it():
    world = World()
    assert await world.names() == ["One"]
    world.store.rows = (StoredRule("Two", "who: all\nperiod: day\nhard: 5"),)
    assert await world.names() == ["One"]
    world.clock.advance(STORED_SECONDS)
    assert await world.names() == ["One"]
    await settled()
    assert (await world.names(), world.store.read) == (["One", "Two"], 2)


async def test_a_store_that_fails_leaves_what_was_read_before():
    world = World(StoredRule("Two", "who: all\nperiod: day\nhard: 5"))
    await world.names()
    world.store.down = True
    world.clock.advance(STORED_SECONDS)
    await world.names()
    await settled()
    assert await world.names() == ["One", "Two"]


async def test_without_settings_no_turn_waits_for_the_store():
    world = World(StoredRule("Two", "who: all\nperiod: day\nhard: 5"))
    assert await world.names(Spending("ns")) == []
    await settled()
    assert await world.names(Spending("ns")) == ["Two"]


async def test_without_settings_no_database_is_opened_for_rules():
    world = World(StoredRule("Two", "who: all\nperiod: day\nhard: 5"))
    world.open = False
    await world.names(Spending("ns"))
    await settled()
    assert (await world.names(Spending("ns")), world.store.read) == ([], 0)


async def test_a_mistake_in_the_store_is_logged_once():
    world = World(StoredRule("Two", "who: all\nperiod: year\nhard: 5"))
    await world.names()
    world.clock.advance(STORED_SECONDS)
    await world.names()
    await settled()
    line = world.log.only("setting_not_used_as_given")
    assert str(line.values["text"]).startswith("The stored budget Two: line 3, period: is not day, week or month")


async def test_an_unreadable_text_leaves_what_was_read_before():
    world = World()
    await world.names()
    assert await world.names(replace(SPENDING, budgets="- who: [")) == ["One"]
    assert "the budgets that were read before stay in effect" in (await world.problems("- who: ["))[0]


async def test_changed_budgets_are_logged_by_name():
    world = World()
    await world.names()
    await world.names(replace(SPENDING, budgets=ONE.replace("One", "Two")))
    changes = [line.values for line in world.log.named("budgets_changed")]
    assert changes == [{"added": "One", "removed": ""}, {"added": "Two", "removed": "One"}]


@pytest.mark.parametrize(("who", "known"), [("user:ann", True), ("user:eve@x.org", False), ("group:Board", False)])
async def test_a_name_that_nobody_has_is_reported_without_the_name(who, known):
    world = World()
    problems = await world.problems(f"- {{name: Some, who: '{who}', period: day, hard: 1}}")
    assert problems == ([] if known else ["BUDGETS: who: nobody here has the name that Some is for."])


async def test_an_unknown_time_zone_is_reported():
    problems = await World().rules.problems(replace(SPENDING, zone="Mars/Olympus"))
    assert [problem.name for problem in problems] == ["BUDGET_TIME_ZONE"]
    book = await World().rules.book(replace(SPENDING, zone="Europe/Berlin"))
    assert str(book.zone) == "Europe/Berlin"


async def test_rules_of_a_database_that_is_being_opened_count_as_soon_as_it_is():
    world = World(StoredRule("Two", "who: all\nperiod: day\nhard: 5"))
    world.open = False
    assert await world.names(Spending("ns")) == []
    await settled()
    world.open = True
    world.clock.advance(AGAIN_SECONDS)
    await world.names(Spending("ns"))
    await settled()
    assert await world.names(Spending("ns")) == ["Two"]


async def test_a_database_that_is_opened_anew_loses_no_rules():
    world = World(StoredRule("Two", "who: all\nperiod: day\nhard: 5"))
    await world.names()
    world.open = False
    world.clock.advance(STORED_SECONDS)
    await world.names(Spending("ns"))
    await settled()
    assert await world.names() == ["One", "Two"]
