"""Refusals as users report them: the repair changes what they are about, and nothing else."""

from dataclasses import replace

import pytest

from domain.request.lessons import Learner, Lessons, condition_of
from domain.request.repair import Lesson, applied, lesson_of
from ports.response_events import UpstreamProblem
from ports.responses import ResponsesBody, Route, UpstreamRequest
from tests.domain.request.test_repairs import ASKED, BODY, HISTORY, LOOK, SENT, WRITE, repaired
from tests.doubles.clock import FakeClock

RULES = {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "Be brief."}]}
MEMORY = {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "They like tea."}]}
SYSTEM_MIDWAY = replace(BODY, instructions="Be kind.", input=(RULES, *HISTORY[:-1], MEMORY, ASKED))


# --- system messages ---------------------------------------------------------------------------------------------

MISPLACED = [
    "System message must be at the beginning.",
    "Chat template error: System message must be at the beginning.",
    'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter.',
    "messages.67: role 'system' must precede an 'assistant' message or end the array",
    "invalid params, chat content has invalid message role: system (2013)",
    "invalid params, invalid chat setting (2013)",
    "messages[2].role: unknown variant `developer`, expected one of `system`, `user`, `assistant`, `tool`",
]


@pytest.mark.parametrize("words", MISPLACED)
def test_system_messages_become_one_at_the_start(words):
    lesson, body = repaired(words, UpstreamRequest(SYSTEM_MIDWAY))
    assert lesson == Lesson("instructions", "first")
    assert body.instructions == "Be kind.\n\nBe brief.\n\nThey like tea."
    assert body.input == (*HISTORY[:-1], ASKED)
    assert replace(body, instructions=SYSTEM_MIDWAY.instructions, input=SYSTEM_MIDWAY.input) == SYSTEM_MIDWAY


@pytest.mark.parametrize("words", MISPLACED)
def test_where_one_at_the_start_is_refused_its_words_go_with_the_persons(words):
    once = applied(UpstreamRequest(SYSTEM_MIDWAY), Lesson("instructions", "first"))
    lesson = lesson_of(UpstreamProblem(400, "", words), once, frozenset({"instructions first"}))
    assert lesson == Lesson("instructions")
    assert applied(once, lesson).body.instructions is None


def test_a_single_system_message_at_the_start_is_not_sent_again_as_it_was():
    lesson, body = repaired(MISPLACED[0], UpstreamRequest(replace(BODY, input=(RULES, *HISTORY))))
    assert lesson == Lesson("instructions")
    assert body.input[0]["content"][0]["text"] == "Be brief."


def test_what_was_learned_of_system_messages_holds_for_later_requests():
    lessons, learner = Lessons(FakeClock()), Learner(Route("https://openrouter.ai/api/v1", "key"))
    sent = UpstreamRequest(SYSTEM_MIDWAY)
    assert lessons.remember(learner, "maker/model", Lesson("instructions", "first"), condition_of(sent))
    assert lessons.apply(learner, sent).body.instructions == "Be kind.\n\nBe brief.\n\nThey like tea."


# --- tools -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        "Too many strict tools: The request includes 25 strict tools, which exceeds the maximum of 20.",
        "Schemas contains too many optional parameters (30), which would make grammar compilation inefficient. Reduce "
        "the number of optional parameters in your tool schemas (limit: 24).",
        "The compiled grammar is too large, which would cause performance issues. Simplify your tool schemas or reduce "
        "the number of strict tools.",
        "The specified schema produces a constraint that has too many states for serving.",
    ],
)
def test_what_strict_tools_need_together_is_too_much_so_none_stays_strict(words):
    many = tuple({**LOOK, "name": f"look_{number}"} for number in range(25))
    lesson, body = repaired(words, UpstreamRequest(replace(BODY, tools=(*many, WRITE))))
    assert lesson is not None
    assert lesson.what == "loose_tools"
    assert [tool["strict"] for tool in body.tools] == [False] * 26
    assert [tool["name"] for tool in body.tools] == [*(tool["name"] for tool in many), "write_file"]


