"""The bytes on the wire, the events read from them, and when connections are closed or reused."""

import asyncio
import json
import ssl
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp.http import StreamWriter

from adapters.openrouter.client import AioResponsesClient
from adapters.openrouter.transport.pool import SessionPool
from adapters.openrouter.transport.request import Outgoing
from adapters.process.clock import SystemClock
from ports.response_events import ResponseEnded, ResponseStarted, ResponseStatus, StreamClosed, TextDelta
from ports.responses import Limits, Reach, ResponsesBody, Route, Unreachable, UpstreamCall, UpstreamRequest
from tests.adapters.openrouter.scripted_upstream import (
    COMPLETED,
    STREAM_HEADERS,
    a_short_answer,
    delta,
    scripted,
    sse,
)

MESSAGE = {"type": "message", "role": "user", "content": "Hi"}
CERTIFICATE = str(Path(__file__).parent / "certificates" / "loopback.pem")


def call(url, *, stream=True, route=None, **limits):
    body = ResponsesBody("a/b", (MESSAGE,), stream=stream)
    return UpstreamCall(
        route or Route(url, "sk-test", "https://app.test", "My App"), UpstreamRequest(body), Limits(**limits)
    )


async def everything(client, upstream_call):
    async with client.attempt(upstream_call) as batches:
        return [event async for batch in batches for event in batch]


# --- the request ------------------------------------------------------------------------------------------


async def test_the_request_follows_the_documentation_of_upstream(client):
    async with scripted(a_short_answer) as upstream:
        await everything(client, call(upstream.url))
        asked = upstream.visits[0].asked
    assert (asked.method, asked.target) == ("POST", "/api/v1/responses")
    assert asked.json == {"model": "a/b", "input": [MESSAGE], "stream": True}
    expected = {
        "Authorization": "Bearer sk-test",
        "HTTP-Referer": "https://app.test",
        "X-OpenRouter-Title": "My App",
        "Content-Type": "application/json",
        "Accept": "text/event-stream",
    }
    assert {key: asked.headers.get(key) for key in expected} == expected
    assert "Cookie" not in asked.headers


async def test_attribution_that_a_header_cannot_contain_is_cleaned(client):
    async with scripted(a_short_answer) as upstream:
        await everything(client, call("", route=Route(upstream.url, "", "", "Café\r\nX-Evil: 1\ud83d")))
        headers = upstream.visits[0].asked.headers
    assert headers["X-OpenRouter-Title"] == "Café X-Evil: 1?"
    assert not {"X-Evil", "HTTP-Referer", "Authorization"} & set(headers)


async def test_a_large_body_arrives_whole(client):
    text = "é" * 3_000_000
    body = ResponsesBody("a/b", ({**MESSAGE, "content": text},))
    async with scripted(a_short_answer) as upstream:
        await everything(client, UpstreamCall(Route(upstream.url, "k"), UpstreamRequest(body)))
        assert upstream.visits[0].asked.json["input"][0]["content"] == text


# --- the answer -------------------------------------------------------------------------------------------


async def test_a_stream_arrives_in_order_and_ends_with_its_closing(client):
    async with scripted(a_short_answer) as upstream:
        events = await everything(client, call(upstream.url))
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "Hello"
    assert [type(event) for event in events[-2:]] == [ResponseEnded, StreamClosed]
    assert events[-1] == StreamClosed(said_done=True)


async def test_the_events_of_one_read_are_one_batch(client):
    async def answer(visit):
        await visit.head(200, STREAM_HEADERS)
        await visit.chunk(b"".join(sse(delta(text)) for text in "abc") + sse(COMPLETED))
        await visit.end()

    async with scripted(answer) as upstream, client.attempt(call(upstream.url)) as batches:
        batch = await anext(batches)
    assert [type(event) for event in batch] == [TextDelta, ResponseEnded]
    assert batch[0].text == "abc"


