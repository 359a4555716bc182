"""Chunks written as lines for the host to pass on."""

import json

import pytest

from entrypoints.openai.frames import ChunkHead, chunk
from entrypoints.openwebui.present.lines import as_line, text_line


@pytest.mark.parametrize("text", ["a", "\u00fc \U0001f600", "a\u2028b\u2029c\x85d\ne", ""])
def test_a_chunk_becomes_one_line_with_the_same_content(text):
    line = as_line({"choices": [{"delta": {"content": text}}]})
    assert isinstance(line, str)
    assert line.splitlines() == [line]
    assert json.loads(line.removeprefix("data: ")) == {"choices": [{"delta": {"content": text}}]}


@pytest.mark.parametrize("model", ["sim/echo", 'a "<text>" b', "\u2028", "", "\udfff"])
@pytest.mark.parametrize("text", ["a", "\u00fc \U0001f600", "a\u2028b\u2029c\x85d\ne", "", '"<text>"', "\ud800"])
def test_a_text_is_written_as_its_chunk_would_be(model, text):
    head = ChunkHead("chatcmpl-1", model, 1)
    assert text_line(head)(text) == as_line(chunk(head, {"content": text}).payload)


def test_a_line_is_unchanged():
    assert as_line("data: [DONE]") == "data: [DONE]"


def test_a_chunk_that_cannot_be_encoded_is_left_to_the_host():
    assert as_line({"content": "\ud800"}) == {"content": "\ud800"}
