"""Settings of what each request asks of upstream, where the request itself does not; `settings` holds the others."""
# ruff: noqa: RUF009  (each row is the default of its field)

import json
from dataclasses import dataclass
from typing import Any, Literal

from entrypoints.settings_rows import Mend, setting
from entrypoints.settings_upstream import UpstreamSettings

ServiceTier = Literal["auto", "default", "flex", "priority", "fast", "scale", "ultrafast"]
Verbosity = Literal["default", "low", "medium", "high", "xhigh", "max"]
CostTier = Literal["default", "low", "medium", "high", "xhigh", "max"]
Mode = Literal["standard", "pro"]


def object_of(text: str) -> dict[str, Any] | None:
    """Return the JSON object that a text holds; None if it holds none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _object_text(text: str) -> str:
    return text if object_of(text) is not None else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSettings(UpstreamSettings):
    """The rows of `settings.Settings` that fill fields of requests."""

    service_tier: ServiceTier = setting(
        "auto",
        "Service tier of requests that name none: flex is cheaper and slower, priority faster and dearer. auto: "
        "OpenRouter's own choice. Background tasks always use auto.",
        advanced=True,
    )
    verbosity: Verbosity = setting(
        "default",
        "Length of the answers of models that take this option, unless the request sets it. default: the model's own.",
        advanced=True,
    )
    reasoning_mode: Mode = setting(
        "standard",
        "Reasoning mode of models that have more than one (OpenAI's GPT-5.6 and newer), unless the request sets it. "
        "pro thinks more and costs more.",
        advanced=True,
    )
    router_cost_tier: CostTier = setting(
        "default",
        "Price range from which openrouter/auto and openrouter/auto-beta choose models, unless the request sets it. "
        "default: the router's own choice.",
        advanced=True,
    )
    max_server_tool_cost: float | None = setting(
        None,
        "Highest cost in USD of one request in which OpenRouter runs tools, such as web search; beyond it the model "
        "answers without them. A request can only set a lower limit. If empty, there is no such limit.",
        low=0,
        advanced=True,
    )
    send_safety_identifier: bool = setting(
        False,
        "Send OpenRouter a hash of the person's id with each request. If a provider blocks a person for abuse, it then "
        "does not block the whole account. Nobody can read the id from the hash.",
        advanced=True,
    )
    request_defaults: str = setting(
        "",
        "Fields of OpenRouter's Responses API, such as trace, plugins or instructions, that are sent with each chat "
        "request unless the request sets them: one JSON object. Background tasks do not use them.",
        advanced=True,
        mend=Mend(_object_text, "is not a JSON object"),
    )
