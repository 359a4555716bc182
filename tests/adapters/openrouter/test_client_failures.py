"""Every possible failure of an attempt becomes one typed error that says how far the attempt got."""

import asyncio
import gzip
import json
import socket
from contextlib import suppress

import pytest

from ports.response_events import ResponseEnded, ResponseStatus, StreamClosed, TextDelta
from ports.responses import (
    EventTooLarge,
    InvalidRoute,
    Limits,
    Reach,
    Refused,
    ResponsesBody,
    ResponsesError,
    Route,
    TimedOut,
    Unreachable,
    Unreadable,
    UpstreamCall,
    UpstreamRequest,
)
from tests.adapters.openrouter.scripted_upstream import (
    COMPLETED,
    STREAM_HEADERS,
    a_short_answer,
    delta,
    scripted,
    sse,
)
from tests.patience import PATIENCE

MESSAGE = {"type": "message", "role": "user", "content": "Hi"}


def call(url, *, stream=True, text="Hi", key="sk-test", **limits):
    body = ResponsesBody("a/b", ({**MESSAGE, "content": text},), stream=stream)
    return UpstreamCall(Route(url, key), UpstreamRequest(body), Limits(**limits))


async def attempt(client, upstream_call):
    """Return the events up to the end or the error, and the error."""
    events = []
    try:
        async with client.attempt(upstream_call) as batches:
            async for batch in batches:
                events += batch
    except ResponsesError as error:
        return events, error
    return events, None


async def failure(client, upstream_call):
    _, error = await attempt(client, upstream_call)
    assert error is not None
    return error


async def silence(visit):
    await visit.left()


# --- before anything was sent -----------------------------------------------------------------------------


async def test_a_refused_connection_was_never_sent(client):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    error = await failure(client, call(f"http://127.0.0.1:{port}"))
    assert isinstance(error, Unreachable)
    assert (error.reach, error.detail) == (Reach.NOT_SENT, "refused")


async def test_an_unknown_name_was_never_sent(client):
    error = await failure(client, call("http://no-such-host.invalid"))
    assert isinstance(error, Unreachable)
    assert (error.reach, error.detail) == (Reach.NOT_SENT, "DNS: name not found")


async def test_a_port_without_tls_was_never_sent(client):
    async def speak_plainly(reader, writer):
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(speak_plainly, "127.0.0.1", 0)
    error = await failure(client, call(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"))
    server.close()
    assert isinstance(error, Unreachable)
    assert (error.reach, error.detail) == (Reach.NOT_SENT, "TLS: no handshake")


async def test_a_handshake_that_times_out_was_never_sent(client):
    async with scripted(silence) as upstream:
        error = await failure(client, call(upstream.url.replace("http:", "https:"), connect=0.2))
    assert isinstance(error, TimedOut)
    assert (error.what, error.seconds, error.reach) == ("connect", 0.2, Reach.NOT_SENT)


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "ftp://host", "http://", "http://[", "http://host:notaport", "http://user:pw@127.0.0.1:9/api/v1"],
)
async def test_a_base_url_that_cannot_be_used_is_an_invalid_route(client, url):
    error = await failure(client, call(url))
    assert isinstance(error, InvalidRoute)
    assert "pw" not in str(error)


@pytest.mark.parametrize("key", ["sk\n", "sk-é", "sk\x00"])
async def test_a_key_that_a_header_cannot_contain_is_an_invalid_route(client, key):
    error = await failure(client, call("http://127.0.0.1:9", key=key))
    assert isinstance(error, InvalidRoute)
    assert key not in str(error)


async def test_a_pooled_connection_that_upstream_closed_while_the_loop_was_busy_is_not_reused(client):
    async def answer_and_close(visit):
        await a_short_answer(visit)
        visit.cut()

    async with scripted(answer_and_close, a_short_answer) as upstream:
        await attempt(client, call(upstream.url))
        async with asyncio.timeout(PATIENCE):
            while not upstream.visits[0].writer.transport.is_closing():
                await asyncio.sleep(0)
        _, error = await attempt(client, call(upstream.url))
    assert error is None
    assert upstream.connections == 2


