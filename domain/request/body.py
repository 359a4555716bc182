"""TurnRequest -> ResponsesBody: only parameters that upstream knows and the model supports, from an explicit list.

Source: OpenRouter API reference, request body and checklist; behaviour of request normalisation.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from domain.catalog.support import ANTHROPIC, author, supports, takes_tools
from domain.conversation.history import History, Past, items_for, parsed
from domain.conversation.items import answerable
from domain.faults.causes import AskedFor, MessagesFlaw, TooManyTools
from domain.faults.fault import Fault, FaultKind
from domain.request.caching import cache_key_of, cache_mark, cached_well
from domain.request.defaults import with_defaults
from domain.request.drawing import drawing_request
from domain.request.drawing_options import number_asked
from domain.request.endpoint import endpoint_of
from domain.request.identifiers import identified
from domain.request.instructions import instructions_of
from domain.request.passed import Passed, passed_of
from domain.request.pictures import modalities_of, picture_options
from domain.request.plugins import plugins_of, with_pdf_engine, with_router
from domain.request.reasoning import ENCRYPTED, reasoning_of
from domain.request.routing import fallbacks, provider_of
from domain.request.runners import caller_runs_named_tools
from domain.request.sampling import chat_only, counted, output_limit, sampled, stops
from domain.request.server_limits import MOST_STEPS, stops_of
from domain.request.server_tools import server_tools
from domain.request.text_format import text_of
from domain.request.tool_choice import forces, named_in, tool_choice, unforced
from domain.request.tool_specs import function_tools, renamed
from domain.request.tool_types import goes_to_chat
from domain.request.turn_request import Caller, TurnRequest
from domain.request.unsent import unsent, unsent_on
from domain.tools.dialects.choice import dialect_of
from domain.tools.surplus import Surplus, kept, name_of
from ports.catalog import Model
from ports.json_values import JsonObject
from ports.responses import Endpoint, ResponsesBody, UpstreamRequest

INTERLEAVED = ("x-anthropic-beta", "interleaved-thinking-2025-05-14")


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
    """Build the request of one turn; a Fault if the messages are empty, or an API client asks for too much.

    `offered`: all offered tools if the turn can run some of them itself; if empty, the caller's tools are sent. `model`
    is the catalog's entry for `slug`; None if there is none, then every parameter is sent. `known`: all slugs of the
    catalog, empty if unknown. `history`: the parsed messages of the request; None to parse them here.
    """
    asked = with_defaults(request.parameters, request.defaults)
    request = request if asked is request.parameters else replace(request, parameters=asked)
    history = history or parsed(
        request.messages, request.prompting.history_turns, Past(history_format=request.history_format)
    )
    items = items_for(history, slug, model)
    endpoint = endpoint_of(slug, model, request.endpoints)
    if endpoint is Endpoint.IMAGES and model is not None:
        drawn = drawing_request(request, slug, model, items)
        return drawn if isinstance(drawn, Fault) else Prepared(*drawn)
    items = answerable(items)
    if (fault := _unanswerable(request, items)) is not None:
        return fault
    own_mark, alone = asked.cache_control, not asked.models
    items = cached_well(items, slug, request.prompting, request.history_format, asked=own_mark, alone=alone)
    tools, bad_tools = _tools(request, slug, model, offered, endpoint)
    tools, surplus = kept(tools, dialect_of(slug).most_tools, named_in(asked.tool_choice))
    if surplus.asked and request.caller is Caller.API:
        return Fault(FaultKind.BAD_REQUEST, cause=TooManyTools(len(tools) + len(surplus.names), surplus.most))
    plugins, bad_plugins = _plugins(request, slug, items)
    choice, bad_choice = tool_choice(asked.tool_choice if supports(model, "tool_choice") else None, tools)
    passed, bad_fields = passed_of(asked.passed, slug, tools=bool(tools))
    steps = asked.max_tool_calls if tools and 1 <= (asked.max_tool_calls or 0) <= MOST_STEPS else None
    body = replace(
        _generation(request, slug, model, items, passed),
        tools=tools,
        tool_choice=choice,
        parallel_tool_calls=asked.parallel_tool_calls if tools else None,
        max_tool_calls=steps,
        stop_server_tools_when=stops_of(
            passed.get("stop_server_tools_when", ()), request.routing.tool_cap, tools, steps
        ),
        models=fallbacks(asked.models, slug, known),
        plugins=plugins,
    )
    if author(slug) == ANTHROPIC and forces(choice) and body.reasoning:
        body = _calling_unthinking(body, request, model)
    thinks_between = request.thinking.interleaved and tools and body.reasoning and not forces(body.tool_choice)
    headers = (INTERLEAVED,) if thinks_between and author(slug) == ANTHROPIC else ()
    dropped = (*asked.ignored, *bad_tools, *bad_choice, *surplus.names, *bad_plugins, *bad_fields)
    return Prepared(
        UpstreamRequest(body, endpoint, headers),
        tuple(dict.fromkeys((*dropped, *unsent(request, body), *unsent_on(endpoint, body)))),
        surplus,
        renamed((*asked.tools, *asked.extra_tools)),
    )


def _plugins(
    request: TurnRequest, slug: str, items: tuple[JsonObject, ...]
) -> tuple[tuple[JsonObject, ...], tuple[str, ...]]:
    asked = request.parameters
    return plugins_of(
        with_pdf_engine(with_router(asked.plugins, slug, request.routing.cost_tier), request.intake.pdf_engine, items),
        trim=request.prompting.trim if asked.transforms is None else "middle-out" in asked.transforms,
        stream=request.stream,
    )


def _unanswerable(request: TurnRequest, items: tuple[JsonObject, ...]) -> Fault | None:
    if not items:
        return Fault(FaultKind.BAD_MESSAGES, cause=MessagesFlaw.NOTHING_TO_SEND)
    several = request.caller is Caller.API and number_asked(request.parameters) > 1
    return Fault(FaultKind.BAD_REQUEST, cause=AskedFor.SEVERAL_ANSWERS) if several else None


def _generation(
    request: TurnRequest, slug: str, model: Model | None, items: tuple[JsonObject, ...], passed: Passed
) -> ResponsesBody:
    """Build everything except tools, plugins and fallback models."""
    asked, prompting = request.parameters, request.prompting
    limit = output_limit(asked.max_output_tokens, model, use_ceiling=prompting.use_output_ceiling)
    reasoning = reasoning_of(asked.reasoning, request.thinking, model, slug, limit)
    ids = identified(request.person, request.identifiers, request.route.api_key, passed)
    session_id = ids.session_id if request.caller is not Caller.TASK else None
    own = ("metadata", "safety_identifier", "include", "instructions", "stop_server_tools_when", "prompt_cache_key")
    include = [*passed.get("include", ()), *((ENCRYPTED,) if reasoning else ())]
    body = ResponsesBody(
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
        include=tuple(dict.fromkeys(include)),
        text=text_of(asked.response_format, asked.text, asked.verbosity, model, slug),
        instructions=instructions_of(passed.get("instructions"), items),
        metadata=ids.metadata,
        safety_identifier=ids.safety_identifier,
        user=ids.user,
        session_id=session_id,
        provider=provider_of(asked.provider, request.routing),
        modalities=modalities_of(asked.modalities, model),
        image_config=picture_options(asked.image_config) if "image" in asked.modalities else None,
        prompt_cache_key=cache_key_of(passed.get("prompt_cache_key"), session_id, slug),
        cache_control=cache_mark(slug, prompting, items, asked.cache_control),
        chat_only=chat_only(asked.chat_only, model),
    )
    others = {name: value for name, value in passed.items() if name not in own}
    return replace(body, **others) if others else body


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
