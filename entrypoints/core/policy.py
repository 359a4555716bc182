"""Turn `Settings`, and nothing else, into the core's limits, retries, routes and choice of models."""

from dataclasses import dataclass, replace
from datetime import UTC
from decimal import Decimal

from domain.catalog.offer import Filter, Offer
from domain.catalog.rows import Switches
from domain.egress.base_url import checked_base_url
from domain.faults.retry import RetryPolicy
from domain.limits import LONGEST_ATTEMPT, MEBIBYTE
from domain.request.abilities import Ability
from domain.request.bookkeeping import Bookkeeping
from domain.request.turn_request import (
    Bounds,
    EndpointChoice,
    Identifiers,
    Prompting,
    Routing,
    ServerTools,
    Thinking,
    Tooling,
)
from entrypoints.core.time_zones import time_zone
from entrypoints.settings import Settings
from entrypoints.settings_derived import once
from entrypoints.settings_requests import object_of
from ports.responses import Endpoint, Limits, Route


@dataclass(frozen=True, slots=True)
class Origin:
    """The application named to upstream as the origin of requests: its URL and its name; empty ones are not sent."""

    site: str = ""
    title: str = ""


NO_ORIGIN = Origin()


@once
def route_of(settings: Settings, origin: Origin = NO_ORIGIN) -> Route:
    """Return base URL, the operator's key and the origin of upstream calls; the base URL is not checked."""
    site = settings.http_referer_override or origin.site
    return Route(settings.base_url, settings.api_key.reveal(), site, origin.title)


@once
def usable_route(settings: Settings, origin: Origin = NO_ORIGIN) -> Route:
    """Return the operator's route with a checked base URL. Raises InvalidBaseUrl."""
    route = route_of(settings, origin)
    base_url = checked_base_url(route.base_url, insecure_hosts(settings))
    return replace(route, base_url=base_url, api_key=route.api_key.strip())


@once
def offer_of(settings: Settings, zero_retention: frozenset[str]) -> Offer:
    """Return the operator's choice of models; `zero_retention` lists the models with a provider that stores nothing."""
    return Offer(
        selection=settings.model_id,
        disabled=settings.disabled_models,
        free=Filter(settings.free_model_filter),
        tools=Filter(settings.tool_calling_filter),
        zero_retention=zero_retention if settings.zdr_models_only else None,
        variants=names(settings.variant_models),
    )


def names(listed: str) -> tuple[str, ...]:
    """Split a list at commas and line breaks."""
    return tuple(name.strip() for name in listed.replace("\n", ",").split(",") if name.strip())


@once
def thinking_of(settings: Settings, *, is_task: bool) -> Thinking:
    """Return the reasoning settings; background tasks have an effort of their own."""
    return Thinking(
        enabled=settings.enable_reasoning,
        effort=settings.task_model_reasoning_effort if is_task else settings.reasoning_effort,
        summary=settings.reasoning_summary_mode,
        deepest=settings.max_reasoning_effort,
        budget=settings.gemini_thinking_budget,
        interleaved=settings.enable_anthropic_interleaved_thinking,
    )


@once
def identifiers_of(settings: Settings) -> Identifiers:
    """Return which ids are sent to upstream."""
    return Identifiers(
        settings.send_end_user_id,
        settings.send_session_id,
        settings.send_chat_id,
        settings.send_message_id,
        settings.send_safety_identifier,
    )


@once
def defaults_of(settings: Settings, *, is_task: bool) -> dict[str, object]:
    """Return the operator's values of request fields; a background task has none, because they may cost extra."""
    if is_task:
        return {}
    named: dict[str, object] = {}
    if settings.service_tier != "auto":
        named["service_tier"] = settings.service_tier
    if settings.verbosity != "default":
        named["verbosity"] = settings.verbosity
    others = object_of(settings.request_defaults) or {}
    if settings.reasoning_mode != "standard":
        thinking = others.get("reasoning")
        others["reasoning"] = {"mode": settings.reasoning_mode, **(thinking if isinstance(thinking, dict) else {})}
    return {**named, **others}


@once
def prompting_of(settings: Settings, *, is_task: bool) -> Prompting:
    """Return how prompts are built; a background task is sent whole and never marked for a prompt cache."""
    return Prompting(
        history_turns=0 if is_task else settings.history_window_turns,
        trim=settings.auto_context_trimming,
        cache_marks=settings.enable_anthropic_prompt_caching and not is_task,
        cache_ttl=settings.anthropic_prompt_cache_ttl,
        changing_last=settings.memories_after_history and not is_task,
        use_output_ceiling=settings.use_model_max_output_tokens,
    )


