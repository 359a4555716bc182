"""What refusals taught: applied to the next request of the same model, and to nothing else."""

from dataclasses import replace

import pytest

from domain.request import lessons
from domain.request.lesson import OF_ONE_TURN, PROMPT_LIMIT, PROMPT_WEIGHT
from domain.request.lessons import LIFE, MODELS_KEPT, Learner, Lessons, condition_of, learner_of
from domain.request.repair import Lesson, applied, lesson_of
from domain.request.turn_request import Parameters, Person, TurnRequest
from ports.response_events import UpstreamProblem
from ports.responses import Endpoint, ResponsesBody, Route, UpstreamRequest
from tests.doubles.clock import FakeClock

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


ANN = Learner(ROUTE, "ann")


def after(*lessons: Lesson, model: str = "maker/model", clock: FakeClock | None = None) -> Lessons:
    """What is known after one request was refused, repaired and refused again until it passed."""
    known, sent = Lessons(clock or FakeClock()), SENT
    for lesson in lessons:
        assert known.remember(ANN, model, lesson, condition_of(sent))
        sent = applied(sent, lesson)
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
    assert after(lesson).apply(ANN, SENT) == applied(SENT, lesson) != SENT


def test_limit_of_prompts_holds_for_its_model_and_a_day():
    clock = FakeClock()
    known = Lessons(clock)
    for limit in ("9000", "8000"):
        assert known.remember(ANN, "maker/model", Lesson(PROMPT_LIMIT, limit), condition_of(SENT))
    assert known.apply(ANN, SENT) == SENT
    assert known.prompt_limit(ANN, "maker/model") == 8000
    assert known.prompt_limit(ANN, "maker/other") is None
    assert known.prompt_limit(Learner(ROUTE, "ben"), "maker/model") is None
    clock.advance(LIFE)
    assert known.prompt_limit(ANN, "maker/model") is None


def test_weight_of_prompts_holds_for_its_model_and_a_day_beside_the_limit():
    clock = FakeClock()
    known = Lessons(clock)
    for lesson in (Lesson(PROMPT_WEIGHT, "1.25"), Lesson(PROMPT_LIMIT, "8000"), Lesson(PROMPT_WEIGHT, "1.5")):
        assert known.remember(ANN, "maker/model", lesson, condition_of(SENT))
    assert known.apply(ANN, SENT) == SENT
    assert (known.prompt_weight(ANN, "maker/model"), known.prompt_limit(ANN, "maker/model")) == (1.5, 8000)
    assert known.prompt_weight(ANN, "maker/other") is None
    clock.advance(LIFE)
    assert known.prompt_weight(ANN, "maker/model") is None


def test_lesson_about_one_model_leaves_others_alone():
    assert after(Lesson("reasoning"), model="maker/other").apply(ANN, SENT) == SENT


@pytest.mark.parametrize(
    "other",
    [Route("https://a.example/v1", "another"), Route("https://b.example/v1", "sk-secret"), Route("", "")],
    ids=["key", "address", "nothing"],
)
def test_lesson_by_one_route_leaves_others_alone(other):
    assert after(Lesson("reasoning")).apply(Learner(other, "ann"), SENT) == SENT


def test_same_route_written_with_spaces_is_the_same_route():
    route = Route(" https://a.example/v1/ ", " sk-secret ", "https://referer.example")
    assert after(Lesson("reasoning")).apply(Learner(route, "ann"), SENT) != SENT


def test_key_is_nowhere_in_what_is_kept():
    assert ROUTE.api_key not in str(vars(after(Lesson("summary"))))


@pytest.mark.parametrize("effort", ["none", "low", "high"])
def test_refused_effort_says_nothing_about_other_efforts(effort):
    assert after(Lesson("effort", "high", "xhigh")).apply(ANN, thinking(effort)) == thinking(effort)


def test_each_refused_effort_is_known_by_itself():
    known = after(Lesson("effort", "high", "xhigh"), Lesson("effort", "low", "minimal"))
    assert [known.apply(ANN, thinking(effort)) for effort in ("xhigh", "minimal")] == [
        thinking("high"),
        thinking("low"),
    ]


def test_newer_lesson_takes_the_place_of_the_older():
    known = after(Lesson("effort", "high", "xhigh"), Lesson("effort", "low", "xhigh"))
    assert known.apply(ANN, thinking("xhigh")) == thinking("low")


def test_several_unsupported_parameters_are_known_together():
    known = after(Lesson("parameter", "temperature"), Lesson("parameter", "stop"))
    assert known.apply(ANN, SENT).body == replace(BODY, temperature=None, stop=())


def test_endpoint_that_worked_gives_way_to_the_operators_choice():
    assert after(Lesson("endpoint")).apply(ANN, SENT, other_endpoint=False).endpoint is Endpoint.RESPONSES


def test_models_longest_unused_are_forgotten():
    known = after(Lesson("reasoning"))
    for number in range(MODELS_KEPT - 1):
        known.remember(ANN, f"maker/{number}", Lesson("reasoning"), condition_of(SENT))
    known.apply(ANN, SENT)
    known.remember(ANN, "maker/one-more", Lesson("reasoning"), condition_of(SENT))

    assert known.apply(ANN, SENT) != SENT
    other = UpstreamRequest(replace(BODY, model="maker/0"))
    assert known.apply(ANN, other) == other


