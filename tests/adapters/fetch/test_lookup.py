"""Lookups with the operating system, bounded in time."""

import socket
import threading

import pytest

from adapters.fetch.fetcher import AioFetcher
from adapters.fetch.lookup import look_up
from adapters.process.threads import ThreadOffload
from ports.fetcher import HopFailed, HopFlaw
from tests.adapters.fetch.worlds import Environment
from tests.doubles.offload import InlineOffload


def test_this_machine_has_an_address():
    assert set(look_up("localhost", 443)) <= {"127.0.0.1", "::1"}


@pytest.mark.parametrize(
    ("error", "flaw"),
    [
        (socket.gaierror(socket.EAI_NONAME, "x"), HopFlaw.UNRESOLVED),
        (socket.gaierror(socket.EAI_AGAIN, "x"), HopFlaw.UNREACHABLE),
        (socket.gaierror(socket.EAI_FAIL, "x"), HopFlaw.UNREACHABLE),
        (OSError("x"), HopFlaw.UNREACHABLE),
        (UnicodeError("x"), HopFlaw.UNRESOLVED),
    ],
)
def test_trouble_of_the_resolver_is_told_from_a_name_without_addresses(monkeypatch, error, flaw):
    def fail(*_args, **_named):
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(HopFailed) as caught:
        look_up("files.example", 443)
    assert caught.value.flaw is flaw


async def test_a_lookup_that_hangs_is_given_up_and_does_not_hold_others_up():
    released = threading.Event()

    def hang(host: str, port: int) -> tuple[str, ...]:
        if host == "hangs.example":
            released.wait(30)
        return ("93.184.215.14",)

    lookups = ThreadOffload(1, held_seconds=0.05)
    fetcher = AioFetcher(Environment, offload=InlineOffload(), lookups=lookups, look_up=hang)
    with pytest.raises(HopFailed) as caught:
        await fetcher.resolve("hangs.example", 443, 0.2)
    assert caught.value.flaw is HopFlaw.TIMED_OUT
    assert await fetcher.resolve("files.example", 443, 20) == ("93.184.215.14",)
    released.set()
    await lookups.aclose()
