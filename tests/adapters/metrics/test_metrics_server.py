"""The server of the metrics: what it answers, whom it lets in, and how it changes hands."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

import pytest

import adapters.metrics.server as module
from adapters.metrics.server import CONNECTIONS, HEAD_BYTES, MetricsServer
from tests.doubles.telemetry import RecordedTelemetry

NAME = "openrouter-pipe-metrics"
GET = "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:9\r\n\r\n"


class Place:
    """One process: its shared state, its log, and the servers that a test starts in it."""

    def __init__(self) -> None:
        self.state: dict[str, object] = {}
        self.telemetry = Served()
        self.servers: list[MetricsServer] = []

    def serve(self, port: int, text: bytes = b"numbers\n", read: Callable[[], bytes] | None = None) -> MetricsServer:
        server = MetricsServer(port, read or (lambda: text), self.state, self.telemetry, setting="METRICS_PORT")
        self.servers.append(server)
        server.start()
        return server

    def port(self) -> int:
        """Wait for the latest server and return its port."""
        url = str(self.telemetry.next("metrics_served")["url"])
        return int(url.removeprefix("http://127.0.0.1:").removesuffix("/metrics"))


class Served(RecordedTelemetry):
    """A log that a test can wait for."""

    def __init__(self) -> None:
        super().__init__()
        self._changed, self._read = threading.Condition(), 0

    def event(self, level, name, **values):
        with self._changed:
            super().event(level, name, **values)
            self._changed.notify_all()

    def next(self, name: str):
        with self._changed:
            assert self._changed.wait_for(lambda: any(one.name == name for one in self.lines[self._read :]), 20)
            at = next(n for n in range(self._read, len(self.lines)) if self.lines[n].name == name)
            self._read = at + 1
            return self.lines[at].values


@pytest.fixture
def place() -> Iterator[Place]:
    place = Place()
    yield place
    for server in place.servers:
        server.stop()
        server.join()
    assert [one.name for one in threading.enumerate() if one.name == NAME] == []


@contextmanager
def occupied(count: int = 1) -> Iterator[int]:
    """Listen on `count` ports in a row; yield the first."""
    while True:
        held: list[socket.socket] = []
        try:
            held.append(socket.create_server(("127.0.0.1", 0)))
            first = held[0].getsockname()[1]
            held += [socket.create_server(("127.0.0.1", first + n)) for n in range(1, count)]
        except (OSError, OverflowError):
            for one in held:
                one.close()
            continue
        break
    try:
        yield first
    finally:
        for one in held:
            one.close()


def free() -> int:
    with occupied() as port:
        return port


def asked(port: int, request: str = GET) -> tuple[str, str]:
    """Return the status line and the body."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=20)) as connection:
        connection.sendall(request.encode())
        said = b""
        with suppress(ConnectionResetError):
            while piece := connection.recv(65536):
                said += piece
    head, _, body = said.decode().partition("\r\n\r\n")
    return head.partition("\r\n")[0].removeprefix("HTTP/1.1 "), body


def test_metrics_are_read_when_somebody_asks(place):
    asks = iter((b"one\n", b"two\n"))
    place.serve(free(), read=lambda: next(asks))
    port = place.port()
    assert asked(port) == ("200 OK", "one\n")
    assert asked(port, "GET /metrics?x=1 HTTP/1.1\r\nHost: localhost\r\n\r\n") == ("200 OK", "two\n")


