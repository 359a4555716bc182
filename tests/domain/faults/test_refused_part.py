"""Which part of a request was refused, so that the advice fits; only length leads to advice about length."""

import pytest

from domain.faults.causes import RefusedPart
from domain.faults.classify import fault_of_problem
from domain.faults.fault import FaultKind
from domain.faults.refused_part import is_too_long
from ports.response_events import UpstreamProblem
from tests.tables import each

LENGTH = (
    "This endpoint's maximum context length is 8192 tokens. However, you requested about 9000 tokens",
    "prompt is too long: 214000 tokens > 200000 maximum",
    "Your input exceeds the context window of this model.",
    "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    "Please reduce the length of the messages or completion.",
    "Too many tokens in prompt",
    "the request exceeds the available context size",
    "Invalid 'messages[0].content': string too long. Expected a string with maximum length 1048576",
    "Invalid 'input[3].content[0].text': string too long. Expected a string with maximum length 10485760",
    "Invalid 'input[3].output': string too long. Expected a string with maximum length 10485760",
    "Prompt exceeds max length",
    "Input length 140000 exceeds the maximum length 131072",
    "The total number of tokens (140000) exceeds the limit of 131072",
    "Total tokens of image and text exceed max message tokens.",
    "the request exceeds the model's maximum sequence length 8192",
)
OTHER_LENGTHS = (
    "Invalid 'input[3].call_id': string too long. Expected a string with maximum length 64",
    "Invalid 'messages[3].tool_calls[0].id': string too long. Expected a string with maximum length 40",
    "The function name exceeds max length of 64 characters",
    "metadata value exceeds maximum length of 512",
    "This request would exceed the limit of 30000: number of input tokens per minute (TPM). Rate limit.",
    "This request exceeds the number of input tokens per minute",
)
PARTS = (
    ("Invalid 'tools': array too long. Expected an array with maximum length 128", RefusedPart.TOOLS),
    ("Invalid 'tools[0].function.name': string too long. Expected maximum length 64", RefusedPart.TOOLS),
    ("Invalid schema for function 'x': array schema missing items", RefusedPart.TOOLS),
    ("Could not process image", RefusedPart.PICTURES),
    ("messages.0.content.1.image.source.base64: invalid base64 data", RefusedPart.PICTURES),
    ("The PDF specified was not valid.", RefusedPart.FILES),
    ("max_tokens: 64000 > 8192, which is the maximum allowed", RefusedPart.OUTPUT_LIMIT),
    ("`thinking.budget_tokens` must be at least 1024", RefusedPart.REASONING),
    ("Unsupported value: 'temperature'", None),
    ("", None),
)


@each("status", [400, 413, 422])
@each("text", LENGTH)
def test_length_is_recognised_in_the_words_of_providers(text, status):
    assert fault_of_problem(UpstreamProblem(status, "", text)).kind is FaultKind.CONTEXT_LENGTH


@pytest.mark.parametrize("text", OTHER_LENGTHS)
def test_the_length_of_an_id_a_name_or_of_a_minute_is_not_that_of_the_conversation(text):
    assert fault_of_problem(UpstreamProblem(400, "", text)).kind is FaultKind.BAD_REQUEST


def test_providers_left_out_for_their_context_alone_are_a_matter_of_length():
    nowhere = UpstreamProblem(404, "no_endpoints", "No endpoints found.", reasons=("context_length",))
    assert fault_of_problem(nowhere).kind is FaultKind.CONTEXT_LENGTH
    other = UpstreamProblem(404, "no_endpoints", "No endpoints found.", reasons=("context_length", "data_policy:zdr"))
    assert fault_of_problem(other).kind is FaultKind.NOT_FOUND


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize(("text", "part"), PARTS)
def test_another_part_is_named_and_never_the_length(text, part, status):
    fault = fault_of_problem(UpstreamProblem(status, "string_too_long" if "too long" in text else "", text))
    assert (fault.kind, fault.cause) == (FaultKind.BAD_REQUEST, part)


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("image_too_large", RefusedPart.PICTURES),
        ("unsupported_image_format", RefusedPart.PICTURES),
        ("max_tokens_exceeded", RefusedPart.OUTPUT_LIMIT),
        ("invalid_request", None),
    ],
)
def test_upstreams_kind_decides_before_its_words(kind, part):
    assert fault_of_problem(UpstreamProblem(400, kind, "")).cause is part


def test_an_id_that_is_too_long_is_not_the_length_of_the_conversation():
    words = "Invalid 'input[1].call_id': string too long. Expected a string with maximum length 64"
    assert not is_too_long(UpstreamProblem(400, "", words), 400)
