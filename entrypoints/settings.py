"""The table of settings: one row each, from which the host's forms, the snapshot of a call and the reference come.

`python -m entrypoints.settings --write` brings the generated texts up to date, `--check` compares them.
"""
# ruff: noqa: RUF009  (a row is written as the default of its field)

from dataclasses import dataclass
from typing import Literal

from entrypoints.settings_rows import Secret, Setting, read_table, setting

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh"]
SummaryMode = Literal["auto", "concise", "detailed", "disabled"]
Access = Literal["admins", "public"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings one call works with; made by `settings_snapshot.snapshot`, never changed afterwards."""

    # Connection
    api_key: Secret = setting(
        Secret(),
        "Key of the OpenRouter account that pays for all requests. Left empty, the environment variable "
        "OPENROUTER_API_KEY is used.",
        env="OPENROUTER_API_KEY",
    )
    base_url: str = setting(
        "https://openrouter.ai/api/v1",
        "Address of OpenRouter or of a gateway that speaks its Responses API, up to and including the version. "
        "Left empty, the environment variable OPENROUTER_API_BASE_URL is used, else https://openrouter.ai/api/v1.",
        env="OPENROUTER_API_BASE_URL",
    )
    insecure_base_url_hosts: str = setting(
        "",
        "Host names, separated by commas, for which BASE_URL may be plain http. This machine itself always may.",
        advanced=True,
    )
    http_referer_override: str = setting(
        "",
        "Full address (https://…) of your site, named to OpenRouter as the origin of all requests in place of the "
        "project's own.",
        pattern=r"https?://[^\s/]+\S*",
    )
    http_connect_timeout_seconds: int = setting(
        10, "Seconds to wait for a connection to upstream before giving up.", low=1
    )
    http_total_timeout_seconds: int | None = setting(
        None,
        "Longest duration of one upstream request in seconds, reading the answer included. Empty: no such limit, "
        "only silence ends a request (HTTP_SOCK_READ_SECONDS).",
        low=1,
    )
    http_sock_read_seconds: int = setting(
        300,
        "Seconds without a single byte from upstream after which a request counts as dead. Not used when "
        "HTTP_TOTAL_TIMEOUT_SECONDS is set.",
        low=1,
    )
    retry_uncertain: bool = setting(
        False,
        "Also repeat requests whose fate is unknown, such as a time-out after sending. OpenRouter may then charge "
        "for both. Requests to free models are repeated in any case.",
    )
    max_sse_event_mb: int = setting(
        64,
        "Largest single event of an answer's stream, in MiB; a larger one ends the answer.",
        low=1,
        high=512,
        advanced=True,
    )

    # Models
    model_id: str = setting(
        "auto",
        "Models to offer: auto for all of them, or their names separated by commas, such as "
        "openai/gpt-5, anthropic/claude-sonnet-4.5.",
    )
    model_catalog_refresh_seconds: int = setting(
        3600, "Seconds after which the list of models is fetched again, in the background.", low=60
    )
    update_model_capabilities: bool = setting(
        True,
        "Keep the capability boxes of the models (vision, web search, image generation and so on) as OpenRouter lists "
        "them. What an administrator has changed by hand is never touched again.",
    )
    update_model_descriptions: bool = setting(
        False,
        "Keep the descriptions of the models as OpenRouter lists them. What an administrator has changed by hand is "
        "never touched again.",
    )
    update_model_images: bool = setting(
        True,
        "Keep the icons of the models as OpenRouter shows them. Has no effect yet: icons wait for a release that "
        "fetches files from elsewhere safely.",
    )
    new_model_access_control: Access = setting(
        "admins",
        "Who may use a model that is entered anew while capabilities or descriptions are kept up to date: admins only, "
        "or public for everybody. Models that are entered already keep their access.",
    )

    # Load
    max_concurrent_requests: int = setting(
        200, "Requests that may run at the same time in one server process.", low=1, high=2000
    )
    max_queued_requests: int = setting(
        1000,
        "Requests that may wait for a free place in one server process; further ones are refused as busy. "
        "0 refuses at once when every place is taken.",
        low=0,
        high=100_000,
        advanced=True,
    )

    # Reasoning
    enable_reasoning: bool = setting(
        True, "Ask models that can think to do so. Off: only what the request itself asks for.", user=True
    )
    reasoning_effort: Effort = setting("medium", "How long a model thinks when the request does not say it.", user=True)
    reasoning_summary_mode: SummaryMode = setting(
        "auto", "How detailed the shown summary of the thinking is; disabled asks for none.", user=True
    )
    task_model_reasoning_effort: Effort = setting(
        "low", "How long a model thinks about background tasks such as chat titles and tags."
    )

    # Tools
    max_function_call_loops: int = setting(
        25, "Rounds of tool calls in one answer before the model has to finish without them.", low=1
    )
    tool_timeout_seconds: int = setting(60, "Seconds one tool call may take.", low=1, high=600)

    # What people see
    show_final_usage_status: bool = setting(True, "Show time, cost and tokens below each finished answer.", user=True)
    support_email: str = setting("", "Mail address shown on error cards as the place to ask for help.")
    support_url: str = setting("", "Web address shown on error cards as the place to ask for help.")

    # Operation
    log_level: LogLevel = setting(
        "INFO",
        "Least severity of the messages written to the log. Left empty, the environment variable GLOBAL_LOG_LEVEL "
        "is used, else INFO.",
        env="GLOBAL_LOG_LEVEL",
    )


ADVANCED = "ADVANCED"
ADVANCED_TEXT = (
    "Rarely needed settings, one NAME=value per line; lines starting with # are ignored. "
    "The configuration reference lists the names. A line that cannot be used is named in the log and skipped."
)
SETTINGS: tuple[Setting, ...] = read_table(Settings)

if __name__ == "__main__":
    from entrypoints.settings_generate import run

    raise SystemExit(run())
