"""The numbers of a refusal for length, in the words of providers."""

import pytest

from domain.faults.classify import fault_of_problem
from domain.faults.fault import FaultKind
from domain.request.stated_length import StatedLength, stated_length
from ports.response_events import Quoted, UpstreamProblem
from tests.tables import each

OPENROUTER = (
    "This endpoint's maximum context length is 40960 tokens. However, you requested about 46189 tokens (5229 of text "
    'input, 40960 in the output). Please reduce the length of either one, or use the "middle-out" transform.'
)
STATED = {
    OPENROUTER: StatedLength(40960, 5229, 40960),
    "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (904 in the messages, 4096 "
    "in the completion). Please reduce the length of the messages or completion.": StatedLength(4096, 904, 4096),
    "Requested token count exceeds the model's maximum context length of 4096 tokens. You requested a total of 6000 "
    "tokens: 5000 tokens from the input messages and 1000 tokens for the completion.": StatedLength(4096, 5000, 1000),
    "This model's maximum context length is 128000 tokens. However, your messages resulted in 140000 tokens. Please "
    "reduce the length of the messages.": StatedLength(128000, 140000),
    "Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300123 tokens.": StatedLength(
        272000, 300123
    ),
    "prompt is too long: 214000 tokens > 200000 maximum": StatedLength(200000, 214000),
    "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000, decrease input length or "
    "`max_tokens` and try again": StatedLength(200000, 188240, 21333),
    "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).": StatedLength(
        1048576, 1200000
    ),
    "The input token count exceeds the maximum number of tokens allowed 1048576.": StatedLength(1048576),
    "This model's maximum prompt length is 131072 but the request contains 537812 tokens.": StatedLength(
        131072, 537812
    ),
    "Prompt contains 41000 tokens and 0 draft tokens, too large for model with 32768 maximum context length": (
        StatedLength(32768, 41000)
    ),
    "Invalid request: Your request exceeded model token limit: 131072 (requested: 140000)": StatedLength(
        131072, 140000
    ),
    "Please reduce the length of the messages or completion. Current length is 9000 while limit is 8192": (
        StatedLength(8192, 9000)
    ),
    "The prompt is too long: 200000, model maximum context length: 131071": StatedLength(131071, 200000),
    "The decoder prompt (length 5000) is longer than the maximum model length of 4096.": StatedLength(4096, 5000),
    "The input (5000 tokens) is longer than the model's context length (4096 tokens).": StatedLength(4096, 5000),
    "request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it": StatedLength(
        4096, 5000
    ),
    "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193. Given: 8000 `inputs` tokens and 500 "
    "`max_new_tokens`": StatedLength(8193, 8000, 500),
    "Range of input length should be [1, 98304]": StatedLength(98304),
    "Input length 140000 exceeds the maximum length 131072": StatedLength(131072, 140000),
    "The total number of tokens (140,000) exceeds the limit of 131,072": StatedLength(131072, 140000),
    "tokens in request more than max tokens allowed: 140000 > 131072": StatedLength(131072, 140000),
    "total number of tokens in the prompt cannot exceed 4081 - received 4292.": StatedLength(4081, 4292),
    "length of prompt_tokens (57535) must be less than max_seq_len (32768).": StatedLength(32768, 57535),
    "max_total_tokens (33802) must be less than or equal to max_seq_len (32768)": StatedLength(32768),
    "Input validation error: `inputs` must have less than 4096 tokens. Given: 5000": StatedLength(4096, 5000),
    "InternalError.Algo.InvalidParameter: Total message token length exceed model limit. (max 131072)": StatedLength(
        131072
    ),
    "Total tokens of the request (300000) exceed the context limit (262144)": StatedLength(),
    "the request exceeds the available context size": StatedLength(),
    "Input is too long for requested model.": StatedLength(),
    "Your input exceeds the context window of this model. Please adjust your input and try again.": StatedLength(),
    "invalid params, context window exceeds limit (2013)": StatedLength(),
    "Prompt exceeds max length": StatedLength(),
}


@pytest.mark.parametrize(("text", "stated"), STATED.items())
def test_numbers_are_read_from_the_words_of_providers(text: str, stated: StatedLength) -> None:
    assert stated_length(UpstreamProblem(400, "", text), "maker/model") == stated


@each("text", STATED)
@each("status", [400, 413, None])
def test_all_of_these_words_are_a_refusal_for_length(text: str, status: int | None) -> None:
    assert fault_of_problem(UpstreamProblem(status, "", text)).kind is FaultKind.CONTEXT_LENGTH


def test_the_words_may_stand_in_the_error_that_is_quoted() -> None:
    quoted = Quoted(code="context_length_exceeded", text=OPENROUTER)
    problem = UpstreamProblem(400, "invalid_request", "Provider returned error", quoted=quoted)
    assert fault_of_problem(problem).kind is FaultKind.CONTEXT_LENGTH
    assert stated_length(problem, "maker/model") == StatedLength(40960, 5229, 40960)


def test_a_number_in_the_name_of_the_model_is_no_limit() -> None:
    problem = UpstreamProblem(400, "", "maximum context length of maker/model-32768 exceeded")
    assert stated_length(problem, "maker/model-32768") == StatedLength()
