"""TurnRequest -> ResponsesBody: only parameters that upstream knows and the model supports, from an explicit list.

Source: OpenRouter API reference, request body and checklist; behaviour of request normalisation.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from domain.catalog.support import ANTHROPIC, author, supports, takes_tools
from domain.conversation.history import History, Past, items_for, parsed
from domain.conversation.items import answerable
from domain.faults.causes import MessagesFlaw, TooManyTools
from domain.faults.fault import Fault, FaultKind
from domain.request.caching import cache_mark
from domain.request.endpoint import endpoint_of
from domain.request.identifiers import identified
from domain.request.plugins import plugins_of
from domain.request.reasoning import reasoning_of
from domain.request.routing import fallbacks, provider_of
from domain.request.runners import caller_runs_named_tools
from domain.request.sampling import chat_only, counted, output_limit, sampled, stops
from domain.request.server_tools import server_tools
from domain.request.text_format import text_of
from domain.request.tool_choice import forces, named_in, tool_choice, unforced
from domain.request.tool_specs import function_tools, renamed
from domain.request.tool_types import goes_to_chat
from domain.request.turn_request import Caller, TurnRequest
from domain.tools.dialects.choice import dialect_of
from domain.tools.surplus import Surplus, kept, name_of
from ports.catalog import Model
from ports.json_values import JsonObject
from ports.responses import Endpoint, ResponsesBody, UpstreamRequest

INTERLEAVED = ("x-anthropic-beta", "interleaved-thinking-2025-05-14")
_TIERS = ("auto", "default", "flex", "priority", "fast", "scale", "ultrafast")


@dataclass(frozen=True, slots=True)
class Prepared:
    """The request of one turn, and the names of requested parameters that it omits.

    `surplus`: tools the model takes no more of. `renamed`: what upstream calls a tool of the request -> its name there.
    """

    request: UpstreamRequest
    left_out: tuple[str, ...] = ()
    surplus: Surplus = field(default_factory=Surplus)
    renamed: Mapping[str, str] = field(default_factory=dict)


def build(
    request: TurnRequest,
    slug: str,
    model: Model | None,
    offered: tuple[JsonObject, ...] = (),
    known: frozenset[str] = frozenset(),
    history: History | None = None,
) -> Prepared | Fault:
    """Build the request of one turn; a Fault if the messages are empty, or an API client has more tools than fit.

    `offered`: all offered tools if the turn can run some of them itself; if empty, the caller's tools are sent. `model`
    is the catalog's entry for `slug`; None if there is none, then every parameter is sent. `known`: all slugs of the
    catalog, empty if unknown. `history`: the parsed messages of the request; None to parse them here.
    """
    asked = request.parameters
    history = history or parsed(
        request.messages, request.prompting.history_turns, Past(history_format=request.history_format)
    )
    items = answerable(items_for(history, slug, model))
    if not items:
        return Fault(FaultKind.BAD_MESSAGES, cause=MessagesFlaw.NOTHING_TO_SEND)
    endpoint = endpoint_of(slug, request.endpoints)
    tools, bad_tools = _tools(request, slug, model, offered, endpoint)
    tools, surplus = kept(tools, dialect_of(slug).most_tools, named_in(asked.tool_choice))
    if surplus.asked and request.caller is Caller.API:
        return Fault(FaultKind.BAD_REQUEST, cause=TooManyTools(len(tools) + len(surplus.names), surplus.most))
    plugins, bad_plugins = plugins_of(
        asked.plugins or (),
        trim=request.prompting.trim if asked.transforms is None else "middle-out" in asked.transforms,
        stream=request.stream,
    )
    choice, bad_choice = tool_choice(asked.tool_choice if supports(model, "tool_choice") else None, tools)
    body = replace(
        _generation(request, slug, model, items),
        tools=tools,
        tool_choice=choice,
        parallel_tool_calls=asked.parallel_tool_calls if tools else None,
        max_tool_calls=asked.max_tool_calls if tools and 1 <= (asked.max_tool_calls or 0) <= 30 else None,
        models=fallbacks(asked.models, slug, known),
        plugins=plugins,
    )
    if author(slug) == ANTHROPIC and forces(choice) and body.reasoning:
        body = _calling_unthinking(body, request, model)
    thinks_between = request.thinking.interleaved and tools and body.reasoning and not forces(body.tool_choice)
    headers = (INTERLEAVED,) if thinks_between and author(slug) == ANTHROPIC else ()
    return Prepared(
        UpstreamRequest(body, endpoint, headers),
        (*asked.ignored, *bad_tools, *bad_choice, *surplus.names, *bad_plugins, *_unsupported(request, body)),
        surplus,
        renamed((*asked.tools, *asked.extra_tools)),
    )


def _generation(request: TurnRequest, slug: str, model: Model | None, items: tuple[JsonObject, ...]) -> ResponsesBody:
    """Build everything except tools, plugins and fallback models."""
    asked, prompting = request.parameters, request.prompting
    limit = output_limit(asked.max_output_tokens, model, use_ceiling=prompting.use_output_ceiling)
    reasoning = reasoning_of(asked.reasoning, request.thinking, model, slug, limit)
    ids = identified(request.person, request.identifiers, request.route.api_key)
    return ResponsesBody(
        model=slug,
        input=items,
        stream=request.stream,
        max_output_tokens=limit,
        temperature=sampled("temperature", asked.temperature, model),
        top_p=sampled("top_p", asked.top_p, model),
        top_k=counted("top_k", asked.top_k, model),
        frequency_penalty=sampled("frequency_penalty", asked.frequency_penalty, model),
        presence_penalty=sampled("presence_penalty", asked.presence_penalty, model),
        top_logprobs=counted("top_logprobs", asked.top_logprobs, model),
        stop=stops(asked.stop, model),
        reasoning=reasoning,
        include=("reasoning.encrypted_content",) if reasoning else (),
        text=text_of(asked.response_format, asked.text, asked.verbosity, model, slug),
        metadata=ids.metadata,
        user=ids.user,
        session_id=ids.session_id if request.caller is not Caller.TASK else None,
        provider=provider_of(asked.provider, request.routing),
        modalities=_modalities(asked.modalities, model),
        image_config=_picture_options(asked.image_config) if "image" in asked.modalities else None,
        prompt_cache_key=(asked.prompt_cache_key or "")[:64] or None,
        cache_control=cache_mark(slug, prompting),
        service_tier=asked.service_tier if asked.service_tier in _TIERS else None,
        truncation=asked.truncation if asked.truncation in ("auto", "disabled") else None,
        chat_only=chat_only(asked.chat_only, model),
    )


def _calling_unthinking(body: ResponsesBody, request: TurnRequest, model: Model | None) -> ResponsesBody:
    """Switch thinking off, or the forced call if thinking is mandatory: Claude rejects both together."""
    if model is not None and model.reasoning is not None and model.reasoning.mandatory:
        return replace(body, tool_choice=unforced(body.tool_choice))
    off = reasoning_of({"effort": "none"}, request.thinking, model, body.model, body.max_output_tokens)
    return replace(body, reasoning=off)


def _tools(
    request: TurnRequest, slug: str, model: Model | None, offered: tuple[JsonObject, ...], endpoint: Endpoint
) -> tuple[tuple[JsonObject, ...], tuple[str, ...]]:
    is_task = request.caller is Caller.TASK
    wanted = offered if is_task else offered or passed_on(request)
    if not takes_tools(model):
        return (), ("tools",) if wanted else ()
    more, missing = ((), ()) if is_task else server_tools(request, model, wanted)
    tools, bad = function_tools((*wanted, *more), slug, model)
    dropped = (*bad, *missing)
    if endpoint is not Endpoint.CHAT:
        return tools, dropped
    taken = tuple(tool for tool in tools if goes_to_chat(tool))
    return taken, (*dropped, *(f"tool {name_of(tool)!r}"[:80] for tool in tools if not goes_to_chat(tool)))


def passed_on(request: TurnRequest) -> tuple[JsonObject, ...]:
    """Return the request's tools that the caller or upstream runs."""
    asked = request.parameters
    return (*(asked.tools if caller_runs_named_tools(request) else ()), *asked.extra_tools)


def _modalities(asked: tuple[str, ...], model: Model | None) -> tuple[str, ...]:
    """Request pictures only from models that generate them; this endpoint returns no sound."""
    if "image" not in asked or (model is not None and "image" not in model.output_modalities):
        return ()
    return ("text", "image") if model is None or "text" in model.output_modalities else ("image",)


def _picture_options(asked: JsonObject | None) -> JsonObject | None:
    options = {key: value for key, value in (asked or {}).items() if isinstance(value, str | int | float)}
    return options or None


def _unsupported(request: TurnRequest, body: ResponsesBody) -> tuple[str, ...]:
    """Return the names of requested parameters that the body omits."""
    names = ("temperature", "top_p", "top_k", "frequency_penalty", "presence_penalty", "top_logprobs", "stop")
    nothing = (None, ())
    asked = request.parameters
    left = [name for name in names if getattr(asked, name) not in nothing and getattr(body, name) in nothing]
    if (asked.response_format or {}).get("type", "text") != "text" and not (body.text or {}).get("format"):
        left.append("response_format")
    if asked.reasoning and not body.reasoning:
        left.append("reasoning")
    return tuple(left)
