"""Settings and a host call -> the frozen request of one turn."""

from collections.abc import Mapping
from decimal import Decimal

from domain.catalog.offer import Filter, Offer
from domain.catalog.selection import find
from domain.conversation.namespace import namespace_of
from domain.faults.retry import RetryPolicy
from domain.request.tasks import stripped
from domain.request.turn_request import (
    Bounds,
    Caller,
    EndpointChoice,
    Identifiers,
    Prompting,
    Remembering,
    Routing,
    Thinking,
    Tooling,
    TurnRequest,
)
from entrypoints.openai.completions_body import CompletionsBody
from entrypoints.openwebui.host_call import HostCall, split_model
from entrypoints.openwebui.tool_mode import ToolMode
from entrypoints.settings import Settings
from ports.catalog import Model
from ports.responses import Endpoint, Limits, Route

PIPELINE = ToolMode(host=False)
REFERER = "https://openwebui.com/"
TITLE = "Open WebUI"
MEBIBYTE = 1024 * 1024


def route_of(settings: Settings) -> Route:
    """Say where calls go and who pays."""
    referer = settings.http_referer_override or REFERER
    return Route(settings.base_url, settings.api_key.reveal(), referer, TITLE)


def request_of(
    call: HostCall,
    body: CompletionsBody,
    settings: Settings,
    models: tuple[Model, ...],
    zero_retention: frozenset[str] = frozenset(),
    *,
    turn_id: str = "",
    function_id: str = "",
    mode: ToolMode = PIPELINE,
) -> TurnRequest:
    """Freeze everything one turn needs; nothing later reads a live setting.

    `zero_retention`: ids of endpoints that keep nothing, as far as known.
    """
    is_task = call.caller is Caller.TASK
    return TurnRequest(
        model=settings.task_model.strip() if is_task and settings.task_model.strip() else _slug(body.model, models),
        messages=stripped(body.messages) if is_task else tuple(body.messages),
        route=route_of(settings),
        caller=call.caller,
        task=call.task,
        turn_id=turn_id,
        stream=not is_task or bool(body.stream),
        person=call.person,
        parameters=body.parameters(),
        thinking=_thinking(settings, is_task=is_task),
        identifiers=Identifiers(
            settings.send_end_user_id, settings.send_session_id, settings.send_chat_id, settings.send_message_id
        ),
        routing=_routing(settings),
        prompting=Prompting(
            history_turns=0 if is_task else settings.history_window_turns,
            trim=settings.auto_context_trimming,
            cache_marks=settings.enable_anthropic_prompt_caching and not is_task,
            cache_ttl=settings.anthropic_prompt_cache_ttl,
            use_output_ceiling=settings.use_model_max_output_tokens,
        ),
        endpoints=_endpoints(settings),
        fallback_model=settings.fallback_model.strip(),
        limits=_limits(settings),
        retry=RetryPolicy(uncertain_allowed=settings.retry_uncertain),
        memory=Remembering() if is_task else _remembering(settings, function_id),
        tooling=_tooling(settings, mode, host_searches=_host_searches(call)),
        bounds=_bounds(settings),
        offer=offer_of(settings, zero_retention),
        insecure_hosts=insecure_hosts(settings),
        show_usage=settings.show_final_usage_status,
    )


def offer_of(settings: Settings, zero_retention: frozenset[str]) -> Offer:
    """Return the operator's choice of models."""
    return Offer(
        selection=settings.model_id,
        disabled=settings.disabled_models,
        free=Filter(settings.free_model_filter),
        tools=Filter(settings.tool_calling_filter),
        zero_retention=zero_retention if settings.zdr_models_only else None,
        variants=names(settings.variant_models),
    )


def names(listed: str) -> tuple[str, ...]:
    """Split a list written with commas or lines."""
    return tuple(name.strip() for name in listed.replace("\n", ",").split(",") if name.strip())


