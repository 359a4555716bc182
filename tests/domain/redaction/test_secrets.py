"""Secrets are masked wherever they turn up, and nothing else is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.faults.classify import fault_of_problem
from domain.redaction import secrets
from domain.redaction.secrets import redact
from ports.response_events import UpstreamProblem

SECRET = "Zm9vYmFyYmF6cXV4"


@pytest.mark.parametrize(
    "text",
    [
        f"key sk-or-v1-{SECRET} refused",
        f"Authorization: Bearer {SECRET}",
        f"Authorization: Basic {SECRET}",
        f'{{"authorization": "Bearer {SECRET}"}}',
        f"{{'Authorization': 'Basic {SECRET}'}}",
        f"Cookie: a=1; session={SECRET}",
        f"bearer {SECRET}",
        f"api_key={SECRET}",
        f"'api-key': '{SECRET}'",
        f'"password": "{SECRET}"',
        f"token: {SECRET}",
        f"https://user:{SECRET}@proxy.example:3128",
        f"data:image/png;base64,{SECRET}{SECRET}",
        f'failed for {{"user_id":"user_{SECRET}"}}',
        f"user_id={SECRET}, sorry",
        f"quota of user_{SECRET} reached",
        f"not a member of org_{SECRET}",
    ],
)
def test_a_secret_is_masked(text):
    assert SECRET not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The provider failed.",
        "this task-management-policy is fine",
        "max_tokens: 4096",
        "user_id is missing",
        "the user_name of user_2",
        "https://upstream.example/api/v1",
        "HTTP 429: rate limit, 3 tokens left",
        "data:image/png",
    ],
)
def test_ordinary_text_stays_as_it_is(text):
    assert redact(text) == text


def test_what_is_around_a_secret_stays():
    assert redact(f"key sk-or-v1-{SECRET} refused") == "key sk-… refused"


def test_what_upstream_says_of_an_account_reaches_no_fault():
    problem = UpstreamProblem(429, "rate_limit", f"key sk-or-v1-{SECRET} of user_{SECRET}: too many requests")
    assert fault_of_problem(problem).detail == "key sk-… of user_…: too many requests"


PIECES = [
    "sk-",
    "Bearer ",
    "token",
    "password",
    "cookie",
    "authorization",
    "api_key",
    "user_id",
    "user_",
    ":",
    "=",
    " ",
    '"',
    "'",
    "//",
]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([*PIECES, "@", ",", ";", "data:", "a/b;base64,", SECRET, "abcd", "\n"]), max_size=12))
def test_masking_twice_changes_nothing_more(pieces):
    once = redact("".join(pieces))
    assert redact(once) == once


@given(st.data())
@settings(max_examples=200)
def test_every_secret_has_the_hint_without_which_nothing_is_looked_for(data: st.DataObject) -> None:
    pattern, _ = data.draw(st.sampled_from(secrets._PATTERNS))
    text = data.draw(st.from_regex(pattern))

    assert secrets._HINT.search(text)