def test_only_loopback_listens(place):
    place.serve(free())
    assert str(place.telemetry.next("metrics_served")["url"]).startswith("http://127.0.0.1:")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "404 Not Found"),
        ("GET /metrics/ HTTP/1.1\r\nHost: localhost\r\n\r\n", "404 Not Found"),
        ("POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi", "405 Method Not Allowed"),
        ("HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", "405 Method Not Allowed"),
        ("GET /metrics HTTP/1.1\r\nHost: evil.example:9464\r\n\r\n", "403 Forbidden"),
        ("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1.evil.example\r\n\r\n", "403 Forbidden"),
        ("GET /metrics HTTP/1.1\r\nHost: localhost\r\nhost: evil.example\r\n\r\n", "403 Forbidden"),
        ("GET /metrics HTTP/1.1\r\n\r\n", "403 Forbidden"),
        ("\r\n\r\n", "403 Forbidden"),
        ("GET /metrics HTTP/1.1\r\nHOST: LOCALHOST:80\r\n\r\n", "200 OK"),
        ("GET /metrics HTTP/1.1\r\nHost: [::1]\r\n\r\n", "200 OK"),
        ("GET /metrics HTTP/1.1\r\nHost: [::1]:9464\r\n\r\n", "200 OK"),
    ],
)
def test_only_get_metrics_of_this_machine_is_answered(place, request_, status):
    place.serve(free())
    assert asked(place.port(), request_)[0] == status


def test_a_request_without_end_is_cut_off(place, monkeypatch):
    monkeypatch.setattr(module, "SECONDS", 0.05)
    place.serve(free())
    port = place.port()
    assert asked(port, "GET /metrics HTTP/1.1\r\n") == ("", "")
    assert asked(port, "GET /metrics HTTP/1.1\r\nA: " + "a" * HEAD_BYTES * 2) == ("", "")
    assert asked(port)[0] == "200 OK"


def test_connections_beyond_the_limit_are_closed_and_the_others_served(place):
    place.serve(free())
    port = place.port()
    waiting = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(CONNECTIONS)]
    try:
        for one in waiting:
            one.sendall(b"G")
        beyond = socket.create_connection(("127.0.0.1", port), timeout=20)
        assert beyond.recv(10) == b""
        beyond.close()
        waiting[0].sendall(GET[1:].encode())
        assert waiting[0].recv(12) == b"HTTP/1.1 200"
    finally:
        for one in waiting:
            one.close()


def test_a_port_in_use_is_left_for_the_next_free_one(place):
    with occupied(2) as first:
        place.serve(first)
        port = place.port()
        assert first + 2 <= port < first + 16
        assert asked(port)[0] == "200 OK"


def test_ports_that_are_all_in_use_cost_one_warning_that_names_the_setting(place, monkeypatch):
    monkeypatch.setattr(module, "PORTS", 2)
    with occupied(2) as first:
        server = place.serve(first)
        said = place.telemetry.next("metrics_not_served")
        server.join()
    assert (said["setting"], said["port"]) == ("METRICS_PORT", first)
    assert said["reason"] == f"ports {first} to {first + 1} are in use"
    assert server.is_missing


def test_a_later_server_takes_the_port_over(place):
    first = place.serve(free(), b"old\n")
    port = place.port()
    second = place.serve(port, b"new\n")
    assert place.port() == port
    first.join()
    assert asked(port) == ("200 OK", "new\n")
    assert (first.is_current, second.is_current) == (False, True)
    assert [one.name for one in threading.enumerate()].count(NAME) == 1


def test_a_process_keeps_its_port_when_it_changes_hands(place):
    with occupied() as base:
        place.serve(base)
        port = place.port()
    place.serve(base)  # free by now, perhaps for another worker
    assert place.port() == port


def test_a_stopped_server_frees_the_port_and_can_be_followed(place):
    first = place.serve(free())
    port = place.port()
    first.stop()
    first.join()
    assert first.is_missing
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=20)
    place.serve(port)
    assert place.port() == port


def test_a_server_that_is_stopped_at_once_never_listens(place):
    server = place.serve(free())
    server.stop()
    server.join()
    assert server.is_missing


def test_numbers_that_cannot_be_read_do_not_end_the_server(place):
    answers = iter((None, b"fine\n"))

    def read() -> bytes:
        answer = next(answers)
        if answer is None:
            raise RuntimeError("defect")
        return answer

    place.serve(free(), read=read)
    port = place.port()
    assert asked(port)[0] == "500 Internal Server Error"
    assert asked(port) == ("200 OK", "fine\n")