def _thinking(settings: Settings, *, is_task: bool) -> Thinking:
    return Thinking(
        enabled=settings.enable_reasoning,
        effort=settings.task_model_reasoning_effort if is_task else settings.reasoning_effort,
        summary=settings.reasoning_summary_mode,
        deepest=settings.max_reasoning_effort,
        budget=settings.gemini_thinking_budget,
        interleaved=settings.enable_anthropic_interleaved_thinking,
    )


def _remembering(settings: Settings, function_id: str) -> Remembering:
    return Remembering(
        namespace=namespace_of(function_id),
        reasoning=settings.persist_reasoning_tokens,
        tool_results=settings.persist_tool_results,
        full_turns=settings.tool_output_retention_turns,
    )


def _routing(settings: Settings) -> Routing:
    return Routing(
        order=names(settings.provider_order),
        only=names(settings.provider_only),
        ignore=names(settings.provider_ignore),
        prompt_cap=_cap(settings.max_prompt_price),
        completion_cap=_cap(settings.max_completion_price),
        deny_data_collection=settings.deny_data_collection,
        zero_retention=settings.zdr_enforce or settings.request_zdr or settings.zdr_models_only,
    )


def _endpoints(settings: Settings) -> EndpointChoice:
    return EndpointChoice(
        default=Endpoint.CHAT if settings.default_llm_endpoint == "chat_completions" else Endpoint.RESPONSES,
        forced_chat=names(settings.force_chat_completions_models),
        forced_responses=names(settings.force_responses_models),
        fall_back=settings.auto_fallback_chat_completions,
    )


def _limits(settings: Settings) -> Limits:
    total = settings.http_total_timeout_seconds
    return Limits(
        connect=settings.http_connect_timeout_seconds,
        total=total,
        idle_read=settings.http_sock_read_seconds if total is None else None,
        event_bytes=settings.max_sse_event_mb * MEBIBYTE,
    )


def _bounds(settings: Settings) -> Bounds:
    return Bounds(
        concurrent=settings.max_concurrent_requests,
        queued=settings.max_queued_requests,
    )


def _tooling(settings: Settings, mode: ToolMode, *, host_searches: bool) -> Tooling:
    searches = settings.enable_web_search_tool and not host_searches
    return Tooling(
        strict=settings.enable_strict_tool_calling,
        max_rounds=settings.max_function_call_loops,
        parallel=settings.max_parallel_tools_per_request,
        in_process=settings.max_parallel_tools_global,
        seconds=settings.tool_timeout_seconds,
        round_seconds=settings.tool_batch_timeout_seconds,
        still_seconds=settings.tool_idle_timeout_seconds,
        breaker_failures=settings.breaker_max_failures,
        breaker_window=settings.breaker_window_seconds,
        handed_over=mode.host,
        host_only=mode.host_only,
        searches=(settings.web_search_max_results or 0) if searches else None,
    )


def _host_searches(call: HostCall) -> bool:
    """Tell whether the host searches the web for this message: before it, or by a tool of its own."""
    features, tools = call.metadata.get("features"), call.body.get("tools")
    named = (tool.get("function") for tool in tools if isinstance(tool, Mapping)) if isinstance(tools, list) else ()
    by_tool = any(isinstance(one, Mapping) and one.get("name") == "search_web" for one in named)
    return by_tool or (isinstance(features, Mapping) and bool(features.get("web_search")))


def _cap(price: float | None) -> Decimal | None:
    return None if price is None else Decimal(repr(price))


def insecure_hosts(settings: Settings) -> frozenset[str]:
    """Return the hosts plain http may go to."""
    return frozenset(name.lower() for name in names(settings.insecure_base_url_hosts))


def support_of(settings: Settings) -> str:
    """Return whom to ask, for cards; may be empty."""
    return " \u00b7 ".join(place for place in (settings.support_email, settings.support_url) if place)


def _slug(requested: str, models: tuple[Model, ...]) -> str:
    """Drop the host's function id, unless the whole name is a model's."""
    _, rest = split_model(requested)
    return requested if find(rest, models) is None and find(requested, models) is not None else rest
