"""The contract of every Ids, with and without the ULID library."""

import re
import time

import pytest

from adapters.process import ids as ids_module
from adapters.process.ids import SystemIds
from ports.ids import Ids

IDS: tuple[type[Ids], ...] = (SystemIds,)
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@pytest.fixture(params=["library", "own"])
def ids(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Ids:
    if request.param == "own":
        monkeypatch.setattr(ids_module, "ULID", None)
    return SystemIds()


def test_an_id_is_a_ulid(ids):
    assert re.fullmatch(f"[0-7][{CROCKFORD}]{{25}}", ids.new_id())


def test_ids_do_not_repeat(ids):
    assert len({ids.new_id() for _ in range(1000)}) == 1000


def test_an_id_contains_its_millisecond(ids):
    before = time.time_ns() // 1_000_000
    milliseconds = 0
    for character in ids.new_id()[:10]:
        milliseconds = milliseconds * 32 + CROCKFORD.index(character)
    assert before <= milliseconds <= time.time_ns() // 1_000_000


def test_an_error_id_is_sixteen_hexadecimal_characters(ids):
    assert re.fullmatch("[0-9a-f]{16}", ids.new_error_id())
    assert ids.new_error_id() != ids.new_error_id()


def test_jitter_is_at_least_zero_and_below_one(ids):
    assert all(0 <= ids.jitter() < 1 for _ in range(1000))
