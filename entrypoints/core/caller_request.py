"""A caller's request to the core, and the frozen `TurnRequest` made of it and the settings."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from domain.conversation.bounded_ids import bounded_id
from domain.conversation.calls_in_parts import without_calls_in_parts
from domain.conversation.history_format import PLAIN, HistoryFormat
from domain.conversation.known_roles import with_known_roles
from domain.conversation.speakers import with_speakers
from domain.request.abilities import Ability
from domain.request.cost_sharing import CostSharing
from domain.request.intake import AttachedFile
from domain.request.tasks import frugal, stripped, task_model_serves
from domain.request.turn_request import Caller, Parameters, Person, Remembering, TurnRequest
from domain.services.list_models import Listing
from domain.turn.steps import Output
from entrypoints.core.budget_policy import spending_of
from entrypoints.core.media_policy import intake_of
from entrypoints.core.memory_policy import remembering_of
from entrypoints.core.paying_keys import paying_route_of
from entrypoints.core.policy import (
    NO_ORIGIN,
    Origin,
    bookkeeping_of,
    bounds_of,
    defaults_of,
    endpoints_of,
    identifiers_of,
    insecure_hosts,
    limits_of,
    offer_of,
    prompting_of,
    retry_of,
    routing_of,
    server_tools_of,
    thinking_of,
    tooling_of,
)
from entrypoints.settings import Settings
from entrypoints.settings_derived import once

LONGEST_NAME = 320
"""Characters of a person's name or address that are shared."""
NOTHING_SHARED = CostSharing()
Start = Callable[["asyncio.Task[Any] | None"], AsyncGenerator[Output, None]]
"""Starts a turn. The argument is the task that reads the turn's outputs: if it ends, the turn is cancelled."""


@dataclass(frozen=True, slots=True)
class CallerTools:
    """Which tool calls the caller runs, and whether a web search may be offered.

    `handed_over`: the caller runs all calls. `host_only`: names of the tools that only the caller can run.
    `offer_search`: upstream may search the web for this caller. `offer_server_tools`: the operator's other tools that
    upstream runs may be offered too. `served`: what the caller has tools of its own for.
    """

    handed_over: bool = False
    host_only: frozenset[str] = frozenset()
    offer_search: bool = False
    offer_server_tools: bool = False
    served: frozenset[Ability] = frozenset()


@dataclass(frozen=True, slots=True)
class CallerHistory:
    """How earlier turns are found in the caller's history.

    `namespace` selects the memory that turns share; if it is empty, nothing is stored. `references`: the caller
    receives references to the turn and sends them back with the history. `format`: how the caller writes answers.
    """

    namespace: str = ""
    references: bool = False
    format: HistoryFormat = PLAIN


@dataclass(frozen=True, slots=True)
class CallerNames:
    """How people are addressed, and what stands before the names of models where they choose them. Empty if unknown."""

    email: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class CallerRequest:
    """A caller's request, parsed once by its entrypoint. `model` is the exact slug; an empty `turn_id` is generated.

    `task` names a background task. `statuses`: the caller is shown what a turn waits for. `opens_files`: whoever reads
    the answer can open files of the host. `attached`: files of the host that go to the model beside the messages.
    """

    model: str
    messages: tuple[object, ...] = ()
    parameters: Parameters = field(default_factory=Parameters)
    stream: bool = True
    caller: Caller = Caller.API
    person: Person = field(default_factory=Person)
    task: str = ""
    turn_id: str = ""
    history: CallerHistory = field(default_factory=CallerHistory)
    tools: CallerTools = field(default_factory=CallerTools)
    statuses: bool = True
    opens_files: bool = False
    attached: tuple[AttachedFile, ...] = ()
    names: CallerNames = field(default_factory=CallerNames)


def request_of(
    asked: CallerRequest, settings: Settings, listing: Listing | None = None, origin: Origin = NO_ORIGIN
) -> TurnRequest:
    """Freeze everything one turn needs; later code reads no live setting. `listing` is the catalog, None if unknown."""
    is_task = asked.caller is Caller.TASK
    task_model = settings.task_model.strip() if is_task and task_model_serves(asked.task) else ""
    tools, history, named = asked.tools, asked.history, asked.parameters.server_tools
    messages = without_calls_in_parts(with_known_roles(asked.messages))
    if asked.caller is Caller.API:
        messages = with_speakers(messages)
    zero_retention = listing.zero_retention if listing is not None and settings.zdr_models_only else frozenset[str]()
    return _frame_of(settings, is_task=is_task)(
        model=task_model or asked.model,
        messages=stripped(messages, history.format) if is_task else messages,
        route=paying_route_of(settings, origin),
        caller=asked.caller,
        task=asked.task,
        turn_id=bounded_id(asked.turn_id),
        stream=not is_task or asked.stream,
        person=asked.person.bounded(),
        parameters=frugal(asked.parameters) if is_task else asked.parameters,
        memory=Remembering() if is_task else remembering_of(settings, history.namespace, references=history.references),
        ledger=bookkeeping_of(settings, history.namespace, is_task=is_task),
        spending=spending_of(settings, history.namespace),
        sharing=_sharing_of(settings, asked.names),
        tooling=tooling_of(
            settings,
            handed_over=tools.handed_over,
            host_only=tools.host_only,
            offer_search=tools.offer_search and named is None,
        ),
        server_tools=server_tools_of(settings, named, tools.served, offered=tools.offer_server_tools),
        offer=offer_of(settings, zero_retention),
        statuses=asked.statuses,
        opens_files=asked.opens_files,
        history_format=history.format,
        attached=asked.attached,
    )


@once
def _frame_of(settings: Settings, *, is_task: bool) -> Callable[..., TurnRequest]:
    """Return what makes a turn's request, with all in it that follows from the settings alone."""
    return partial(
        TurnRequest,
        defaults=defaults_of(settings, is_task=is_task),
        thinking=thinking_of(settings, is_task=is_task),
        identifiers=identifiers_of(settings),
        routing=routing_of(settings),
        prompting=prompting_of(settings, is_task=is_task),
        endpoints=endpoints_of(settings),
        fallback_model=settings.fallback_model.strip(),
        limits=limits_of(settings),
        retry=retry_of(settings),
        bounds=bounds_of(settings),
        insecure_hosts=insecure_hosts(settings),
        intake=intake_of(settings, is_task=is_task),
    )


def _sharing_of(settings: Settings, names: CallerNames) -> CostSharing:
    """Return which figures of a turn go to Redis: those of the ledger, with a person's names only on request."""
    if not (settings.costs_redis_dump and settings.enable_ledger):
        return NOTHING_SHARED
    seconds, prefix = settings.costs_redis_ttl_seconds, bounded_id(names.prefix)
    if not settings.costs_redis_identity:
        return CostSharing(seconds, prefix)
    return CostSharing(seconds, prefix, names.email[:LONGEST_NAME], names.name[:LONGEST_NAME])
