"""The text of the setting BUDGETS: what is read, and what is reported of mistakes."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.budgets.amounts import MOST, whole
from domain.budgets.rule import Period, Rule, Scope
from entrypoints.core.budget_text import LONGEST, read_budgets
from ports.budgets import Unit

GOOD = "- {who: each, period: month, hard: 20}"
EXAMPLE = """
# what people may spend
- name: Everybody
  who: each
  period: month
  hard: 20
  soft: 15.5
- who: group:Sales
  models: [anthropic/*, openai/gpt-5]
  period: day
  unit: tokens
  hard: 2_000_000
- who: members:Sales team
  period: week
  unit: requests
  soft: 100
- who: user:Ann@example.org
  period: day
  hard: 0.005
- who: all
  period: month
  hard: 500
"""


def texts(text: str) -> list[str]:
    return [problem.text for problem in read_budgets(text).problems]


def test_every_field_is_read():
    read = read_budgets(EXAMPLE)
    assert read.problems == ()
    assert read.rules == (
        Rule("Everybody", Scope.EACH, Period.MONTH, hard=whole(Decimal(20)), soft=whole(Decimal("15.5"))),
        Rule(
            "of the group Sales per day",
            Scope.GROUP,
            Period.DAY,
            Unit.TOKENS,
            "Sales",
            "anthropic/*,openai/gpt-5",
            2_000_000,
        ),
        Rule("of the group Sales team per week", Scope.MEMBERS, Period.WEEK, Unit.REQUESTS, "Sales team", soft=100),
        Rule("of one person per day", Scope.USER, Period.DAY, who="Ann@example.org", hard=whole(Decimal("0.005"))),
        Rule("of everybody per month", Scope.ALL, Period.MONTH, hard=whole(Decimal(500))),
    )


def test_a_budget_of_a_key():
    (rule,) = read_budgets("- {who: 'key:0123456789ab', period: month, hard: 5}").rules
    assert (rule.name, rule.scope, rule.who) == ("of one key per month", Scope.KEY, "0123456789ab")


def test_json_is_read_too():
    text = json.dumps([{"who": "each", "period": "month", "hard": 20}])
    assert read_budgets(text) == read_budgets(GOOD)


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ("who: each\n  period: year\n  hard: 1", "line 3, period: is not day, week or month"),
        ("who: each\n  period: month\n  hard: -1", "line 4, hard: is negative"),
        ("who: each\n  period: month\n  hard: many", "line 4, hard: is not a number"),
        ("who: each\n  period: month\n  hard: .nan", "line 4, hard: is not a number"),
        ("who: each\n  period: month\n  hard: 1e99", "line 4, hard: is not a usable number"),
        ("who: each\n  period: month\n  hard: [1, 2]", "line 4, hard: is a list, but takes one value"),
        ("who: [user:ann, user:bob]\n  period: month\n  hard: 1", "line 2, who: is a list, but takes one value"),
        ("who: each\n  period: [month]\n  hard: 1", "line 3, period: is a list, but takes one value"),
        (
            f"who: each\n  period: month\n  hard: 1\n  models: {'x' * 8_001}",
            "line 5, models: is longer than 8000 characters",
        ),
        ("who: each\n  period: month\n  hard: 1\n  models: [[a/b]]", "line 5, models: is not a plain value"),
        ("who: each\n  period: month\n  hard: {a: 1}", "line 4, hard: is not a plain value"),
        ("who: each\n  period: month\n  unit: tokens\n  hard: 1.5", "line 5, hard: is not a whole number of tokens"),
        ("who: each\n  period: month\n  unit: euro\n  hard: 1", "line 4, unit: is not usd, tokens or requests"),
        ("who: somebody\n  period: month\n  hard: 1", "line 2, who: is not all, each, user:ID"),
        ("who: 'user:'\n  period: month\n  hard: 1", "line 2, who: is not all, each, user:ID"),
        ("period: month\n  hard: 1", "line 2, who: is not all, each, user:ID"),
        ("who: each\n  period: month", "line 2, hard: is missing, and so is soft"),
        ("who: each\n  period: month\n  hard: 1\n  model: a/b", "line 5, model: is not a field of a budget"),
        ("who: each\n  who: all\n  period: month\n  hard: 1", "line 3, who: is set twice"),
    ],
)
def test_a_mistake_is_named_by_line_and_field_and_the_other_budgets_stay(fields, where):
    read = read_budgets(f"{GOOD}\n- {fields}\n")
    assert read.rules == read_budgets(GOOD).rules
    [problem] = read.problems
    assert problem.text.startswith(f"BUDGETS: {where}")
    assert problem.text.endswith("this budget is not used.")


def test_what_is_no_budget_is_left_out():
    read = read_budgets(f"{GOOD}\n- each\n- [1]\n-\n")
    assert len(read.rules) == 1
    assert [problem.given for problem in read.problems] == ["line 2", "line 3", "line 4"]


def test_a_soft_limit_above_the_hard_one_warns_nobody():
    read = read_budgets("- {who: each, period: month, hard: 20, soft: 30}")
    assert [(rule.hard, rule.soft) for rule in read.rules] == [(whole(Decimal(20)), None)]
    assert "soft: is above the hard limit" in read.problems[0].text


def test_budgets_that_count_the_same_are_reported_and_both_stay():
    read = read_budgets(f"{GOOD}\n- {{who: each, period: month, hard: 30}}")
    assert len(read.rules) == 2
    assert texts(f"{GOOD}\n- {{who: each, period: month, hard: 30}}") == [
        "BUDGETS: line 2: counts the same as the budget in line 1; the lower limit is in effect."
    ]


@pytest.mark.parametrize("name", ["*bold*", "{key}", "<b>", "x" * 61, "`code`"])
def test_an_odd_name_is_replaced(name):
    read = read_budgets(json.dumps([{"name": name, "who": "each", "period": "day", "hard": 1}]))
    assert read.rules[0].name == "of each person per day"
    assert len(read.problems) == 1


@pytest.mark.parametrize(
    "text",
    [
        "- who: [",
        "who: each",
        "just words",
        "- !!python/object/apply:os.system [ls]\n: x: y",
        "\x00",
        "- a\n b: c: d",
        "x" * (LONGEST + 1),
        "[" * 5_000,
        "\ud800",
    ],
)
def test_a_text_that_is_no_list_is_reported_and_yields_no_rule(text):
    read = read_budgets(text)
    assert (read.rules, read.broken or len(read.problems) > 0) == ((), True)


def test_aliases_multiply_nothing():
    bomb = "- &a [x, x, x, x]\n" + "".join(
        f"- &{b} [*{a}, *{a}, *{a}, *{a}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=False)
    )
    assert read_budgets(bomb).rules == ()


def test_a_long_list_of_models_is_read_and_aliases_do_not_make_it_endless():
    names = [f"maker-{number}/a-model-with-a-long-name" for number in range(150)]
    text = json.dumps([{"who": "each", "period": "day", "hard": 1, "models": names}])
    assert read_budgets(text).rules[0].models == ",".join(names)
    endless = f"- &a {'x' * 1_000}\n- {{who: each, period: day, hard: 1, models: [{'*a, ' * 10_000}]}}"
    assert read_budgets(endless).rules == ()


def test_of_very_many_budgets_only_the_first_are_used():
    read = read_budgets("\n".join(f"- {{who: user:u{number}, period: day, hard: 1}}" for number in range(300)))
    assert (len(read.rules), read.problems[-1].given) == (200, "line 201")


def test_a_limit_beyond_all_money_is_the_largest_amount():
    assert read_budgets("- {who: all, period: day, hard: 99999999999999}").rules[0].hard == MOST


@given(st.text(max_size=300))
def test_any_text_is_survived(text):
    read_budgets(text)


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["name", "who", "models", "period", "unit", "hard", "soft", "x"]),
            st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.just("each")),
        ),
        max_size=5,
    )
)
def test_any_fields_are_survived_and_no_problem_quotes_a_value(entries):
    read = read_budgets(json.dumps(entries))
    assert all(rule.hard is not None or rule.soft is not None for rule in read.rules)
