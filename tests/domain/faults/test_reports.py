"""Errors as users of OpenRouter and its providers report them: what kind of fault they are, and what is tried."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.openrouter.errors.envelope import problem_of_answer, read_problem
from domain.faults.classify import fault_of_problem
from domain.faults.fault import RetryRule
from domain.request.repair import lesson_of
from domain.turn.retries import NEVER_REPAIRED, REPAIRABLE
from ports.response_events import UpstreamProblem
from tests.domain.request.test_repairs import SENT

NOW = datetime(2026, 8, 1, tzinfo=UTC)


def quoted(status: int, message: str, code: str = "", provider: str = "Maker") -> UpstreamProblem:
    """Return the problem in which OpenRouter repeats a provider's error."""
    error = {"error": {"message": message, "type": "invalid_request_error", "code": code or None}}
    metadata = {"raw": json.dumps(error), "provider_name": provider}
    return own(status, "Provider returned error", **metadata)


def own(status: int, message: str, **metadata: Any) -> UpstreamProblem:
    """Return the problem of an error of OpenRouter's own."""
    body = {"error": {"message": message, "code": status, "metadata": metadata}}
    return problem_of_answer(status, {}, json.dumps(body).encode(), NOW)


def repaired(problem: UpstreamProblem) -> bool:
    """Return whether anything of a chat with a history, tools and parameters would be sent otherwise."""
    kind = fault_of_problem(problem).kind
    if kind in NEVER_REPAIRED:
        return False
    return lesson_of(problem, SENT, frozenset(), invalid=kind in REPAIRABLE) is not None


# --- the provider's moderation -----------------------------------------------------------------------------------

BLOCKED = [
    (400, "Content Exists Risk"),
    (400, "<400> InternalError.Algo.DataInspectionFailed: Input text data may contain inappropriate content."),
    (400, "Output data may contain inappropriate content. For details, see: https://help.aliyun.com"),
    (403, "Content violates usage guidelines. Team: t, API key ID: k, Model: m, Failed check: SAFETY_CHECK_TYPE_BIO"),
    (400, "Invalid prompt: your prompt was flagged as potentially violating our usage policy."),
    (400, "The response was filtered due to the prompt triggering Azure OpenAI's content management policy."),
    (400, "The request was rejected because it was considered high risk"),
    (400, "System detected potentially unsafe or sensitive content in input or generation."),
    (422, "invalid params, input new_sensitive (1026)"),
    (400, "Output blocked by content filtering policy"),
    (400, "Your request was rejected as a result of our safety system."),
    (400, "This prompt contains sensitive words that violate Google's Responsible AI practices."),
    (502, "Gemini blocked the response: PROHIBITED_CONTENT"),
]


@pytest.mark.parametrize(("status", "message"), BLOCKED)
def test_the_moderation_of_a_provider_is_named_and_nothing_is_sent_again(status, message):
    problem = quoted(status, message)
    fault = fault_of_problem(problem)
    assert (fault.kind.name, fault.rule, repaired(problem)) == ("MODERATED", RetryRule.NEVER, False)


@pytest.mark.parametrize(
    "code", ["data_inspection_failed", "content_filter", "moderation_blocked", "DataInspectionFailed"]
)
def test_moderation_is_known_by_its_code(code):
    assert fault_of_problem(quoted(400, "Bad Request", code)).kind.name == "MODERATED"


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (404, "No endpoints found matching your data policy"),
        (400, "Unknown parameter: 'safety_identifier'."),
        (400, "Unknown name 'safetySettings': Cannot find field."),
        (429, "Rate limit of the moderation model"),
    ],
)
def test_words_of_safety_alone_are_no_moderation(status, message):
    assert fault_of_problem(own(status, message)).kind.name != "MODERATED"


# --- kinds without a status --------------------------------------------------------------------------------------

