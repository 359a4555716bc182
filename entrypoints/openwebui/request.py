"""Settings and a host call → the frozen request of one turn."""

from domain.catalog.selection import find
from domain.faults.retry import RetryPolicy
from domain.request.turn_request import Bounds, Caller, Thinking, TurnRequest
from entrypoints.openwebui.host_call import HostCall, split_model
from entrypoints.settings import Settings
from entrypoints.wire.completions_body import CompletionsBody
from ports.catalog import Model
from ports.responses import Limits, Route

REFERER = "https://openwebui.com/"
TITLE = "Open WebUI"
MEBIBYTE = 1024 * 1024


def route_of(settings: Settings) -> Route:
    """Say where calls go and who pays."""
    referer = settings.http_referer_override or REFERER
    return Route(settings.base_url, settings.api_key.reveal(), referer, TITLE)


def request_of(call: HostCall, body: CompletionsBody, settings: Settings, models: tuple[Model, ...]) -> TurnRequest:
    """Freeze everything one turn needs; nothing later reads a live setting."""
    effort = settings.task_model_reasoning_effort if call.caller is Caller.TASK else settings.reasoning_effort
    total = settings.http_total_timeout_seconds
    return TurnRequest(
        model=_slug(body.model, models),
        messages=tuple(body.messages),
        route=route_of(settings),
        caller=call.caller,
        stream=call.caller is not Caller.TASK or bool(body.stream),
        person=call.person,
        parameters=body.parameters(),
        thinking=Thinking(settings.enable_reasoning, effort, settings.reasoning_summary_mode),
        limits=Limits(
            connect=settings.http_connect_timeout_seconds,
            total=total,
            idle_read=settings.http_sock_read_seconds if total is None else None,
            event_bytes=settings.max_sse_event_mb * MEBIBYTE,
        ),
        retry=RetryPolicy(uncertain_allowed=settings.retry_uncertain),
        bounds=Bounds(
            concurrent=settings.max_concurrent_requests,
            queued=settings.max_queued_requests,
            max_rounds=settings.max_function_call_loops,
            tool_seconds=settings.tool_timeout_seconds,
        ),
        selection=settings.model_id,
        insecure_hosts=insecure_hosts(settings),
        show_usage=settings.show_final_usage_status,
    )


def insecure_hosts(settings: Settings) -> frozenset[str]:
    """Return the hosts plain http may go to."""
    names = settings.insecure_base_url_hosts.split(",")
    return frozenset(name.strip().lower() for name in names if name.strip())


def support_of(settings: Settings) -> str:
    """Return whom to ask, for cards; may be empty."""
    return " · ".join(place for place in (settings.support_email, settings.support_url) if place)


def _slug(requested: str, models: tuple[Model, ...]) -> str:
    """Drop the host's function id, unless the whole name is a model's."""
    _, rest = split_model(requested)
    return requested if find(rest, models) is None and find(requested, models) is not None else rest
