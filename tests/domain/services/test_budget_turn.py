"""Turns within budgets: checked before the line, reserved before the request, posted at the end."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from domain.budgets.accounts import dues_of
from domain.budgets.rule import Payer, Period, Rule, Scope
from domain.faults.causes import BudgetSpent, TooFast
from domain.faults.fault import FaultKind
from domain.faults.retry import RetryPolicy
from domain.request.spending import Spending
from domain.request.turn_request import Bounds, Caller, Parameters, Person, ServerTools, Tooling
from domain.services.keep_holds import BEAT_SECONDS, HOLD_SECONDS
from domain.turn.statuses import BudgetLow, CheaperModel, PaidToolsLeftOut
from domain.turn.steps import ShowStatus
from domain.usage.entries import key_id_of
from ports.budgets import Claim, Unit
from ports.catalog import Model
from ports.ledger import Entry, EntryState
from ports.response_events import TextDelta, UpstreamProblem
from ports.responses import Reach, Refused, Unreachable
from tests.domain.services.budgeted import ANN, LIMITED, MONTHLY, Budgeted, tokens, usd
from tests.domain.services.stage import COST, MODEL, end_of, fault_of, said, text_of
from tests.doubles.clock import settled, until
from tests.doubles.responses import Hang, Refusing

FREE = Model("maker/free", "Free", prompt_price=Decimal(0), completion_price=Decimal(0), listed_prices=(Decimal(0),))
CHEAP = Model("maker/cheap", "Cheap", prompt_price=Decimal("0.00001"), completion_price=Decimal("0.00002"))
BUSY = Refusing(Refused(UpstreamProblem(status=401, kind="authentication_error", text="no")))
MONTH_ENDS = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
async def closed(nothing_left_running):
    """Close every stage before it is checked that nothing runs any more."""
    yield
    for stage in Budgeted.opened:
        await stage.holds.aclose()
    Budgeted.opened.clear()


def statuses(outputs):
    return [output.status for output in outputs if isinstance(output, ShowStatus)]


async def outputs_of(stage, request, models=(MODEL, FREE, CHEAP)):
    outputs = [output async for output in stage.outputs(request, models=models)]
    await stage.run_turn.drained()
    return outputs


async def test_an_answer_posts_what_it_cost_and_holds_nothing_any_more():
    stage = Budgeted(said("Because."))
    assert text_of(await stage.read(LIMITED)) == "Because."
    assert await stage.balance() == (usd("0.001"), 0)


async def test_a_running_turn_holds_its_prompt_and_the_usual_output():
    stage = Budgeted([[TextDelta(0, "msg_1", 0, "Be")], Hang()])
    task = stage.reading([], LIMITED)
    await until(lambda: stage.responses.open)
    spent, reserved = await stage.balance()
    assert (spent, usd("2") < reserved < usd("2.1")) == (0, True)
    await stage.stop(task)


async def test_after_one_answer_a_turn_holds_only_what_the_model_really_writes():
    stage = Budgeted(said("Because."), [[TextDelta(0, "msg_1", 0, "Be")], Hang()])
    await stage.read(LIMITED)
    task = stage.reading([], replace(LIMITED, turn_id="second"))
    await until(lambda: stage.responses.open)
    assert (await stage.balance())[1] < usd("0.05")
    await stage.stop(task)


async def test_a_spent_budget_refuses_before_anything_is_taken():
    stage = Budgeted(said("Because."))
    await stage.spend_all()
    fault = fault_of(await stage.read(LIMITED))
    assert (fault.kind, fault.http_status) == (FaultKind.BUDGET_SPENT, 429)
    assert fault.cause == BudgetSpent("Monthly", Unit.USD, usd("100"), Period.MONTH, MONTH_ENDS)
    assert fault.retry_after == (MONTH_ENDS - stage.clock.now()).total_seconds()
    assert (stage.responses.calls, stage.places.taken) == ([], 0)


async def test_a_spent_budget_refuses_also_while_all_places_are_taken():
    stage = Budgeted([[TextDelta(0, "msg_1", 0, "Be")], Hang()])
    full = replace(LIMITED, bounds=Bounds(1, 0))
    task = stage.reading([], replace(full, person=Person("bob")))
    await until(lambda: stage.responses.open)
    await stage.spend_all()
    assert fault_of(await outputs_of_running(stage, full)).kind is FaultKind.BUDGET_SPENT
    await stage.stop(task)


async def outputs_of_running(stage, request):
    return [output async for output in stage.outputs(request)]


async def test_a_turn_that_does_not_fit_into_what_is_left_is_refused_and_holds_nothing():
    stage = Budgeted(said("Because."))
    await stage.spend(usd("99.5"))
    assert fault_of(await stage.read(LIMITED)).kind is FaultKind.BUDGET_SPENT
    assert (await stage.balance(), stage.places.taken, stage.responses.calls) == ((usd("99.5"), 0), 0, [])


async def test_a_limited_output_reserves_no_more_than_it_allows():
    stage = Budgeted(said("Because."))
    await stage.spend(usd("99.5"))
    short = replace(LIMITED, parameters=replace(LIMITED.parameters, max_output_tokens=100))
    assert text_of(await stage.read(short)) == "Because."


async def test_what_costs_more_than_was_reserved_is_counted_and_never_refused_afterwards():
    dear = replace(COST, cost=Decimal(500))
    stage = Budgeted(said("Because.", usage=dear))
    assert text_of(await stage.read(LIMITED)) == "Because."
    assert await stage.balance() == (usd("500"), 0)


async def test_a_refused_call_costs_nothing_of_money_and_counts_as_a_request():
    asked = Rule("Asked", Scope.EACH, Period.DAY, Unit.REQUESTS, hard=10)
    stage = Budgeted([BUSY], rules=(MONTHLY, asked))
    assert fault_of(await stage.read(LIMITED)).kind is FaultKind.BAD_KEY
    assert (await stage.balance(), await stage.balance(asked)) == ((0, 0), (1, 0))


async def test_a_stopped_turn_posts_what_its_words_cost():
    stage = Budgeted([[TextDelta(0, "msg_1", 0, "Because of that")], Hang()])
    task = stage.reading([], LIMITED)
    await until(lambda: stage.responses.open)
    await settled()
    await stage.stop(task)
    spent, reserved = await stage.balance()
    assert (spent > 0, reserved) == (True, 0)


@pytest.mark.parametrize("steps", range(12))
async def test_a_turn_left_at_any_moment_holds_nothing(steps):
    stage = Budgeted(said("Because."))
    task = stage.reading([], LIMITED)
    for _ in range(steps):
        await asyncio.sleep(0)
    await stage.stop(task)
    await settled()
    assert (await stage.balance())[1] == 0
    assert stage.places.taken == 0


async def test_a_model_without_a_price_is_limited_by_tokens():
    rule = tokens(500)
    stage = Budgeted(said("Because."), rules=(MONTHLY, rule))
    model = replace(MODEL, prompt_price=None, completion_price=None)
    outputs = [output async for output in stage.outputs(LIMITED, models=(model,))]
    cause = fault_of(outputs).cause
    assert isinstance(cause, BudgetSpent)
    assert cause == BudgetSpent("Tokens", Unit.TOKENS, 500, Period.DAY, cause.ends)


async def test_a_free_model_answers_when_all_the_money_is_spent():
    stage = Budgeted(said("Because."))
    await stage.spend_all()
    assert text_of(await outputs_of(stage, replace(LIMITED, model="maker/free"))) == "Because."


@pytest.mark.parametrize("spent", [MONTHLY.hard, usd("99.5")], ids=["spent", "too little is left"])
async def test_a_cheaper_model_answers_with_a_word_to_the_person(spent):
    stage = Budgeted(said("Because."))
    await stage.spend(spent)
    fallback = "maker/free" if spent == MONTHLY.hard else "maker/cheap"
    request = replace(LIMITED, spending=Spending("ns", fallback_model=fallback))
    outputs = await outputs_of(stage, request)
    assert text_of(outputs) == "Because."
    assert CheaperModel("maker/model", fallback, "Monthly") in statuses(outputs)
    assert [call.request.body.model for call in stage.responses.calls] == [fallback]
    assert (await stage.balance())[1] == 0


@pytest.mark.parametrize(("failures", "answer"), [(2, "maker/cheap"), (3, FaultKind.BUDGET_SPENT)])
async def test_a_cheaper_model_that_keeps_failing_is_not_called(failures, answer):
    down = Refusing(Refused(UpstreamProblem(status=504, kind="timeout", text="no answer")))
    stage = Budgeted(*[[down]] * failures, said("Because."))
    quick = replace(LIMITED, retry=RetryPolicy(extra_attempts=0), tooling=Tooling(breaker_failures=3))
    for number in range(failures):
        person = Person(f"person-{number}")
        await outputs_of(stage, replace(quick, turn_id=f"turn-{number}", model="maker/cheap", person=person))
    await stage.spend(usd("99.5"))
    outputs = await outputs_of(stage, replace(quick, spending=Spending("ns", fallback_model="maker/cheap")))
    fault = end_of(outputs).fault
    assert (stage.responses.calls[-1].request.body.model if fault is None else fault.kind) == answer
    assert len(stage.responses.calls) == failures + (fault is None)
    assert (await stage.balance())[1] == 0


async def test_a_fallback_model_that_does_not_fit_either_leaves_the_refusal():
    stage = Budgeted(said("Because."))
    await stage.spend_all()
    request = replace(LIMITED, spending=Spending("ns", fallback_model="maker/cheap"))
    assert fault_of(await outputs_of(stage, request)).cause.name == "Monthly"


async def test_a_reached_soft_limit_warns_once_and_the_answer_follows():
    rule = replace(MONTHLY, soft=usd("15"))
    stage = Budgeted(said("Because."), rules=(rule,))
    await stage.spend(usd("16"), rule)
    outputs = await stage.read(LIMITED)
    assert [status for status in statuses(outputs) if isinstance(status, BudgetLow)] == [
        BudgetLow("Monthly", Unit.USD, usd("16"), usd("100"), MONTH_ENDS)
    ]
    assert text_of(outputs) == "Because."


async def test_background_tasks_count_and_are_refused_too():
    stage = Budgeted(said("A title"), said("A title"))
    task = replace(LIMITED, caller=Caller.TASK, task="title_generation")
    await stage.read(task)
    assert await stage.balance() == (usd("0.001"), 0)
    await stage.spend_all()
    assert fault_of(await stage.read(replace(task, turn_id="second"))).kind is FaultKind.BUDGET_SPENT
    assert stage.log.named("turn_refused")[-1].level == "info"


async def test_too_many_requests_a_minute_wait_for_the_next_minute():
    pace = Rule("pace", Scope.EACH, Period.MINUTE, Unit.REQUESTS, hard=2)
    stage = Budgeted(*[said("Because.")] * 3, rules=(pace,))
    for number in range(2):
        assert text_of(await stage.read(replace(LIMITED, turn_id=f"turn-{number}"))) == "Because."
    stage.clock.advance(20)
    fault = fault_of(await stage.read(replace(LIMITED, turn_id="third")))
    assert (fault.kind, fault.http_status, fault.retry_after) == (FaultKind.RATE_LIMITED, 429, 40.0)
    assert fault.cause == TooFast(Unit.REQUESTS, 2)
    assert text_of(await stage.read(replace(LIMITED, turn_id="other", person=Person("bob")))) == "Because."


async def test_a_group_shares_one_budget():
    rule = Rule("Sales", Scope.GROUP, Period.DAY, Unit.REQUESTS, "Sales", hard=1)
    stage = Budgeted(said("Because."), said("Because."), rules=(rule,))
    await stage.spend(1, rule)
    assert fault_of(await stage.read(LIMITED)).cause.name == "Sales"
    assert text_of(await stage.read(replace(LIMITED, person=Person("bob")))) == "Because."


async def test_a_host_that_cannot_name_groups_is_reported_once_and_nobody_waits():
    rule = Rule("Sales", Scope.GROUP, Period.DAY, Unit.REQUESTS, "Sales", hard=0)
    stage = Budgeted(said("Because."), said("Because."), rules=(rule,))
    stage.people.fails = True
    for name in ("ann", "bob"):
        assert text_of(await stage.read(replace(LIMITED, turn_id=name, person=Person(name)))) == "Because."
    assert len(stage.log.named("groups_unknown")) == 1


async def test_people_are_not_looked_up_for_rules_that_name_none():
    stage = Budgeted(said("Because."))
    await stage.read(LIMITED)
    assert stage.people.asked == 0


async def test_while_the_store_is_down_answers_come_and_are_counted_later():
    stage = Budgeted(said("Because."))
    stage.budgets.down = True
    assert text_of(await stage.read(LIMITED)) == "Because."
    stage.budgets.down = False
    stage.clock.advance(BEAT_SECONDS)
    await settled()
    assert await stage.balance() == (usd("0.001"), 0)


async def test_while_the_store_is_down_the_operator_may_refuse():
    stage = Budgeted(said("Because."))
    stage.budgets.down = True
    fault = fault_of(await stage.read(replace(LIMITED, spending=Spending("ns", refuses_blindly=True))))
    assert (fault.kind, fault.http_status) == (FaultKind.BUDGET_UNKNOWN, 503)


async def test_a_long_turn_keeps_its_reservation():
    stage = Budgeted([[TextDelta(0, "msg_1", 0, "Be")], Hang()])
    task = stage.reading([], LIMITED)
    await until(lambda: stage.responses.open)
    held = await stage.balance()
    for _ in range(10):
        stage.clock.advance(BEAT_SECONDS)
        await settled()
    assert await stage.balance() == held
    await stage.stop(task)


async def orphaned(stage):
    """Leave a reservation of a process that died, then let time and another turn pass."""
    gone = Budgeted([[TextDelta(0, "msg_1", 0, "Be")], Hang()])
    gone.budgets._balances, gone.budgets._holds = stage.budgets._balances, stage.budgets._holds
    gone.budgets._ends, gone.holds.holder = stage.budgets._ends, "gone"
    task = gone.reading([], replace(LIMITED, turn_id="orphan"))
    await until(lambda: gone.responses.open)
    assert (await stage.balance())[1] > 0
    stage.clock.advance(HOLD_SECONDS)
    return gone, task


async def test_what_a_dead_process_held_costs_what_the_ledger_says():
    stage = Budgeted(said("Because."))
    gone, task = await orphaned(stage)
    now = stage.clock.now()
    entry = Entry("ns", "orphan", 1, 1, now, EntryState.SETTLED, input_tokens=7, output_tokens=8, cost=Decimal("0.3"))
    await stage.ledger.write([entry])
    request = replace(LIMITED, person=Person("bob"), ledger=replace(LIMITED.ledger, namespace="ns"))
    await stage.read(request)
    stage.clock.advance(BEAT_SECONDS)
    await settled()
    assert await stage.balance() == (usd("0.3"), 0)
    await gone.stop(task)


async def test_what_a_dead_process_held_counts_as_spent_until_the_ledger_knows():
    stage = Budgeted(said("Because."))
    gone, task = await orphaned(stage)
    held = (await stage.balance())[1]
    await stage.ledger.write([Entry("ns", "orphan", 1, 1, stage.clock.now())])
    request = replace(LIMITED, person=Person("bob"), ledger=replace(LIMITED.ledger, namespace="ns"))
    await stage.read(request)
    stage.clock.advance(BEAT_SECONDS)
    await settled()
    assert await stage.balance() == (held, 0)
    await gone.stop(task)


async def test_operators_are_alerted_at_80_and_100_percent_once():
    rule = replace(MONTHLY, hard=usd("3"))
    costly = replace(COST, cost=Decimal("2.5"), output_tokens=1)
    stage = Budgeted(*[said("Because.", usage=costly)] * 2, rules=(rule,))
    for number in range(2):
        await stage.read(replace(LIMITED, turn_id=f"turn-{number}"))
    assert [alert.percent for alert in stage.alerts] == [80, 100]


async def test_operators_are_alerted_too_if_the_store_took_the_posting_late():
    rule = replace(MONTHLY, hard=usd("3"))
    costly = replace(COST, cost=Decimal("2.5"), output_tokens=1)
    stage = Budgeted(said("Because.", usage=costly), rules=(rule,))
    stage.budgets.down = True
    await stage.read(LIMITED)
    assert stage.alerts == []
    stage.budgets.down = False
    stage.clock.advance(BEAT_SECONDS)
    await settled()
    assert [alert.percent for alert in stage.alerts] == [80]


async def test_what_a_fallback_model_cost_counts_for_the_budgets_of_that_model():
    rule = tokens(10_000, models="maker/other")
    stage = Budgeted(
        [Refusing(Refused(UpstreamProblem(status=503, kind="server_error", text="down")))],
        said("Because."),
        rules=(rule,),
    )
    other = replace(MODEL, id="maker/other")
    request = replace(LIMITED, fallback_model="maker/other", retry=RetryPolicy(extra_attempts=0))
    everything = replace(tokens(10_000), name="all models")
    stage.rules = (rule, everything)
    outputs = [output async for output in stage.outputs(request, models=(MODEL, other))]
    await stage.run_turn.drained()
    assert end_of(outputs).fault is None
    assert (await stage.balance(rule, slug="maker/other"))[0] == 15
    assert (await stage.balance(everything))[0] == 15


async def test_without_rules_nothing_is_read_or_written():
    stage = Budgeted(said("Because."), rules=())
    stage.budgets.down = True
    assert text_of(await stage.read(LIMITED)) == "Because."
    assert stage.log.named("budgets_unavailable") == []


async def test_a_person_nobody_knows_counts_as_one_person():
    stage = Budgeted(said("Because."))
    await stage.read(replace(LIMITED, person=Person()))
    assert await stage.balance(payer=Payer()) == (usd("0.001"), 0)
    assert ANN.user_id


async def test_of_64_turns_at_once_10_get_the_room_for_10():
    rule = Rule("Asked", Scope.EACH, Period.DAY, Unit.REQUESTS, hard=10)
    stage = Budgeted(*[said("Because.")] * 10, rules=(rule,))
    turns = (stage.read(replace(LIMITED, turn_id=f"turn-{number}")) for number in range(64))
    ends = [end_of(outputs) for outputs in await asyncio.gather(*turns)]
    assert sum(end.fault is None for end in ends) == 10
    assert {end.fault.kind for end in ends if end.fault is not None} == {FaultKind.BUDGET_SPENT}
    assert await stage.balance(rule) == (10, 0)


LONG = {"role": "user", "content": "word " * 20_000}
"""100,000 letters: 50,000 tokens by the guess before the request is built, about 20,000 in it."""


async def test_with_plenty_of_room_the_reservation_does_not_wait_for_the_request():
    rule = tokens(10**9)
    stage = Budgeted(said("One."), [[TextDelta(0, "msg_1", 0, "Two")], Hang()], rules=(rule,))
    await stage.read(LIMITED)
    task = stage.reading([], replace(LIMITED, turn_id="second", messages=(LONG,)))
    await until(lambda: stage.responses.open)
    assert (await stage.balance(rule))[1] >= 50_000
    await stage.stop(task)
    assert (await stage.balance(rule))[1] == 0


async def test_what_is_guessed_before_the_request_is_built_never_refuses():
    rule = tokens(10**9)
    stage = Budgeted(said("One."), said("Two."), rules=(rule,))
    await stage.read(LIMITED)
    await stage.spend(10**9 - 40_000, rule)  # by another process: this one believes that there is plenty
    assert text_of(await stage.read(replace(LIMITED, turn_id="second", messages=(LONG,)))) == "Two."


async def test_a_turn_whose_request_cannot_be_built_gives_back_what_it_reserved_before():
    stage = Budgeted(said("One."), rules=(tokens(10**9),))
    await stage.read(LIMITED)
    await stage.read(replace(LIMITED, turn_id="second", messages=({"role": "nobody"},)))
    assert (await stage.balance(tokens(10**9)))[1] == 0


async def test_what_a_persons_own_key_pays_counts_for_no_budget_of_money():
    calls = Rule("Calls", Scope.EACH, Period.DAY, Unit.REQUESTS, hard=2)
    stage = Budgeted(said("One."), said("Two."), rules=(MONTHLY, calls))
    await stage.spend_all()
    own = replace(LIMITED, route=replace(LIMITED.route, own_key=True))
    for turn_id in ("first", "second"):
        assert text_of(await stage.read(replace(own, turn_id=turn_id)))
    assert await stage.balance() == (MONTHLY.hard, 0)
    assert fault_of(await stage.read(replace(own, turn_id="third"))).cause.name == "Calls"


async def test_a_turn_that_waited_in_line_past_midnight_counts_on_the_new_day():
    rule = Rule("Asked", Scope.EACH, Period.DAY, Unit.REQUESTS, hard=2)
    stage = Budgeted([[TextDelta(0, "msg_1", 0, "Be")], Hang()], said("Because."), rules=(rule,))
    one_place = replace(LIMITED, bounds=Bounds(1, 1))
    first = stage.reading([], replace(one_place, turn_id="first", person=Person("bob")))
    await until(lambda: stage.responses.open)
    second = stage.reading([], one_place)
    await until(lambda: stage.places.waiting)
    stage.clock.advance(13 * 3600)  # from noon
    await stage.stop(first)
    await until(second.done)
    await stage.run_turn.drained()
    assert await stage.balance(rule) == (1, 0)


async def test_a_budget_of_a_key_counts_what_everybody_spends_with_it():
    key = Rule("Key", Scope.KEY, Period.MONTH, hard=usd("50"), who=key_id_of(LIMITED.route))
    stage = Budgeted(said("One."), rules=(key,))
    await stage.read(replace(LIMITED, person=Person("bob", "chat", "message")))
    payer = Payer(key_id=key.who)
    assert await stage.balance(key, payer) == (usd("0.001"), 0)
    elsewhere = replace(LIMITED, turn_id="other", route=replace(LIMITED.route, api_key="sk-or-v1-another"))
    assert dues_of([key], Payer(key_id=key_id_of(elsewhere.route)), "a/b", stage.clock.now(), UTC) == ()


@pytest.mark.parametrize("order", [1, -1])
async def test_of_budgets_that_share_a_counter_each_alerts_at_its_own_limit(order):
    warned = replace(MONTHLY, name="Warned", hard=None, soft=usd("50"))
    dear = replace(COST, cost=Decimal(100))
    stage = Budgeted(said("Because.", usage=dear), rules=(warned, MONTHLY)[::order])
    await stage.read(LIMITED)
    assert [(alert.due.rule.name, alert.percent) for alert in stage.alerts] == [("Monthly", 80), ("Monthly", 100)]


async def test_a_fallback_model_that_the_catalog_does_not_know_leaves_the_refusal():
    rule = replace(MONTHLY, models="maker/model")
    stage = Budgeted(said("Because."), rules=(rule,))
    await stage.spend_all(rule)
    request = replace(LIMITED, spending=Spending("ns", fallback_model="maker/chaep"))
    assert fault_of(await outputs_of(stage, request)).cause.name == "Monthly"
    assert stage.responses.calls == []
    assert len(stage.log.named("budget_fallback_unknown")) == 1


@pytest.mark.parametrize("name", ["maker/cheap:floor", "@preset/cheap"])
async def test_a_fallback_model_may_be_a_variant_or_a_preset_that_is_not_listed(name):
    rule = replace(MONTHLY, models="maker/model")
    stage = Budgeted(said("Because."), rules=(rule,))
    await stage.spend_all(rule)
    request = replace(LIMITED, spending=Spending("ns", fallback_model=name))
    assert text_of(await outputs_of(stage, request)) == "Because."
    assert [call.request.body.model for call in stage.responses.calls] == [name]


TOOLED = replace(FREE, supported_parameters=frozenset({"tools"}))
SEARCHES = ServerTools(("web_search", "datetime"))


def body_of(stage):
    return stage.responses.calls[-1].request.body


async def test_a_free_model_answers_without_the_paid_tools_when_all_the_money_is_spent():
    stage = Budgeted(said("Because."))
    await stage.spend_all()
    outputs = await outputs_of(stage, replace(LIMITED, model="maker/free", server_tools=SEARCHES), (TOOLED,))
    assert text_of(outputs) == "Because."
    assert [tool["type"] for tool in body_of(stage).tools] == ["openrouter:datetime"]
    assert PaidToolsLeftOut("Monthly") in statuses(outputs)


async def test_a_free_model_has_its_paid_tools_while_there_is_money_and_their_cost_is_counted():
    paid = replace(COST, cost=Decimal("0.02"))
    stage = Budgeted(said("Because.", usage=paid))
    outputs = await outputs_of(stage, replace(LIMITED, model="maker/free", server_tools=SEARCHES), (TOOLED,))
    assert [tool["type"] for tool in body_of(stage).tools] == ["openrouter:web_search", "openrouter:datetime"]
    assert (await stage.balance(), statuses(outputs)) == ((usd("0.02"), 0), [])


@pytest.mark.parametrize(
    "asked",
    [
        {"plugins": ({"id": "web"},)},
        {"plugins": ({"id": "file-parser", "pdf": {"engine": "mistral-ocr"}},)},
        {"tools": ({"type": "openrouter:web_search"},)},
    ],
)
async def test_a_free_model_that_is_asked_for_what_costs_money_does_not_escape_the_budget(asked):
    stage = Budgeted(said("Because."))
    await stage.spend_all()
    request = replace(LIMITED, model="maker/free", caller=Caller.API, parameters=Parameters(**asked))
    assert fault_of(await outputs_of(stage, request, (TOOLED, MODEL))).cause.name == "Monthly"
    assert (await stage.balance(), stage.responses.calls) == ((MONTHLY.hard, 0), [])


@pytest.mark.parametrize(
    "asked",
    [
        {"plugins": ({"id": "web", "enabled": False},)},
        {"plugins": ({"id": "context-compression"},)},
        {"tools": ({"type": "openrouter:datetime"}, {"type": "function", "name": "look"})},
        {"models": ("maker/free", "maker/other:free")},
    ],
)
async def test_a_free_model_with_free_extras_answers_when_all_the_money_is_spent(asked):
    stage = Budgeted(said("Because."))
    await stage.spend_all()
    request = replace(LIMITED, model="maker/free", caller=Caller.API, parameters=Parameters(**asked))
    assert text_of(await outputs_of(stage, request, (TOOLED, MODEL))) == "Because."


async def test_a_free_fallback_model_answers_without_the_paid_tools():
    stage = Budgeted(said("Because."))
    await stage.spend_all()
    request = replace(LIMITED, spending=Spending("ns", fallback_model="maker/free"), server_tools=SEARCHES)
    outputs = await outputs_of(stage, request, (MODEL, TOOLED))
    assert text_of(outputs) == "Because."
    assert (body_of(stage).model, [tool["type"] for tool in body_of(stage).tools]) == (
        "maker/free",
        ["openrouter:datetime"],
    )


async def test_a_free_model_with_paid_tools_is_not_asked_again_after_a_failure_that_may_be_billed():
    lost = Refusing(Unreachable("reset", reach=Reach.SENT))
    stage = Budgeted([lost], said("Because."))
    outputs = await outputs_of(stage, replace(LIMITED, model="maker/free", server_tools=SEARCHES), (TOOLED,))
    assert (end_of(outputs).fault is not None, len(stage.responses.calls)) == (True, 1)


DOWN = Refusing(Refused(UpstreamProblem(status=503, kind="provider_unavailable", text="no instances available")))
AT_ONCE = replace(LIMITED, retry=RetryPolicy(extra_attempts=0), fallback_model="maker/cheap")


@pytest.mark.parametrize("rule", [MONTHLY, replace(MONTHLY, models="maker/cheap")], ids=["of all", "of its own"])
async def test_the_fallback_model_of_a_failing_model_is_not_called_beyond_a_spent_budget(rule):
    stage = Budgeted([DOWN], said("Because."), rules=(rule,))
    (due,) = dues_of([rule], Payer("ann"), "maker/cheap", stage.clock.now(), UTC)
    await stage.budgets.post("ns", "before", [Claim(due.account, rule.unit, usd("100"), due.window.ends)])
    outputs = await outputs_of(stage, replace(AT_ONCE, model="maker/free"))
    assert end_of(outputs).fault is not None
    assert [call.request.body.model for call in stage.responses.calls] == ["maker/free"]


async def test_the_fallback_model_answers_for_a_failing_model_while_there_is_money():
    stage = Budgeted([DOWN], said("Because."))
    outputs = await outputs_of(stage, replace(AT_ONCE, model="maker/free"))
    assert text_of(outputs) == "Because."
    assert await stage.balance() == (usd("0.001"), 0)


async def test_the_fallback_model_counts_for_its_budget_where_the_failing_model_has_none():
    rule = replace(MONTHLY, models="maker/cheap")
    stage = Budgeted([DOWN], said("Because."), rules=(rule,))
    assert text_of(await outputs_of(stage, replace(AT_ONCE, model="maker/free"))) == "Because."
    assert await stage.balance(rule, slug="maker/cheap") == (usd("0.001"), 0)


ROUTER = Model("openrouter/auto", "Auto")
DATED = replace(CHEAP, canonical_slug="maker/cheap-20260301")


def answered_by(name):
    *deltas, (end, closed) = said("Because.")
    return [*deltas, [replace(end, model=name), closed]]


@pytest.mark.parametrize("name", ["maker/cheap", "maker/cheap-20260301"])
@pytest.mark.parametrize(
    "request_of",
    [
        lambda: replace(LIMITED, model="openrouter/auto"),
        lambda: replace(LIMITED, model="maker/model", parameters=Parameters(models=("maker/cheap",))),
    ],
    ids=["router", "models"],
)
async def test_the_model_that_answers_in_anothers_place_counts_for_its_budget_too(request_of, name):
    rule = replace(MONTHLY, models="maker/cheap")
    stage = Budgeted(answered_by(name), rules=(rule, MONTHLY))
    await outputs_of(stage, request_of(), (MODEL, DATED, ROUTER))
    assert await stage.balance(rule, slug="maker/cheap") == (usd("0.001"), 0)
    assert await stage.balance() == (usd("0.001"), 0)


async def test_an_answer_of_the_dated_version_counts_once_and_for_the_called_model():
    rules = (replace(MONTHLY, models="maker/cheap"), replace(MONTHLY, models="maker/model"))
    stage = Budgeted(answered_by("maker/cheap-20260301"), rules=rules)
    await outputs_of(stage, replace(LIMITED, model="maker/cheap"), (MODEL, DATED))
    assert await stage.balance(rules[0], slug="maker/cheap") == (usd("0.001"), 0)
    assert await stage.balance(rules[1]) == (0, 0)


@pytest.mark.parametrize("named", ["maker/cheap", "maker/cheap-20260301"])
async def test_a_model_that_is_called_by_the_name_of_its_version_has_the_budgets_of_both_names(named):
    rule = replace(MONTHLY, models=named)
    stage = Budgeted(answered_by("maker/cheap-20260301"), rules=(rule,))
    request = replace(LIMITED, model="maker/cheap-20260301")
    await outputs_of(stage, request, (MODEL, DATED))
    assert body_of(stage).model == "maker/cheap-20260301"
    assert await stage.balance(rule, slug=named) == (usd("0.001"), 0)
    await stage.spend_all(rule, named)
    assert (
        fault_of(await outputs_of(stage, replace(request, turn_id="next"), (MODEL, DATED))).kind
        is FaultKind.BUDGET_SPENT
    )


@pytest.mark.parametrize("name", ["maker/cheap", "maker/cheap-20260301"])
async def test_other_models_of_a_request_whose_budget_is_spent_are_not_asked(name):
    rule = replace(MONTHLY, models="maker/cheap")
    stage = Budgeted(said("Because."), rules=(rule,))
    (due,) = dues_of([rule], Payer("ann"), "maker/cheap", stage.clock.now(), UTC)
    await stage.budgets.post("ns", "before", [Claim(due.account, rule.unit, usd("100"), due.window.ends)])
    request = replace(LIMITED, parameters=Parameters(models=(name, "maker/free")))
    await outputs_of(stage, request, (MODEL, DATED, FREE))
    assert body_of(stage).models == ("maker/free",)


async def test_a_free_model_answers_without_the_paid_models_beside_it_when_all_the_money_is_spent():
    stage = Budgeted(said("Because."))
    await stage.spend_all()
    other = replace(FREE, id="maker/other:free")
    request = replace(LIMITED, model="maker/free", parameters=Parameters(models=("maker/model", other.id)))
    assert text_of(await outputs_of(stage, request, (TOOLED, MODEL, other))) == "Because."
    assert body_of(stage).models == (other.id,)
