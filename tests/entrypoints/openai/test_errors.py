"""A fault as OpenAI clients read it."""

import pytest

from domain.faults.fault import Fault, FaultKind
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
