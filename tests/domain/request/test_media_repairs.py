"""Media that upstream refuses are left out of everything but the person's newest message."""

from typing import Any

import pytest

from domain.conversation.left_out import Flaw, LeftOut
from domain.conversation.media_kinds import Medium
from domain.request.media_repairs import left_by
from domain.request.repair import Lesson, applied, lesson_of
from ports.response_events import Quoted, UpstreamProblem
from ports.responses import ResponsesBody, UpstreamRequest
from tests.tables import each

PICTURE = {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="}
FILE = {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}
NO_PICTURE = {"type": "input_text", "text": "[image left out: the provider refused it]"}
NO_FILE = {"type": "input_text", "text": "[file 'a.pdf' left out: the provider refused it]"}
CALL = {"type": "function_call", "call_id": "c", "name": "look", "arguments": "{}"}


def asked(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Why?"}, *parts]}


def output(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": "c", "output": [*parts]}


def sent(*items: dict[str, Any]) -> UpstreamRequest:
    return UpstreamRequest(ResponsesBody("maker/model", items))


def learned(words: str, request: UpstreamRequest, param: str = "") -> Lesson | None:
    return lesson_of(UpstreamProblem(400, "", words, quoted=Quoted(param=param)), request, frozenset())


@each("param", ["", "input[0].content[1].image_url", "messages[0].content"])
@each(
    "words",
    [
        "Could not process image",
        "messages.0.content.1.image.source.base64: image exceeds 5 MB maximum: 6000000 bytes > 5242880 bytes",
        "At least one of the image dimensions exceed max allowed size for many-image requests: 2000 pixels",
        "You uploaded an unsupported image.",
        "No endpoints found that support image input",
    ],
)
def test_pictures_of_earlier_messages_and_of_tools_are_left_out_and_nothing_else(words: str, param: str) -> None:
    request = sent(asked(PICTURE, FILE), asked(PICTURE), CALL, output(PICTURE))
    lesson = learned(words, request, param)
    assert lesson == Lesson("media", "image")
    assert applied(request, lesson).body.input == (asked(NO_PICTURE, FILE), asked(PICTURE), CALL, output(NO_PICTURE))
    assert left_by(request, lesson) == (LeftOut(Medium.IMAGE, Flaw.REFUSED),) * 2


@pytest.mark.parametrize(
    "words", ["The PDF specified was not valid.", "Failed to parse document", "input_file: no pages"]
)
def test_files_are_left_out_by_name(words: str) -> None:
    request = sent(asked(PICTURE, FILE), asked())
    lesson = learned(words, request)
    assert lesson == Lesson("media", "file")
    assert applied(request, lesson).body.input == (asked(PICTURE, NO_FILE), asked())
    assert left_by(request, lesson) == (LeftOut(Medium.FILE, Flaw.REFUSED, "a.pdf"),)


def test_of_several_kinds_that_named_first_is_left_out_then_the_other() -> None:
    request = sent(asked(PICTURE, FILE), asked())
    words = "a file of type image"
    first = learned(words, request)
    assert first == Lesson("media", "file")
    assert learned(words, applied(request, first)) == Lesson("media", "image")


def test_parts_of_no_known_form_stay() -> None:
    odd: list[Any] = ["text", None, {}, {"type": ["input_image"]}, {"type": 3}]
    request = sent({**output(), "output": [*odd, PICTURE]}, asked())
    lesson = learned("Could not process image", request)
    assert lesson is not None
    assert applied(request, lesson).body.input[0]["output"] == [*odd, NO_PICTURE]


def test_what_the_person_attached_last_stays() -> None:
    assert learned("Could not process image", sent(asked(), asked(PICTURE))) is None


def test_words_about_another_medium_leave_out_none() -> None:
    assert learned("Could not process image", sent(asked(FILE), asked())) is None
