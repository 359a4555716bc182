"""An answer from somewhere else means the address; an answer of the API never does."""

import pytest

from domain.faults.address import answer_of
from domain.faults.causes import AddressAnswer
from domain.faults.classify import fault_of_problem
from domain.faults.fault import FaultKind
from ports.response_events import ErrorForm, UpstreamProblem

NOWHERE = (
    "Not Found",
    "404 page not found",
    "404 Not Found",
    "Invalid URL (POST /v1/chat/completions/responses)",
    "Unknown request URL: POST /responses. Please check the URL for typos",
    "Unrecognized request URL (POST: /responses)",
    "no Route matched with those values",
    "Cannot POST /responses",
    "Resource not found",
    "Route not found",
    "The requested URL was not found on the server. If you entered the URL manually please check your spelling",
)
FROM_THE_API = (
    "No endpoints found for a/b",
    "No endpoints found matching your data policy",
    "Model not found: a/b",
    "The model `x` does not exist or you do not have access to it.",
)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_about_the_address(status):
    fault = fault_of_problem(UpstreamProblem(status, "redirect", "redirected to https://login.example"))
    assert (fault.kind, fault.cause) == (FaultKind.BAD_ROUTE, AddressAnswer.REDIRECT)


@pytest.mark.parametrize("status", [400, 403, 404, 405, 410])
def test_a_web_page_is_about_the_address(status):
    assert answer_of(UpstreamProblem(status, "", "Sign in", form=ErrorForm.PAGE)) is AddressAnswer.WEB_PAGE


@pytest.mark.parametrize("status", [401, 408, 413, 429, 500, 502, 503, 520, 524, None])
def test_a_page_of_the_edge_in_front_of_the_api_is_not(status):
    assert answer_of(UpstreamProblem(status, "", "Bad gateway", form=ErrorForm.PAGE)) is None


@pytest.mark.parametrize("form", [ErrorForm.OBJECT, ErrorForm.OTHER])
@pytest.mark.parametrize("text", NOWHERE)
def test_a_path_that_does_not_exist_is_about_the_address(text, form):
    assert answer_of(UpstreamProblem(404, "404", text, form=form)) is AddressAnswer.NOT_FOUND


@pytest.mark.parametrize("text", FROM_THE_API)
def test_a_model_that_does_not_exist_is_not(text):
    assert answer_of(UpstreamProblem(404, "not_found", text)) is None


@pytest.mark.parametrize("status", [400, 401, 402, 429, 500, None])
def test_other_plain_refusals_are_not(status):
    assert answer_of(UpstreamProblem(status, "", "Not Found", form=ErrorForm.OTHER)) is None


@pytest.mark.parametrize("text", NOWHERE)
def test_what_the_api_repeats_of_a_provider_is_not(text):
    assert answer_of(UpstreamProblem(404, "404", text, provider="Acme")) is None
