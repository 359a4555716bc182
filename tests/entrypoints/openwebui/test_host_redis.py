"""Redis of the host is used by itself only where several workers share it; each missing piece is named."""

from types import ModuleType

import pytest

from entrypoints.core.redis_location import RedisChoice, RedisLocation, choice_of
from entrypoints.openwebui.host_redis import host_redis
from entrypoints.settings import Settings
from entrypoints.settings_rows import Secret

URL = "redis://:host-secret@cache:6379/0"
WHOLE = {
    "UVICORN_WORKERS": "4",
    "REDIS_URL": URL,
    "WEBSOCKET_MANAGER": "redis",
    "WEBSOCKET_REDIS_URL": URL,
}
OWN = Settings(pipe_redis_url=Secret("redis://own/0"))


def chosen(settings: Settings | None = None, **changes: str) -> RedisChoice:
    return choice_of(settings or Settings(), host_redis({**WHOLE, **changes}, {}))


def test_several_workers_on_redis_share_it() -> None:
    assert chosen() == RedisChoice(URL)


@pytest.mark.parametrize("workers", ["", "1", "0", "-3", "many", "1.5", "9" * 4_000])
def test_one_worker_does_not_use_it_by_itself(workers: str) -> None:
    assert chosen(UVICORN_WORKERS=workers) == RedisChoice()


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"REDIS_URL": ""}, ("REDIS_URL",)),
        ({"WEBSOCKET_MANAGER": ""}, ("WEBSOCKET_MANAGER=redis",)),
        ({"WEBSOCKET_MANAGER": "memory"}, ("WEBSOCKET_MANAGER=redis",)),
        ({"WEBSOCKET_REDIS_URL": " "}, ("WEBSOCKET_REDIS_URL",)),
        ({"REDIS_URL": "", "WEBSOCKET_REDIS_URL": ""}, ("REDIS_URL", "WEBSOCKET_REDIS_URL")),
        ({"REDIS_SENTINEL_HOSTS": "a,b"}, ("one server instead of Sentinel (REDIS_SENTINEL_HOSTS)",)),
        ({"REDIS_CLUSTER": "True"}, ("one server instead of a cluster (REDIS_CLUSTER)",)),
    ],
)
def test_several_workers_are_told_what_is_missing(changes: dict[str, str], missing: tuple[str, ...]) -> None:
    assert chosen(None, **changes) == RedisChoice("", missing)


def test_the_switch_is_one_of_the_pieces() -> None:
    off = Settings(enable_redis_cache=False)
    assert chosen(off) == RedisChoice("", ("ENABLE_REDIS_CACHE=true",))
    assert chosen(off, UVICORN_WORKERS="1") == RedisChoice()


def test_an_address_of_our_own_is_used_on_request() -> None:
    assert chosen(OWN) == chosen(OWN, UVICORN_WORKERS="1", REDIS_URL="") == RedisChoice("redis://own/0")
    off = Settings(pipe_redis_url=Secret("redis://own/0"), enable_redis_cache=False)
    assert chosen(off, UVICORN_WORKERS="1") == RedisChoice()


def test_an_address_that_cannot_be_decrypted_is_replaced_by_no_other() -> None:
    assert chosen(Settings(pipe_redis_url=Secret("", unreadable=True))) == RedisChoice()


def test_the_loaded_host_is_asked_before_the_environment() -> None:
    host = ModuleType("open_webui.env")
    host.__dict__.update(UVICORN_WORKERS=2, REDIS_URL=URL, WEBSOCKET_MANAGER="redis", WEBSOCKET_REDIS_URL=URL)
    host.__dict__["REDIS_CLUSTER"] = False
    assert host_redis({}, {"open_webui.env": host}) == RedisLocation(URL, 2)


def test_no_address_is_shown() -> None:
    assert "host-secret" not in repr(host_redis(WHOLE, {})) + repr(chosen()) + repr(OWN)