KINDS = [
    ("overloaded_error", "OVERLOADED", RetryRule.SAFE),
    ("rate_limit_error", "RATE_LIMITED", RetryRule.SAFE),
    ("api_error", "SERVER", RetryRule.ONCE),
    ("authentication_error", "BAD_KEY", RetryRule.NEVER),
    ("permission_error", "FORBIDDEN", RetryRule.NEVER),
    ("request_too_large", "TOO_LARGE", RetryRule.NEVER),
    ("invalid_request_error", "BAD_REQUEST", RetryRule.NEVER),
    ("not_found_error", "NOT_FOUND", RetryRule.NEVER),
    ("timeout_error", "UPSTREAM_TIMEOUT", RetryRule.UNCERTAIN),
    ("server_is_overloaded", "OVERLOADED", RetryRule.SAFE),
    ("slow_down", "OVERLOADED", RetryRule.SAFE),
    ("engine_overloaded_error", "OVERLOADED", RetryRule.SAFE),
    ("RESOURCE_EXHAUSTED", "RATE_LIMITED", RetryRule.SAFE),
    ("UNAVAILABLE", "OVERLOADED", RetryRule.SAFE),
    ("DEADLINE_EXCEEDED", "UPSTREAM_TIMEOUT", RetryRule.UNCERTAIN),
    ("INVALID_ARGUMENT", "BAD_REQUEST", RetryRule.NEVER),
    ("ThrottlingException", "RATE_LIMITED", RetryRule.SAFE),
    ("ServiceUnavailableException", "OVERLOADED", RetryRule.SAFE),
    ("ValidationException", "BAD_REQUEST", RetryRule.NEVER),
    ("invented_error", "SERVER", RetryRule.NEVER),
]


@pytest.mark.parametrize("form", ["event", "nested", "response"])
@pytest.mark.parametrize(("name", "kind", "rule"), KINDS)
def test_a_maker_names_its_failure_in_a_stream(form, name, kind, rule):
    frames = {
        "event": {"type": "error", "code": name, "message": "Sorry."},
        "nested": {"type": "error", "error": {"type": name, "message": "Sorry."}},
        "response": {"type": "response.failed", "response": {"error": {"code": name, "message": "Sorry."}}},
    }
    fault = fault_of_problem(read_problem(frames[form], now=NOW))
    assert (fault.kind.name, fault.rule) == (kind, rule)


@pytest.mark.parametrize("name", ["status_code", "http_code", "http_status"])
@pytest.mark.parametrize("status", [400, "400"])
def test_the_status_may_stand_under_other_names(name, status):
    frame = {"type": "error", "error": {"type": "made_up", "message": "invalid params", name: status}}
    assert fault_of_problem(read_problem(frame, now=NOW)).kind.name == "BAD_REQUEST"


# --- money and keys ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "message", "code"),
    [
        (429, "Insufficient balance or no resource package. Please recharge.", "1113"),
        (400, "Your credit balance is too low to access the Anthropic API.", ""),
        (429, "You exceeded your current quota, please check your plan and billing details.", "insufficient_quota"),
        (402, "Insufficient Balance", ""),
        (403, "Your newly created team doesn't have any credits or licenses yet.", ""),
        (429, "Your account org-x is suspended, please check your plan", "exceeded_current_quota_error"),
        (400, "Access denied, please make sure your account is in good standing.", "Arrearage"),
    ],
)
def test_an_account_without_money_at_the_provider_is_not_that_at_openrouter(status, message, code):
    problem = quoted(status, message, code)
    fault = fault_of_problem(problem)
    assert (fault.kind.name, getattr(fault.cause, "name", ""), fault.rule) == ("CREDITS", "MONEY", RetryRule.NEVER)
    assert not repaired(problem)


@pytest.mark.parametrize(
    "problem",
    [
        own(402, "Insufficient credits. Add more using https://openrouter.ai/settings/credits", provider_name=None),
        own(402, "This request requires more credits, or fewer max_tokens. You can only afford 0.", provider_name="X"),
        own(402, "Insufficient Balance"),
    ],
)
def test_the_credits_of_openrouter_are_still_its_own(problem):
    fault = fault_of_problem(problem)
    assert (fault.kind.name, fault.cause) == ("CREDITS", None)