async def test_a_body_that_upstream_never_read_in_full_was_never_sent(client):
    async def reset_before_reading(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.abort()

    server = await asyncio.start_server(reset_before_reading, "127.0.0.1", 0, limit=2**12)
    port = server.sockets[0].getsockname()[1]
    error = await failure(client, call(f"http://127.0.0.1:{port}", text="x" * 40_000_000))
    server.close()
    assert isinstance(error, Unreachable)
    assert error.reach is Reach.NOT_SENT


async def test_a_body_that_upstream_stops_reading_hits_the_idle_limit(client):
    async def take_nothing(reader, writer):
        writer.transport.pause_reading()
        await asyncio.sleep(3600)

    server = await asyncio.start_server(take_nothing, "127.0.0.1", 0, limit=2**12)
    port = server.sockets[0].getsockname()[1]
    error = await failure(client, call(f"http://127.0.0.1:{port}", text="x" * 40_000_000, idle_read=0.3))
    server.close()
    assert isinstance(error, TimedOut)
    assert (error.what, error.reach) == ("read", Reach.NOT_SENT)


# --- sent, no answer --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("way", "detail"), [("cut", "closed without an answer"), ("reset", "reset")])
async def test_a_connection_lost_after_the_body_was_sent_is_uncertain(client, way, detail):
    async def lose(visit):
        getattr(visit, way)()

    async with scripted(lose) as upstream:
        error = await failure(client, call(upstream.url))
    assert isinstance(error, Unreachable)
    assert (error.reach, error.detail) == (Reach.SENT, detail)


async def test_a_cut_after_the_headers_and_before_the_first_event_is_uncertain(client):
    async def lose(visit):
        await visit.head(200, STREAM_HEADERS)
        await visit.chunk(b": \n\n")
        visit.cut()

    async with scripted(lose) as upstream:
        events, error = await attempt(client, call(upstream.url))
    assert events == []
    assert error.reach is Reach.SENT


async def test_silence_after_the_body_was_sent_hits_the_idle_limit(client):
    async with scripted(silence) as upstream:
        error = await failure(client, call(upstream.url, idle_read=0.2))
    assert isinstance(error, TimedOut)
    assert (error.what, error.seconds, error.reach) == ("read", 0.2, Reach.SENT)


async def test_the_total_limit_ends_an_attempt(client):
    async with scripted(silence) as upstream:
        error = await failure(client, call(upstream.url, total=0.2, idle_read=None))
    assert isinstance(error, TimedOut)
    assert (error.what, error.seconds, error.reach) == ("total", 0.2, Reach.SENT)


async def test_something_that_is_not_http_is_unreadable(client):
    async def babble(visit):
        await visit.raw(b"SSH-2.0-OpenSSH\r\n\r\n")

    async with scripted(babble) as upstream:
        assert isinstance(await failure(client, call(upstream.url)), Unreadable)


# --- refused ----------------------------------------------------------------------------------------------


async def test_an_http_error_contains_the_message_of_upstream(client):
    async def refuse(visit):
        await visit.answer_json({"error": {"code": 429, "message": "slow down"}}, 429, Retry_After="7")

    async with scripted(refuse) as upstream:
        error = await failure(client, call(upstream.url))
    assert isinstance(error, Refused)
    problem = error.problem
    assert (problem.status, problem.text, problem.retry_after) == (429, "slow down", 7.0)


async def test_the_connection_of_an_http_error_is_reused(client):
    async def refuse(visit):
        await visit.answer_json({"error": {"message": "no"}}, 400)

    async with scripted(refuse, a_short_answer) as upstream:
        await failure(client, call(upstream.url))
        await attempt(client, call(upstream.url))
    assert upstream.connections == 1


async def test_an_error_body_that_never_ends_does_not_hang(client, monkeypatch):
    monkeypatch.setattr("adapters.openrouter.answers.ERROR_SECONDS", 0.1)

    async def refuse(visit):
        await visit.head(502, {"Content-Length": "1000"})
        await visit.raw(b"half")
        await visit.left()

    async with scripted(refuse) as upstream:
        error = await failure(client, call(upstream.url))
    assert error.problem.text == "half"


async def test_an_endless_error_body_is_read_only_in_part(client):
    async def refuse(visit):
        await visit.head(500, {"Content-Length": str(10**9)})
        with suppress(ConnectionError):
            while not visit.writer.is_closing():
                await visit.raw(b"x" * 65536)

    async with scripted(refuse) as upstream:
        assert len((await failure(client, call(upstream.url))).problem.text) == 2000


async def test_a_redirect_is_not_followed(client):
    async def redirect(visit):
        await visit.answer(307, b"", {"Location": "https://elsewhere.test/secret"})

    async with scripted(redirect) as upstream:
        error = await failure(client, call(upstream.url))
    assert (error.problem.status, error.problem.kind) == (307, "redirect")
    assert "https://elsewhere.test" in error.problem.text
    assert "secret" not in error.problem.text
    assert len(upstream.visits) == 1


@pytest.mark.parametrize("stream", [True, False])
async def test_an_error_under_status_200_is_refused_with_its_own_status(client, stream):
    async def refuse(visit):
        await visit.answer_json({"error": {"code": 402, "message": "no credits"}})

    async with scripted(refuse) as upstream:
        error = await failure(client, call(upstream.url, stream=stream))
    assert isinstance(error, Refused)
    assert (error.problem.status, error.problem.text) == (402, "no credits")


# --- unreadable -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html>maintenance</html>", "text/html"),
        (b"", "text/event"),
        (b"{broken", "application/json"),
        (b'{"models":[]}', "application/json"),
        (b"hello", "text/plain"),
    ],
)
async def test_a_200_that_is_neither_stream_nor_response_is_unreadable(client, body, kind):
    async def answer(visit):
        await visit.answer(200, body, {"Content-Type": kind})

    async with scripted(answer) as upstream:
        assert isinstance(await failure(client, call(upstream.url)), Unreadable)


