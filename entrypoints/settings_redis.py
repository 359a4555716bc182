"""Settings of Redis; `settings` holds the others."""

# ruff: noqa: RUF009  (each row is the default of its field)

from dataclasses import dataclass

from entrypoints.settings_budgets import BudgetSettings
from entrypoints.settings_rows import Secret, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisSettings(BudgetSettings):
    """The rows of `settings.Settings` about Redis."""

    enable_redis_cache: bool = setting(
        True,
        "Use Redis, so that all workers share breakers, the model list and stored chat data that is still on its way "
        "to the database. By itself if the host has several workers and runs on Redis; else only with PIPE_REDIS_URL. "
        "If Redis is away, the pipe goes on without it.",
        advanced=True,
    )
    pipe_redis_url: Secret = setting(
        Secret(),
        "Address of a Redis server, version 6.2 or newer, for ENABLE_REDIS_CACHE: redis://user:password@host:6379/0, "
        "rediss:// for TLS, or unix://. It is used instead of the host's, also with one worker. If empty, the "
        "environment variable OPENROUTER_PIPE_REDIS_URL is used, else the host's Redis.",
        env="OPENROUTER_PIPE_REDIS_URL",
        advanced=True,
    )
    redis_cache_ttl_seconds: int = setting(
        600,
        "Seconds for which chat data stays in Redis after it was read from the database or written to it.",
        low=60,
        high=3_600,
        advanced=True,
    )
    redis_pending_warn_threshold: int = setting(
        100,
        "Rows of chat data that wait in Redis for the database, above which the log warns.",
        low=1,
        high=10_000,
        advanced=True,
    )
    redis_flush_failure_limit: int = setting(
        5,
        "Failures in a row to write the waiting rows to the database, after which the log reports an error.",
        low=1,
        high=50,
        advanced=True,
    )
    db_batch_size: int = setting(
        10,
        "Rows of chat data that are written from Redis to the database in one transaction.",
        low=5,
        high=20,
        advanced=True,
    )
    costs_redis_dump: bool = setting(
        False,
        "Write tokens and cost of each request to OpenRouter to Redis too, for other programs to read: the figures of "
        "the ledger, so it needs ENABLE_LEDGER.",
        advanced=True,
    )
    costs_redis_ttl_seconds: int = setting(
        900, "Seconds for which an entry of COSTS_REDIS_DUMP is kept.", low=60, high=3_600, advanced=True
    )
    costs_redis_identity: bool = setting(
        False,
        "Add the person's email address and name to the entries of COSTS_REDIS_DUMP. The id is in them anyway.",
        advanced=True,
    )
