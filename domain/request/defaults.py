"""The operator's values of request fields, where the caller sets none."""

from collections.abc import Mapping
from dataclasses import fields, replace

from domain.request.lost import LONGEST_LABEL
from domain.request.passed import PASSED
from domain.request.sampling import LONGEST_STOP, RANGES
from domain.request.shapes import LARGEST, Check, Each, Opaque, flag, number, text, whole, words
from domain.request.turn_request import Parameters
from ports.json_values import JsonObject

_COUNT = whole(1, LARGEST)
_WHOLE = ("top_k", "top_logprobs")
_OWN: Mapping[str, Check] = {
    **{name: whole(0, 2**31 - 1) if name in _WHOLE else number(-1e9, 1e9) for name in RANGES},
    "seed": whole(-(2**53), 2**53),
    "max_output_tokens": _COUNT,
    "max_tool_calls": _COUNT,
    "parallel_tool_calls": flag,
    "stop": Each(words(LONGEST_STOP)),
    "modalities": Each(text),
    "verbosity": text,
    "cache_control": Opaque(),
    "response_format": Opaque(),
}
"""Fields that a caller's value replaces."""
_MERGED = ("reasoning", "provider", "text", "image_config")
"""Fields of which the caller's keys replace the operator's, key by key."""
_HOW_MUCH = ("effort", "max_tokens", "enabled")
_ATTRIBUTES = frozenset(field.name for field in fields(Parameters))


def with_defaults(asked: Parameters, defaults: JsonObject) -> Parameters:
    """Return a request's parameters with the operator's values where it has none; unusable ones are named."""
    values: dict[str, object] = {}
    passed, chat_only, unusable = dict(asked.passed), dict(asked.chat_only), list[str]()
    for name, default in defaults.items():
        kept = _OWN[name](default) if name in _OWN else default
        if name in PASSED:
            passed[name] = _over(default, asked.passed.get(name))
        elif name in _OWN and kept is not None and name in _ATTRIBUTES:
            if getattr(asked, name) in (None, ()):
                values[name] = tuple(kept) if isinstance(kept, list) else kept
        elif name in _OWN and kept is not None:
            chat_only.setdefault(name, kept)
        elif name in _MERGED and isinstance(default, dict):
            own = {key: value for key, value in default.items() if name != "text" or not _said_elsewhere(key, asked)}
            values[name] = _merged(name, own, getattr(asked, name) or {})
        elif name == "plugins" and isinstance(default, list):
            values[name] = _plugins(default, asked.plugins)
        else:
            unusable.append(f"default {name!r}"[:LONGEST_LABEL])
    if not defaults:
        return asked
    ignored = (*asked.ignored, *unusable)
    return replace(asked, **values, passed=passed, chat_only=chat_only, ignored=ignored)  # type: ignore[arg-type]


def _over(default: object, asked: object) -> object:
    if isinstance(default, dict) and isinstance(asked, dict):
        return {**default, **asked}
    return default if asked is None else asked


def _merged(name: str, default: JsonObject, asked: JsonObject) -> JsonObject:
    if name == "reasoning" and any(asked.get(key) is not None for key in _HOW_MUCH):
        default = {key: value for key, value in default.items() if key not in _HOW_MUCH}
    return {**default, **asked}


def _said_elsewhere(key: str, asked: Parameters) -> bool:
    """Return whether a request sets a key of `text` by its name in chat completions."""
    return (asked.verbosity if key == "verbosity" else asked.response_format if key == "format" else None) is not None


def _plugins(default: list[object], asked: tuple[object, ...] | None) -> tuple[object, ...]:
    """Return the operator's plugins that the request does not name, then those of the request."""
    named = [plugin.get("id") for plugin in asked or () if isinstance(plugin, dict)]
    others = (plugin for plugin in default if not (isinstance(plugin, dict) and plugin.get("id") in named))
    return (*others, *(asked or ()))