async def test_batches_are_read_on_demand_only(client):
    sent = 0

    async def pour(visit):
        nonlocal sent
        await visit.head(200, STREAM_HEADERS)
        piece = sse(delta("x" * 1000)) * 50
        while not visit.writer.is_closing():
            await visit.chunk(piece)
            sent += len(piece)

    async with scripted(pour) as upstream, client.attempt(call(upstream.url)) as batches:
        await anext(batches)
        before = -1
        async with asyncio.timeout(10):
            while sent != before:  # until the writer is blocked
                before = sent
                await asyncio.sleep(0.1)
        assert sent < 64 * 1024 * 1024
        assert await anext(batches)


async def test_a_line_of_megabytes_is_read(client):
    picture = "A" * 5_000_000

    async def answer(visit):
        await visit.head(200, STREAM_HEADERS)
        await visit.frames({"type": "response.output_item.done", "output_index": 0, "item": {"result": picture}})
        await visit.frames(COMPLETED, "[DONE]")
        await visit.end()

    async with scripted(answer) as upstream:
        events = await everything(client, call(upstream.url))
    assert events[0].item["result"] == picture


@pytest.mark.parametrize("kind", ["", "text/plain", "application/octet-stream"])
async def test_a_stream_under_a_wrong_content_type_is_recognised(client, kind):
    async def answer(visit):
        await visit.head(200, {"Transfer-Encoding": "chunked", **({"Content-Type": kind} if kind else {})})
        await visit.chunk(b"\xef\xbb\xbf: \n\n")
        await visit.frames(delta("a"), "[DONE]")
        await visit.end()

    async with scripted(answer) as upstream:
        events = await everything(client, call(upstream.url))
    assert events[0] == TextDelta(0, "msg_1", 0, "a")


@pytest.mark.parametrize("stream", [True, False])
async def test_a_whole_response_is_one_batch(client, stream):
    response = {
        "id": "gen-1",
        "model": "a/b",
        "status": "completed",
        "output": [{"type": "message"}],
        "usage": {"input_tokens": 1},
    }

    async def answer(visit):
        await visit.answer_json(response)

    async with scripted(answer) as upstream, client.attempt(call(upstream.url, stream=stream)) as batches:
        [batch] = [batch async for batch in batches]
        accepted = upstream.visits[0].asked.headers["Accept"]
    assert [type(event) for event in batch] == [ResponseEnded, StreamClosed]
    assert (batch[0].response_id, batch[0].usage.input_tokens, len(batch[0].items)) == ("gen-1", 1, 1)
    assert accepted == ("text/event-stream" if stream else "application/json")


async def test_a_whole_response_that_failed_ends_as_failed(client):
    response = {"id": "gen-1", "status": "failed", "error": {"code": "server_error", "message": "m"}}

    async def answer(visit):
        await visit.answer_json(response)

    async with scripted(answer) as upstream:
        ended, _ = await everything(client, call(upstream.url, stream=False))
    assert (ended.status, ended.problem.text) == (ResponseStatus.FAILED, "m")


async def test_the_generation_id_of_the_headers_is_used_when_the_event_has_none(client):
    async def answer(visit):
        await visit.head(200, {**STREAM_HEADERS, "X-Generation-Id": "gen-7"})
        await visit.frames({"type": "response.created", "response": {}}, "[DONE]")
        await visit.end()

    async with scripted(answer) as upstream:
        events = await everything(client, call(upstream.url))
    assert events[0] == ResponseStarted("gen-7", "")


# --- connections ------------------------------------------------------------------------------------------


async def test_a_connection_is_reused_after_a_stream_was_read_to_its_end(client):
    async with scripted(a_short_answer) as upstream:
        await everything(client, call(upstream.url))
        await everything(client, call(upstream.url))
    assert upstream.connections == 1


