"""What refusals taught: applied to the next request of the same model, and to nothing else."""

from dataclasses import replace

import pytest

from domain.request.lessons import MODELS_KEPT, Lessons
from domain.request.repair import Lesson, applied, lesson_of
from ports.response_events import UpstreamProblem
from ports.responses import Endpoint, ResponsesBody, Route, UpstreamRequest

BODY = ResponsesBody(
    "maker/model",
    (),
    reasoning={"effort": "xhigh", "summary": "auto"},
    include=("reasoning.encrypted_content",),
    temperature=0.5,
    stop=("END",),
    cache_control={"type": "ephemeral"},
)
SENT = UpstreamRequest(BODY)
ROUTE = Route("https://a.example/v1", "sk-secret")


def thinking(effort: str) -> UpstreamRequest:
    return UpstreamRequest(replace(BODY, reasoning={"effort": effort}))


def after(*lessons: Lesson, model: str = "maker/model") -> Lessons:
    known = Lessons()
    for lesson in lessons:
        known.remember(ROUTE, model, lesson)
    return known


@pytest.mark.parametrize(
    "lesson",
    [
        Lesson("effort", "high", "xhigh"),
        Lesson("summary"),
        Lesson("reasoning"),
        Lesson("cache_control"),
        Lesson("parameter", "temperature"),
        Lesson("endpoint"),
    ],
    ids=lambda lesson: lesson.what,
)
def test_next_request_is_right_at_once(lesson):
    assert after(lesson).apply(ROUTE, SENT) == applied(SENT, lesson) != SENT


def test_lesson_about_one_model_leaves_others_alone():
    assert after(Lesson("reasoning"), model="maker/other").apply(ROUTE, SENT) == SENT


@pytest.mark.parametrize(
    "other",
    [Route("https://a.example/v1", "another"), Route("https://b.example/v1", "sk-secret"), Route("", "")],
    ids=["key", "address", "nothing"],
)
def test_lesson_by_one_route_leaves_others_alone(other):
    assert after(Lesson("reasoning")).apply(other, SENT) == SENT


def test_same_route_written_with_spaces_is_the_same_route():
    route = Route(" https://a.example/v1/ ", " sk-secret ", "https://referer.example")
    assert after(Lesson("reasoning")).apply(route, SENT) != SENT


def test_key_is_nowhere_in_what_is_kept():
    assert ROUTE.api_key not in str(vars(after(Lesson("summary"))))


@pytest.mark.parametrize("effort", ["none", "low", "high"])
def test_refused_effort_says_nothing_about_other_efforts(effort):
    assert after(Lesson("effort", "high", "xhigh")).apply(ROUTE, thinking(effort)) == thinking(effort)


def test_each_refused_effort_is_known_by_itself():
    known = after(Lesson("effort", "high", "xhigh"), Lesson("effort", "low", "minimal"))
    assert [known.apply(ROUTE, thinking(effort)) for effort in ("xhigh", "minimal")] == [
        thinking("high"),
        thinking("low"),
    ]


def test_newer_lesson_takes_the_place_of_the_older():
    known = after(Lesson("effort", "high", "xhigh"), Lesson("effort", "low", "xhigh"))
    assert known.apply(ROUTE, thinking("xhigh")) == thinking("low")


def test_several_unsupported_parameters_are_known_together():
    known = after(Lesson("parameter", "temperature"), Lesson("parameter", "stop"))
    assert known.apply(ROUTE, SENT).body == replace(BODY, temperature=None, stop=())


def test_endpoint_that_worked_gives_way_to_the_operators_choice():
    assert after(Lesson("endpoint")).apply(ROUTE, SENT, other_endpoint=False).endpoint is Endpoint.RESPONSES


def test_models_longest_unused_are_forgotten():
    known = after(Lesson("reasoning"))
    for number in range(MODELS_KEPT - 1):
        known.remember(ROUTE, f"maker/{number}", Lesson("reasoning"))
    known.apply(ROUTE, SENT)
    known.remember(ROUTE, "maker/one-more", Lesson("reasoning"))

    assert known.apply(ROUTE, SENT) != SENT
    other = UpstreamRequest(replace(BODY, model="maker/0"))
    assert known.apply(ROUTE, other) == other


def test_lesson_that_does_not_fit_changes_nothing():
    assert applied(SENT, Lesson("parameter", "model")) == SENT
    assert applied(SENT, Lesson("something new")) == SENT


@pytest.mark.parametrize(
    ("listed", "chosen"),
    [
        ("low, medium and high", "high"),
        ("minimal and low", "low"),
        ("none, minimal", "minimal"),
        ("'max', 'low'", "max"),
        ("only none", "none"),
    ],
)
def test_nearest_of_the_listed_efforts_is_chosen_and_none_only_alone(listed, chosen):
    problem = UpstreamProblem(400, "invalid_request", f"reasoning effort 'xhigh' is not supported, use {listed}")
    assert lesson_of(problem, SENT, frozenset()) == Lesson("effort", chosen, "xhigh")


@pytest.mark.parametrize("status", [400, 404, 422, None])
def test_refusals_of_the_request_teach(status):
    assert lesson_of(UpstreamProblem(status, "", "thinking is not allowed"), SENT, frozenset()) == Lesson("reasoning")


@pytest.mark.parametrize("status", [401, 402, 403, 408, 413, 429, 500, 503])
def test_other_failures_teach_nothing(status):
    assert lesson_of(UpstreamProblem(status, "", "thinking is not allowed"), SENT, frozenset()) is None


@pytest.mark.parametrize("text", ["we stopped supporting this", "a temperature_unit is unknown", "support: write us"])
def test_words_that_only_look_like_a_parameter_teach_nothing(text):
    assert lesson_of(UpstreamProblem(400, "", text), SENT, frozenset()) is None
