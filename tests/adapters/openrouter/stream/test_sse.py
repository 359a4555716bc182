"""The event stream format, for every split into reads."""

import itertools
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.openrouter.stream import sse
from adapters.openrouter.stream.sse import LONG_LINE, SseDecoder
from ports.responses import EventTooLarge

ENDS = (b"\n", b"\r", b"\r\n", b"\n\n")
FIELDS = (b"data: ", b"data:", b"data", b"datax: 1", b": comment", b":", b"event: x", b"id: 1", b"retry: 5")
TEXTS = (b'{"a":1}', b"\xc3\xa9", b"\xef\xbb\xbf", b" ", b"  two", b"[DONE]", b"\x00", b"\xf0\x9f\x98\x80")
PIECES = st.sampled_from(ENDS + FIELDS + TEXTS)
STREAMS = st.lists(PIECES, max_size=40).map(b"".join)
CUTS = st.lists(st.integers(0, 200), max_size=12)


@pytest.fixture(autouse=True, params=[LONG_LINE, 8], ids=["short lines", "long lines"])
def long_line(request, monkeypatch):
    monkeypatch.setattr(sse, "LONG_LINE", request.param)


def split(stream: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({min(cut, len(stream)) for cut in cuts} | {0, len(stream)})
    return [stream[a:b] for a, b in itertools.pairwise(places)]


def by_the_book(stream: bytes) -> tuple[list[bytes], bytes]:
    """Read a whole stream line by line as the WHATWG standard specifies; return also the unfinished event."""
    lines = re.split(rb"\r\n|\r|\n", stream.removeprefix(b"\xef\xbb\xbf"))
    unfinished = lines.pop()
    payloads, data = list[bytes](), list[bytes]()
    for line in lines:
        name, _, value = line.partition(b":")
        if not line and data:
            payloads.append(b"\n".join(data))
            data = []
        elif name == b"data":
            data.append(value.removeprefix(b" "))
    name, _, value = unfinished.partition(b":")
    return payloads, b"\n".join([*data, value.removeprefix(b" ")] if name == b"data" else data)


def feed_all(decoder: SseDecoder, reads: list[bytes]) -> list[bytes]:
    return [payload for read in reads for payload in decoder.feed(read)]


def decoded(reads: list[bytes]) -> tuple[list[bytes], bytes]:
    decoder = SseDecoder()
    return feed_all(decoder, reads), decoder.close()


@given(STREAMS, CUTS)
@example(b"data: 1\n\ndata: 2\n\n", [9])
@example(b"data: 1\r\n\r\ndata: 2\r\n\r\n", [8, 10])
@example(b"\xef\xbb\xbfdata: 1\n\n", [1, 2])
@example(b"data: 1\n\n\ndata: 2\n\n", [8])
def test_any_stream_is_read_as_the_standard_says_for_every_split(stream, cuts):
    assert decoded(split(stream, cuts)) == by_the_book(stream)


@given(STREAMS)
def test_any_stream_is_read_as_the_standard_says_byte_by_byte(stream):
    assert decoded([stream[place : place + 1] for place in range(len(stream))]) == by_the_book(stream)


@given(st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])), max_size=8), CUTS)
def test_plain_events_are_whole_when_characters_are_split(texts, cuts):
    stream = b"".join(f"data: {text}\n\n".encode() for text in texts)
    assert decoded(split(stream, cuts)) == ([text.encode() for text in texts], b"")


def test_lines_of_one_event_are_joined_by_a_line_feed():
    assert SseDecoder().feed(b"data: a\ndata:b\ndata\ndata:  c\n\n") == [b"a\nb\n\n c"]


def test_comments_and_unknown_fields_make_no_event():
    assert SseDecoder().feed(b": \n\nevent: x\nid: 1\nretry: 10\n\n:\n\n") == []


def test_a_carriage_return_and_its_line_feed_count_once_when_split_between_reads():
    decoder = SseDecoder()
    assert decoder.feed(b"data: a\r") == []
    assert decoder.feed(b"\ndata: b\r") == []
    assert decoder.feed(b"\n\r") == [b"a\nb"]
    assert decoder.feed(b"\ndata: c\n\n") == [b"c"]


def test_an_event_is_returned_as_soon_as_its_blank_line_arrives():
    decoder = SseDecoder()
    assert decoder.feed(b"data: a\r\r") == [b"a"]


def test_a_byte_order_mark_is_skipped_only_at_the_start():
    decoder = SseDecoder()
    assert decoder.feed(b"\xef") == []
    assert decoder.feed(b"\xbb\xbfdata: a\n\n\xef\xbb\xbfdata: b\n\n") == [b"a"]


def test_the_data_of_an_unfinished_event_is_returned_at_the_end():
    decoder = SseDecoder()
    assert decoder.feed(b'data: 1\n\ndata: {"a":\ndata: 1') == [b"1"]
    assert decoder.close() == b'{"a":\n1'


def test_nothing_is_returned_after_a_finished_event():
    decoder = SseDecoder()
    decoder.feed(b"data: 1\n\n: comment")
    assert decoder.close() == b""


@given(st.integers(0, 30), st.booleans(), CUTS)
def test_an_event_is_accepted_up_to_its_limit_for_every_split(size, two_lines, cuts):
    payload = b"x" * size
    if two_lines and size > 2:
        payload = b"x\n" + b"x" * (size - 2)
    stream = b"data: " + payload.replace(b"\n", b"\ndata: ") + b"\n\n"
    decoder = SseDecoder(limit=20)
    if size <= 20:
        assert feed_all(decoder, split(stream, cuts)) == [payload]
    else:
        with pytest.raises(EventTooLarge):
            feed_all(decoder, split(stream, cuts))


def test_events_before_one_that_is_too_large_are_still_returned():
    decoder = SseDecoder(limit=20)
    assert decoder.feed(b"data: a\n\ndata: " + b"x" * 21 + b"\n\n") == [b"a"]
    assert decoder.failure is not None
    with pytest.raises(EventTooLarge):
        decoder.feed(b"data: b\n\n")


def test_a_line_that_never_ends_is_refused_before_it_is_complete():
    decoder = SseDecoder(limit=1000)
    with pytest.raises(EventTooLarge):
        feed_all(decoder, [b"data: " + b"x" * 500] * 3)


def test_comments_of_any_length_take_no_memory():
    decoder = SseDecoder(limit=1000)
    for _ in range(100):
        decoder.feed(b": keep alive" + b"x" * 500)
    assert decoder.feed(b"\ndata: a\n\n") == [b"a"]
