"""The table of settings: one row each, from which the host's forms, the snapshot of a call and the reference come.

`python -m entrypoints.settings --write` brings the generated texts up to date, `--check` compares them.
"""
# ruff: noqa: RUF009  (a row is written as the default of its field)

from dataclasses import dataclass
from typing import Literal

from entrypoints.settings_rows import Secret, Setting, read_table, setting

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
SummaryMode = Literal["auto", "concise", "detailed", "disabled"]
Access = Literal["admins", "public"]
FilterRule = Literal["all", "only", "exclude"]
CacheLife = Literal["5m", "1h"]
EndpointName = Literal["responses", "chat_completions"]
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

    max_reasoning_effort: Effort = setting("max", "Deepest thinking a person or a request may ask for.", advanced=True)
    gemini_thinking_budget: int = setting(
        1024,
        "Tokens of thinking at medium effort for models that know budgets instead of efforts; other efforts are shares "
        "or multiples of it.",
        low=0,
        high=65_536,
        advanced=True,
    )
    enable_anthropic_interleaved_thinking: bool = setting(
        True, "Let Claude think between tool calls.", user=True, advanced=True
    )

    # Prompts
    history_window_turns: int = setting(
        0, "Turns of a chat that are sent with a message, counted from the newest; 0 sends all of them.", low=0
    )
    auto_context_trimming: bool = setting(
        True, "Let OpenRouter shorten the middle of a prompt that is too long for the model."
    )
    use_model_max_output_tokens: bool = setting(
        False, "Name the model's own ceiling of output tokens when a request names none.", advanced=True
    )
    enable_anthropic_prompt_caching: bool = setting(
        True, "Mark prompts for Claude's cache, which makes long chats cheaper.", advanced=True
    )
    anthropic_prompt_cache_ttl: CacheLife = setting(
        "5m", "How long Claude keeps a marked prompt: 5m, or 1h at a higher price.", advanced=True
    )

    # Routing and privacy
    provider_order: str = setting("", "Providers to try first, in this order, by commas.", advanced=True)
    provider_only: str = setting("", "The only providers allowed, by commas.", advanced=True)
    provider_ignore: str = setting("", "Providers never to use, by commas.", advanced=True)
    max_prompt_price: float | None = setting(
        None, "Highest price of a million input tokens in USD; dearer providers are not used.", low=0, advanced=True
    )
    max_completion_price: float | None = setting(
        None, "Highest price of a million output tokens in USD; dearer providers are not used.", low=0, advanced=True
    )
    deny_data_collection: bool = setting(False, "Use only providers that do not collect prompts.")
    zdr_enforce: bool = setting(False, "Send every request only to providers that promise to keep nothing.")
    request_zdr: bool = setting(
        False, "Send requests only to providers that promise to keep nothing.", user=True, advanced=True
    )
    default_llm_endpoint: EndpointName = setting(
        "responses", "Endpoint of OpenRouter models are called through.", advanced=True
    )
    force_chat_completions_models: str = setting(
        "", "Models called through chat completions: names or patterns, by commas.", advanced=True
    )
    force_responses_models: str = setting(
        "", "Models called through responses whatever else is set: names or patterns, by commas.", advanced=True
    )
    auto_fallback_chat_completions: bool = setting(
        True, "Try chat completions once when responses is refused for a model.", advanced=True
    )
    send_end_user_id: bool = setting(False, "Tell OpenRouter the person's id of this server.")
    send_session_id: bool = setting(False, "Tell OpenRouter the id of the person's session.")
    send_chat_id: bool = setting(False, "Tell OpenRouter the id of the chat.")
    send_message_id: bool = setting(False, "Tell OpenRouter the id of the message.")
    locked_user_settings: str = setting(
        "", "Settings people may not choose for themselves, by commas, such as REASONING_EFFORT.", advanced=True
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
