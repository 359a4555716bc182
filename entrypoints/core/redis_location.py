"""Which Redis is used, if any: the operator's own, or that of a host whose workers share it."""

from dataclasses import dataclass, field

from entrypoints.settings import Settings

SWITCH = "ENABLE_REDIS_CACHE"


@dataclass(frozen=True, slots=True)
class RedisLocation:
    """The Redis of a host. `url` may hold a password.

    `workers`: the processes that answer requests. `missing`: what keeps them from sharing it, in the host's names.
    """

    url: str = field(default="", repr=False)
    workers: int = 1
    missing: tuple[str, ...] = ()


NO_REDIS = RedisLocation()


@dataclass(frozen=True, slots=True)
class RedisChoice:
    """The address to use, "" for none; `missing`: what several workers lack, to be told to the operator."""

    url: str = field(default="", repr=False)
    missing: tuple[str, ...] = ()


def choice_of(settings: Settings, location: RedisLocation) -> RedisChoice:
    """Choose: the operator's address comes first; the host's Redis is used only where several workers share it."""
    if settings.pipe_redis_url.unreadable:  # reported with the settings; no other server may take its place
        return RedisChoice()
    own = settings.pipe_redis_url.reveal().strip()
    if own and settings.enable_redis_cache:
        return RedisChoice(own)
    if location.workers < 2:
        return RedisChoice()
    missing = location.missing if settings.enable_redis_cache else (*location.missing, f"{SWITCH}=true")
    return RedisChoice("" if missing else location.url, missing)
