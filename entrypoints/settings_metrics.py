"""Settings of metrics and traces; `settings` holds the others."""

from dataclasses import dataclass

from entrypoints.settings_redis import RedisSettings
from entrypoints.settings_rows import setting


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSettings(RedisSettings):
    """The rows of `settings.Settings` about metrics and traces."""

    metrics_port: int | None = setting(
        None,
        "Port on which this machine, and nobody else, can read metrics in Prometheus' text format: "
        "http://127.0.0.1:PORT/metrics. Several workers use the following ports, at most 16. If empty or 0, nothing is "
        "counted.",
        low=0,
        high=65_520,
        advanced=True,
    )
    enable_opentelemetry: bool = setting(
        False,
        "Report metrics, and a span for each answer, through OpenTelemetry as Open WebUI has set it up. If empty, the "
        "environment variable ENABLE_OTEL is used.",
        env="ENABLE_OTEL",
        advanced=True,
    )
