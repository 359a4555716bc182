"""The names of requested parameters that a body does not carry."""

from domain.request.coverage import absent_on_chat
from domain.request.lost import LONGEST_LABEL, lost
from domain.request.reasoning import NEWEST, lost_of
from domain.request.routing import PROVIDER
from domain.request.shapes import reduced
from domain.request.turn_request import Parameters, TurnRequest
from ports.responses import Endpoint, ResponsesBody

_SAMPLING = ("temperature", "top_p", "top_k", "frequency_penalty", "presence_penalty", "top_logprobs", "stop")
_WITH_TOOLS = ("parallel_tool_calls", "max_tool_calls")
_NOTHING: tuple[object, ...] = (None, (), {})


def unsent(request: TurnRequest, body: ResponsesBody) -> tuple[str, ...]:
    """Return the names of requested parameters that the body omits."""
    asked = request.parameters
    whole = (*_SAMPLING, *_WITH_TOOLS, "cache_control")
    left = [name for name in whole if getattr(asked, name) not in _NOTHING and getattr(body, name) in _NOTHING]
    if len(body.stop) < len([stop for stop in asked.stop if stop]) and "stop" not in left:
        left.append("stop")
    left += lost_of(asked.reasoning, body.reasoning)
    left += lost(asked.provider, reduced(asked.provider, PROVIDER) or None, "provider")
    left += [
        f"modalities.{kind}"[:LONGEST_LABEL] for kind in asked.modalities if kind not in (*body.modalities, "text")
    ]
    if asked.modalities:
        left += lost(asked.image_config, body.image_config, "image_config")
    elif asked.image_config:
        left.append("image_config")
    left += [name for name in asked.chat_only if name not in (body.chat_only or {})]
    left += asked.drawing
    return (*left, *_text(asked, body))


def _text(asked: Parameters, body: ResponsesBody) -> list[str]:
    own, sent = asked.text or {}, body.text or {}
    left = []
    given = own.get("format")
    kind = (given if isinstance(given, dict) else asked.response_format or {}).get("type", "text")
    if kind != "text" and not sent.get("format"):
        left.append("text.format" if isinstance(given, dict) else "response_format")
    if own.get("verbosity") is not None and own["verbosity"] != sent.get("verbosity"):
        left.append("text.verbosity")
    elif asked.verbosity is not None and "verbosity" not in sent:
        left.append("verbosity")
    return [*left, *(f"text.{name}"[:LONGEST_LABEL] for name in own if name not in ("format", "verbosity"))]


def unsent_on(endpoint: Endpoint, body: ResponsesBody) -> tuple[str, ...]:
    """Return the names of a body's fields that its endpoint has no place for."""
    if endpoint is Endpoint.RESPONSES:
        return tuple(body.chat_only or ())
    ours = ("include",)
    names = (name for name in body.__slots__ if name not in ours and absent_on_chat(name))
    left = [name for name in names if getattr(body, name) not in _NOTHING]
    return (*left, *(f"reasoning.{key}" for key in NEWEST if key in (body.reasoning or {})))