# --- in the middle of a stream ----------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["cut", "reset"])
async def test_a_connection_lost_in_the_middle_still_returns_the_received_events(client, way):
    released = asyncio.Event()

    async def lose(visit):
        await visit.head(200, STREAM_HEADERS)
        await visit.frames(delta("a"))
        await released.wait()
        await visit.frames(delta("b"))
        await asyncio.sleep(0.05)
        getattr(visit, way)()
        visit.gone.set()

    async with scripted(lose) as upstream, client.attempt(call(upstream.url)) as batches:
        first = await anext(batches)
        released.set()
        async with asyncio.timeout(PATIENCE):
            await upstream.visits[0].gone.wait()
            await asyncio.sleep(0.05)
        second = await anext(batches)
        with pytest.raises(Unreachable) as caught:
            await anext(batches)
    assert [event.text for event in (*first, *second)] == ["a", "b"]
    assert caught.value.reach is Reach.STREAMING


async def test_broken_http_in_the_middle_is_an_error_instead_of_an_endless_wait(client):
    async def babble(visit):
        await visit.head(200, STREAM_HEADERS)
        await visit.frames(delta("a"))
        await heard.wait()
        await visit.raw(b"not a chunk\r\n\r\n")
        await visit.left()

    heard = asyncio.Event()
    async with scripted(babble) as upstream, client.attempt(call(upstream.url, idle_read=None)) as batches:
        await anext(batches)
        heard.set()
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(Unreachable) as caught:
                await anext(batches)
    assert caught.value.reach is Reach.STREAMING


