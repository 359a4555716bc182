"""Classify errors as faults; upstream's text is bounded."""

import pytest

from domain.faults.classify import DETAIL_LIMIT, fault_of_error, fault_of_problem
from domain.faults.fault import Fault, FaultKind, RetryRule
from ports.response_events import UpstreamProblem
from ports.responses import (
    EventTooLarge,
    InvalidKey,
    InvalidRoute,
    Reach,
    Refused,
    ResponsesError,
    TimedOut,
    Unreachable,
    Unreadable,
)


def kind(status: int | None, kind: str = "", text: str = "", **more: object) -> str:
    return fault_of_problem(UpstreamProblem(status, kind, text, **more)).kind.name  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("status", "name", "text", "expected"),
    [
        (400, "invalid_request", "", "BAD_REQUEST"),
        (400, "", "maximum context length is 8192", "CONTEXT_LENGTH"),
        (400, "token_limit_exceeded", "", "CONTEXT_LENGTH"),
        (400, "content_policy_violation", "", "MODERATED"),
        (400, "refusal", "", "MODERATED"),
        (400, "", "x/y is not a valid model ID", "UNKNOWN_MODEL"),
        (400, "model_not_found", "", "UNKNOWN_MODEL"),
        (401, "", "", "BAD_KEY"),
        (None, "authentication", "", "BAD_KEY"),
        (None, "payment_required", "", "CREDITS"),
        (403, "", "", "FORBIDDEN"),
        (404, "no_endpoints", "No endpoints found that support tool use", "NOT_FOUND"),
        (413, "", "", "TOO_LARGE"),
        (None, "payload_too_large", "", "TOO_LARGE"),
        (None, "rate_limit_exceeded", "", "RATE_LIMITED"),
        (None, "capacity_exhausted", "", "RATE_LIMITED"),
        (500, "", "", "SERVER"),
        (None, "provider_overloaded", "", "OVERLOADED"),
        (None, "timeout", "", "UPSTREAM_TIMEOUT"),
        (None, "", "", "SERVER"),
        (302, "redirect", "", "BAD_ROUTE"),
        (418, "", "", "BAD_REQUEST"),
        (777, "", "", "SERVER"),
    ],
)
def test_an_upstream_problem_is_classified(status, name, text, expected):
    assert kind(status, name, text) == expected


def test_a_rejection_with_reasons_is_moderation():
    assert kind(403, reasons=("violence",)) == "MODERATED"


def test_upstreams_text_provider_and_wait_are_kept():
    fault = fault_of_problem(UpstreamProblem(429, "", "slow down", provider="Maker", retry_after=3.0))
    assert (fault.detail, fault.provider, fault.retry_after, fault.http_status) == ("slow down", "Maker", 3.0, 429)


def test_long_text_is_shortened():
    assert len(fault_of_problem(UpstreamProblem(500, "", "x" * 10_000)).detail) == DETAIL_LIMIT


@pytest.mark.parametrize(("status", "shown"), [(429, 429), (302, 500), (777, 502), (None, 502)])
def test_a_caller_gets_upstreams_status_only_if_it_is_an_error(status, shown):
    assert fault_of_problem(UpstreamProblem(status, "", "")).http_status == shown


@pytest.mark.parametrize(
    ("error", "expected", "rule"),
    [
        (InvalidRoute("x"), "BAD_ROUTE", RetryRule.NEVER),
        (TimedOut("connect", 10, reach=Reach.NOT_SENT), "TIMEOUT", RetryRule.SAFE),
        (TimedOut("total", 10, reach=Reach.STREAMING), "TIMEOUT", RetryRule.UNCERTAIN),
        (EventTooLarge(9), "EVENT_TOO_LARGE", RetryRule.NEVER),
        (Unreadable("application/pdf"), "UNREADABLE", RetryRule.NEVER),
        (Unreadable("text/html", page=True), "BAD_ROUTE", RetryRule.NEVER),
        (InvalidKey("x"), "BAD_KEY", RetryRule.NEVER),
        (Unreachable("refused", reach=Reach.NOT_SENT), "UNREACHABLE", RetryRule.SAFE),
        (Unreachable("reset", reach=Reach.SENT), "UNREACHABLE", RetryRule.UNCERTAIN),
        (Unreachable("reset", reach=Reach.STREAMING), "INTERRUPTED", RetryRule.UNCERTAIN),
        (ResponsesError("odd", reach=Reach.SENT), "INTERRUPTED", RetryRule.UNCERTAIN),
        (Refused(UpstreamProblem(503, "", "")), "OVERLOADED", RetryRule.SAFE),
    ],
)
def test_an_error_of_an_attempt_is_named_with_its_rule(error, expected, rule):
    fault = fault_of_error(error)
    assert (fault.kind.name, fault.rule) == (expected, rule)


@pytest.mark.parametrize("kind", FaultKind)
def test_every_fault_has_an_http_status(kind):
    assert 400 <= Fault(kind).http_status <= 599


def test_no_two_faults_share_a_name():
    assert len({kind.value for kind in FaultKind}) == len(FaultKind)