@once
def routing_of(settings: Settings) -> Routing:
    """Return the preferences for providers that are sent to upstream."""
    return Routing(
        order=names(settings.provider_order),
        only=names(settings.provider_only),
        ignore=names(settings.provider_ignore),
        prompt_cap=_cap(settings.max_prompt_price),
        completion_cap=_cap(settings.max_completion_price),
        deny_data_collection=settings.deny_data_collection,
        zero_retention=settings.zdr_enforce or settings.request_zdr or settings.zdr_models_only,
        tool_cap=_cap(settings.max_server_tool_cost),
        cost_tier="" if settings.router_cost_tier == "default" else settings.router_cost_tier,
    )


@once
def endpoints_of(settings: Settings) -> EndpointChoice:
    """Return which upstream endpoint each model is called through."""
    return EndpointChoice(
        default=Endpoint.CHAT if settings.default_llm_endpoint == "chat_completions" else Endpoint.RESPONSES,
        forced_chat=names(settings.force_chat_completions_models),
        forced_responses=names(settings.force_responses_models),
        fall_back=settings.auto_fallback_chat_completions,
    )


@once
def limits_of(settings: Settings) -> Limits:
    """Return the limits of one upstream request; a total limit replaces the one for silence."""
    total = settings.http_total_timeout_seconds
    return Limits(
        connect=settings.http_connect_timeout_seconds,
        total=total,
        idle_read=settings.http_sock_read_seconds if total is None else None,
        event_bytes=settings.max_sse_event_mb * MEBIBYTE,
    )


@once
def bounds_of(settings: Settings) -> Bounds:
    """Return how many turns may run and wait in this process."""
    return Bounds(
        concurrent=settings.max_concurrent_requests,
        queued=settings.max_queued_requests,
    )


@once
def retry_of(settings: Settings) -> RetryPolicy:
    """Return which requests may be retried."""
    return RetryPolicy(uncertain_allowed=settings.retry_uncertain)


@once
def tooling_of(
    settings: Settings,
    *,
    handed_over: bool = False,
    host_only: frozenset[str] = frozenset(),
    offer_search: bool = False,
) -> Tooling:
    """Return how tools run. For `handed_over`, `host_only` and `offer_search` see `CallerTools`."""
    searches = settings.enable_web_search_tool and offer_search
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
        handed_over=handed_over,
        host_only=host_only,
        searches=(settings.web_search_max_results or 0) if searches else None,
    )


def server_tools_of(
    settings: Settings, named: tuple[object, ...] | None, served: frozenset[Ability], *, offered: bool
) -> ServerTools:
    """Return which tools upstream runs: those `named` by the request or the model's row, else the operator's.

    `offered`: the operator's are for this caller. `served`: what the caller has tools of its own for.
    """
    if named is None:
        return _offered_server_tools(settings, served, offered=offered)
    return ServerTools(named, settings.web_search_max_results or 0, served)


@once
def _offered_server_tools(settings: Settings, served: frozenset[Ability], *, offered: bool) -> ServerTools:
    listed = names(settings.server_tools) if offered else ()
    return ServerTools(listed, settings.web_search_max_results or 0, served)


@once
def bookkeeping_of(settings: Settings, namespace: str, *, is_task: bool = False) -> Bookkeeping:
    """Return where the attempts of a turn are booked, and which sums of the ledger its person sees; a task has none."""
    if not settings.enable_ledger or is_task:
        return Bookkeeping(namespace if settings.enable_ledger else "")
    zone = time_zone(settings.budget_time_zone) if settings.show_my_spend else None
    return Bookkeeping(namespace, settings.show_chat_cost, settings.show_my_spend, zone or UTC)


def longest_attempt(settings: Settings) -> float:
    """Return the seconds after which an attempt without an end is one of a process that died."""
    return max(LONGEST_ATTEMPT, 2.0 * (settings.http_total_timeout_seconds or 0))


def switches_of(settings: Settings) -> Switches:
    """Return which fields of the host's model rows are updated from upstream's list."""
    return Switches(
        capabilities=settings.update_model_capabilities,
        descriptions=settings.update_model_descriptions,
        images=settings.update_model_images,
        public=settings.new_model_access_control == "public",
        direct_files=settings.direct_uploads,
    )


@once
def insecure_hosts(settings: Settings) -> frozenset[str]:
    """Return the host names that may be called over plain http."""
    return hosts(settings.insecure_base_url_hosts)


def hosts(listed: str) -> frozenset[str]:
    """Split a list of hosts; they are compared in lower case."""
    return frozenset(name.lower() for name in names(listed))


@once
def support_of(settings: Settings) -> str:
    """Return the contact for help that error cards show; may be empty."""
    return " \u00b7 ".join(contact for contact in (settings.support_email, settings.support_url) if contact)


def _cap(price: float | None) -> Decimal | None:
    return None if price is None else Decimal(repr(price))
