"""The table of settings, one row each. The host's forms, the snapshot of a call and the reference are made of it.

`python -m entrypoints.settings_generate --write` updates the generated texts, `--check` compares them.
"""
# ruff: noqa: RUF009  (each row is the default of its field)

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
    QUOTA_MB,
    RETENTION_DAYS,
    ROUND_SECONDS,
    TOOL_ROUNDS,
)
from domain.redaction.known import known, secrets_in_url
from entrypoints.settings_people import PeopleSettings
from entrypoints.settings_rows import EMAIL, WEB, Secret, Setting, read_table, setting
from entrypoints.settings_tools import SERVER_TOOLS_MEND, SERVER_TOOLS_TEXT

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
SummaryMode = Literal["auto", "concise", "detailed", "disabled"]
CacheLife = Literal["5m", "1h"]
EndpointName = Literal["responses", "chat_completions"]
Retention = Literal["disabled", "next_reply", "conversation"]
ToolMode = Literal["Pipeline", "Open-WebUI"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(PeopleSettings):
    """The settings of one call, frozen; `settings_snapshot.snapshot` makes them."""

    def __repr__(self) -> str:
        """Show what differs from the defaults, without any secret."""
        changed = ((row.attribute, getattr(self, row.attribute)) for row in SETTINGS)
        shown = ", ".join(f"{name}={value!r}" for name, value in changed if value != _DEFAULTS[name])
        return f"Settings({known(secrets_in_url(shown)).mask(shown)})"

    # Reasoning
    enable_reasoning: bool = setting(
        True, "Ask models that can think to do so. If off, a model thinks only when the request asks for it.", user=True
    )
    reasoning_effort: Effort = setting(
        "medium", "Reasoning effort of a model when the request does not set one.", user=True
    )
    reasoning_summary_mode: SummaryMode = setting(
        "auto", "Detail of the displayed summary of a model's thinking. disabled: no summary.", user=True
    )
    task_model_reasoning_effort: Effort = setting(
        "low", "Reasoning effort for background tasks such as chat titles and tags."
    )

    max_reasoning_effort: Effort = setting(
        "max",
        "Highest reasoning effort that a person or a request may set. Below max it also caps a thinking budget that a "
        "request sets in tokens, at the budget that GEMINI_THINKING_BUDGET yields for this effort.",
        advanced=True,
    )
    gemini_thinking_budget: int = setting(
        1024,
        "Thinking budget in tokens at effort medium, for models that take a budget instead of an effort. Effort "
        "minimal yields a quarter of it, low half, high twice, xhigh and max four times, never below 1024. "
        "MAX_REASONING_EFFORT caps the effort first: if it is high, a request gets at most twice this number.",
        low=0,
        high=65_536,
        advanced=True,
    )
    enable_anthropic_interleaved_thinking: bool = setting(
        True, "Allow Claude to think between tool calls.", user=True, advanced=True
    )

    # Prompts
    history_window_turns: int = setting(
        0, "Number of newest turns of a chat that are sent with a message; 0 sends all turns.", low=0
    )
    auto_context_trimming: bool = setting(
        True, "Allow OpenRouter to cut out the middle of a prompt that is too long for the model."
    )
    use_model_max_output_tokens: bool = setting(
        False, "Send the model's own maximum of output tokens when a request sets no limit.", advanced=True
    )
    enable_anthropic_prompt_caching: bool = setting(
        True, "Mark prompts for Claude's prompt cache, which makes long chats cheaper.", advanced=True
    )
    anthropic_prompt_cache_ttl: CacheLife = setting(
        "5m", "How long Claude caches a marked prompt: 5m, or 1h at a higher price.", advanced=True
    )
    memories_after_history: bool = setting(
        True,
        "Send the memories that the host looks up for each message after the history instead of before it (OpenAI and "
        "Claude): otherwise no earlier message could come from the prompt cache.",
        advanced=True,
    )

    # Routing and privacy
    provider_order: str = setting("", "Comma-separated providers to try first, in this order.", advanced=True)
    provider_only: str = setting("", "Comma-separated list of the only providers allowed.", advanced=True)
    provider_ignore: str = setting("", "Comma-separated providers that are never used.", advanced=True)
    max_prompt_price: float | None = setting(
        None,
        "Highest price of a million input tokens in USD; more expensive providers are not used.",
        low=0,
        advanced=True,
    )
    max_completion_price: float | None = setting(
        None,
        "Highest price of a million output tokens in USD; more expensive providers are not used.",
        low=0,
        advanced=True,
    )
    deny_data_collection: bool = setting(False, "Use only providers that do not collect prompts.")
    zdr_enforce: bool = setting(
        False, "Send every request only to providers with zero data retention, which promise to store nothing."
    )
    request_zdr: bool = setting(
        False,
        "Send requests only to providers that promise to store nothing. People can only switch it on.",
        user=True,
        advanced=True,
        strictest_first=(True, False),
    )
    default_llm_endpoint: EndpointName = setting(
        "responses", "OpenRouter endpoint that models are called through by default.", advanced=True
    )
    force_chat_completions_models: str = setting(
        "", "Comma-separated names or patterns of models to call through chat completions.", advanced=True
    )
    force_responses_models: str = setting(
        "",
        "Comma-separated names or patterns of models to call through responses. This overrides all other endpoint "
        "settings.",
        advanced=True,
    )
    auto_fallback_chat_completions: bool = setting(
        True, "If a model rejects the responses endpoint, retry once through chat completions.", advanced=True
    )
    send_end_user_id: bool = setting(False, "Send OpenRouter the person's user id on this server.")
    send_session_id: bool = setting(False, "Send OpenRouter the plain id of the person's session.")
    send_chat_id: bool = setting(False, "Send OpenRouter the id of the chat.")
    send_message_id: bool = setting(False, "Send OpenRouter the id of the message.")
    locked_user_settings: str = setting(
        "",
        "Comma-separated settings that people may not override for themselves, such as REASONING_EFFORT.",
        advanced=True,
    )

    # Tools
    max_function_call_loops: int = setting(
        TOOL_ROUNDS, "Rounds of tool calls in one answer; after these the model has to answer without tools.", low=1
    )
    tool_timeout_seconds: int = setting(
        CALL_SECONDS, "Seconds that one tool call may take before it is cancelled.", low=1, high=600
    )
    tool_batch_timeout_seconds: int = setting(
        ROUND_SECONDS,
        "Seconds that all tool calls of one round may take together, including the time they wait to start.",
        low=1,
    )
    tool_idle_timeout_seconds: int | None = setting(
        None,
        "Seconds without any tool call starting or ending after which the running calls are cancelled. If empty, there "
        "is no such limit.",
        low=1,
    )
    max_parallel_tools_per_request: int = setting(
        CALLS_AT_ONCE, "Tool calls of one answer that may run at the same time.", low=1, high=50
    )
    max_parallel_tools_global: int = setting(
        CALLS_IN_PROCESS, "Tool calls that may run at the same time in one server process.", low=1, high=2000
    )
    tool_execution_mode: ToolMode = setting(
        "Pipeline",
        "Who runs tool calls. Pipeline: this function, within its limits; Open-WebUI: the host.",
        user=True,
        advanced=True,
    )
    enable_strict_tool_calling: bool = setting(
        True,
        "Require models to follow the schemas of tools exactly (strict mode), wherever a schema allows it.",
        advanced=True,
    )
    breaker_max_failures: int = setting(
        BREAKER_FAILURES,
        "Consecutive failures within BREAKER_WINDOW_SECONDS that open a circuit breaker: of one tool for one person, "
        "which is then not called; of one person's requests, which are then refused; of one model, which "
        "FALLBACK_MODEL then replaces.",
        low=1,
        high=50,
        advanced=True,
    )
    breaker_window_seconds: int = setting(
        BREAKER_SECONDS,
        "Seconds within which failures are counted, and how long the circuit breaker stays open at first.",
        low=5,
        high=900,
        advanced=True,
    )
    enable_web_search_tool: bool = setting(
        True,
        "Offer OpenRouter's web search to models that can use it, unless Open WebUI itself searches the web for the "
        "message. Searches cost extra.",
        advanced=True,
    )
    server_tools: str = setting("", SERVER_TOOLS_TEXT, mend=SERVER_TOOLS_MEND)
    web_search_max_results: int | None = setting(
        3,
        "Number of results per web search that are sent to the model. With the value none, OpenRouter chooses.",
        low=1,
        high=10,
        advanced=True,
    )

    # Memory of a chat
    persist_reasoning_tokens: Retention = setting(
        "conversation",
        "How long a model's thinking is stored and sent back to the model. disabled: never; next_reply: until the next "
        "message is answered, then it is deleted; conversation: as long as the chat is used. People can only "
        "shorten it.",
        user=True,
        strictest_first=("disabled", "next_reply", "conversation"),
    )
    persist_tool_results: bool = setting(
        True,
        "Store results of tool calls, which the model sees again in later messages. People can only switch it off.",
        user=True,
        strictest_first=(False, True),
    )
    tool_output_retention_turns: int = setting(
        FULL_TURNS,
        "Number of newest turns whose tool results are sent again in full. Long results of older turns are shortened, "
        "that many turns at a time because each change costs the prompt cache; 0 never shortens.",
        low=0,
    )
    artifact_encryption_key: Secret = setting(
        Secret(),
        "Passphrase, at least 16 characters, to encrypt stored chat data. If empty, a key is generated once and stored "
        "in a file beside the database; on PostgreSQL the data is then not encrypted.",
    )
    artifact_previous_keys: Secret = setting(
        Secret(),
        "Comma-separated earlier values of ARTIFACT_ENCRYPTION_KEY, so that older data stays readable.",
        advanced=True,
    )
    encrypt_all: bool = setting(True, "Encrypt all stored chat data. If off, only the thinking of models is encrypted.")
    enable_lz4_compression: bool = setting(True, "Compress stored chat data.", advanced=True)
    min_compress_bytes: int = setting(
        0, "Compress stored chat data only from this size in bytes; 0 means any size.", low=0, advanced=True
    )
    artifact_cleanup_days: int = setting(
        RETENTION_DAYS, "Days without use after which stored chat data is deleted.", low=1, high=365
    )
    artifact_cleanup_interval_hours: float = setting(
        CLEANING_HOURS, "Hours between two cleanup runs.", low=0.5, high=24
    )
    artifact_quota_mb: int = setting(
        QUOTA_MB,
        "Stored chat data of one person in MB, at most; beyond it, the data of the person's oldest turns is deleted. "
        "0: no limit.",
        low=0,
        high=1_000_000,
    )
    artifact_cleanup_confirm: str = setting(
        "",
        "Confirms that the stored data of many deleted chats may be deleted. A cleanup run that would delete the data "
        "of more than 20 chats and more than a tenth of all chats, or that finds another host, deletes none of it and "
        "logs artifacts_of_chats_held with the value to enter here.",
        advanced=True,
    )

    # What people see
    show_final_usage_status: bool = setting(
        True, "Show time, cost and tokens in the status line of each finished answer.", user=True
    )
    support_email: str = setting("", "Email address for help, shown on error cards.", pattern=EMAIL)
    support_url: str = setting("", "Web address for help, shown on error cards.", pattern=WEB)

    # Operation
    log_level: LogLevel = setting(
        "INFO",
        "Lowest severity of messages that are written to the log. If empty, the environment variable GLOBAL_LOG_LEVEL "
        "is used, else INFO.",
        env="GLOBAL_LOG_LEVEL",
    )


ADVANCED = "ADVANCED"
ADVANCED_TEXT = (
    "Rarely needed settings, one NAME=value per line, or NAME=<<END, lines, END; lines starting with # are ignored. "
    "The configuration reference lists the names. Unusable lines are skipped and logged."
)
SETTINGS: tuple[Setting, ...] = read_table(Settings)
_DEFAULTS = {row.attribute: row.default for row in SETTINGS}