@pytest.mark.parametrize("prefix", ["request.", "GenerateContentRequest.", ""])
def test_googles_list_of_functions_is_not_the_first_of_them(prefix):
    words = (
        'Invalid JSON payload received. Unknown name "propertyNames" at '
        f"'{prefix}tools[0].function_declarations[1].parameters.properties[1].value': Cannot find field."
    )
    lesson, body = repaired(words, UpstreamRequest(replace(BODY, tools=(LOOK, {**LOOK, "name": "find_pages"}))))
    assert lesson == Lesson("loose_tools", "find_pages")
    assert body.tools[0] == LOOK


# --- parameters --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (
            "Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length 5.",
            "stop",
        ),
        ("Argument not supported on this model: stop", "stop"),
        ("Invalid 'metadata.a': string too long. Expected a string with maximum length 512.", "metadata"),
        ("Invalid 'metadata': object has too many properties. Expected at most 16.", "metadata"),
        ("Invalid 'user': string too long. Expected a string with maximum length 64.", "user"),
    ],
)
def test_a_parameter_that_is_too_long_is_left_out(words, name):
    sent = UpstreamRequest(replace(BODY, metadata={"a": "b"}, user="somebody"))
    lesson, body = repaired(words, sent)
    assert lesson == Lesson("parameter", name)
    assert replace(body, **{name: getattr(sent.body, name)}) == sent.body


# --- media -------------------------------------------------------------------------------------------------------


def picture(address: str) -> dict:
    return {"type": "message", "role": "user", "content": [{"type": "input_image", "image_url": address}]}


def with_picture(address: str) -> UpstreamRequest:
    return UpstreamRequest(ResponsesBody("maker/model", (picture(address), *HISTORY[1:])))


UNREAD_LINKS = [
    "Cannot fetch content from the provided URL. Please ensure the URL is valid and accessible.",
    "<400> InternalError.Algo.InvalidParameter: The provided URL does not appear to be valid.",
    "Error while downloading https://x.example/a. Upstream status code: 404.",
]


@pytest.mark.parametrize("words", UNREAD_LINKS)
def test_a_linked_medium_of_an_earlier_message_that_cannot_be_read_is_left_out(words):
    lesson, body = repaired(words, with_picture("https://x.example/a.png"))
    assert lesson is not None
    assert lesson.what == "media"
    assert body.input[0]["content"][0]["type"] == "input_text"
    assert body.input[1:] == HISTORY[1:]


@pytest.mark.parametrize("words", UNREAD_LINKS)
def test_data_is_no_link(words):
    lesson, _ = repaired(words, with_picture("data:image/png;base64,iVBORw0KGgo="))
    assert lesson is None or lesson.what != "media"


@pytest.mark.parametrize("words", ["unsupported content type: image_url", "Unknown item type: input_image"])
def test_a_medium_that_is_named_as_a_type_goes_before_the_history(words):
    lesson, _ = repaired(words, with_picture("data:image/png;base64,iVBORw0KGgo="))
    assert lesson == Lesson("media", "image")


def test_the_history_follows_where_the_medium_was_not_it():
    problem = UpstreamProblem(400, "", "unsupported content type: image_url")
    lesson = lesson_of(problem, with_picture("data:image/png;base64,iVBORw0KGgo="), frozenset({"media image"}))
    assert lesson == Lesson("history")


# --- a bare 404 --------------------------------------------------------------------------------------------------


def test_without_a_provider_the_history_is_not_sent_as_text():
    assert lesson_of(UpstreamProblem(404, "", "No endpoints found for a/b."), SENT, frozenset()) is None


def test_an_item_that_is_not_found_is_still_mended():
    problem = UpstreamProblem(404, "", "Item with id 'msg_000000000001' not found.")
    assert lesson_of(problem, SENT, frozenset()) == Lesson("history")