async def test_a_connection_is_reused_when_the_reader_left_at_the_terminal_event(client):
    may_end = asyncio.Event()

    async def answer(visit):
        await visit.head(200, STREAM_HEADERS)
        await visit.frames(COMPLETED)
        await may_end.wait()
        await visit.frames("[DONE]")
        await visit.end()
        visit.gone.set()

    async with scripted(answer) as upstream:
        async with client.attempt(call(upstream.url)) as batches:
            await anext(batches)
        may_end.set()
        async with asyncio.timeout(5):
            await upstream.visits[0].gone.wait()
            while any("openrouter-pipe" in task.get_name() for task in asyncio.all_tasks()):
                await asyncio.sleep(0)
        await everything(client, call(upstream.url))
    assert upstream.connections == 1


async def test_leaving_in_mid_stream_closes_the_connection_within_a_second(client):
    async def pour(visit):
        await visit.head(200, STREAM_HEADERS)
        await visit.frames(delta("a"))
        await visit.left()

    async with scripted(pour) as upstream:
        async with client.attempt(call(upstream.url)) as batches:
            await anext(batches)
        async with asyncio.timeout(1):
            await upstream.visits[0].gone.wait()


async def test_cancelling_a_waiting_reader_closes_the_connection_within_a_second(client):
    reading = asyncio.Event()

    async def stall(visit):
        await visit.head(200, STREAM_HEADERS)
        await visit.frames(delta("a"))
        await visit.left()

    async def read(url):
        async with client.attempt(call(url)) as batches:
            async for _ in batches:
                reading.set()

    async with scripted(stall) as upstream:
        task = asyncio.create_task(read(upstream.url))
        await reading.wait()
        task.cancel()
        async with asyncio.timeout(1):
            await upstream.visits[0].gone.wait()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_cancelling_before_the_answer_closes_the_connection_within_a_second(client):
    async def stall(visit):
        await visit.left()

    async with scripted(stall) as upstream:
        task = asyncio.create_task(everything(client, call(upstream.url)))
        async with asyncio.timeout(5):
            while not upstream.visits:
                await asyncio.sleep(0)
        task.cancel()
        async with asyncio.timeout(1):
            await upstream.visits[0].gone.wait()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_cancelling_during_an_upload_aborts_it(client):
    received, began, cancelled, gone = 0, asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def take_slowly(reader, _writer):
        nonlocal received
        received += len(await reader.read(1000))
        began.set()
        await cancelled.wait()
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                received += len(data)
        gone.set()

    server = await asyncio.start_server(take_slowly, "127.0.0.1", 0, limit=2**12)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    body = ResponsesBody("a/b", ({**MESSAGE, "content": "x" * 60_000_000},))
    task = asyncio.create_task(everything(client, UpstreamCall(Route(url, "k"), UpstreamRequest(body))))
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    cancelled.set()
    async with asyncio.timeout(5):
        await gone.wait()
    server.close()
    assert received < 60_000_000


async def test_an_aborted_upload_does_not_wait_for_upstream_to_read_the_rest():
    class Stuck(StreamWriter):
        aborted = False

        def __init__(self):
            pass

        @property
        def transport(self):
            return self

        def abort(self):
            self.aborted = True

        async def write(self, *_, **__):
            await asyncio.Event().wait()

    stuck, outgoing = Stuck(), Outgoing(b"{}", None)
    task = asyncio.create_task(outgoing.write(stuck))
    await asyncio.sleep(0)
    outgoing.abort()
    task.cancel()
    assert stuck.aborted
    assert outgoing.reach is Reach.NOT_SENT


async def test_many_attempts_at_once_use_a_connection_each_and_all_end(client):
    async with scripted(a_short_answer) as upstream:
        answers = await asyncio.gather(*(everything(client, call(upstream.url)) for _ in range(20)))
    assert all(isinstance(events[-1], StreamClosed) for events in answers)
    assert upstream.connections <= 20


