"""The operator's engine for PDF files is named when one is sent."""

from dataclasses import replace
from typing import Any

import pytest

from domain.conversation.resolved_parts import ResolvedPart
from domain.request.body import Prepared, build
from domain.request.intake import Intake
from domain.request.turn_request import Parameters
from tests.domain.services.stage import REQUEST
from tests.examples_media import PDF, asked, data_url

ENGINE = {"id": "file-parser", "pdf": {"engine": "pdf-text"}}


def plugins(part: dict[str, object], engine: str = "pdf-text", **named: Any) -> tuple[object, ...]:
    messages = (asked(ResolvedPart({"type": "input_file", "filename": "a", **part})),)
    request = replace(REQUEST, messages=messages, intake=Intake(pdf_engine=engine), parameters=Parameters(**named))
    made = build(request, "maker/model", None)
    assert isinstance(made, Prepared)
    return made.request.body.plugins


@pytest.mark.parametrize(
    "part",
    [
        {"file_data": data_url(PDF, "application/pdf")},
        {"file_url": "https://a.example/report.PDF?key=1"},
        {"file_id": "file-1", "filename": "report.pdf"},
    ],
)
def test_engine_is_named_for_a_pdf(part: dict[str, object]) -> None:
    assert plugins(part) == (ENGINE,)
    assert plugins(part, "") == ()


@pytest.mark.parametrize("part", [{"file_data": data_url(b"hi", "text/plain"), "filename": "a.pdf"}, {"file_id": "f"}])
def test_other_files_need_no_engine(part: dict[str, object]) -> None:
    assert plugins(part) == ()


def test_engine_of_a_request_goes_first() -> None:
    own = {"id": "file-parser", "pdf": {"engine": "native"}}
    assert plugins({"file_data": data_url(PDF, "application/pdf")}, plugins=(own,)) == (own,)
