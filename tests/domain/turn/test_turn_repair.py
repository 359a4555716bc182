"""A rejected request is changed once per cause; a change is stored only after upstream accepted it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.faults.retry import RetryPolicy
from domain.request.repair import Lesson
from domain.turn.events import AttemptFailed, TurnEvent
from domain.turn.plan import Alternatives, TurnPlan
from domain.turn.retries import status_of
from domain.turn.statuses import AnswerBegins, EffortAdjusted, EffortLeftOut, ModelReplaced
from domain.turn.steps import Learn
from ports.response_events import StreamClosed, UpstreamProblem
from ports.responses import CHAT_DETAILS, Endpoint, Refused, ResponsesBody, UpstreamRequest
from tests.domain.turn.talk import BODY, ERROR_ID, QUESTION, STARTED, Turn, call, completed, delta, done, message
from tests.examples import examples

FULL = replace(
    BODY,
    reasoning={"effort": "xhigh", "summary": "auto"},
    include=("reasoning.encrypted_content",),
    temperature=0.5,
    top_p=0.9,
    stop=("END",),
    cache_control={"type": "ephemeral"},
)
OTHER = UpstreamRequest(replace(FULL, model="maker/other"))
EFFORT = "Unsupported value: 'xhigh'. Supported values for reasoning.effort are: 'low', 'medium' and 'high'."
SUMMARY = "Your organization must be verified to generate reasoning summaries (parameter: summary)."
MANDATORY = "Reasoning is mandatory for this endpoint and cannot be disabled."
CACHE = "cache_control: extra inputs are not permitted"
CHAT = "This model is only supported in v1/chat/completions."


def plan(
    body: ResponsesBody = FULL, fallback: UpstreamRequest | None = None, *, other_endpoint: bool = True
) -> TurnPlan:
    to = Alternatives(other_endpoint=other_endpoint, fallback=None if fallback is None else lambda: fallback)
    return TurnPlan(UpstreamRequest(body), ERROR_ID, alternatives=to)


def refused(text: str, status: int | None = 400, kind: str = "invalid_request") -> AttemptFailed:
    return AttemptFailed(Refused(UpstreamProblem(status, kind, text)))


def answer() -> list[TurnEvent]:
    return [STARTED, delta("Yes."), completed(message("Yes.")), StreamClosed(said_done=True)]


def lessons(turn: Turn) -> list[Lesson]:
    return [learn.lesson for learn in turn.all(Learn)]


# --- one row per repair ----------------------------------------------------------------------------------------

REPAIRS = {
    "effort": (EFFORT, {"reasoning": {"effort": "high", "summary": "auto"}}, Lesson("effort", "high", "xhigh")),
    "summary": (SUMMARY, {"reasoning": {"effort": "xhigh"}}, Lesson("summary")),
    "thinking refused": (
        "Thinking is not supported by this model",
        {"reasoning": None, "include": ()},
        Lesson("reasoning"),
    ),
    "mandatory": (MANDATORY, {"reasoning": None, "include": ()}, Lesson("reasoning")),
    "cache marks": (CACHE, {"cache_control": None}, Lesson("cache_control")),
    "temperature": ("Unsupported parameter: 'temperature'", {"temperature": None}, Lesson("parameter", "temperature")),
    "stop": ("'stop' is not supported with this model", {"stop": ()}, Lesson("parameter", "stop")),
}
rows = pytest.mark.parametrize(("text", "change", "lesson"), REPAIRS.values(), ids=REPAIRS)


@rows
def test_rejected_request_is_sent_again_at_once_with_only_its_cause_changed(text, change, lesson):
    turn = Turn(plan())
    turn.feed(refused(text))

    assert [attempt.request.body for attempt in turn.attempts] == [FULL, replace(FULL, **change)]
    assert [attempt.after for attempt in turn.attempts] == [0.0, 0.0]


@rows
def test_lesson_is_reported_only_after_the_changed_request_was_accepted(text, change, lesson):
    turn = Turn(plan())
    turn.feed(refused(text))
    assert lessons(turn) == []

    turn.feed(*answer())
    assert lessons(turn) == [lesson]
    assert [learn.model for learn in turn.all(Learn)] == ["maker/model"]


@rows
def test_cause_that_stays_is_not_repaired_twice(text, change, lesson):
    turn = Turn(plan())
    for _ in range(4):
        turn.feed(refused(text))

    assert turn.fault == "BAD_REQUEST"
    assert len({repr(attempt.request.body) for attempt in turn.attempts}) == len(turn.attempts)
    assert lessons(turn) == []


def test_nearest_of_the_listed_efforts_is_reported_in_a_status():
    turn = Turn(plan())
    turn.feed(refused(EFFORT))

    assert turn.statuses == [EffortAdjusted("xhigh", "high")]


def test_status_goes_away_with_the_first_word():
    turn = Turn(plan())
    turn.feed(refused(EFFORT))
    turn.feed(*answer())

    assert turn.statuses[-1] == AnswerBegins()
    assert turn.text == "Yes."


@pytest.mark.parametrize("text", [SUMMARY, CACHE, CHAT], ids=["summary", "cache", "endpoint"])
def test_repair_that_does_not_concern_the_person_is_silent(text):
    turn = Turn(plan())
    turn.feed(refused(text))

    assert turn.statuses == []


def test_low_reasoning_effort_is_never_repaired_into_none():
    turn = Turn(plan(replace(FULL, reasoning={"effort": "minimal"})))
    turn.feed(refused("effort 'minimal' is not supported; use one of none, low, high"))

    assert turn.attempts[-1].request.body.reasoning == {"effort": "low"}


def test_several_unsupported_parameters_are_dropped_one_after_the_other():
    turn = Turn(plan())
    turn.feed(refused("temperature is not supported"))
    turn.feed(refused("top_p is not supported"))
    turn.feed(*answer())

    assert (turn.attempts[-1].request.body.temperature, turn.attempts[-1].request.body.top_p) == (None, None)
    assert lessons(turn) == [Lesson("parameter", "temperature"), Lesson("parameter", "top_p")]


def test_effort_that_stays_rejected_leaves_the_reasoning_to_the_model():
    turn = Turn(plan())
    turn.feed(refused(EFFORT))
    turn.feed(refused("reasoning effort 'high' is not supported: low"))

    assert turn.attempts[-1].request.body.reasoning is None


# --- the other endpoint ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [CHAT, "wrong_endpoint: use another one"])
def test_wrong_endpoint_leads_to_chat_completions_once(text):
    turn = Turn(plan())
    turn.feed(refused(text))
    turn.feed(refused(text))

    assert [attempt.request.endpoint for attempt in turn.attempts] == [Endpoint.RESPONSES, Endpoint.CHAT]
    assert turn.fault == "BAD_REQUEST"


def test_other_endpoint_is_not_tried_if_the_operator_excludes_it():
    turn = Turn(plan(other_endpoint=False))
    turn.feed(refused(CHAT))

    assert [attempt.request.endpoint for attempt in turn.attempts] == [Endpoint.RESPONSES]


# --- what is not mended ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [401, 402, 403, 413])
def test_rejection_that_is_not_about_the_request_is_never_repaired(status):
    turn = Turn(plan())
    turn.feed(refused(EFFORT, status, ""))

    assert len(turn.attempts) == 1


@pytest.mark.parametrize(
    ("status", "kind"), [(400, "context_length_exceeded"), (None, "server_error"), (None, "rate_limit_exceeded")]
)
def test_fault_of_another_kind_is_not_repaired_whatever_its_text(status, kind):
    turn = Turn(replace(plan(), retry=RetryPolicy(extra_attempts=0)))
    turn.feed(refused("too many reasoning tokens: effort low", status, kind))

    assert len(turn.attempts) == 1


@pytest.mark.parametrize(("status", "kind", "text"), [(413, "", ""), (413, "payload_too_large", "Too large")])
def test_a_request_of_too_many_bytes_goes_without_the_media_of_earlier_messages_once(status, kind, text):
    picture = {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="}
    seen = {**QUESTION, "content": [{"type": "input_text", "text": "What is this?"}, picture]}
    turn = Turn(plan(replace(FULL, input=(seen, message("A bridge."), seen))))
    turn.feed(refused(text, status, kind))
    first, second = (attempt.request.body.input for attempt in turn.attempts)
    assert [picture in item["content"] for item in first] == [True, False, True]
    assert [picture in item["content"] for item in second] == [False, False, True]
    turn.feed(refused(text, status, kind))
    assert (turn.fault, len(turn.attempts), lessons(turn)) == ("TOO_LARGE", 2, [])


def test_name_of_a_model_is_not_taken_for_a_complaint_about_thinking():
    turn = Turn(plan(replace(FULL, model="maker/m-thinking")))
    turn.feed(refused("No endpoints found for maker/m-thinking.", 404, "not_found"))

    assert len(turn.attempts) == 1


def test_rejection_that_names_nothing_in_the_request_is_not_repaired():
    turn = Turn(plan(BODY))
    turn.feed(refused(EFFORT + CACHE + "temperature is not supported"))

    assert len(turn.attempts) == 1


def test_nothing_is_repaired_after_something_was_shown():
    turn = Turn(plan())
    turn.feed(STARTED, delta("Well"))
    turn.feed(refused(EFFORT))

    assert len(turn.attempts) == 1
    assert turn.text == "Well"


def test_lesson_is_also_reported_when_the_answer_is_a_tool_call():
    turn = Turn(plan())
    turn.feed(refused(EFFORT))
    turn.feed(STARTED, *done(call("call_1")), completed(call("call_1")))
    assert lessons(turn) == [Lesson("effort", "high", "xhigh")]


def test_repairs_do_not_use_up_retries():
    turn = Turn(replace(plan(), retry=RetryPolicy(extra_attempts=1)))
    for text in (EFFORT, CACHE, "temperature is not supported"):
        turn.feed(refused(text))
    turn.feed(refused("busy", 503, "provider_overloaded"))
    assert len(turn.attempts) == 5

    turn.feed(*answer(), after=10)
    assert turn.text == "Yes."


# --- the model that stands in ----------------------------------------------------------------------------------

UNKNOWN = refused("maker/model is not a valid model ID")
NOBODY = refused("No endpoints found for maker/model.", 404, "not_found")


@pytest.mark.parametrize("event", [UNKNOWN, NOBODY], ids=["unknown", "no endpoint"])
def test_unavailable_model_is_replaced_by_the_fallback_with_a_status(event):
    turn = Turn(plan(fallback=OTHER))
    turn.feed(event)

    assert turn.attempts[-1].request.body == OTHER.body
    assert turn.statuses == [ModelReplaced("maker/model", "maker/other")]


def test_fallback_model_has_no_further_fallback():
    turn = Turn(plan(fallback=OTHER))
    turn.feed(UNKNOWN)
    turn.feed(refused("maker/other is not a valid model ID"))

    assert len(turn.attempts) == 2
    assert turn.fault == "UNKNOWN_MODEL"


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_the_fallback_model_answers_after_the_last_retry(status):
    turn = Turn(replace(plan(fallback=OTHER), retry=RetryPolicy(extra_attempts=1)))
    for _ in range(2):
        turn.feed(refused("something else", status, ""))
    assert [attempt.request.body.model for attempt in turn.attempts] == ["maker/model", "maker/model", "maker/other"]
    assert turn.statuses[-1] == ModelReplaced("maker/model", "maker/other")


@pytest.mark.parametrize("status", [400, 401, 402, 403, 413, 504])
def test_no_other_fault_leads_to_the_fallback_model(status):
    turn = Turn(replace(plan(fallback=OTHER), retry=RetryPolicy(extra_attempts=1)))
    for _ in range(3):
        turn.feed(refused("something else", status, ""))

    assert {attempt.request.body.model for attempt in turn.attempts} == {"maker/model"}


def test_lessons_of_an_unavailable_model_are_discarded():
    turn = Turn(plan(fallback=OTHER))
    turn.feed(refused(EFFORT))
    turn.feed(UNKNOWN)
    turn.feed(*answer())

    assert lessons(turn) == []


# --- in any order ----------------------------------------------------------------------------------------------

ANY = st.sampled_from(
    [refused(text) for text, _, _ in REPAIRS.values()]
    + [refused(CHAT), UNKNOWN, NOBODY, refused("top_p and temperature are unknown", None, ""), refused("", 422, "")]
)


@examples(25)
@given(st.lists(ANY, min_size=20, max_size=20))
def test_any_series_of_rejections_ends_after_a_few_different_attempts(events):
    turn = Turn(plan(fallback=OTHER))
    for event in events:
        turn.feed(event)

    assert turn.machine.ended
    assert len(turn.attempts) <= 12
    sent = [(repr(attempt.request.body), attempt.request.endpoint) for attempt in turn.attempts]
    assert len(set(sent)) == len(sent)
    assert all(attempt.request.body.input == (QUESTION,) for attempt in turn.attempts)


def test_only_changes_that_concern_the_person_are_reported():
    sent = UpstreamRequest(replace(BODY, reasoning={"effort": "xhigh"}))
    assert status_of(Lesson("effort", "high", "xhigh"), sent) == EffortAdjusted("xhigh", "high")
    assert status_of(Lesson("reasoning"), sent) == EffortLeftOut()
    assert status_of(Lesson("cache_control"), sent) is None


def test_each_attempt_sends_the_reasoning_its_endpoint_accepts():
    thought = {"type": "reasoning", "summary": [], CHAT_DETAILS: [{"index": 0}]}
    turn = Turn(plan(replace(FULL, input=(*FULL.input, thought))))
    turn.feed(refused(CHAT))
    assert [(sent.request.endpoint, thought in sent.request.body.input) for sent in turn.attempts] == [
        (Endpoint.RESPONSES, False),
        (Endpoint.CHAT, True),
    ]


# --- refused history in later rounds ---------------------------------------------------------------------------


def with_a_tool() -> Turn:
    turn = Turn(TurnPlan(UpstreamRequest(BODY), ERROR_ID, runnable=frozenset({"look"})))
    sealed = {"type": "reasoning", "id": "rs_000001", "summary": [], "encrypted_content": "gAAA"}
    turn.feed(*done(sealed, call(name="unknown")), completed())
    return turn


def kinds_sent(turn: Turn) -> list[list[str]]:
    return [[item["type"] for item in attempt.request.body.input] for attempt in turn.attempts]


def test_thinking_of_this_turn_that_is_refused_is_left_out_of_its_next_request():
    turn = with_a_tool()
    turn.feed(refused("The encrypted content for item rs_000001 could not be verified."))
    turn.feed(*answer())
    assert kinds_sent(turn)[1:] == [
        ["message", "reasoning", "function_call", "function_call_output"],
        ["message", "function_call", "function_call_output"],
    ]
    assert [lesson.what for lesson in lessons(turn)] == ["thinking"]
    assert turn.text == "Yes."


def test_results_of_tools_go_as_text_when_nothing_else_is_taken_and_no_call_runs_again():
    turn = with_a_tool()
    turn.feed(refused("messages.1.content.0: Invalid `signature` in `thinking` block"))
    turn.feed(refused("messages.1: Expected `thinking` or `redacted_thinking`, but found `tool_use`"))
    turn.feed(*answer())
    assert kinds_sent(turn)[-1] == ["message", "message", "message"]
    assert [lesson.what for lesson in lessons(turn)] == ["thinking", "history"]
    assert len(turn.attempts) == 4


def test_a_fault_is_shown_when_even_the_plain_text_is_refused():
    turn = with_a_tool()
    for _ in range(5):
        turn.feed(refused("Bad Request"))
    assert (turn.fault, len(turn.attempts), lessons(turn)) == ("BAD_REQUEST", 3, [])
