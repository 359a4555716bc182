"""A rendered fault: card, error box and error object."""

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.budgets.rule import Period
from domain.faults.causes import BudgetSpent, DailyLimit
from domain.faults.facts import Amounts, FaultFacts, ModelLimits, Moderation, Said
from domain.faults.fault import Fault, FaultKind
from entrypoints.openai.errors import DETAIL_SHOWN, error_object
from entrypoints.openwebui.present.fault_text import ToldFault, uncalled
from entrypoints.openwebui.vocabulary import PAGE
from entrypoints.sentences.escaping import markdown
from entrypoints.sentences.fault_facts import known_words
from entrypoints.sentences.faults import advice, happened
from ports.budgets import Unit
from ports.problem_details import RawError

ERROR_ID = "00000000000000e1"
KEY = "sk-or-v1-" + "0123456789abcdef" * 2
FORMS = (
    lambda fault, error_id: ToldFault(fault, error_id).card(),
    lambda fault, error_id: ToldFault(fault, error_id).box(),
    lambda fault, error_id: error_object(fault, error_id)["message"],
)


def test_card_says_what_happened_what_to_do_and_names_provider_detail_and_id() -> None:
    fault = Fault(FaultKind.RATE_LIMITED, detail="slow down", provider="Acme", retry_after=2.2)

    assert ToldFault(fault, ERROR_ID, "help@x.test").card().split("\n\n") == [
        "Too many requests were sent to this model.",
        "Send the message again in 3 seconds, or pick another model.",
        "Details: Acme: slow down",
        "Support: help@x.test",
        f"Error id: {ERROR_ID}",
    ]


def test_card_leaves_out_what_is_not_known() -> None:
    fault = Fault(FaultKind.NO_KEY)

    assert (
        ToldFault(fault, ERROR_ID).card() == f"{happened(fault, PAGE)}\n\n{advice(fault, PAGE)}\n\nError id: {ERROR_ID}"
    )


def test_wait_of_zero_is_not_shown() -> None:
    assert "Wait a little" in ToldFault(Fault(FaultKind.RATE_LIMITED, retry_after=0.0), ERROR_ID).card()


def test_long_wait_is_told_as_people_say_it() -> None:
    now = datetime(2026, 11, 30, 21, 0, tzinfo=UTC)
    fault = Fault(FaultKind.RATE_LIMITED, retry_after=17_999)

    assert (
        "Send the message again tomorrow, 02:00 UTC, or pick another model."
        in ToldFault(fault, ERROR_ID, now=now).card()
    )
    assert "in 5 hours" in error_object(fault, ERROR_ID)["message"]


