"""How providers write the fields of a request that may be left out, in lower case and without quotation marks."""

import re

from domain.request.drawing_options import NAMES as DRAWING


def _plain(name: str) -> str:
    """Return the pattern of a name that is a plain word: it counts only where a text means a field of the request."""
    return (
        rf"(?:parameter|field|argument|property|key|option)(?:s|\(s\))?(?: supplied| in (?:the )?\w+)?:? {name}\b"
        rf"|(?:\b(?:body|request|params)|\$) ?(?:[./,]|->) ?{name}\b|(?:^|[ (#])/{name}\b"
        rf"|\b(?:keys|path|loc):? ?\[(?:body, ?)?{name}\b"
        rf"|\b{name}(?:[.\[]\S{{0,60}})?: (?:extra|input (?:should|must)|unknown|unsupported|not|invalid|value|field"
        r"|expected|must|string|array|object|too)\b"
        rf"|\b{name} (?:is|are) (?:not|un)\b|\b{name} (?:parameter|is only)\b|^{name}(?=$|[.\[/])"
    )


def _within(field: str, key: str) -> str:
    """Return the pattern of a key of a field, with the field before it or alone."""
    return rf"\b{field}(?:[._/ ]|\]?\[|, ?| ?-> ?){key}\b|{_plain(key)}"


_PENALTIES = r"(?<!frequency )(?<!presence )(?<!repetition )(?<!length )\bpenalt(?:y|ies)\b"
"""Google names none: "Penalty is not enabled for this model"; each of them is left out in turn."""
SPELLINGS: dict[str, re.Pattern[str]] = {
    "temperature": re.compile(r"\btemperature\b"),
    "top_p": re.compile(r"\btop[_-]?p\b"),
    "top_k": re.compile(r"\btop[_-]?k\b"),
    "frequency_penalty": re.compile(rf"\bfrequency[_ ]?penalty\b|{_PENALTIES}"),
    "presence_penalty": re.compile(rf"\bpresence[_ ]?penalty\b|{_PENALTIES}"),
    "top_logprobs": re.compile(r"\btop_?logprobs\b"),
    "stop": re.compile(
        r"\bstop_?sequences?\b|\bstop (?:sequences?|texts?|tokens?|words?)\b"
        r"|(?:parameter:?|value:?|field:?|model:) stop\b"
        r"|^(?:\S+ )?stop: |\binvalid stop\b|\bstop (?:is|parameter|does|must|cannot)\b|\bstop\[\d|\bstop$"
    ),
    "parallel_tool_calls": re.compile(
        r"\bparallel_?tool_?calls?\b|\bdisable_parallel_tool_use\b|\bparallel (?:tool|function) calls?\b"
    ),
    "tool_choice": re.compile(
        r"\btool[_ ]?choice\b|\bvalue: allowed_tools\b|\btool_?config\b|\bfunction_?calling_?config\b"
    ),
    "max_tool_calls": re.compile(r"\bmax_tool_calls\b"),
    "service_tier": re.compile(r"\bservice[_ ]?tier\b"),
    "prompt_cache_key": re.compile(r"\bprompt_cache_key\b"),
    "prompt_cache_options": re.compile(r"\bprompt_?cache_?options\b"),
    "deferred_tools": re.compile(r"\bdeferred_?tools\b"),
    "stop_server_tools_when": re.compile(r"\bstop_server_tools_when\b"),
    "image_config": re.compile(r"\bimage_?config\b"),
    "prompt": re.compile(_plain("prompt") + r"|\bstored prompt\b|\bprompt[ _](?:id|template)\b"),
    "trace": re.compile(_plain("trace")),
    "include": re.compile(_plain("include") + r"|\binclude(?:\[| values?\b)"),
    "truncation": re.compile(r"\btruncation\b"),
    "metadata": re.compile(_plain("metadata")),
    "user": re.compile(_plain("user")),
    "session_id": re.compile(r"\bsession_id\b"),
    "safety_identifier": re.compile(r"\bsafety_identifier\b"),
    "max_output_tokens": re.compile(r"\bmax_?(?:output_?|completion_?|new_?)?tokens\b"),
}
"""Fields that are left out whole."""
KEY_SPELLINGS = {
    "reasoning.mode": re.compile(_within("reasoning", "mode")),
    "reasoning.context": re.compile(_within("reasoning", "context")),
    "provider.options": re.compile(_within("provider", "options")),
    "text.verbosity": re.compile(r"\bverbosity\b"),
    **{f"image_config.{name}": re.compile(_within("image_?config", name)) for name in DRAWING},
}
"""Keys that are left out of their fields, by path."""
PLUGINS = re.compile(r"\bplugins?\b")
PLUGIN_AT = re.compile(r"\bplugins(?:[./]|\[|, ?)(\d+)")
"""A plugin by its place."""
CHAT_SPELLINGS = {
    name: re.compile(rf"\b{name.replace('_', '_?')}\b")
    for name in ("seed", "min_p", "top_a", "repetition_penalty", "logit_bias", "logprobs")
}
"""Fields of chat completions alone."""
