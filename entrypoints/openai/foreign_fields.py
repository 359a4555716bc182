"""Fields that clients of other APIs send beside chat completions, read as the fields that they mean.

A field that the request also has under its usual name keeps that value. Sources: Anthropic's Messages API (`thinking`,
`output_config`, `system`, `stop_sequences`), Ollama (`think`, `options`), Qwen and vLLM (`enable_thinking`,
`thinking_budget`, `chat_template_kwargs`), Hugging Face (`max_new_tokens`), llama.cpp (`n_predict`, `repeat_penalty`).
"""

from collections.abc import Mapping
from typing import Any

from domain.conversation.references import texts_of
from entrypoints.openai.foreign_formats import FORMATS, response_format
from entrypoints.openai.older_functions import with_tools_of

_OFF = frozenset({"off", "disable", "disabled", "false", "no"})
_ON = frozenset({"on", "enable", "enabled", "true", "yes", "adaptive", "auto"})
_SWITCHES = ("think", "enable_thinking")
_AMOUNTS = ("effort", "max_tokens", "enabled")
"""What `reasoning` says about how much a model thinks; what stands there counts alone."""
_TEMPLATE = "chat_template_kwargs"
_NUMBERS = {
    **dict.fromkeys(("max_new_tokens", "n_predict", "num_predict"), "max_tokens"),
    "repeat_penalty": "repetition_penalty",
}
_OPTIONS = ("temperature", "top_p", "top_k", "min_p", "seed", "stop", "presence_penalty", "frequency_penalty")
_EXTRA = frozenset({"extra_body", "options"})
_OWN = frozenset({*_EXTRA, "model", "messages", "stream"})
"""What stands beside `extra_body` or nowhere."""
FOREIGN = frozenset(
    {"thinking", "thinking_budget", "output_config", "system", "stop_sequences", "reasoning", "reasoning_effort"}
    | {"functions", *FORMATS, *_NUMBERS, *_EXTRA}
    | {*_SWITCHES, _TEMPLATE}
)


def with_extra_fields(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a body with the fields of its `extra_body` and `options`, below those that it has itself.

    OpenAI's Python client merges `extra_body` into a request; callers of other clients write the field itself.
    `options` are Ollama's, of which the numbers are read.
    """
    if _EXTRA.isdisjoint(given):
        return given
    extra, options = given.get("extra_body"), given.get("options")
    beside = {name: value for name, value in given.items() if value is not None}
    read = options if isinstance(options, Mapping) else {}
    below = {_NUMBERS.get(name, name): read[name] for name in (*_NUMBERS, *_OPTIONS) if read.get(name) is not None}
    above = extra if isinstance(extra, Mapping) else {}
    return {**below, **{name: value for name, value in above.items() if name not in _OWN}, **beside}


def with_usual_names(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a request body in which what other APIs name differently has its usual name, too."""
    if FOREIGN.isdisjoint(given):
        return given
    body = dict(with_tools_of(given))
    for name, usual_name in _NUMBERS.items():
        if body.get(usual_name) is None and given.get(name) is not None:
            body[usual_name] = given[name]
    if (words := "\n\n".join(texts_of(given.get("system")))) and body.get("instructions") is None:
        body["instructions"] = words
    if body.get("stop") is None and given.get("stop_sequences"):
        body["stop"] = given["stop_sequences"]
    if (wanted := response_format(given)) is not None:
        body["response_format"] = wanted
    effort = given.get("reasoning_effort")
    if isinstance(effort, Mapping):
        effort = body["reasoning_effort"] = effort.get("effort")
    usual = given.get("reasoning")
    wishes = dict(usual) if isinstance(usual, Mapping) else _switched(usual)
    if _is_switch(wishes.get("effort")):
        wishes |= {"effort": None, **_switched(wishes["effort"])}
    if all(wishes.get(key) is None for key in _AMOUNTS):
        if effort is None or effort == "":
            wishes |= _thinking(given)
        elif _is_switch(effort):
            wishes |= _switched(effort)
            body["reasoning_effort"] = None
    if wishes:
        body["reasoning"] = wishes
    return body


def _thinking(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the fields of other APIs say about thinking, by the keys of `reasoning`."""
    template = given.get(_TEMPLATE)
    switches = [given.get(name) for name in _SWITCHES]
    if isinstance(template, Mapping):
        switches += [template.get("enable_thinking"), template.get("thinking")]
    wishes: dict[str, Any] = {}
    for switch in switches:
        wishes |= _switched(switch)
    thinking, config, budget = given.get("thinking"), given.get("output_config"), given.get("thinking_budget")
    if isinstance(thinking, Mapping):
        wishes |= _switched(thinking.get("type"))
        budget = thinking.get("budget_tokens", budget)
    else:
        wishes |= _switched(thinking)
    if isinstance(budget, int) and not isinstance(budget, bool) and wishes.get("enabled") is not False:
        wishes |= {"max_tokens": budget} if budget > 0 else {"enabled": budget != 0}
    if isinstance(config, Mapping) and isinstance(config.get("effort"), str):
        wishes["effort"] = config["effort"]
    return wishes


def _is_switch(value: object) -> bool:
    return isinstance(value, bool) or (isinstance(value, str) and value.strip().lower() in _OFF | _ON)


def _switched(value: object) -> dict[str, Any]:
    """Return what a switch means, which may also be an effort; nothing for anything else."""
    if isinstance(value, bool):
        return {"enabled": value}
    word = value.strip().lower() if isinstance(value, str) else ""
    if word in _OFF | _ON:
        return {"enabled": word in _ON}
    return {"effort": word} if word else {}
