"""The settings of the way to upstream: the connection, the models on offer, the load; see `settings`."""
# ruff: noqa: RUF009  (a row is written as the default of its field)

from dataclasses import dataclass
from typing import Literal

from domain.limits import TURNS_AT_ONCE, TURNS_WAITING
from entrypoints.settings_rows import Secret, setting
from ports.responses import Limits

Access = Literal["admins", "public"]
FilterRule = Literal["all", "only", "exclude"]
_USUAL = Limits()
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamSettings:
    """The first rows of `settings.Settings`."""

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
        "Full address (https://...) of your site, named to OpenRouter as the origin of all requests in place of the "
        "project's own.",
        pattern=r"https?://[^\s/]+\S*",
    )
    http_connect_timeout_seconds: int = setting(
        int(_USUAL.connect), "Seconds to wait for a connection to upstream before giving up.", low=1
    )
    http_total_timeout_seconds: int | None = setting(
        None,
        "Longest duration of one upstream request in seconds, reading the answer included. Empty: no such limit, "
        "only silence ends a request (HTTP_SOCK_READ_SECONDS).",
        low=1,
    )
    http_sock_read_seconds: int = setting(
        int(_USUAL.idle_read or 0),
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
        _USUAL.event_bytes // _MIB,
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
    free_model_filter: FilterRule = setting(
        "all", "Models offered by price: all, only the free ones, or all but those (exclude)."
    )
    tool_calling_filter: FilterRule = setting(
        "all", "Models offered by tool calling: all, only those that can, or all but those (exclude)."
    )
    zdr_models_only: bool = setting(
        False, "Offer only models with a provider that promises to keep nothing (zero data retention)."
    )
    disabled_models: str = setting(
        "", "Models switched off at once, for background tasks too: names or patterns, separated by commas."
    )
    variant_models: str = setting(
        "",
        "Further entries of the picker, by commas: a model with a variant (openai/gpt-5:nitro) or with a preset of the "
        "account (openai/gpt-5@preset/brief).",
    )
    fallback_model: str = setting(
        "", "Model that answers, with a word to the person, when the one asked for cannot be reached at all."
    )
    task_model: str = setting(
        "", "Model for background tasks such as titles and tags. Left empty, the model of the chat does them."
    )
    update_model_capabilities: bool = setting(
        True,
        "Switch off the capability boxes a model cannot fill (vision, builtin tools) and follow OpenRouter's list. "
        "What an administrator has changed by hand is never touched again.",
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
        "Who may use a model the host has no row for, while capabilities or descriptions are kept up to date: admins "
        "only, or public for everybody. A model that has a row keeps its access.",
    )

    # Load
    max_concurrent_requests: int = setting(
        TURNS_AT_ONCE, "Requests that may run at the same time in one server process.", low=1, high=2000
    )
    max_queued_requests: int = setting(
        TURNS_WAITING,
        "Requests that may wait for a free place in one server process; further ones are refused as busy. "
        "0 refuses at once when every place is taken.",
        low=0,
        high=100_000,
        advanced=True,
    )
