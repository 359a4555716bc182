"""Chunks written as events for the host to pass on."""

import json

import pytest

from entrypoints.openai.frames import ChunkHead, chunk
from entrypoints.openwebui.present.lines import as_event, text_event


@pytest.mark.parametrize("text", ["a", "\u00fc \U0001f600", "a\u2028b\u2029c\x85d\ne", "", "\ud800"])
def test_a_chunk_becomes_one_event_with_the_same_content(text):
    event = as_event({"choices": [{"delta": {"content": text}}]})
    line, end = event[:-2], event[-2:]
    assert end == "\n\n"
    assert line.splitlines() == [line]
    assert event.encode()
    assert json.loads(line.removeprefix("data: ")) == {"choices": [{"delta": {"content": text}}]}


@pytest.mark.parametrize("model", ["sim/echo", 'a "<text>" b', "\u2028", "", "\udfff"])
@pytest.mark.parametrize("text", ["a", "\u00fc \U0001f600", "a\u2028b\u2029c\x85d\ne", "", '"<text>"', "\ud800"])
def test_a_text_is_written_as_its_chunk_would_be(model, text):
    head = ChunkHead("chatcmpl-1", model, 1)
    event = as_event(text_event(head)(text))
    assert event.splitlines() == [event[:-2], ""]
    assert event.encode()
    assert json.loads(event[6:]) == chunk(head, {"content": text}).payload


def test_a_line_gets_only_its_end():
    assert as_event("data: [DONE]") == "data: [DONE]\n\n"
