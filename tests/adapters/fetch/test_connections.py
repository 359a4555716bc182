"""Connections go to the given address and to nothing else, under the name of the host."""

import asyncio
import base64

import pytest

from ports.fetcher import HopFlaw
from tests.adapters.fetch.worlds import fetcher_with, flaw_of, hop
from tests.doubles.certificates import contexts_for
from tests.doubles.web_server import answer, web_server
from tests.patience import PATIENCE

OK = {"/": answer(200, b"ok")}


async def test_the_address_is_connected_to_under_the_name_of_the_host(tmp_path):
    server_tls, client_tls = contexts_for(tmp_path, "files.example")
    async with web_server(OK, tls=server_tls) as server:
        found = await fetcher_with(client_tls).get(hop(server.port, scheme="https"))
        assert found.content == b"ok"
        assert server.server_names == ["files.example"]
        assert server.headers()["host"] == f"files.example:{server.port}"


async def test_only_what_a_download_needs_is_sent():
    async with web_server(OK) as server:
        await fetcher_with().get(hop(server.port, "/"))
        assert server.headers() == {
            "host": f"files.example:{server.port}",
            "user-agent": "openrouter-pipe",
            "accept": "*/*",
            "accept-encoding": "gzip, deflate",
            "connection": "close",
        }


async def test_credentials_of_this_machine_are_not_sent(monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    async with web_server(OK) as server:
        await fetcher_with().get(hop(server.port, "/"))
        assert "authorization" not in server.headers()


async def test_cookies_are_not_kept():
    async with web_server({"/": answer(200, b"", Set_Cookie="a=b; Path=/")}) as server:
        fetcher = fetcher_with()
        await fetcher.get(hop(server.port))
        await fetcher.get(hop(server.port))
        assert b"ookie" not in b"".join(server.requests)
        assert server.connections == 2


@pytest.mark.parametrize("names", [["other.example"], ["127.0.0.1"]])
async def test_a_certificate_for_something_else_is_not_trusted(tmp_path, names):
    server_tls, client_tls = contexts_for(tmp_path, *names)
    async with web_server(OK, tls=server_tls) as server:
        found = await flaw_of(fetcher_with(client_tls), hop(server.port, scheme="https"))
        assert (found[0], server.requests) == (HopFlaw.UNTRUSTED, [])


async def test_a_certificate_of_nobody_known_is_not_trusted(tmp_path):
    server_tls, _ = contexts_for(tmp_path, "files.example")
    async with web_server(OK, tls=server_tls) as server:
        assert (await flaw_of(fetcher_with(), hop(server.port, scheme="https")))[0] is HopFlaw.UNTRUSTED
        assert server.requests == []


async def test_a_literal_address_is_checked_against_the_certificate(tmp_path):
    server_tls, client_tls = contexts_for(tmp_path, "127.0.0.1")
    async with web_server(OK, tls=server_tls) as server:
        assert (await fetcher_with(client_tls).get(hop(server.port, scheme="https", host="127.0.0.1"))).status == 200


async def test_ipv6_is_connected_to_in_brackets():
    async with web_server(OK, host="::1") as server:
        assert (await fetcher_with().get(hop(server.port, host="::1", address="::1"))).content == b"ok"
        assert server.headers()["host"] == f"[::1]:{server.port}"


async def test_the_request_target_is_sent_as_it_is_written():
    path = "/a%20b/../c%2Fd?q=%C3%BC&x=a+b%26"
    async with web_server({path: answer(200, b"ok")}) as server:
        assert (await fetcher_with().get(hop(server.port, path))).content == b"ok"


async def test_a_redirect_is_reported_and_not_followed():
    async with web_server({"/": answer(302, b"", Location="/next"), "/next": answer(200, b"x")}) as server:
        assert (await fetcher_with().get(hop(server.port))).location == "/next"
        assert server.connections == 1


async def test_the_connection_ends_with_the_answer_also_when_the_server_goes_on(tmp_path):
    ended = asyncio.Event()

    async def endless(writer):
        writer.write(b"HTTP/1.1 404 X\r\nContent-Length: 1000000000000\r\n\r\n")
        try:
            while True:
                writer.write(bytes(100_000))
                await writer.drain()
        except ConnectionError:
            ended.set()

    server_tls, client_tls = contexts_for(tmp_path, "files.example")
    async with web_server({"/": endless}, tls=server_tls) as server:
        assert (await fetcher_with(client_tls).get(hop(server.port, scheme="https"))).status == 404
        async with asyncio.timeout(PATIENCE):
            await ended.wait()


class Proxy:
    """A proxy that tunnels every CONNECT to one listener, whatever it is asked for."""

    def __init__(self, port: int, status: bytes = b"200 OK") -> None:
        self._port, self._status = port, status
        self.requests: list[bytes] = []
        self.done = asyncio.Event()

    async def serve(self, reader, writer):
        self.requests.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 " + self._status + b"\r\n\r\n")
        if self._status.startswith(b"200"):
            upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", self._port)
            await asyncio.gather(_copy(reader, upstream_writer), _copy(upstream_reader, writer))
        writer.close()
        self.done.set()


async def _copy(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    writer.close()


async def test_a_proxy_is_asked_to_connect_to_the_checked_address(tmp_path):
    server_tls, client_tls = contexts_for(tmp_path, "files.example")
    async with web_server(OK, tls=server_tls) as server:
        proxy = Proxy(server.port)
        listener = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        fetcher = fetcher_with(client_tls, {"https": f"http://user:secret@127.0.0.1:{port}"})
        found = await fetcher.get(hop(443, scheme="https", address="93.184.215.14"))
        assert found.content == b"ok"
        assert server.server_names == ["files.example"]
        assert server.headers()["host"] == "files.example"
        (request,) = proxy.requests
        assert request.startswith(b"CONNECT 93.184.215.14:443 HTTP/1.1\r\n")
        assert base64.b64encode(b"user:secret") in request
        listener.close()
        await proxy.done.wait()


async def test_a_proxy_that_refuses_is_no_connection():
    proxy = Proxy(9, b"403 Forbidden")
    listener = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    fetcher = fetcher_with(proxies={"https": f"http://user:secret@127.0.0.1:{port}"})
    flaw, detail = await flaw_of(fetcher, hop(443, scheme="https", address="93.184.215.14"))
    assert flaw is HopFlaw.UNREACHABLE
    assert "secret" not in detail
    listener.close()
    await proxy.done.wait()


async def test_plain_http_is_not_sent_through_a_proxy_which_could_look_the_name_up_itself():
    async with web_server(OK) as proxy:
        fetcher = fetcher_with(proxies={"http": f"http://127.0.0.1:{proxy.port}"})
        assert (await flaw_of(fetcher, hop(80)))[0] is HopFlaw.UNREACHABLE
        assert proxy.connections == 0
