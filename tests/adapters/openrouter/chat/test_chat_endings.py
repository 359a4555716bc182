"""Endings in the words of providers: a normal end, a limit, a filter, or a failure."""

import pytest

from adapters.openrouter.responses.events import read_frame
from domain.faults.classify import fault_of_problem
from ports.response_events import ResponseEnded, ResponseStatus
from tests.adapters.openrouter.chat.chat_chunks import NOW, bill, chunk, ends, says, translate

FILTERED = [
    "RECITATION",
    "BLOCKLIST",
    "SPII",
    "PROHIBITED_CONTENT",
    "IMAGE_SAFETY",
    "sensitive",
    "guardrail_intervened",
]
FAILED = ["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "network_error", "insufficient_system_resource"]


def ended(finish: str | None, native: str | None, *frames: dict) -> ResponseEnded:
    last = chunk()
    last["choices"][0] |= {"finish_reason": finish, "native_finish_reason": native}
    (end,) = ends(translate(*frames, last, bill(), "[DONE]"))
    return end


@pytest.mark.parametrize("native", FILTERED)
@pytest.mark.parametrize("finish", ["stop", None, "native"])
def test_what_a_provider_filters_is_filtered_whatever_the_finish_reason_says(native, finish):
    end = ended(native if finish == "native" else finish, native)
    assert (end.status, end.reason) == (ResponseStatus.INCOMPLETE, "content_filter")


@pytest.mark.parametrize("native", [name for name in FILTERED if name.isupper()])
def test_an_answer_that_the_filter_ended_as_an_error_is_moderation(native):
    end = ended("error", native)
    assert end.problem is not None
    assert fault_of_problem(end.problem).kind.name == "MODERATED"


@pytest.mark.parametrize("native", FAILED)
@pytest.mark.parametrize("finish", ["stop", "native"])
@pytest.mark.parametrize("frames", [(), (says("Let me look."),)])
def test_a_broken_call_or_connection_is_a_failure_that_is_named(native, finish, frames):
    end = ended(native if finish == "native" else finish, native, *frames)
    assert end.status is ResponseStatus.FAILED
    assert end.problem is not None
    assert native in end.problem.text
    assert fault_of_problem(end.problem).kind.name == "SERVER"


def test_a_window_that_is_full_is_a_limit():
    assert ended("model_context_window_exceeded", None).reason == "max_output_tokens"


@pytest.mark.parametrize("native", ["STOP", "end_turn", "completed", "eos", None])
def test_a_normal_end_stays_one(native):
    assert ended("stop", native, says("Hello")).status is ResponseStatus.COMPLETED


@pytest.mark.parametrize(
    ("reason", "expected"),
    [*((name, "content_filter") for name in FILTERED), ("max_tokens", "max_output_tokens"), ("made_up", "made_up")],
)
def test_an_incomplete_response_may_have_a_providers_reason(reason, expected):
    response = {"status": "incomplete", "incomplete_details": {"reason": reason}, "output": []}
    end = read_frame({"type": "response.incomplete", "response": response}, "", lambda: NOW)
    assert isinstance(end, ResponseEnded)
    assert (end.status, end.reason) == (ResponseStatus.INCOMPLETE, expected)


@pytest.mark.parametrize("reason", FAILED)
def test_an_incomplete_response_whose_reason_is_a_failure_has_failed(reason):
    response = {"status": "incomplete", "incomplete_details": {"reason": reason}, "output": []}
    end = read_frame({"type": "response.incomplete", "response": response}, "", lambda: NOW)
    assert isinstance(end, ResponseEnded)
    assert (end.status, end.problem is not None) == (ResponseStatus.FAILED, True)
