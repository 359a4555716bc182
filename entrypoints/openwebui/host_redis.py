"""The Redis of the host, and whether its workers share it. Source: Open WebUI `env.py`, 0.6.28 to 0.12.4."""

import sys
from collections.abc import Mapping
from types import ModuleType

from entrypoints.core.redis_location import RedisLocation

_TRUE = "true"


def host_redis(environment: Mapping[str, str], modules: Mapping[str, ModuleType] = sys.modules) -> RedisLocation:
    """Read Redis and the number of workers from the loaded host without importing it, else from the environment."""
    host = modules.get("open_webui.env")

    def named(name: str) -> str:
        value = getattr(host, name, None) or environment.get(name)
        return str(value).strip() if isinstance(value, str | int) else ""

    url = named("REDIS_URL")
    needed = {
        "REDIS_URL": bool(url),
        "WEBSOCKET_MANAGER=redis": named("WEBSOCKET_MANAGER").lower() == "redis",
        "WEBSOCKET_REDIS_URL": bool(named("WEBSOCKET_REDIS_URL")),
        "one server instead of Sentinel (REDIS_SENTINEL_HOSTS)": not named("REDIS_SENTINEL_HOSTS"),
        "one server instead of a cluster (REDIS_CLUSTER)": named("REDIS_CLUSTER").lower() != _TRUE,
    }
    missing = tuple(name for name, there in needed.items() if not there)
    return RedisLocation(url, _workers(named("UVICORN_WORKERS")), missing)


def _workers(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1