async def test_silence_in_the_middle_hits_the_idle_limit(client):
    async def stall(visit):
        await visit.head(200, STREAM_HEADERS)
        await visit.frames(delta("a"))
        await visit.left()

    async with scripted(stall) as upstream:
        events, error = await attempt(client, call(upstream.url, idle_read=0.2))
    assert [event.text for event in events] == ["a"]
    assert (error.what, error.reach) == ("read", Reach.STREAMING)


async def test_the_total_limit_ends_a_stream(client):
    async def drip(visit):
        await visit.head(200, STREAM_HEADERS)
        while not visit.writer.is_closing():
            await visit.frames(delta("a"))
            await asyncio.sleep(0.01)

    async with scripted(drip) as upstream:
        events, error = await attempt(client, call(upstream.url, total=0.3, idle_read=None))
    assert events
    assert (error.what, error.reach) == ("total", Reach.STREAMING)


async def test_events_before_one_beyond_its_limit_are_returned_first(client):
    async def shout(visit):
        await visit.head(200, STREAM_HEADERS)
        await visit.chunk(sse(delta("a")) + b"data: " + b"x" * 3000)
        await visit.left()

    async with scripted(shout) as upstream:
        events, error = await attempt(client, call(upstream.url, event_bytes=2000))
    assert [event.text for event in events] == ["a"]
    assert isinstance(error, EventTooLarge)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("coding", "named"), [("gzip", "gzip"), ("deflate", "deflate"), (" BR ", "br"), ("x-y", "x-y")]
)
async def test_an_answer_compressed_without_request_is_refused_and_never_inflated(client, stream, coding, named):
    async def compress(visit):
        assert visit.asked.headers["Accept-Encoding"] == "identity"
        kind = "text/event-stream" if stream else "application/json"
        await visit.answer(200, gzip.compress(bytes(1_000_000)), {"Content-Type": kind, "Content-Encoding": coding})

    async with scripted(compress) as upstream:
        error = await failure(client, call(upstream.url, stream=stream))
    assert isinstance(error, Unreadable)
    assert f"compressed ({named})" in error.detail


async def test_an_error_compressed_without_request_keeps_its_status(client):
    async def compress(visit):
        await visit.answer(503, gzip.compress(bytes(1_000_000)), {"Content-Encoding": "gzip"})

    async with scripted(compress) as upstream:
        error = await failure(client, call(upstream.url))
    assert isinstance(error, Refused)
    assert error.problem.status == 503
    assert "\ufffd" not in error.problem.text


async def test_an_answer_with_identity_coding_is_read(client):
    async def say_so(visit):
        await visit.head(200, {**STREAM_HEADERS, "Content-Encoding": "identity"})
        await visit.frames(delta("a"), COMPLETED, "[DONE]")
        await visit.end()

    async with scripted(say_so) as upstream:
        _, error = await attempt(client, call(upstream.url))
    assert error is None


async def test_a_connection_lost_after_the_terminal_event_is_a_normal_end(client):
    async def lose(visit):
        await visit.head(200, STREAM_HEADERS)
        await visit.frames(delta("a"), COMPLETED)
        visit.cut()

    async with scripted(lose) as upstream:
        events, error = await attempt(client, call(upstream.url))
    assert error is None
    assert isinstance(events[-2], ResponseEnded)
    assert events[-1] == StreamClosed(said_done=False)


async def test_a_stream_that_just_ends_returns_the_unfinished_event(client):
    unfinished = json.dumps(COMPLETED).encode()

    async def stop(visit):
        await visit.head(200, STREAM_HEADERS)
        await visit.frames(delta("a"))
        await visit.chunk(b"data: " + unfinished + b"\n")
        await visit.end()

    async with scripted(stop) as upstream:
        events, error = await attempt(client, call(upstream.url))
    assert error is None
    assert events[0] == TextDelta(0, "msg_1", 0, "a")
    meant = ResponseEnded(ResponseStatus.COMPLETED, "gen-1", "a/b")
    assert events[-1] == StreamClosed(said_done=False, rest=unfinished, unfinished=(meant,))
