"""The table of settings: one row each, from which the host's forms, the snapshot of a call and the reference come.

`python -m entrypoints.settings_generate --write` brings the generated texts up to date, `--check` compares them.
"""
# ruff: noqa: RUF009  (a row is written as the default of its field)

from dataclasses import dataclass
from typing import Literal

from domain.limits import (
    BREAKER_FAILURES,
    BREAKER_SECONDS,
    CALL_SECONDS,
    CALLS_AT_ONCE,
    CALLS_IN_PROCESS,
    CLEANING_HOURS,
    FULL_TURNS,
    RETENTION_DAYS,
    ROUND_SECONDS,
    TOOL_ROUNDS,
)
from entrypoints.settings_rows import Secret, Setting, read_table, setting
from entrypoints.settings_upstream import UpstreamSettings

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
SummaryMode = Literal["auto", "concise", "detailed", "disabled"]
CacheLife = Literal["5m", "1h"]
EndpointName = Literal["responses", "chat_completions"]
Retention = Literal["disabled", "next_reply", "conversation"]
ToolMode = Literal["Pipeline", "Open-WebUI"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(UpstreamSettings):
    """The settings one call works with; made by `settings_snapshot.snapshot`, never changed afterwards."""

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

    max_reasoning_effort: Effort = setting(
        "max",
        "Deepest thinking a person or a request may ask for. Below max it also caps a number of tokens that a request "
        "names, at what GEMINI_THINKING_BUDGET makes of this effort.",
        advanced=True,
    )
    gemini_thinking_budget: int = setting(
        1024,
        "Tokens of thinking at medium effort for models that know budgets instead of efforts: a quarter of it at "
        "minimal, half at low, twice at high, four times at xhigh and max, never below 1024. MAX_REASONING_EFFORT caps "
        "the effort first: with high there, nobody gets more than twice this number.",
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
        TOOL_ROUNDS, "Rounds of tool calls in one answer before the model has to finish without them.", low=1
    )
    tool_timeout_seconds: int = setting(CALL_SECONDS, "Seconds one tool call may take.", low=1, high=600)
    tool_batch_timeout_seconds: int = setting(
        ROUND_SECONDS,
        "Seconds all tool calls of one round may take together, waiting for a free place included.",
        low=1,
    )
    tool_idle_timeout_seconds: int | None = setting(
        None, "Seconds a tool call may go on without any sign of progress. Empty: no such limit.", low=1
    )
    max_parallel_tools_per_request: int = setting(
        CALLS_AT_ONCE, "Tool calls of one answer that may run at the same time.", low=1, high=50
    )
    max_parallel_tools_global: int = setting(
        CALLS_IN_PROCESS, "Tool calls that may run at the same time in one server process.", low=1, high=2000
    )
    tool_execution_mode: ToolMode = setting(
        "Pipeline",
        "Who runs tool calls: Pipeline, this function, within its limits; or Open-WebUI, the host itself.",
        user=True,
        advanced=True,
    )
    enable_strict_tool_calling: bool = setting(
        True, "Make models keep exactly to the schemas of tools, where a schema can be made strict.", advanced=True
    )
    breaker_max_failures: int = setting(
        BREAKER_FAILURES,
        "Failures of one person within BREAKER_WINDOW_SECONDS after which a pause is made.",
        low=1,
        high=50,
        advanced=True,
    )
    breaker_window_seconds: int = setting(
        BREAKER_SECONDS,
        "Seconds in which failures are counted, and the length of the pause.",
        low=5,
        high=900,
        advanced=True,
    )
    enable_web_search_tool: bool = setting(
        True,
        "Offer OpenRouter's web search to models that can use it, unless Open WebUI searches for the message itself. "
        "Searches cost extra.",
        advanced=True,
    )
    web_search_max_results: int | None = setting(
        3,
        "Results of one web search that go to the model; none leaves it to OpenRouter.",
        low=1,
        high=10,
        advanced=True,
    )

    # Memory of a chat
    persist_reasoning_tokens: Retention = setting(
        "conversation",
        "How long the thinking of a model goes back to it: disabled, next_reply (until the answer to the next "
        "message; then it is deleted), or conversation.",
        user=True,
    )
    persist_tool_results: bool = setting(
        True, "Keep the results of tool calls, so that later messages of the chat can build on them.", user=True
    )
    tool_output_retention_turns: int = setting(
        FULL_TURNS,
        "Newest turns whose tool results are sent again in full; older long ones are shortened. 0 never shortens.",
        low=0,
    )
    artifact_encryption_key: Secret = setting(
        Secret(),
        "Passphrase, at least 16 characters, that what is kept of a chat is encrypted with. Left empty, a key is made "
        "once and kept in a file beside the data; on PostgreSQL nothing is encrypted then.",
    )
    artifact_previous_keys: Secret = setting(
        Secret(),
        "Earlier values of ARTIFACT_ENCRYPTION_KEY, by commas: what they encrypted stays readable.",
        advanced=True,
    )
    encrypt_all: bool = setting(True, "Encrypt everything that is kept of a chat; off, only the thinking of models.")
    enable_lz4_compression: bool = setting(True, "Compress what is kept of a chat.", advanced=True)
    min_compress_bytes: int = setting(
        0, "Size in bytes from which compression is tried; 0 always tries.", low=0, advanced=True
    )
    artifact_cleanup_days: int = setting(
        RETENTION_DAYS, "Days after which what nobody has used any more is deleted.", low=1, high=365
    )
    artifact_cleanup_interval_hours: float = setting(
        CLEANING_HOURS, "Hours between two looks for what is to be deleted.", low=0.5, high=24
    )

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
