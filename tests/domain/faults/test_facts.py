"""What is read from upstream's errors beyond their kind: amounts, budgets, privacy, the frame of a stream."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.faults.amounts import amounts_in
from domain.faults.causes import Budget, NoneLeft, RefusedPart
from domain.faults.classify import fault_of_problem
from domain.faults.facts import Amounts
from domain.faults.fault import FaultKind, RetryRule
from ports.problem_details import ProblemDetails
from ports.response_events import UpstreamProblem


def amounts(text: str, **named: str) -> Amounts:
    details = ProblemDetails(amounts=tuple((name, Decimal(number)) for name, number in named.items()))
    return amounts_in(UpstreamProblem(402, "payment_required", text, details=details))


@pytest.mark.parametrize(
    ("text", "required", "balance"),
    [
        ("This request requires $0.25; your balance is $0.02.", "0.25", "0.02"),
        ("Estimated cost $1,234.50, but you have $3 left", "1234.50", "3"),
        ("Insufficient credits: needs 0.5 credits, balance -0.02 USD", "0.5", "-0.02"),
        ("Your balance is -$1.20. Add credits.", None, "-1.20"),
        ("Your balance is $-1.20.", None, "-1.20"),
        ("This request requires more credits, or fewer max_tokens.", None, None),
        ("You requested up to 64000 tokens, but can only afford 1234.", None, None),
        ("This requires at least 2000 tokens. See $HOME", None, None),
    ],
)
def test_amounts_of_money_are_read_and_numbers_of_tokens_are_not(text, required, balance):
    wanted = [Decimal(number) if number is not None else None for number in (required, balance)]
    assert [amounts(text).required, amounts(text).balance] == wanted


def test_amounts_that_are_named_count_before_those_in_the_text():
    found = amounts("requires $9, balance $9", required_cost="0.1", account_balance="0")
    assert found == Amounts(Decimal("0.1"), Decimal(0))


@given(st.text(max_size=3_000))
def test_any_text_has_amounts_or_none(text):
    found = amounts(f"requires $1{text}")
    assert found.required is None or found.required.is_finite()


@pytest.mark.parametrize(
    ("source", "status", "cause"),
    [
        ("openrouter_key_limit", 402, Budget.KEY),
        ("openrouter_key_limit", 403, Budget.KEY),
        ("openrouter_workspace_budget", 403, Budget.WORKSPACE),
        ("openrouter_guardrail_budget", 403, Budget.WORKSPACE),
    ],
)
def test_budget_that_is_used_up_is_a_matter_of_money_not_of_permission(source, status, cause):
    fault = fault_of_problem(UpstreamProblem(status, "", "no", limit_source=source, reasons=("budget",)))
    assert (fault.kind, fault.cause, fault.http_status) == (FaultKind.CREDITS, cause, status)
    assert fault.rule is RetryRule.NEVER


@pytest.mark.parametrize(
    ("problem", "private"),
    [
        (UpstreamProblem(404, "not_found", "No endpoints found matching your data policy (Free model)"), True),
        (UpstreamProblem(404, "", "No allowed providers under your privacy settings"), True),
        (UpstreamProblem(404, "", "x", reasons=("data_policy:zdr",)), True),
        (UpstreamProblem(404, "", "x", reasons=("data_policy:zdr", "max_price")), False),
        (UpstreamProblem(None, "privacy_restricted", "x"), True),
        (UpstreamProblem(404, "not_found", "x", details=ProblemDetails(availability="privacy_restricted")), True),
        (UpstreamProblem(404, "not_found", "No endpoints found that support tool use"), False),
        (UpstreamProblem(404, "no_endpoints", "No endpoints found for a/b."), False),
    ],
)
def test_privacy_that_leaves_no_provider_is_told_apart(problem, private):
    fault = fault_of_problem(problem)
    assert (fault.kind, fault.cause) == (FaultKind.NOT_FOUND, NoneLeft.PRIVACY if private else None)


def test_model_that_is_called_at_another_endpoint_is_a_kind_of_its_own():
    details = ProblemDetails(availability="wrong_endpoint")
    assert fault_of_problem(UpstreamProblem(400, "invalid_request", "x", details=details)).kind is (
        FaultKind.WRONG_ENDPOINT
    )


def test_file_that_is_refused_is_named():
    assert fault_of_problem(UpstreamProblem(400, "", "the file is no PDF")).cause is RefusedPart.FILES


def test_reasons_are_those_of_moderation_only():
    problem = UpstreamProblem(403, "", "flagged", reasons=("violence",), details=ProblemDetails(flagged="how to"))
    moderation = fault_of_problem(problem).facts.moderation
    assert (moderation.reasons, moderation.flagged) == (("violence",), "how to")
    assert fault_of_problem(UpstreamProblem(404, "", "x", reasons=("max_price",))).facts.moderation.reasons == ()


def test_no_repr_shows_what_upstream_repeated():
    details = ProblemDetails(message="a plum tart")
    problem = UpstreamProblem(500, "", "x", details=details)
    assert "plum" not in f"{problem!r} {fault_of_problem(problem)!r}"
