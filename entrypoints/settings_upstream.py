"""Settings of the connection to upstream, the offered models and the load; `settings` holds the others."""
# ruff: noqa: RUF009  (each row is the default of its field)

from dataclasses import dataclass
from typing import Literal

from domain.egress.pasted import pasted_base_url, pasted_key
from domain.limits import MEBIBYTE, TURNS_AT_ONCE, TURNS_WAITING
from entrypoints.settings_derived import Derived
from entrypoints.settings_rows import Mend, Secret, setting
from ports.responses import Limits

Access = Literal["admins", "public"]
FilterRule = Literal["all", "only", "exclude"]
_USUAL = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamSettings(Derived):
    """The first rows of `settings.Settings`."""

    # Connection
    api_key: Secret = setting(
        Secret(),
        "API key of the OpenRouter account that pays for all requests. If empty, the environment variable "
        "OPENROUTER_API_KEY is used.",
        env="OPENROUTER_API_KEY",
        mend=Mend(pasted_key, "has the word Bearer, quotes or blanks in it, which are no part of a key"),
    )
    base_url: str = setting(
        "https://openrouter.ai/api/v1",
        "Base URL of OpenRouter, or of a gateway that implements its Responses API, including the version. "
        "If empty, the environment variable OPENROUTER_API_BASE_URL is used, else https://openrouter.ai/api/v1.",
        env="OPENROUTER_API_BASE_URL",
        mend=Mend(pasted_base_url, "is not the base of the API"),
    )
    insecure_base_url_hosts: str = setting(
        "",
        "Comma-separated host names for which BASE_URL may use plain http; links to them in answers may use it too. "
        "This machine itself is always allowed as BASE_URL.",
        advanced=True,
    )
    http_referer_override: str = setting(
        "",
        "Full URL (https://...) of your site. It is sent to OpenRouter as the origin (HTTP-Referer) of all requests. "
        "If empty, the project's own URL is sent.",
        pattern=r"https?://[^\s/]+\S*",
    )
    http_connect_timeout_seconds: int = setting(
        int(_USUAL.connect), "Seconds to wait for a connection to upstream before the attempt fails.", low=1
    )
    http_total_timeout_seconds: int | None = setting(
        None,
        "Longest duration of one upstream request in seconds, including the time to read the answer. If empty, there "
        "is no such limit: a request fails only when upstream sends nothing for HTTP_SOCK_READ_SECONDS.",
        low=1,
    )
    http_sock_read_seconds: int = setting(
        int(_USUAL.idle_read or 0),
        "Seconds without a single byte from upstream after which a request fails. Ignored when "
        "HTTP_TOTAL_TIMEOUT_SECONDS is set.",
        low=1,
    )
    retry_uncertain: bool = setting(
        False,
        "Also retry requests that OpenRouter may have processed, for example after a time-out. OpenRouter may then "
        "charge for both. Requests to free models are retried in any case.",
    )
    max_sse_event_mb: int = setting(
        _USUAL.event_bytes // MEBIBYTE,
        "Largest single event in the stream of an answer, in MiB. A larger event ends the answer with an error.",
        low=1,
        high=512,
        advanced=True,
    )

    # Models
    model_id: str = setting(
        "auto",
        "Models to offer: auto for all models, or a comma-separated list of names or patterns, such as "
        "openai/gpt-5, anthropic/claude-*.",
    )
    model_catalog_refresh_seconds: int = setting(
        3600, "Seconds between two refreshes of the model list. It is refreshed in the background.", low=60
    )
    free_model_filter: FilterRule = setting(
        "all", "Filter of models by price. all: every model; only: only free models; exclude: no free models."
    )
    tool_calling_filter: FilterRule = setting(
        "all",
        "Filter of models by tool calling. all: every model; only: only models that can call tools; exclude: only "
        "models that cannot.",
    )
    zdr_models_only: bool = setting(
        False, "Offer only models that have a provider with zero data retention, which promises to store nothing."
    )
    disabled_models: str = setting(
        "",
        "Comma-separated names or patterns of models to disable. This takes effect at once, for background tasks too.",
    )
    variant_models: str = setting(
        "",
        "Comma-separated additional entries of the model picker: a model with a variant (openai/gpt-5:nitro) or with a "
        "preset of the OpenRouter account (openai/gpt-5@preset/brief).",
    )
    fallback_model: str = setting(
        "",
        "Model that answers when the requested model cannot be reached, or keeps failing. A status line names it.",
    )
    task_model: str = setting(
        "",
        "Model for background tasks such as chat titles and tags. If empty, the chat's own model is used. Summaries of "
        "long chats (context_compaction) and reviews of memories (memory_review) always use the model that the host "
        "names.",
    )
    update_model_capabilities: bool = setting(
        True,
        "Switch off the capability boxes (vision, builtin tools) of models that lack the capability, and update them "
        "from OpenRouter's list. Boxes that an administrator has changed are never overwritten.",
    )
    update_model_descriptions: bool = setting(
        False,
        "Update the descriptions of the models from OpenRouter's list. Descriptions that an administrator has changed "
        "are never overwritten.",
    )
    update_model_images: bool = setting(
        True,
        "Update the icons of models that have an entry in Open WebUI's model settings, from OpenRouter's pages. No "
        "entry is made for an icon alone. Icons that an administrator has changed are never overwritten.",
    )
    new_model_access_control: Access = setting(
        "admins",
        "Who may use a model that has no entry in Open WebUI's model settings yet. admins: administrators only; "
        "public: everybody. A model that has an entry keeps its access. public applies only if "
        "UPDATE_MODEL_CAPABILITIES or UPDATE_MODEL_DESCRIPTIONS is on.",
    )

    # Load
    max_concurrent_requests: int = setting(
        TURNS_AT_ONCE,
        "Requests that may run at the same time in one server process; more have to wait.",
        low=1,
        high=2000,
    )
    max_queued_requests: int = setting(
        TURNS_WAITING,
        "Requests that may wait in one server process; further requests are refused as busy. With 0 no request waits: "
        "it is refused when MAX_CONCURRENT_REQUESTS are running.",
        low=0,
        high=100_000,
        advanced=True,
    )