EVERY = [
    Lesson("effort", "high", "xhigh"),
    Lesson("summary"),
    Lesson("reasoning"),
    Lesson("cache_control"),
    Lesson("parameter", "temperature"),
    Lesson("endpoint"),
]
every = pytest.mark.parametrize("lesson", EVERY, ids=lambda lesson: lesson.what)


@every
def test_lesson_of_one_person_leaves_others_alone(lesson):
    assert after(lesson).apply(Learner(ROUTE, "bob"), SENT) == SENT


@every
def test_lesson_is_tried_again_after_a_day(lesson):
    clock = FakeClock()
    known = after(lesson, clock=clock)
    clock.advance(LIFE - 1)
    assert known.apply(ANN, SENT) != SENT
    clock.advance(1)
    assert known.apply(ANN, SENT) == SENT


@every
def test_lesson_holds_only_where_everything_is_sent_that_was_refused(lesson):
    assert after(lesson).apply(ANN, UpstreamRequest(replace(BODY, cache_control=None, stop=()))).body.temperature == 0.5
    assert after(lesson).apply(ANN, UpstreamRequest(BODY, Endpoint.CHAT)).body == BODY
    assert after(lesson).apply(ANN, UpstreamRequest(replace(BODY, top_p=0.5))) != UpstreamRequest(
        replace(BODY, top_p=0.5)
    )


def request(**asked: object) -> TurnRequest:
    return TurnRequest("maker/model", (), ROUTE, person=Person("ann"), parameters=Parameters(**asked))  # type: ignore[arg-type]


OWN = {
    "temperature": (request(temperature=3.0), Lesson("parameter", "temperature")),
    "stop": (request(stop=("END",)), Lesson("parameter", "stop")),
    "effort": (request(reasoning={"effort": "xhigh"}), Lesson("effort", "high", "xhigh")),
    "budget": (request(reasoning={"max_tokens": 5000}), Lesson("reasoning")),
    "thinking at all": (request(reasoning={"enabled": True}), Lesson("reasoning")),
    "summary": (request(reasoning={"summary": "auto"}), Lesson("summary")),
    "summary beside the rest": (request(reasoning={"summary": "auto"}), Lesson("reasoning")),
}


@pytest.mark.parametrize(("asked", "lesson"), OWN.values(), ids=OWN)
def test_what_the_caller_named_teaches_nothing_and_is_never_taken_from_them(asked, lesson):
    learner = learner_of(asked)
    known = Lessons(FakeClock())
    assert not known.remember(learner, "maker/model", lesson, condition_of(SENT))
    assert known.apply(ANN, SENT) == SENT
    assert after(lesson).apply(learner, SENT) == SENT


@pytest.mark.parametrize("what", sorted(OF_ONE_TURN))
def test_a_repair_that_holds_for_one_turn_teaches_nothing(what):
    known = Lessons(FakeClock())
    assert not known.remember(ANN, "maker/model", Lesson(what, "a\nb"), condition_of(SENT))
    assert not known._by_model


@pytest.mark.parametrize("lesson", EVERY[:4] + EVERY[5:], ids=lambda lesson: lesson.what)
def test_what_was_ours_to_choose_teaches_beside_parameters_of_the_caller(lesson):
    learner = learner_of(request(temperature=0.5, top_p=0.5))
    known = Lessons(FakeClock())
    assert known.remember(learner, "maker/model", lesson, condition_of(SENT))
    assert known.apply(learner, SENT) == applied(SENT, lesson)


@pytest.fixture
def most(monkeypatch):
    """A lower bound of all models: filling the memory up to the real one takes longest of all."""
    assert 4 * MODELS_KEPT <= lessons.MODELS_KEPT_IN_ALL <= 4096
    monkeypatch.setattr(lessons, "MODELS_KEPT_IN_ALL", 4 * MODELS_KEPT)
    return 4 * MODELS_KEPT


def test_nobody_makes_what_others_learned_go_away(most):
    known = after(Lesson("reasoning"))
    for number in range(2 * most):
        known.remember(Learner(ROUTE, "bob"), f"maker/{number}", Lesson("reasoning"), condition_of(SENT))

    assert known.apply(ANN, SENT) != SENT
    assert len(known._by_model) <= MODELS_KEPT + 1


def test_the_memory_is_bounded_and_holds_no_text_from_outside(most):
    known = Lessons(FakeClock())
    for number in range(most + 10):
        learner = Learner(ROUTE, f"person-{number}" + "x" * 10_000)
        known.remember(learner, "model-" + "y" * 10_000, Lesson("reasoning"), condition_of(SENT))

    assert len(known._by_model) == most
    assert {len(digest) for key in known._by_model for digest in key} == {32}
    kept = str(known._by_model)
    assert [text for text in ("person-", "model-", ROUTE.api_key) if text in kept] == []


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
