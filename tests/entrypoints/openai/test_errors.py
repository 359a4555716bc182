"""A fault as OpenAI clients read it."""

import pytest

from domain.faults.causes import AskedFor, RefusedPart, TooManyTools
from domain.faults.facts import FaultFacts
from domain.faults.fault import Fault, FaultKind
from entrypoints.openai.completions_body import read_completions_body
from entrypoints.openai.errors import error_object, headers_of
from entrypoints.sentences.faults import advice, happened

ERROR_ID = "00000000000000e1"


def test_error_object_has_the_fields_openai_clients_read_and_the_id() -> None:
    fault = Fault(FaultKind.RATE_LIMITED, detail="slow down", status=429, retry_after=2.2)

    assert error_object(fault, ERROR_ID) == {
        "message": f"{happened(fault)} {advice(fault)} (slow down) [error id {ERROR_ID}]",
        "type": "rate_limit_error",
        "code": "rate_limit_exceeded",
        "param": None,
        "error_id": ERROR_ID,
        "retry_after": 3,
    }


@pytest.mark.parametrize(
    ("kind", "status", "name"),
    [
        (FaultKind.NO_KEY, None, "authentication_error"),
        (FaultKind.BAD_KEY, 401, "authentication_error"),
        (FaultKind.CREDITS, 402, "insufficient_quota"),
        (FaultKind.RATE_LIMITED, None, "rate_limit_error"),
        (FaultKind.FILTERED_MODEL, None, "permission_error"),
        (FaultKind.BAD_MESSAGES, 400, "invalid_request_error"),
        (FaultKind.UNKNOWN_MODEL, None, "invalid_request_error"),
        (FaultKind.UNREACHABLE, None, "server_error"),
    ],
)
def test_error_object_names_the_type_openai_clients_know(kind: FaultKind, status: int | None, name: str) -> None:
    assert error_object(Fault(kind, status=status), ERROR_ID)["type"] == name


def test_wait_is_also_a_header_in_whole_seconds() -> None:
    assert headers_of(Fault(FaultKind.BUSY, retry_after=4.01)) == {"Retry-After": "5"}
    assert headers_of(Fault(FaultKind.BUSY)) == {}


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        (read_completions_body({"model": "a/b", "messages": 3}), "messages"),
        (read_completions_body({"messages": []}), "model"),
        (Fault(FaultKind.UNKNOWN_MODEL), "model"),
        (Fault(FaultKind.CONTEXT_LENGTH), "messages"),
        (Fault(FaultKind.BAD_REQUEST, cause=AskedFor.SEVERAL_ANSWERS), "n"),
        (Fault(FaultKind.BAD_REQUEST, cause=TooManyTools(200, 128)), "tools"),
        (Fault(FaultKind.BAD_REQUEST, cause=RefusedPart.OUTPUT_LIMIT), "max_tokens"),
        (Fault(FaultKind.BAD_REQUEST, detail="input[0]: invalid"), None),
        (Fault(FaultKind.RATE_LIMITED), None),
    ],
)
def test_the_error_names_the_field_at_fault(fault: object, field: str | None) -> None:
    assert isinstance(fault, Fault)
    assert error_object(fault, ERROR_ID)["param"] == field


def test_a_name_of_a_field_is_one_short_line() -> None:
    fault = Fault(FaultKind.BAD_REQUEST, facts=FaultFacts(field="a\u202e\n" * 500))
    field = error_object(fault, ERROR_ID)["param"]
    assert len(field) <= 300
    assert field.isprintable()
