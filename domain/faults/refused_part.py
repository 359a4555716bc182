"""Recognise which part of a request upstream refused, and whether its length is the cause.

Upstream's kind decides first, then the words of providers. Source: OpenRouter API reference, canonical error types;
public reports of OpenAI, Anthropic, Google, Mistral, DeepSeek, vLLM and llama.cpp.
"""

import re

from domain.faults.causes import RefusedPart
from domain.faults.makers import WRAPPING
from ports.response_events import UpstreamProblem

_LENGTH_KINDS = frozenset({"context_length_exceeded", "token_limit_exceeded"})
_EXCLUDED = "context_length"
_LENGTH_STATUSES = frozenset({None, 400, 404, 413, 422}) | WRAPPING
_LENGTH = re.compile(
    r"context[ _-]?(?:length|window|size)|maximum context"
    r"|(?:prompt|input|conversation|messages?) (?:is|are) too (?:long|large)"
    r"|too many (?:input |prompt )?tokens|reduce the length of the (?:messages|prompt|input)"
    r"|(?:input|prompt) (?:tokens?|token count|length)\b.{0,60}\bexceed|exceeds? .{0,40}\b(?:number of|input) tokens"
    r"|(?:messages|input)\[[^ ]{0,40}(?:content|output|text|arguments)[^ ]{0,20} string too long"
    r"|exceeded model token limit|range of input length|maximum (?:supported )?sequence length"
    r"|(?:prompt|input|context|conversation|messages?|request) exceeds? (?:the )?max(?:imum)? length"
    r"|token limit exceeded|exceeds? max message tokens|total number of tokens .{0,30}\bexceeds? the limit"
    r"|max tokens allowed: \d"
    r"|inputs?[`'\"]? tokens \+ [`'\"]?max_new_tokens|maximum (?:prompt|model) length|current length is \d+ while limit"
    r"|tokens in the prompt cannot exceed|tokens\b.{0,40} less than (?:or equal to )?max_seq_len"
    r"|token length exceeds? (?:the )?model limit|\btokens?\b.{0,60}\bexceeds? the context limit"
    r"|inputs?[`'\"]? must have less than \d+ tokens",
)
_OF_TIME = re.compile(r"rate limit|tokens per (?:min|hour|day|second)|\btpm\b")
"""Tokens of many requests together: a shorter one is no answer to that."""
_IMAGE_KINDS = frozenset({"invalid_image", "unsupported_image_format", "image_download_failed", "image_not_found"})
PICTURES = re.compile(r"\bimages?\b|\bpictures?\b|image_url|input_image")
FILES = re.compile(r"\bpdfs?\b|\bfiles?\b|\bdocuments?\b|file_data|input_file")
"""How refusals name these media, in lower case."""
_WORDS = (
    (RefusedPart.TOOLS, re.compile(r"\btools?\b|tools?[\[._]|function_declarations|function\.parameters|\bschema\b")),
    (RefusedPart.PICTURES, PICTURES),
    (RefusedPart.FILES, FILES),
    (RefusedPart.OUTPUT_LIMIT, re.compile(r"max_(?:completion_|output_|new_)?tokens|maxoutputtokens")),
    (RefusedPart.REASONING, re.compile(r"\breasoning|\bthinking\b|budget_tokens")),
)


def is_too_long(problem: UpstreamProblem, status: int | None) -> bool:
    """Return whether the conversation is longer than the model can read."""
    if problem.kind in _LENGTH_KINDS or problem.quoted.code in _LENGTH_KINDS:
        return True
    if set(problem.reasons) == {_EXCLUDED}:  # no provider is left whose context is long enough
        return True
    text = f"{problem.text} {problem.quoted.text}".lower()
    if "exceed context limit" in text:  # both together: the answer may be made shorter
        return status in _LENGTH_STATUSES
    # "max_tokens is too large ... context length": the limit of the answer is refused, not the conversation
    if status not in _LENGTH_STATUSES or "max_tokens" in text.partition("context")[0][:40]:
        return False
    if problem.kind == "string_too_long" and not text.strip():
        return True
    return _LENGTH.search(text) is not None and not _OF_TIME.search(text)


def refused_part(problem: UpstreamProblem) -> RefusedPart | None:
    """Return the part that a refusal names first; None if it names none."""
    if problem.kind in _IMAGE_KINDS or problem.kind.startswith("image_"):
        return RefusedPart.PICTURES
    if problem.kind == "max_tokens_exceeded":
        return RefusedPart.OUTPUT_LIMIT
    text = problem.text.lower()
    found = [(match.start(), part) for part, words in _WORDS if (match := words.search(text))]
    return min(found, key=lambda one: one[0])[1] if found else None