def test_daily_limit_names_the_hour_it_ends_once() -> None:
    now, ends = datetime(2026, 11, 30, 21, 0, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    shown = ToldFault(
        Fault(FaultKind.RATE_LIMITED, retry_after=10_800, cause=DailyLimit(ends)), ERROR_ID, now=now
    ).card()

    assert shown.split("\n\n")[:2] == [
        "The daily limit for this model is used up.",
        "Try again tomorrow, 00:00 UTC, or pick another model.",
    ]
    assert (
        "Try again tomorrow, or"
        in ToldFault(Fault(FaultKind.RATE_LIMITED, cause=DailyLimit()), ERROR_ID, now=now).card()
    )
    assert (
        "on 1 December, 00:00 UTC" in ToldFault(Fault(FaultKind.RATE_LIMITED, cause=DailyLimit(ends)), ERROR_ID).card()
    )


def test_answer_that_broke_off_names_the_pages_button_only_in_the_page() -> None:
    fault = Fault(FaultKind.INTERRUPTED)

    assert "press Continue below it" in ToldFault(fault, ERROR_ID).card()
    assert "Continue" not in error_object(fault, ERROR_ID)["message"]


def test_box_is_one_line_of_plain_text() -> None:
    fault = Fault(FaultKind.SERVER, detail="a *bold* claim\n[link](x)", provider="A_cme")

    text = ToldFault(fault, ERROR_ID).box()
    assert "\n" not in text
    assert "A_cme: a *bold* claim [link](x)" in text
    assert text.endswith(f"Error id: {ERROR_ID}")


@pytest.mark.parametrize(
    "text",
    ["**b**", "# h", "[a](b)", "![a](b)", "<img src=x>", "`c`", "$x$", "{{USER}}", "&lt;b&gt;", "~~s~~", "|a|", r"\_"],
)
def test_foreign_text_cannot_become_markup_in_the_card(text: str) -> None:
    shown = ToldFault(Fault(FaultKind.SERVER, detail=text, provider=text), ERROR_ID).card()

    assert re.sub(r"\\(.)", r"\1", shown).replace("\u200b", "").count(text) == 2
    assert re.findall(r"(?<!\\)(?:\\\\)*[`*{}\[\]<>#|!~$&]", shown) == []


@pytest.mark.parametrize("shown", FORMS)
def test_foreign_text_is_visible_on_one_line_and_holds_nothing_that_databases_refuse(shown) -> None:
    odd = "a\r\nb\u202ec\u2066d\u200be\x1bf\x00g\ud800h"
    facts = FaultFacts(moderation=Moderation((odd,)))
    text = shown(Fault(FaultKind.MODERATED, detail=odd, provider=odd, facts=facts), ERROR_ID)

    assert text.count("a b c d e f g h") >= 2
    assert text.replace("\n", "").isprintable()


@pytest.mark.parametrize("shown", FORMS)
def test_the_name_of_a_budget_is_visible_on_one_line(shown) -> None:
    cause = BudgetSpent("a\u2028b\u202ec\x00d", Unit.USD, 10, Period.DAY, datetime(2026, 12, 1, tzinfo=UTC))
    text = shown(Fault(FaultKind.BUDGET_SPENT, cause=cause), ERROR_ID)

    assert "The budget a b c d (" in text


@given(st.text())
def test_escaped_text_reads_as_it_was(text: str) -> None:
    assert re.sub(r"\\([!-/:-@[-`{-~])", r"\1", markdown(text)) == text


@pytest.mark.parametrize("shown", [*FORMS[:2], lambda fault, error_id: str(error_object(fault, error_id))])
def test_secrets_in_foreign_text_are_masked(shown) -> None:
    text = shown(Fault(FaultKind.BAD_KEY, detail=f"no such key: {KEY}"), ERROR_ID)

    assert KEY not in text.replace("\\", "")


@pytest.mark.parametrize("shown", FORMS)
def test_long_text_is_shortened(shown) -> None:
    text = shown(Fault(FaultKind.SERVER, detail="x" * 5000, provider="y" * 5000), ERROR_ID)

    assert "x" * (DETAIL_SHOWN - 1) + "…" in text
    assert "x" * DETAIL_SHOWN not in text
    assert "y" * DETAIL_SHOWN not in text


@pytest.mark.parametrize("shown", FORMS)
def test_details_of_a_defect_of_ours_are_not_shown(shown) -> None:
    assert "KeyError" not in shown(Fault(FaultKind.INTERNAL, detail="KeyError: 'secret'"), ERROR_ID)


def test_every_kind_of_fault_renders_in_every_form() -> None:
    for kind in FaultKind:
        fault = Fault(kind, detail="x")
        assert ERROR_ID in ToldFault(fault, ERROR_ID).card()
        assert ERROR_ID in ToldFault(fault, ERROR_ID).box()
        assert ERROR_ID in error_object(fault, ERROR_ID)["message"]


def test_tool_without_a_name_is_reported_too() -> None:
    assert uncalled("") == "The model asked for the tool without a name, which is not available in this chat."


# --- what upstream names beside the fault -----------------------------------------------------------------


def test_limits_and_amounts_follow_what_happened() -> None:
    length = Fault(FaultKind.CONTEXT_LENGTH, facts=FaultFacts(limits=ModelLimits(128_000, 16_000)))
    assert ToldFault(length, ERROR_ID).card().split("\n\n")[1] == (
        "This model takes at most 128,000 tokens, the answer included, and writes at most 16,000."
    )
    money = Fault(FaultKind.CREDITS, facts=FaultFacts(amounts=Amounts(Decimal("0.5"), Decimal("-0.0200"))))
    assert ToldFault(money, ERROR_ID).card().split("\n\n")[1] == "The request needs $0.50; the account has -$0.02."
    assert "The request needs $0.50; the account has -$0.02. Add credits" in error_object(money, ERROR_ID)["message"]


@pytest.mark.parametrize(
    ("required", "balance", "said"),
    [
        ("0.25", None, "The request needs $0.25."),
        (None, "0", "The account has $0.00."),
        ("0.000012", "1234.5", "The request needs $0.000012; the account has $1234.50."),
    ],
)
def test_only_known_amounts_are_named(required: str | None, balance: str | None, said: str) -> None:
    amounts = Amounts(*(Decimal(number) if number is not None else None for number in (required, balance)))
    assert known_words(Fault(FaultKind.CREDITS, facts=FaultFacts(amounts=amounts))) == [said]


@pytest.mark.parametrize(("context", "output"), [(8_000, None), (8_000, 8_000)])
def test_limit_of_the_answer_is_left_out_if_it_says_nothing(context: int, output: int | None) -> None:
    fault = Fault(FaultKind.CONTEXT_LENGTH, facts=FaultFacts(limits=ModelLimits(context, output)))
    assert known_words(fault) == ["This model takes at most 8,000 tokens, the answer included."]


def test_reasons_of_moderation_are_a_list_and_escaped() -> None:
    fault = Fault(FaultKind.MODERATED, facts=FaultFacts(moderation=Moderation(("violence", "[x](https://y)"))))
    assert "\n\nIt objects to:\n\n- violence\n- \\[x\\]\u200b(https\\://y)\n\n" in ToldFault(fault, ERROR_ID).card()
    assert "It objects to: violence; [x](https://y) \u00b7 " in ToldFault(fault, ERROR_ID).box()
    assert "It objects to: violence; [x](https://y). " in error_object(fault, ERROR_ID)["message"]


def test_card_of_a_fault_never_holds_the_raw_error() -> None:
    facts = FaultFacts(raw=RawError("plum", "plum", "plum"), said=Said(message="plum"))
    for kind in FaultKind:
        fault = Fault(kind, facts=facts)
        assert "plum" not in ToldFault(fault, ERROR_ID).card() + ToldFault(fault, ERROR_ID).box() + str(
            error_object(fault, ERROR_ID)
        )