async def test_closing_the_pool_breaks_open_answers(client, pool):
    async def stall(visit):
        await visit.head(200, STREAM_HEADERS)
        await visit.frames(delta("a"))
        await visit.left()

    async with scripted(stall) as upstream, client.attempt(call(upstream.url)) as batches:
        await anext(batches)
        await pool.aclose()
        with pytest.raises(Unreachable):
            await anext(batches)


async def test_a_closed_pool_sends_nothing(client, pool):
    await pool.aclose()
    with pytest.raises(Unreachable) as caught:
        await everything(client, call("http://127.0.0.1:9"))
    assert caught.value.reach is Reach.NOT_SENT


# --- proxies and certificates -----------------------------------------------------------------------------


@pytest.fixture
def without_proxies(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


async def test_a_proxy_of_the_environment_is_used_with_its_password(client, without_proxies):
    async with scripted(a_short_answer) as proxy:
        port = proxy.url.split(":")[2].split("/")[0]
        without_proxies.setenv("http_proxy", f"http://user:secret@127.0.0.1:{port}")
        await everything(client, call("http://upstream.test/api/v1"))
        asked = proxy.visits[0].asked
    assert asked.target == "http://upstream.test/api/v1/responses"
    assert asked.headers["Proxy-Authorization"].startswith("Basic ")
    assert asked.headers["Authorization"] == "Bearer sk-test"


async def test_a_proxy_that_refuses_means_nothing_was_sent(client, without_proxies):
    async def refuse(visit):
        await visit.answer(407, b"")

    async with scripted(refuse) as proxy:
        port = proxy.url.split(":")[2].split("/")[0]
        without_proxies.setenv("https_proxy", f"http://user:secret@127.0.0.1:{port}")
        with pytest.raises(Unreachable) as caught:
            await everything(client, call("https://upstream.test/api/v1"))
    assert (caught.value.reach, caught.value.detail) == (Reach.NOT_SENT, "proxy: refused with HTTP 407")
    assert "secret" not in str(caught.value)


async def test_netrc_never_replaces_the_key(client, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    async with scripted(a_short_answer) as upstream:
        await everything(client, call(upstream.url))
        assert upstream.visits[0].asked.headers["Authorization"] == "Bearer sk-test"


@pytest.fixture
def tls():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


async def test_an_untrusted_certificate_is_refused_before_anything_is_sent(client, tls):
    async with scripted(a_short_answer, tls=tls) as upstream:
        with pytest.raises(Unreachable) as caught:
            await everything(client, call(upstream.url))
    assert (caught.value.reach, caught.value.detail) == (Reach.NOT_SENT, "TLS: certificate not trusted")


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
async def test_certificates_of_the_environment_are_trusted(telemetry, tls, monkeypatch, variable):
    monkeypatch.setenv(variable, CERTIFICATE)
    pool = SessionPool(telemetry)
    client = AioResponsesClient(pool, SystemClock(), telemetry, lambda: 5)
    async with scripted(a_short_answer, tls=tls) as upstream:
        events = await everything(client, call(upstream.url))
        await pool.aclose()
    assert events[-1] == StreamClosed(said_done=True)


async def test_leaving_a_tls_stream_closes_it_within_a_second(telemetry, tls, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", CERTIFICATE)
    pool = SessionPool(telemetry)
    client = AioResponsesClient(pool, SystemClock(), telemetry, lambda: 5)

    async def stall(visit):
        await visit.head(200, STREAM_HEADERS)
        await visit.frames(delta("a"))
        await visit.left()

    async with scripted(stall, tls=tls) as upstream:
        async with client.attempt(call(upstream.url)) as batches:
            await anext(batches)
        async with asyncio.timeout(1):
            await upstream.visits[0].gone.wait()
        await pool.aclose()


async def test_the_key_is_in_no_repr_of_the_call():
    upstream_call = call("https://upstream.test")
    assert "sk-test" not in repr(upstream_call)
    assert json.dumps(repr(upstream_call))
