"""Secrets are masked wherever they turn up, and nothing else is."""

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.faults.classify import fault_of_problem
from domain.redaction import secrets
from domain.redaction.secrets import redact
from ports.response_events import UpstreamProblem
from tests.examples import examples
from tests.tables import each

SECRET = "Zm9vYmFyYmF6cXV4"


@each(
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
        f"redis://:{SECRET}@cache.example:6379/0",
        f"postgresql://u:{SECRET}@h/db",
        f"postgresql+psycopg://u:p@{SECRET}@h/db",
        f"https://{SECRET}@git.example/x.git",
        f"https://upstream.example/v1?key={SECRET}&alt=sse",
        f"https://upstream.example/v1?alt=sse&sig={SECRET}",
        f"https://upstream.example/v1?api_key={SECRET}",
        f"client_secret={SECRET}",
        f"grant_type=refresh&refresh_token={SECRET}&x=1",
        f"aws_secret_access_key = {SECRET}",
        f"Basic {SECRET}",
        f"Proxy-Authorization: Basic {SECRET}",
        f"('Authorization', 'Basic {SECRET}')",
        f"x-api-key: {SECRET}",
        f"X-Auth-Token: {SECRET}",
        f'"password": "two words {SECRET}"',
        f"'passphrase': 'two words {SECRET}'",
        f'"password": "a \\" quote {SECRET}"',
        f'{{\\"api_key\\": \\"{SECRET}\\"}}',
        f"{{'client_secret': '{SECRET}'}}",
        f"Set-Cookie: session={SECRET}; HttpOnly",
        f"sessionid: {SECRET}",
        f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----",
        f"-----BEGIN PRIVATE KEY-----\\n{SECRET}",
        f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{SECRET}",
        f"sk_live_{SECRET}",
        f"ghp_{SECRET}{SECRET}",
        f"github_pat_{SECRET}_{SECRET}",
        f"xoxb-123456-{SECRET}",
        f"https://hooks.slack.com/services/T0/B0/{SECRET}",
        f"AIzaSy{SECRET}{SECRET}",
        f"ya29.{SECRET}{SECRET}",
        f"hf_{SECRET}{SECRET}",
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
        "Basic authentication is off, and basic understanding helps",
        "completion_tokens: 12, token count: 3",
        "https://upstream.example:8080/api/v1?model=a/b",
        "risk-management and asking for a key",
        "the key of the array: first",
        "-----BEGIN CERTIFICATE-----",
    ],
)
def test_ordinary_text_stays_as_it_is(text):
    assert redact(text) == text


def test_a_key_of_a_cloud_is_masked():
    assert redact("AKIAIOSFODNN7EXAMPLE of the bucket") == "\u2026 of the bucket"


def test_looking_for_shapes_takes_time_in_proportion_to_the_text():
    for piece in (
        "//",
        "a:",
        "//a:",
        "token=",
        "eyJ",
        "-----BEGIN PRIVATE KEY-----",
        "basic ",
        '"password": "',
        "://x@",
    ):
        text = piece * (40_000 // len(piece))
        began = perf_counter()
        redact(text)
        assert perf_counter() - began < 1.0, piece


def test_three_shapes_are_looked_for_only_beside_a_name():
    assert sum(secrets._BY_NAME) == 3


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
    "Basic ",
    "secret",
    "?key",
    "eyJ",
    "\\\\",
    "&",
]


@examples(100)
@given(st.lists(st.sampled_from([*PIECES, "@", ",", ";", "data:", "a/b;base64,", SECRET, "abcd", "\n"]), max_size=12))
def test_masking_twice_changes_nothing_more(pieces):
    once = redact("".join(pieces))
    assert redact(once) == once


@given(st.data())
@examples(200)
def test_every_secret_has_the_hint_without_which_nothing_is_looked_for(data: st.DataObject) -> None:
    (pattern, _), by_name = data.draw(st.sampled_from([*zip(secrets._PATTERNS, secrets._BY_NAME, strict=True)]))
    text = data.draw(st.from_regex(pattern))

    assert secrets._HINT.search(text.casefold())
    assert not by_name or secrets._NAME.search(text.casefold())


OTHER_CASES = {"s": "s\u017f", "k": "k\u212a", "i": "i\u0131\u0130"}
"""What else Python takes for a letter where case is ignored; `COOKIE` in Turkish lower case has another letter i."""
NAMED = [
    *("authorization: {}", "Cookie: a={}", "credentials={}", "session_id={}", "user_id={}", "passwd={}", "secret={}"),
    *("api_key={}", "token={}", "?sig={}", "&code={}", "Basic {}==", "Bearer {}"),
]


@examples(100)
@given(st.sampled_from(NAMED), st.data())
def test_a_name_in_letters_of_any_case_gives_a_secret_away(named: str, data: st.DataObject) -> None:
    head, _, rest = named.partition("{}")
    odd = "".join(data.draw(st.sampled_from(sorted({sign, *OTHER_CASES.get(sign.lower(), sign)}))) for sign in head)
    text = f"{odd}{SECRET}{rest}"
    slowly = text
    for pattern, replacement in secrets._PATTERNS:
        slowly = pattern.sub(replacement, slowly)

    assert SECRET not in redact(text)
    assert redact(text) == slowly
