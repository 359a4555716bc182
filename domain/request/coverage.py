"""What becomes of every field that upstream's request has, by its path, such as `plugins.web.mode`.

Three verdicts: a field is handled by code of its own, passed as the caller wrote it, or refused with a reason. The
nested paths come from the very shapes that let the values through, so the table cannot promise what the code does not
do. A test compares it with the request model of the official SDK: what a newer SDK adds fails there by name.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from domain.request.caching import MARK
from domain.request.passed import PASSED
from domain.request.pictures import MODALITIES
from domain.request.plugin_shapes import PLUGINS
from domain.request.reasoning import EFFORTS, NEWEST, SUMMARIES
from domain.request.routing import PROVIDER
from domain.request.shapes import (
    LARGEST,
    Check,
    Each,
    Either,
    Inner,
    Keyed,
    OneOf,
    Opaque,
    Shape,
    SomeOf,
    Tagged,
    flag,
    whole,
)
from domain.request.text_format import VERBOSITIES


@dataclass(frozen=True, slots=True)
class Handled:
    """Code of its own decides what is sent. `chat`: chat completions gets it too, under this or another name."""

    how: str
    chat: bool = True


@dataclass(frozen=True, slots=True)
class Passed:
    """What passes the checks of its shape is sent. `chat`: chat completions knows it too."""

    chat: bool = True


@dataclass(frozen=True, slots=True)
class Refused:
    """A caller's value never goes upstream; it is named as left out."""

    reason: str


Verdict = Handled | Passed | Refused

FIELDS: Mapping[str, Verdict] = {
    "background": Refused("upstream has no background mode"),
    "cache_control": Handled("for the models that take marks; the operator's choice where the caller has none"),
    "debug": Refused("the answer would reveal the request to the provider"),
    "deferred_tools": Passed(),
    "frequency_penalty": Handled("clamped, if the model lists it"),
    "image_config": Handled("if pictures are wanted"),
    "include": Handled("the caller's words and ours for thinking", chat=False),
    "input": Handled("made of the messages"),
    "instructions": Handled("as the first system message on chat completions, never beside the same message"),
    "max_output_tokens": Handled("clamped to the model's limits"),
    "max_tool_calls": Handled("within 1 to 30, with tools; a stop condition on chat completions"),
    "metadata": Refused("it names people and chats: the operator decides which ids are sent, and may add pairs"),
    "modalities": Handled("text and image, if the model makes pictures"),
    "model": Handled("the slug"),
    "models": Handled("at most three of those that are offered"),
    "parallel_tool_calls": Handled("with tools"),
    "plugins": Handled("each id once, each option checked"),
    "presence_penalty": Handled("clamped, if the model lists it"),
    "previous_response_id": Refused("upstream stores no responses: the history is sent whole"),
    "prompt": Passed(chat=False),
    "prompt_cache_key": Passed(),
    "prompt_cache_options": Passed(),
    "provider": Handled("within the operator's limits"),
    "reasoning": Handled("within what the catalog says of the model"),
    "safety_identifier": Handled("the operator's hash of the person's id before the caller's", chat=False),
    "service_tier": Passed(),
    "session_id": Handled("a keyed hash of the chat, or the session that an API client names"),
    "stop": Handled("at most four texts, if the model lists it"),
    "stop_server_tools_when": Handled("the caller's conditions within the operator's limit of cost"),
    "store": Refused("upstream stores no responses"),
    "stream": Handled("how the turn reads upstream, whatever its caller reads"),
    "temperature": Handled("clamped, if the model lists it"),
    "text": Handled("format and verbosity, if the model lists them"),
    "tool_choice": Handled("if the tool is offered and the model takes a choice"),
    "tools": Handled("each in the form of the model's maker"),
    "top_k": Handled("clamped, if the model lists it"),
    "top_logprobs": Handled("clamped, if the model lists it"),
    "top_p": Handled("clamped, if the model lists it"),
    "trace": Passed(),
    "truncation": Passed(chat=False),
    "user": Refused("who the person is says the entrypoint, and it is sent only where the operator wants it"),
}
"""The fields of `POST /responses`."""

UNUSED = ("n", "suffix", "route", "input")
"""Names that clients send beside messages and that no request is made of."""
REFUSED = (*UNUSED, *(name for name, verdict in FIELDS.items() if isinstance(verdict, Refused)))

_REASONING: Shape = {
    "effort": OneOf(EFFORTS),
    "summary": OneOf(SUMMARIES),
    "enabled": flag,
    "max_tokens": whole(1, LARGEST),
    **NEWEST,
}
_FORMATS: Mapping[str, Shape] = {
    "text": {},
    "json_object": {},
    "json_schema": dict.fromkeys(("name", "schema", "strict", "description"), Opaque()),
}
_TEXT: Shape = {"verbosity": OneOf(VERBOSITIES), "format": Tagged(_FORMATS)}
_NESTED: Mapping[str, Check] = {
    **PASSED,
    "cache_control": MARK,
    "modalities": SomeOf(MODALITIES),
    "provider": Inner(PROVIDER),
    "reasoning": Inner(_REASONING),
    "text": Inner(_TEXT),
    "plugins": Tagged(PLUGINS, "id"),
}

REFUSED_WORDS: Mapping[str, Mapping[str, str]] = {
    "plugins.armor.output_mode": {"claude_code_compatibility": "the Messages API alone has it"},
}
"""Words of upstream that never go there, by path, with the reason."""


def absent_on_chat(name: str) -> bool:
    """Return whether chat completions has no place for a field."""
    verdict = FIELDS.get(name)
    return isinstance(verdict, Handled | Passed) and not verdict.chat


def checks() -> Iterator[tuple[str, Check]]:
    """Yield every path below the fields, with the check that its value passes; ends of `Opaque` values are `path.*`."""
    for name, check in _NESTED.items():
        yield from _below(name, check)


def _below(path: str, check: Check) -> Iterator[tuple[str, Check]]:
    yield path, check
    match check:
        case Inner(shape=shape):
            yield from _all_below(path, shape)
        case Each(check=inner):
            yield from _below(path, inner)
        case Either(checks=alternatives):
            for one in alternatives:
                yield from _below(path, one)
        case Tagged(kinds=kinds, tag=tag):
            for kind, shape in kinds.items():
                yield from _all_below(f"{path}.{kind}", {tag: OneOf((kind,)), **shape})
        case Keyed(check=inner, known=known):
            yield from _below(f"{path}.*", inner)
            yield from _all_below(path, known)
        case Opaque():
            yield f"{path}.*", check
        case OneOf() | SomeOf() | _:
            return


def _all_below(path: str, shape: Shape) -> Iterator[tuple[str, Check]]:
    for name, check in shape.items():
        yield from _below(f"{path}.{name}", check)
