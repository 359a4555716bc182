"""
title: OpenRouter
id: openrouter
description: The models of OpenRouter, through its Responses API.
version: 0.1.0
required_open_webui_version: 0.6.28
requirements: dependency-injector, structlog, orjson, python-ulid, aiosqlite, lz4
license: MIT
"""

from typing import Literal, Self

from pydantic import BaseModel, Field, ModelWrapValidatorHandler, PrivateAttr, field_validator, model_validator

# <the shell's own code: imported here, written out in the single file>
from entrypoints.openwebui.bundle.shell import (
    PASSWORD,
    Core,
    Failure,
    accept_all,
    encrypted,
    encrypted_lines,
    refused,
    unexpected,
    wants_stream,
)

# </the shell's own code>


class Pipe:
    """What the host sees. All work is done by the service, which is loaded at the first call."""

    class Valves(BaseModel):
        """Settings of the administrator."""

        _refused: dict[str, object] = PrivateAttr(default_factory=dict)

        # <generated Valves from entrypoints/settings.py>
        API_KEY: str = Field(
            default="",
            repr=False,
            json_schema_extra=PASSWORD,
            description=(
                "Key of the OpenRouter account that pays for all requests. Left empty, the environment variable "
                "OPENROUTER_API_KEY is used."
            ),
        )
        BASE_URL: str = Field(
            default="",
            description=(
                "Address of OpenRouter or of a gateway that speaks its Responses API, up to and including the version. "
                "Left empty, the environment variable OPENROUTER_API_BASE_URL is used, else "
                "https://openrouter.ai/api/v1."
            ),
        )
        HTTP_REFERER_OVERRIDE: str = Field(
            default="",
            description=(
                "Full address (https://...) of your site, named to OpenRouter as the origin of all requests in place "
                "of the project's own."
            ),
        )
        HTTP_CONNECT_TIMEOUT_SECONDS: int = Field(
            default=10,
            description="Seconds to wait for a connection to upstream before giving up.",
        )
        HTTP_TOTAL_TIMEOUT_SECONDS: int | None = Field(
            default=None,
            description=(
                "Longest duration of one upstream request in seconds, reading the answer included. Empty: no such "
                "limit, only silence ends a request (HTTP_SOCK_READ_SECONDS)."
            ),
        )
        HTTP_SOCK_READ_SECONDS: int = Field(
            default=300,
            description=(
                "Seconds without a single byte from upstream after which a request counts as dead. Not used when "
                "HTTP_TOTAL_TIMEOUT_SECONDS is set."
            ),
        )
        RETRY_UNCERTAIN: bool = Field(
            default=False,
            description=(
                "Also repeat requests whose fate is unknown, such as a time-out after sending. OpenRouter may then "
                "charge for both. Requests to free models are repeated in any case."
            ),
        )
        MODEL_ID: str = Field(
            default="auto",
            description=(
                "Models to offer: auto for all of them, or their names separated by commas, such as openai/gpt-5, "
                "anthropic/claude-sonnet-4.5."
            ),
        )
        MODEL_CATALOG_REFRESH_SECONDS: int = Field(
            default=3600,
            description="Seconds after which the list of models is fetched again, in the background.",
        )
        FREE_MODEL_FILTER: Literal["all", "only", "exclude"] = Field(
            default="all",
            description="Models offered by price: all, only the free ones, or all but those (exclude).",
        )
        TOOL_CALLING_FILTER: Literal["all", "only", "exclude"] = Field(
            default="all",
            description="Models offered by tool calling: all, only those that can, or all but those (exclude).",
        )
        ZDR_MODELS_ONLY: bool = Field(
            default=False,
            description="Offer only models with a provider that promises to keep nothing (zero data retention).",
        )
        DISABLED_MODELS: str = Field(
            default="",
            description=(
                "Models switched off at once, for background tasks too: names or patterns, separated by commas."
            ),
        )
        VARIANT_MODELS: str = Field(
            default="",
            description=(
                "Further entries of the picker, by commas: a model with a variant (openai/gpt-5:nitro) or with a "
                "preset of the account (openai/gpt-5@preset/brief)."
            ),
        )
        FALLBACK_MODEL: str = Field(
            default="",
            description=(
                "Model that answers, with a word to the person, when the one asked for cannot be reached at all."
            ),
        )
        TASK_MODEL: str = Field(
            default="",
            description=(
                "Model for background tasks such as titles and tags. Left empty, the model of the chat does them."
            ),
        )
        UPDATE_MODEL_CAPABILITIES: bool = Field(
            default=True,
            description=(
                "Switch off the capability boxes a model cannot fill (vision, builtin tools) and follow OpenRouter's "
                "list. What an administrator has changed by hand is never touched again."
            ),
        )
        UPDATE_MODEL_DESCRIPTIONS: bool = Field(
            default=False,
            description=(
                "Keep the descriptions of the models as OpenRouter lists them. What an administrator has changed by "
                "hand is never touched again."
            ),
        )
        UPDATE_MODEL_IMAGES: bool = Field(
            default=True,
            description=(
                "Keep the icons of the models as OpenRouter shows them. Has no effect yet: icons wait for a release "
                "that fetches files from elsewhere safely."
            ),
        )
        NEW_MODEL_ACCESS_CONTROL: Literal["admins", "public"] = Field(
            default="admins",
            description=(
                "Who may use a model the host has no row for, while capabilities or descriptions are kept up to date: "
                "admins only, or public for everybody. A model that has a row keeps its access."
            ),
        )
        MAX_CONCURRENT_REQUESTS: int = Field(
            default=200,
            description="Requests that may run at the same time in one server process.",
        )
        ENABLE_REASONING: bool = Field(
            default=True,
            description="Ask models that can think to do so. Off: only what the request itself asks for.",
        )
        REASONING_EFFORT: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] = Field(
            default="medium",
            description="How long a model thinks when the request does not say it.",
        )
        REASONING_SUMMARY_MODE: Literal["auto", "concise", "detailed", "disabled"] = Field(
            default="auto",
            description="How detailed the shown summary of the thinking is; disabled asks for none.",
        )
        TASK_MODEL_REASONING_EFFORT: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] = Field(
            default="low",
            description="How long a model thinks about background tasks such as chat titles and tags.",
        )
        HISTORY_WINDOW_TURNS: int = Field(
            default=0,
            description="Turns of a chat that are sent with a message, counted from the newest; 0 sends all of them.",
        )
        AUTO_CONTEXT_TRIMMING: bool = Field(
            default=True,
            description="Let OpenRouter shorten the middle of a prompt that is too long for the model.",
        )
        DENY_DATA_COLLECTION: bool = Field(
            default=False,
            description="Use only providers that do not collect prompts.",
        )
        ZDR_ENFORCE: bool = Field(
            default=False,
            description="Send every request only to providers that promise to keep nothing.",
        )
        SEND_END_USER_ID: bool = Field(
            default=False,
            description="Tell OpenRouter the person's id of this server.",
        )
        SEND_SESSION_ID: bool = Field(
            default=False,
            description="Tell OpenRouter the id of the person's session.",
        )
        SEND_CHAT_ID: bool = Field(
            default=False,
            description="Tell OpenRouter the id of the chat.",
        )
        SEND_MESSAGE_ID: bool = Field(
            default=False,
            description="Tell OpenRouter the id of the message.",
        )
        MAX_FUNCTION_CALL_LOOPS: int = Field(
            default=25,
            description="Rounds of tool calls in one answer before the model has to finish without them.",
        )
        TOOL_TIMEOUT_SECONDS: int = Field(
            default=60,
            description="Seconds one tool call may take.",
        )
        TOOL_BATCH_TIMEOUT_SECONDS: int = Field(
            default=120,
            description="Seconds all tool calls of one round may take together, waiting for a free place included.",
        )
        TOOL_IDLE_TIMEOUT_SECONDS: int | None = Field(
            default=None,
            description="Seconds a tool call may go on without any sign of progress. Empty: no such limit.",
        )
        MAX_PARALLEL_TOOLS_PER_REQUEST: int = Field(
            default=5,
            description="Tool calls of one answer that may run at the same time.",
        )
        MAX_PARALLEL_TOOLS_GLOBAL: int = Field(
            default=200,
            description="Tool calls that may run at the same time in one server process.",
        )
        PERSIST_REASONING_TOKENS: Literal["disabled", "next_reply", "conversation"] = Field(
            default="conversation",
            description=(
                "How long the thinking of a model goes back to it: disabled, next_reply (until the answer to the next "
                "message; then it is deleted), or conversation."
            ),
        )
        PERSIST_TOOL_RESULTS: bool = Field(
            default=True,
            description="Keep the results of tool calls, so that later messages of the chat can build on them.",
        )
        TOOL_OUTPUT_RETENTION_TURNS: int = Field(
            default=10,
            description=(
                "Newest turns whose tool results are sent again in full; older long ones are shortened. 0 never "
                "shortens."
            ),
        )
        ARTIFACT_ENCRYPTION_KEY: str = Field(
            default="",
            repr=False,
            json_schema_extra=PASSWORD,
            description=(
                "Passphrase, at least 16 characters, that what is kept of a chat is encrypted with. Left empty, a key "
                "is made once and kept in a file beside the data; on PostgreSQL nothing is encrypted then."
            ),
        )
        ENCRYPT_ALL: bool = Field(
            default=True,
            description="Encrypt everything that is kept of a chat; off, only the thinking of models.",
        )
        ARTIFACT_CLEANUP_DAYS: int = Field(
            default=90,
            description="Days after which what nobody has used any more is deleted.",
        )
        ARTIFACT_CLEANUP_INTERVAL_HOURS: float = Field(
            default=1.0,
            description="Hours between two looks for what is to be deleted.",
        )
        SHOW_FINAL_USAGE_STATUS: bool = Field(
            default=True,
            description="Show time, cost and tokens below each finished answer.",
        )
        SUPPORT_EMAIL: str = Field(
            default="",
            description="Mail address shown on error cards as the place to ask for help.",
        )
        SUPPORT_URL: str = Field(
            default="",
            description="Web address shown on error cards as the place to ask for help.",
        )
        LOG_LEVEL: Literal["", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = Field(
            default="",
            description=(
                "Least severity of the messages written to the log. Left empty, the environment variable "
                "GLOBAL_LOG_LEVEL is used, else INFO."
            ),
        )
        ADVANCED: str = Field(
            default="",
            repr=False,
            description=(
                "Rarely needed settings, one NAME=value per line; lines starting with # are ignored. The configuration "
                "reference lists the names. A line that cannot be used is named in the log and skipped."
            ),
        )
        # </generated Valves>

        # Not `Annotated[str, AfterValidator(...)]`: `typing` remembers such a form for the whole process, and with it
        # this file's whole text after it was replaced.
        @field_validator("API_KEY", "ARTIFACT_ENCRYPTION_KEY")
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

    class UserValves(BaseModel):
        """Settings every person may choose for themselves."""

        _refused: dict[str, object] = PrivateAttr(default_factory=dict)

        # <generated UserValves from entrypoints/settings.py>
        ENABLE_REASONING: Literal["inherit", "true", "false"] = Field(
            default="inherit",
            description="Ask models that can think to do so. Off: only what the request itself asks for.",
        )
        REASONING_EFFORT: Literal["inherit", "none", "minimal", "low", "medium", "high", "xhigh", "max"] = Field(
            default="inherit",
            description="How long a model thinks when the request does not say it.",
        )
        REASONING_SUMMARY_MODE: Literal["inherit", "auto", "concise", "detailed", "disabled"] = Field(
            default="inherit",
            description="How detailed the shown summary of the thinking is; disabled asks for none.",
        )
        ENABLE_ANTHROPIC_INTERLEAVED_THINKING: Literal["inherit", "true", "false"] = Field(
            default="inherit",
            description="Let Claude think between tool calls.",
        )
        REQUEST_ZDR: Literal["inherit", "true", "false"] = Field(
            default="inherit",
            description="Send requests only to providers that promise to keep nothing.",
        )
        TOOL_EXECUTION_MODE: Literal["inherit", "Pipeline", "Open-WebUI"] = Field(
            default="inherit",
            description=(
                "Who runs tool calls: Pipeline, this function, within its limits; or Open-WebUI, the host itself."
            ),
        )
        PERSIST_REASONING_TOKENS: Literal["inherit", "disabled", "next_reply", "conversation"] = Field(
            default="inherit",
            description=(
                "How long the thinking of a model goes back to it: disabled, next_reply (until the answer to the next "
                "message; then it is deleted), or conversation."
            ),
        )
        PERSIST_TOOL_RESULTS: Literal["inherit", "true", "false"] = Field(
            default="inherit",
            description="Keep the results of tool calls, so that later messages of the chat can build on them.",
        )
        SHOW_FINAL_USAGE_STATUS: Literal["inherit", "true", "false"] = Field(
            default="inherit",
            description="Show time, cost and tokens below each finished answer.",
        )
        # </generated UserValves>

        @model_validator(mode="wrap")
        @classmethod
        def _accept(cls, data: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
            model, unfit = accept_all(data, handler)
            model._refused = unfit
            return model

    def __init__(self) -> None:
        self.valves = self.Valves()
        self._core = Core()

    async def pipes(self) -> list[dict[str, str]]:
        """List the models from memory; one entry that says why when there can be none."""
        valves = self.valves
        service = await self._core.service()
        if not isinstance(service, Failure):
            try:
                return await service.pipes(valves)
            except Exception as error:  # noqa: BLE001 - the host's edge: raising would take all models away, unexplained
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
        """Answer one request; returns what the host accepts: an async iterator, a dict or a response."""
        call = {
            "body": body,
            "valves": self.valves,  # read before anything is awaited: the host replaces it at every call
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
            except Exception as error:  # noqa: BLE001 - the host's edge: it would show the text of any error to everybody
                service = unexpected(error)
        return refused(service, stream=wants_stream(body), task=bool(__task__))
