"""
title: OpenRouter
id: openrouter
description: The models of OpenRouter, through its Responses API.
version: 0.1.0
required_open_webui_version: 0.6.28
requirements: dependency-injector>=4.48, structlog>=24.1, orjson>=3.10, python-ulid>=3.0, aiosqlite>=0.20, lz4>=4.3, pyzipper>=0.3.6
license: MIT
"""

from typing import Literal, Self

from pydantic import (
    BaseModel,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

# <the shell's own code: imported here, written out in the single file>
from entrypoints.openwebui.bundle.forms import PASSWORD, accept_all, encrypted, encrypted_lines, kept, personal_form
from entrypoints.openwebui.bundle.shell import Core, Failure, refused, unexpected, wants_stream

# </the shell's own code>


class Pipe:
    """The class the host loads. The service does all work; it is loaded at the first call."""

    class Valves(BaseModel):
        """Settings of the administrator."""

        _refused: dict[str, object] = PrivateAttr(default_factory=dict)

        # <generated Valves from entrypoints/settings.py>
        API_KEY: str = Field(
            default="",
            repr=False,
            json_schema_extra=PASSWORD,
            description=(
                "API key of the OpenRouter account that pays for all requests. If empty, the environment variable "
                "OPENROUTER_API_KEY is used."
            ),
        )
        BASE_URL: str = Field(
            default="",
            repr=False,
            description=(
                "Base URL of OpenRouter, or of a gateway that implements its Responses API, including the version. If "
                "empty, the environment variable OPENROUTER_API_BASE_URL is used, else https://openrouter.ai/api/v1."
            ),
        )
        HTTP_REFERER_OVERRIDE: str = Field(
            default="",
            repr=False,
            description=(
                "Full URL (https://...) of your site. It is sent to OpenRouter as the origin (HTTP-Referer) of all "
                "requests. If empty, the project's own URL is sent."
            ),
        )
        HTTP_CONNECT_TIMEOUT_SECONDS: int = Field(
            default=10,
            description="Seconds to wait for a connection to upstream before the attempt fails.",
        )
        HTTP_TOTAL_TIMEOUT_SECONDS: int | None = Field(
            default=None,
            description=(
                "Longest duration of one upstream request in seconds, including the time to read the answer. If empty, "
                "there is no such limit: a request fails only when upstream sends nothing for HTTP_SOCK_READ_SECONDS."
            ),
        )
        HTTP_SOCK_READ_SECONDS: int = Field(
            default=300,
            description=(
                "Seconds without a single byte from upstream after which a request fails. Ignored when "
                "HTTP_TOTAL_TIMEOUT_SECONDS is set."
            ),
        )
        RETRY_UNCERTAIN: bool = Field(
            default=False,
            description=(
                "Also retry requests that OpenRouter may have processed, for example after a time-out. OpenRouter may "
                "then charge for both. Requests to free models are retried in any case."
            ),
        )
        MODEL_ID: str = Field(
            default="auto",
            description=(
                "Models to offer: auto for all models, or a comma-separated list of names or patterns, such as "
                "openai/gpt-5, anthropic/claude-*."
            ),
        )
        MODEL_CATALOG_REFRESH_SECONDS: int = Field(
            default=3600,
            description="Seconds between two refreshes of the model list. It is refreshed in the background.",
        )
        FREE_MODEL_FILTER: Literal["all", "only", "exclude"] = Field(
            default="all",
            description="Filter of models by price. all: every model; only: only free models; exclude: no free models.",
        )
        TOOL_CALLING_FILTER: Literal["all", "only", "exclude"] = Field(
            default="all",
            description=(
                "Filter of models by tool calling. all: every model; only: only models that can call tools; exclude: "
                "only models that cannot."
            ),
        )
        ZDR_MODELS_ONLY: bool = Field(
            default=False,
            description=(
                "Offer only models that have a provider with zero data retention, which promises to store nothing."
            ),
        )
        DISABLED_MODELS: str = Field(
            default="",
            description=(
                "Comma-separated names or patterns of models to disable. This takes effect at once, for background "
                "tasks too."
            ),
        )
        VARIANT_MODELS: str = Field(
            default="",
            description=(
                "Comma-separated additional entries of the model picker: a model with a variant (openai/gpt-5:nitro) "
                "or with a preset of the OpenRouter account (openai/gpt-5@preset/brief)."
            ),
        )
        FALLBACK_MODEL: str = Field(
            default="",
            description=(
                "Model that answers when the requested model cannot be reached, or keeps failing. A status line names "
                "it."
            ),
        )
        TASK_MODEL: str = Field(
            default="",
            description=(
                "Model for background tasks such as chat titles and tags. If empty, the chat's own model is used. "
                "Summaries of long chats (context_compaction) and reviews of memories (memory_review) always use the "
                "model that the host names."
            ),
        )
        UPDATE_MODEL_CAPABILITIES: bool = Field(
            default=True,
            description=(
                "Switch off the capability boxes (vision, builtin tools) of models that lack the capability, and "
                "update them from OpenRouter's list. Boxes that an administrator has changed are never overwritten."
            ),
        )
        UPDATE_MODEL_DESCRIPTIONS: bool = Field(
            default=False,
            description=(
                "Update the descriptions of the models from OpenRouter's list. Descriptions that an administrator has "
                "changed are never overwritten."
            ),
        )
        UPDATE_MODEL_IMAGES: bool = Field(
            default=True,
            description=(
                "Update the icons of models that have an entry in Open WebUI's model settings, from OpenRouter's "
                "pages. No entry is made for an icon alone. Icons that an administrator has changed are never "
                "overwritten."
            ),
        )
        NEW_MODEL_ACCESS_CONTROL: Literal["admins", "public"] = Field(
            default="admins",
            description=(
                "Who may use a model that has no entry in Open WebUI's model settings yet. admins: administrators "
                "only; public: everybody. A model that has an entry keeps its access. public applies only if "
                "UPDATE_MODEL_CAPABILITIES or UPDATE_MODEL_DESCRIPTIONS is on."
            ),
        )
        MAX_CONCURRENT_REQUESTS: int = Field(
            default=200,
            description="Requests that may run at the same time in one server process; more have to wait.",
        )
        DIRECT_UPLOADS: bool = Field(
            default=False,
            description=(
                "Send attached documents, sound and video to models that read them, instead of the text that Open "
                "WebUI finds in them. Needs Open WebUI 0.8 or newer and UPDATE_MODEL_CAPABILITIES."
            ),
        )
        ENABLE_SSRF_PROTECTION: bool = Field(
            default=True,
            description=(
                "Download only from public addresses. If off, the hosts in ALLOWED_PRIVATE_HOSTS may have private "
                "addresses. Addresses of cloud metadata services are never reached."
            ),
        )
        SESSION_LOG_STORE_ENABLED: bool = Field(
            default=False,
            description=(
                "Store a record of each message as an encrypted zip file: its log lines, and what was sent and "
                "received. Needs SESSION_LOG_ZIP_PASSWORD. Secrets are masked; texts of chats are in it. Temporary "
                "chats are never stored."
            ),
        )
        SESSION_LOG_ZIP_PASSWORD: str = Field(
            default="",
            repr=False,
            json_schema_extra=PASSWORD,
            description="Password of the zip files of SESSION_LOG_STORE_ENABLED. Without one, nothing is stored.",
        )
        BUDGETS: str = Field(
            default="",
            repr=False,
            description=(
                "Budgets, as a YAML list: each entry has who (all, each, user:ID, group:NAME, members:NAME or key:ID), "
                "period (day, week or month), a hard or soft limit, and may have name, models and unit (usd, tokens or "
                "requests). The operator's guide has examples."
            ),
        )
        ENABLE_REASONING: bool = Field(
            default=True,
            description="Ask models that can think to do so. If off, a model thinks only when the request asks for it.",
        )
        REASONING_EFFORT: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] = Field(
            default="medium",
            description="Reasoning effort of a model when the request does not set one.",
        )
        REASONING_SUMMARY_MODE: Literal["auto", "concise", "detailed", "disabled"] = Field(
            default="auto",
            description="Detail of the displayed summary of a model's thinking. disabled: no summary.",
        )
        TASK_MODEL_REASONING_EFFORT: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] = Field(
            default="low",
            description="Reasoning effort for background tasks such as chat titles and tags.",
        )
        HISTORY_WINDOW_TURNS: int = Field(
            default=0,
            description="Number of newest turns of a chat that are sent with a message; 0 sends all turns.",
        )
        AUTO_CONTEXT_TRIMMING: bool = Field(
            default=True,
            description="Allow OpenRouter to cut out the middle of a prompt that is too long for the model.",
        )
        DENY_DATA_COLLECTION: bool = Field(
            default=False,
            description="Use only providers that do not collect prompts.",
        )
        ZDR_ENFORCE: bool = Field(
            default=False,
            description=(
                "Send every request only to providers with zero data retention, which promise to store nothing."
            ),
        )
        SEND_END_USER_ID: bool = Field(
            default=False,
            description="Send OpenRouter the person's user id on this server.",
        )
        SEND_SESSION_ID: bool = Field(
            default=False,
            description="Send OpenRouter the plain id of the person's session.",
        )
        SEND_CHAT_ID: bool = Field(
            default=False,
            description="Send OpenRouter the id of the chat.",
        )
        SEND_MESSAGE_ID: bool = Field(
            default=False,
            description="Send OpenRouter the id of the message.",
        )
        MAX_FUNCTION_CALL_LOOPS: int = Field(
            default=25,
            description="Rounds of tool calls in one answer; after these the model has to answer without tools.",
        )
        TOOL_TIMEOUT_SECONDS: int = Field(
            default=60,
            description="Seconds that one tool call may take before it is cancelled.",
        )
        TOOL_BATCH_TIMEOUT_SECONDS: int = Field(
            default=120,
            description=(
                "Seconds that all tool calls of one round may take together, including the time they wait to start."
            ),
        )
        TOOL_IDLE_TIMEOUT_SECONDS: int | None = Field(
            default=None,
            description=(
                "Seconds without any tool call starting or ending after which the running calls are cancelled. If "
                "empty, there is no such limit."
            ),
        )
        MAX_PARALLEL_TOOLS_PER_REQUEST: int = Field(
            default=5,
            description="Tool calls of one answer that may run at the same time.",
        )
        MAX_PARALLEL_TOOLS_GLOBAL: int = Field(
            default=200,
            description="Tool calls that may run at the same time in one server process.",
        )
        SERVER_TOOLS: str = Field(
            default="",
            description=(
                "Comma-separated further tools that OpenRouter runs, offered in chats to models that call tools: "
                "web_fetch, datetime, image_generation, search_models, files, code_interpreter, shell, bash, "
                "apply_patch, advisor, subagent, fusion, tool_search, web_search. Every use costs money, with free "
                "models too; advisor, subagent and fusion pay for further models. A tool is not offered where Open "
                "WebUI has one for the same purpose in the chat. The custom parameter server_tools of a model replaces "
                "this list and ENABLE_WEB_SEARCH_TOOL."
            ),
        )
        PERSIST_REASONING_TOKENS: Literal["disabled", "next_reply", "conversation"] = Field(
            default="conversation",
            description=(
                "How long a model's thinking is stored and sent back to the model. disabled: never; next_reply: until "
                "the next message is answered, then it is deleted; conversation: as long as the chat is used. People "
                "can only shorten it."
            ),
        )
        PERSIST_TOOL_RESULTS: bool = Field(
            default=True,
            description=(
                "Store results of tool calls, which the model sees again in later messages. People can only switch it "
                "off."
            ),
        )
        TOOL_OUTPUT_RETENTION_TURNS: int = Field(
            default=10,
            description=(
                "Number of newest turns whose tool results are sent again in full. Long results of older turns are "
                "shortened, that many turns at a time because each change costs the prompt cache; 0 never shortens."
            ),
        )
        ARTIFACT_ENCRYPTION_KEY: str = Field(
            default="",
            repr=False,
            json_schema_extra=PASSWORD,
            description=(
                "Passphrase, at least 16 characters, to encrypt stored chat data. If empty, a key is generated once "
                "and stored in a file beside the database; on PostgreSQL the data is then not encrypted."
            ),
        )
        ENCRYPT_ALL: bool = Field(
            default=True,
            description="Encrypt all stored chat data. If off, only the thinking of models is encrypted.",
        )
        ARTIFACT_CLEANUP_DAYS: int = Field(
            default=90,
            description="Days without use after which stored chat data is deleted.",
        )
        ARTIFACT_CLEANUP_INTERVAL_HOURS: float = Field(
            default=1.0,
            description="Hours between two cleanup runs.",
        )
        ARTIFACT_QUOTA_MB: int = Field(
            default=200,
            description=(
                "Stored chat data of one person in MB, at most; beyond it, the data of the person's oldest turns is "
                "deleted. 0: no limit."
            ),
        )
        SHOW_FINAL_USAGE_STATUS: bool = Field(
            default=True,
            description="Show time, cost and tokens in the status line of each finished answer.",
        )
        SUPPORT_EMAIL: str = Field(
            default="",
            description="Email address for help, shown on error cards.",
        )
        SUPPORT_URL: str = Field(
            default="",
            repr=False,
            description="Web address for help, shown on error cards.",
        )
        LOG_LEVEL: Literal["", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = Field(
            default="",
            description=(
                "Lowest severity of messages that are written to the log. If empty, the environment variable "
                "GLOBAL_LOG_LEVEL is used, else INFO."
            ),
        )
        ADVANCED: str = Field(
            default="",
            repr=False,
            description=(
                "Rarely needed settings, one NAME=value per line, or NAME=<<END, lines, END; lines starting with # are "
                "ignored. The configuration reference lists the names. Unusable lines are skipped and logged."
            ),
        )
        # </generated Valves>

        # Not `Annotated[str, AfterValidator(...)]`: `typing` caches such a form for the whole process, and the cache
        # would keep this file's text in memory after the file was replaced.
        @field_validator("API_KEY", "ARTIFACT_ENCRYPTION_KEY", "SESSION_LOG_ZIP_PASSWORD")
        @classmethod
        def _encrypt(cls, value: str) -> str:
            return encrypted(value)

        @field_validator("ADVANCED")
        @classmethod
        def _encrypt_lines(cls, value: str) -> str:
            return encrypted_lines(value)

        @model_validator(mode="wrap")
        @classmethod
        def _accept(cls, data: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
            model, unfit = accept_all(data, handler)
            model._refused = unfit
            return model

        @model_serializer(mode="wrap")
        def _keep(self, handler: SerializerFunctionWrapHandler) -> dict[str, object]:
            return kept(handler(self), self._refused)

    @personal_form
    class UserValves(BaseModel):
        """Settings that every person can change for themselves."""

        _refused: dict[str, object] = PrivateAttr(default_factory=dict)

        # <generated UserValves from entrypoints/settings.py>
        LANGUAGE: Literal["inherit", "auto", "en", "de"] = Field(
            default="inherit",
            description=(
                "Language of statuses and error messages. auto: that of each person's page, English for pages in other "
                "languages and for API clients; en: English; de: German."
            ),
        )
        OWN_API_KEY: str = Field(
            default="",
            repr=False,
            json_schema_extra=PASSWORD,
            description=(
                "Your own OpenRouter API key. If the operator allows it, your requests use this key and are charged to "
                "your OpenRouter account. If empty, the key of this server is used."
            ),
        )
        THINKING_OUTPUT_MODE: Literal["inherit", "open_webui", "status", "both"] = Field(
            default="inherit",
            description=(
                "Where a person in a chat reads a model's thinking. open_webui: in Open WebUI's own box; status: its "
                "newest sentences in the status line, and not in the box; both."
            ),
        )
        SHOW_TOOL_CARDS: Literal["inherit", "true", "false"] = Field(
            default="inherit",
            description=(
                "Show tool calls with their arguments and results in the answer. If off, a status line names the tool "
                "that runs. Calls that Open WebUI runs itself are always shown."
            ),
        )
        SHOW_CHAT_COST: Literal["inherit", "true", "false"] = Field(
            default="inherit",
            description=(
                "Add what the whole chat has cost the person so far to the status line of each answer: all answers and "
                "background tasks in the ledger. Needs ENABLE_LEDGER and SHOW_FINAL_USAGE_STATUS; temporary chats have "
                "no sum. API clients find it as chat_cost in the usage."
            ),
        )
        SHOW_MY_SPEND: Literal["inherit", "true", "false"] = Field(
            default="inherit",
            description=(
                "Add what the person has spent in this month to the status line of each answer, in all chats. Needs "
                "ENABLE_LEDGER and SHOW_FINAL_USAGE_STATUS. API clients find it as month_cost in the usage."
            ),
        )
        ENABLE_REASONING: Literal["inherit", "true", "false"] = Field(
            default="inherit",
            description="Ask models that can think to do so. If off, a model thinks only when the request asks for it.",
        )
        REASONING_EFFORT: Literal["inherit", "none", "minimal", "low", "medium", "high", "xhigh", "max"] = Field(
            default="inherit",
            description="Reasoning effort of a model when the request does not set one.",
        )
        REASONING_SUMMARY_MODE: Literal["inherit", "auto", "concise", "detailed", "disabled"] = Field(
            default="inherit",
            description="Detail of the displayed summary of a model's thinking. disabled: no summary.",
        )
        ENABLE_ANTHROPIC_INTERLEAVED_THINKING: Literal["inherit", "true", "false"] = Field(
            default="inherit",
            description="Allow Claude to think between tool calls.",
        )
        REQUEST_ZDR: Literal["inherit", "true", "false"] = Field(
            default="inherit",
            description="Send requests only to providers that promise to store nothing. People can only switch it on.",
        )
        TOOL_EXECUTION_MODE: Literal["inherit", "Pipeline", "Open-WebUI"] = Field(
            default="inherit",
            description="Who runs tool calls. Pipeline: this function, within its limits; Open-WebUI: the host.",
        )
        PERSIST_REASONING_TOKENS: Literal["inherit", "disabled", "next_reply", "conversation"] = Field(
            default="inherit",
            description=(
                "How long a model's thinking is stored and sent back to the model. disabled: never; next_reply: until "
                "the next message is answered, then it is deleted; conversation: as long as the chat is used. People "
                "can only shorten it."
            ),
        )
        PERSIST_TOOL_RESULTS: Literal["inherit", "true", "false"] = Field(
            default="inherit",
            description=(
                "Store results of tool calls, which the model sees again in later messages. People can only switch it "
                "off."
            ),
        )
        SHOW_FINAL_USAGE_STATUS: Literal["inherit", "true", "false"] = Field(
            default="inherit",
            description="Show time, cost and tokens in the status line of each finished answer.",
        )
        # </generated UserValves>

        @field_validator("OWN_API_KEY")
        @classmethod
        def _encrypt(cls, value: str) -> str:
            return encrypted(value)

        @model_validator(mode="wrap")
        @classmethod
        def _accept(cls, data: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
            model, unfit = accept_all(data, handler)
            model._refused = unfit
            return model

        @model_serializer(mode="wrap")
        def _keep(self, handler: SerializerFunctionWrapHandler) -> dict[str, object]:
            return kept(handler(self), self._refused)

    def __init__(self) -> None:
        self.valves = self.Valves()
        self._core = Core()

    async def pipes(self) -> list[dict[str, str]]:
        """List the models from memory; if there are none, one entry says why."""
        valves = self.valves
        service = await self._core.service()
        if not isinstance(service, Failure):
            try:
                return await service.pipes(valves)
            except Exception as error:  # noqa: BLE001 - the host's edge: raising would silently remove all models
                service = unexpected(error)
        return [{"id": "unavailable", "name": f"{service.sentence} (error {service.error_id})"}]

    async def pipe(
        self,
        body: dict[str, object],
        __user__: dict[str, object] | None = None,
        __metadata__: dict[str, object] | None = None,
        __event_emitter__: object = None,
        __event_call__: object = None,
        __files__: object = None,
        __tools__: object = None,
        __request__: object = None,
        __task__: object = None,
        __task_body__: object = None,
        __chat_id__: object = None,
        __session_id__: object = None,
        __message_id__: object = None,
        __oauth_token__: object = None,
    ) -> object:
        """Answer one request; return a form the host accepts: an async iterator, a dict or a response."""
        call = {
            "body": body,
            "valves": self.valves,  # read before the first await: the host replaces it at every call
            "__user__": __user__,
            "__metadata__": __metadata__,
            "__event_emitter__": __event_emitter__,
            "__event_call__": __event_call__,
            "__files__": __files__,
            "__tools__": __tools__,
            "__request__": __request__,
            "__task__": __task__,
            "__task_body__": __task_body__,
            "__chat_id__": __chat_id__,
            "__session_id__": __session_id__,
            "__message_id__": __message_id__,
            "__oauth_token__": __oauth_token__,
        }
        service = await self._core.service()
        if not isinstance(service, Failure):
            try:
                return await service.pipe(call)
            except Exception as error:  # noqa: BLE001 - the host's edge: it would show any error's text to everybody
                service = unexpected(error)
        return refused(service, stream=wants_stream(body), task=bool(__task__))
