"""Own cards as an administrator writes them: several lines in the ADVANCED box, and contacts that are only contacts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.settings_advanced import read_advanced
from entrypoints.settings_snapshot import snapshot

CARD = "### Slow down\n\nWait {retry_after_seconds} s.\n{{#if support_email}}\nAsk {support_email}.\n{{/if}}"


def advanced(text: str) -> tuple[dict[str, str], list[str]]:
    values, problems = read_advanced(text)
    return values, [problem.text for problem in problems]


def test_value_of_several_lines_stands_between_two_marks():
    text = f"RATE_LIMIT_TEMPLATE=<<END\n{CARD}\nEND\nMAX_SSE_EVENT_MB=8"
    settings, problems = snapshot({"ADVANCED": text}, None, {})
    assert problems == ()
    assert settings.rate_limit_template == CARD
    assert settings.max_sse_event_mb == 8


def test_mark_is_any_word_and_lines_between_are_taken_as_they_are():
    values, problems = advanced("rate_limit_template = << CARD\n# END\nEND\n  x=1\nCARD \n# a remark")
    assert (values, problems) == ({"RATE_LIMIT_TEMPLATE": "# END\nEND\n  x=1"}, [])


def test_missing_mark_is_one_problem_that_names_the_line():
    values, problems = advanced("MAX_SSE_EVENT_MB=8\nRATE_LIMIT_TEMPLATE=<<END\nx\nnonsense\nend")
    assert values["MAX_SSE_EVENT_MB"] == "8"
    assert problems == ["ADVANCED: line 2 opens <<END, but no line END follows."]
    assert not values["RATE_LIMIT_TEMPLATE"]


def test_value_of_several_lines_under_an_unknown_name_is_one_problem():
    assert advanced("NO_SUCH_TEMPLATE=<<END\nx\ny\nEND") == ({}, ["ADVANCED: line 1 does not name a setting."])


@given(st.text("A=<END\n# ", max_size=60))
def test_any_text_is_read_without_an_error(text):
    read_advanced(text)


@pytest.mark.parametrize("text", ["{{#if model}}", "{nothing}"])
def test_broken_card_in_the_box_is_one_problem_and_leaves_the_others_alone(text):
    box = f"RATE_LIMIT_TEMPLATE=<<END\none\n{text}\nEND\nSERVICE_ERROR_TEMPLATE=It broke."
    settings, problems = snapshot({"ADVANCED": box}, None, {})
    (problem,) = problems
    assert problem.name == "RATE_LIMIT_TEMPLATE"
    assert "line 2" in problem.text
    assert "the built-in card is shown" in problem.text
    assert (settings.rate_limit_template, settings.service_error_template) == ("", "It broke.")


@pytest.mark.parametrize("url", ["https://help.example/a_b?id=1", "http://intranet:8080", "mailto:help@x.example"])
def test_address_for_help_is_kept(url):
    settings, problems = snapshot({"SUPPORT_URL": url, "SUPPORT_EMAIL": "it+help@x.example"}, None, {})
    assert (settings.support_url, settings.support_email, problems) == (url, "it+help@x.example", ())


@pytest.mark.parametrize(
    "url",
    [
        *("javascript:alert(1)", "data:text/html,x", "ftp://x.example", "//x.example", "x.example", "file:///etc"),
        *("https://x.example/](https://y)", "https://x.example/<b>", "https://user:pass@x.example", "https://x y"),
        *("https://x.example/`", "https://x.example/$x$", "https://x.example/\n# h", "mailto:x@y.example?body=z"),
    ],
)
def test_address_for_help_that_could_do_more_is_not_shown(url):
    settings, (problem,) = snapshot({"SUPPORT_URL": url}, None, {})
    assert (settings.support_url, problem.name) == ("", "SUPPORT_URL")
    assert "pass" not in problem.text


@pytest.mark.parametrize("email", ["help", "a@b@c.example", "<a@x.example>", "[a](b)@x.example", "a@x.example\n# h"])
def test_mail_address_for_help_that_is_none_is_not_shown(email):
    settings, (problem,) = snapshot({"SUPPORT_EMAIL": email}, None, {})
    assert (settings.support_email, problem.name) == ("", "SUPPORT_EMAIL")
