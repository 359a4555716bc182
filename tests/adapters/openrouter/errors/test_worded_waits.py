"""A wait that a provider states only in its own words is waited like one in a header."""

import json

import pytest

from adapters.openrouter.errors.envelope import problem_of_answer, read_problem
from tests.adapters.openrouter.errors.test_envelope import NOW


def wait(message: str, status: int = 429, **metadata: object) -> float | None:
    body = {"error": {"message": message, "code": status, "metadata": metadata}}
    return problem_of_answer(status, {}, json.dumps(body).encode(), NOW).retry_after


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("Rate limit reached for gpt-5 on tokens per min (TPM): Limit 30000. Please try again in 1.898s.", 1.898),
        ("Please try again in 20ms. Visit https://x.example to learn more.", 0.02),
        ("Please try again in 6m0s.", 360.0),
        ("Please try again in 7m12.96s.", 432.96),
        ("Please try again in 1h2m3s.", 3723.0),
        ("Please retry after 45 seconds.", 45.0),
        ("Please retry your request after 5 minutes.", 300.0),
        ("Please retry in 58.934310785s.", 58.934310785),
        ("Too many requests. Please wait 30 seconds and send it again.", 30.0),
        ("Provider is cooling down (reset after 30s)", 30.0),
        ("Try again in 9999999 hours.", 604_800.0),
        ("Please retry shortly, or add your own key.", None),
        ("Please try again later. See https://x.example/docs/error-code-429 for more.", None),
        ("Limited to 10 requests per minute. Please retry shortly.", None),
        ("Retry 3 of 5 failed", None),
        ("Please try again in 5 mondays", None),
    ],
)
def test_makers_say_how_long_to_wait(words, seconds):
    assert wait(words) == pytest.approx(seconds)
    quoted = json.dumps({"error": {"message": words, "code": "rate_limit_exceeded"}})
    assert wait("Provider returned error", raw=quoted) == pytest.approx(seconds)


RETRY_INFO = {
    "error": {
        "code": 429,
        "message": "Resource exhausted.",
        "status": "RESOURCE_EXHAUSTED",
        "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "31.5s"}],
    }
}


@pytest.mark.parametrize("raw", [RETRY_INFO, [RETRY_INFO], json.dumps(RETRY_INFO), json.dumps(json.dumps(RETRY_INFO))])
def test_google_says_it_in_the_details_of_its_error(raw):
    assert wait("Provider returned error", raw=raw) == 31.5


def test_a_header_counts_before_words():
    body = {
        "error": {"message": "Please try again in 20s.", "code": 429, "metadata": {"headers": {"Retry-After": "7"}}}
    }
    assert problem_of_answer(429, {}, json.dumps(body).encode(), NOW).retry_after == 7.0
    assert problem_of_answer(429, {"Retry-After": "3"}, json.dumps(body).encode(), NOW).retry_after == 3.0


def test_words_within_a_stream_count_without_a_status():
    frame = {"type": "error", "code": "rate_limit_exceeded", "message": "Please try again in 2s."}
    assert read_problem(frame, now=NOW).retry_after == 2.0


@pytest.mark.parametrize("status", [400, 402, 404, 500])
def test_an_error_that_waiting_does_not_mend_has_no_wait(status):
    assert wait("Please try again in 20s with other words.", status) is None
