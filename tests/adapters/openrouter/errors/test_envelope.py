"""One reader for every error envelope; it never raises and never exposes private data."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.openrouter.errors.envelope import problem_of_answer, read_problem

NOW = datetime(2026, 8, 1, 12, 0, tzinfo=UTC)


def problem(body, status=429, **headers):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return problem_of_answer(status, {key.replace("_", "-"): value for key, value in headers.items()}, raw, NOW)


def test_the_provider_reason_replaces_a_generic_message():
    found = problem(
        {
            "error": {
                "code": 429,
                "message": "Provider returned error",
                "metadata": {
                    "raw": "z-ai/glm is rate-limited",
                    "provider_name": "BaseTen",
                    "limit_source": "upstream_provider_shared_pool",
                },
            },
            "user_id": "user_abc",
        }
    )
    assert (found.status, found.kind, found.text) == (429, "429", "z-ai/glm is rate-limited")
    assert (found.provider, found.limit_source) == ("BaseTen", "upstream_provider_shared_pool")


def test_metadata_next_to_the_error_is_read_with_its_list_of_issues():
    raw = json.dumps([{"path": ["input", 3, "content"], "message": "Required"}, {"message": "Bad"}])
    error = {"code": "invalid_prompt", "message": "Invalid Responses API request"}
    found = problem({"error": error, "metadata": {"raw": raw}}, status=400)
    assert (found.kind, found.text) == ("invalid_prompt", "Required (at input.3.content); Bad")


ISSUES = [{"loc": ["body", "input", 3], "msg": "Field required", "type": "missing"}, {"msg": "Bad"}]


@pytest.mark.parametrize(
    "body",
    [
        {"detail": ISSUES},
        {"error": {"message": "Provider returned error", "metadata": {"raw": json.dumps({"detail": ISSUES})}}},
    ],
)
def test_the_issues_of_a_providers_validator_are_its_reason(body):
    assert problem(body, status=422).text == "Field required (at body.input.3); Bad"


def test_a_failed_response_object_names_its_error_type():
    error = {"code": "server_error", "message": "Invalid credentials"}
    found = problem({"id": "gen-1", "status": "failed", "error": error, "error_type": "authentication"}, 401)
    assert (found.kind, found.text, found.request_id) == ("authentication", "Invalid credentials", "gen-1")


def test_an_availability_notice_is_read():
    notice = {"code": "capacity_exhausted", "retryable": True, "retry_after": 40, "excluded_by": ["max_price"]}
    error = {"message": "All providers are at capacity.", "http_status": 429, "availability": notice}
    found = problem({"error": error}, status=200)
    assert (found.status, found.kind, found.retry_after, found.retryable) == (429, "capacity_exhausted", 40.0, True)
    assert found.reasons == ("max_price",)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"error": {"metadata": {"error_type": "a"}, "error_type": "b", "code": "d"}, "error_type": "c"}, "a"),
        ({"error": {"error_type": "b", "code": "d"}, "error_type": "c"}, "b"),
        ({"error": {"code": "d", "availability": {"code": "e"}}, "error_type": "c"}, "c"),
        ({"error": {"code": "d", "availability": {"code": "e"}}}, "e"),
        ({"error": {"code": "d", "type": "f"}}, "d"),
        ({"error": {"code": None, "type": "f"}}, "f"),
        ({"error": {"code": "1261"}}, "429"),
        ({"error": {}}, "429"),
    ],
)
def test_the_most_specific_kind_wins(body, kind):
    assert problem(body).kind == kind


@pytest.mark.parametrize(
    ("code", "status"), [(502, 502), ("429", 429), ("1261", None), (200, None), (None, None), (600, None), ([], None)]
)
def test_the_status_inside_a_stream_is_a_valid_error_code(code, status):
    assert read_problem({"error": {"code": code, "message": "m"}}, now=NOW).status == status


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("plain", "plain"),
        ('{"error":{"message":"inner"}}', "inner"),
        ('{"message":"inner"}', "inner"),
        ({"error": {"message": "inner"}}, "inner"),
        ({"error": "inner"}, "inner"),
        ('{"secret":"x"}', "Provider returned error"),
        ("{broken", "{broken"),
        (["x"], "Provider returned error"),
        (None, "Provider returned error"),
    ],
)
def test_raw_is_read_in_every_form(raw, text):
    assert problem({"error": {"message": "Provider returned error", "metadata": {"raw": raw}}}).text == text


def test_a_specific_message_is_kept_although_there_is_raw_text():
    assert problem({"error": {"message": "No such model", "metadata": {"raw": "noise"}}}).text == "No such model"


def test_only_the_title_of_a_web_page_is_reported():
    page = b"<!DOCTYPE html><html><head><title>502\n Bad Gateway</title></head><body>ray id</body></html>"
    assert problem(page, status=502).text == "502 Bad Gateway (a web page, not an API answer)"


def test_an_empty_body_is_named_by_its_status():
    assert problem(b"", status=503).text == "HTTP 503 Service Unavailable"


def test_an_unknown_status_without_a_body_is_named_by_its_number():
    assert problem(b"", status=529).text == "HTTP 529"


def test_an_error_that_is_a_plain_string_is_reported():
    assert problem({"error": "model overloaded"}).text == "model overloaded"


def test_a_plain_text_body_is_reported():
    assert problem(b"upstream connect error", status=502).text == "upstream connect error"


def test_texts_are_bounded():
    found = problem({"error": {"message": "x" * 9000, "code": "y" * 9000, "metadata": {"reasons": ["z" * 900] * 99}}})
    assert (len(found.text), len(found.kind), len(found.reasons[0])) == (2000, 200, 200)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("12", 12.0),
        ("1.5", 1.5),
        ("Sat, 01 Aug 2026 12:01:00 GMT", 60.0),
        ("Sat, 01 Aug 2026 11:00:00 GMT", 0.0),
        ("-3", None),
        ("1_000", None),
        ("\u0661\u0662", None),
        ("+5", None),
        ("1e3", None),
        (" 12 ", 12.0),
        ("Saturday, 01-Aug-26 12:01:00 GMT", 60.0),
        ("Friday, 01-Aug-70 12:00:00 GMT", 604800.0),
        ("Friday, 01-Aug-77 12:00:00 GMT", 0.0),
        ("Sat Aug  1 12:01:00 2026", 60.0),
        ("Sat, 01 Aug 2026 12:01:00 +0200", None),
        ("Sat, 31 Feb 2026 12:01:00 GMT", None),
        ("99999999", 604800.0),
        ("soon", None),
        ("nan", None),
        ("", None),
    ],
)
def test_a_retry_after_header_is_seconds_or_a_date(header, wait):
    assert problem(b"", Retry_After=header).retry_after == wait


def test_a_wait_in_the_metadata_is_used_when_there_is_no_header():
    assert problem({"error": {"metadata": {"headers": {"retry-after": "7"}}}}).retry_after == 7.0


def test_the_header_takes_precedence_over_its_copy():
    assert problem({"error": {"metadata": {"headers": {"Retry-After": "7"}}}}, Retry_After="3").retry_after == 3.0


def test_the_reset_of_a_rate_limit_is_the_wait_when_no_other_is_stated():
    reset = str(int(NOW.timestamp() * 1000) + 90_000)
    assert problem({"error": {"metadata": {"headers": {"X-RateLimit-Reset": reset}}}}).retry_after == 90.0


def test_the_reason_of_a_moderation_refusal_is_kept_without_the_flagged_text():
    metadata = {"reasons": ["violence"], "flagged_input": "the person's words", "provider_name": "OpenAI"}
    found = problem({"error": {"code": 403, "message": "flagged", "metadata": metadata}}, status=403)
    assert found.reasons == ("violence",)
    assert "words" not in repr(found)


KEYS = [
    "error",
    "metadata",
    "raw",
    "message",
    "code",
    "availability",
    "headers",
    "retry-after",
    "response",
    "error_type",
    "reasons",
    "http_status",
    "retry_after",
    "path",
    "retryable",
    "detail",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=20,
)


@given(JSON, st.sampled_from([None, 200, 400, 429, 503]))
def test_no_envelope_raises(body, status):
    read_problem(body, now=NOW, status=status)


@given(st.binary(max_size=200), st.dictionaries(st.sampled_from(["Retry-After", "X-RateLimit-Reset"]), st.text()))
def test_no_body_and_no_headers_raise(raw, headers):
    problem_of_answer(429, headers, raw, NOW)


def test_patterns_of_a_guardrail_are_named_within_bounds():
    metadata = {"patterns": ["a" * 900, 7, None, *(f"rule-{number}" for number in range(90))]}
    found = problem({"error": {"code": 403, "message": "Request blocked", "metadata": metadata}}, 403)
    assert (len(found.patterns), len(found.patterns[0]), found.patterns[1]) == (20, 200, "rule-0")
    assert problem({"error": {"code": 403, "metadata": {"patterns": {"a": 1}}}}, 403).patterns == ()


@pytest.mark.parametrize("beside", [False, True])
def test_answer_that_the_alignment_plugin_withheld_is_marked_and_never_quoted(beside):
    alignment = {"calls": [{"call": 1, "outcome": "blocked", "rules": []}], "rejected": {"content": "withheld words"}}
    error = {"code": "server_error", "message": "A rule was broken"}
    metadata = {"metadata": {"alignment": alignment}}
    body = {"error": error, **metadata} if beside else {"error": {**error, **metadata}}
    found = problem(body, 500)
    assert (found.withheld, found.facts.alignment) == (True, (("blocked", 1),))
    assert "withheld words" not in repr(found)
    assert not problem({"error": {**error, "metadata": {"alignment": "blocked"}}}, 500).withheld