@pytest.mark.parametrize(
    "message",
    [
        "You exceeded your current quota. Quota exceeded for metric: generate_content_free_tier_requests, limit: 10",
        "Allocated quota exceeded, please increase your quota limit.",
        "You exceeded your current quota. Please retry in 31.5s.",
    ],
)
def test_a_quota_that_comes_back_is_a_rate_limit(message):
    fault = fault_of_problem(quoted(429, message, "insufficient_quota"))
    assert (fault.kind.name, fault.rule) == ("RATE_LIMITED", RetryRule.SAFE)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (401, "invalid x-api-key"),
        (401, "Incorrect API key provided: sk-x."),
        (400, "API key not valid. Please pass a valid API key."),
    ],
)
def test_a_key_that_the_provider_refuses_is_not_the_key_of_openrouter(status, message):
    problem = quoted(status, message)
    fault = fault_of_problem(problem)
    assert (fault.kind.name, getattr(fault.cause, "name", ""), fault.http_status) == ("FORBIDDEN", "KEY", 403)
    assert not repaired(problem)


def test_the_key_of_openrouter_is_still_its_own():
    assert fault_of_problem(own(401, "User not found.")).kind.name == "BAD_KEY"


@pytest.mark.parametrize("which", ["", " (total limit)", " (daily limit)", " (weekly limit)"])
def test_a_used_up_key_is_known_by_its_words(which):
    fault = fault_of_problem(
        own(403, f"Key limit exceeded{which}. Manage it using https://openrouter.ai/settings/keys")
    )
    assert (fault.kind.name, getattr(fault.cause, "name", "")) == ("CREDITS", "KEY")


# --- models ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "problem",
    [
        own(404, "The free model has been deprecated. To continue using this model, please migrate to x/y"),
        own(404, "This model is unavailable for free. The paid version is available now - use this slug: x/y"),
        own(404, "Horizon Alpha was a stealth model revealed on August 7th as GPT-5."),
        quoted(404, "model: claude-3-opus-20240229"),
        quoted(400, "The model `x` has been decommissioned and is no longer supported."),
        quoted(404, "The model `x` does not exist or you do not have access to it."),
        quoted(404, "models/gemini-1.5-pro is not found for API version v1beta, or is not supported."),
    ],
)
def test_a_model_that_is_gone_is_unknown(problem):
    assert (fault_of_problem(problem).kind.name, repaired(problem)) == ("UNKNOWN_MODEL", False)


@pytest.mark.parametrize(
    "message",
    [
        "`top_p` is deprecated for this model.",
        "Setting `top_k` on this model is no longer supported.",
        "The model no longer supports the parameter 'user', which has been deprecated.",
        "Item with id 'msg_1' does not exist.",
    ],
)
def test_what_is_gone_may_be_a_part_of_the_request(message):
    assert fault_of_problem(quoted(400, message)).kind.name == "BAD_REQUEST"


@pytest.mark.parametrize(
    "message",
    [
        "No endpoints found that can handle the requested parameters.",
        "No allowed providers are available for the selected model.",
        "All providers have been ignored.",
        "No endpoints found for a/b.",
        "No models match your request and model restrictions",
    ],
)
def test_where_no_provider_is_left_the_history_is_not_to_blame(message):
    problem = own(404, message)
    assert (fault_of_problem(problem).kind.name, repaired(problem)) == ("NOT_FOUND", False)


@pytest.mark.parametrize("message", ["User location is not supported for the API use.", "The model is overloaded now"])
def test_a_place_or_a_load_is_not_mended_by_another_history(message):
    assert not repaired(quoted(400, message))


# --- the model itself --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("Failed to call a function. Please adjust your prompt. See 'failed_generation' for more details.", ""),
        ("Tool choice is none, but model called a tool", "tool_use_failed"),
        ("tool call validation failed: attempted to call tool 'x' which was not in request.tools", ""),
        ("Parsing failed. The model generated output that could not be parsed.", "output_parse_failed"),
    ],
)
def test_a_model_that_fails_by_itself_may_try_once_more_with_the_same_request(message, code):
    problem = quoted(400, message, code)
    fault = fault_of_problem(problem)
    assert (fault.kind.name, fault.rule, repaired(problem)) == ("SERVER", RetryRule.ONCE, False)


def test_a_service_tier_without_room_is_busy():
    fault = fault_of_problem(quoted(498, "Flex tier capacity exceeded"))
    assert (fault.kind.name, fault.rule) == ("OVERLOADED", RetryRule.SAFE)
