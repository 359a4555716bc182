"""What the host handed to `pipe()`, read once: who calls, and where the answer goes."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.request.tasks import MERGED_ANSWER
from domain.request.turn_request import Caller, Person

Emitter = Callable[[dict[str, Any]], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class HostCall:
    """One call of `pipe()`. `emitter` is present only for a person in the page; `user_valves` as stored, or None.

    `metadata` is the host's own and only read; `tools` and `event_call` as handed over, the latter for a page only.
    """

    body: Mapping[str, Any]
    caller: Caller
    person: Person
    emitter: Emitter | None
    user_valves: object
    task: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    tools: object = None
    event_call: Callable[[dict[str, Any]], Awaitable[Any]] | None = None


def read_call(call: Mapping[str, Any]) -> HostCall:
    """Tell page, API client and background task apart.

    A person in the page: session, chat and message ids are all truthy and no task is named; API clients get an
    emitter too, and old hosts give tasks one that is bound to the visible message, so only the ids count. The merged
    answer of several models is a task that a person reads: it is treated like a chat of an API client. Source:
    the host's contract, "UI or API?" and events.
    """
    body = _mapping(call.get("body"))
    user, metadata = _mapping(call.get("__user__")), _mapping(call.get("__metadata__"))
    task = _task_name(call.get("__task__") or metadata.get("task"))
    person = Person(
        user_id=_text(user.get("id")) or _text(metadata.get("user_id")),
        chat_id=_text(call.get("__chat_id__")) or _text(metadata.get("chat_id")),
        message_id=_text(call.get("__message_id__")) or _text(metadata.get("message_id")),
        session_id=_text(call.get("__session_id__")) or _text(metadata.get("session_id")),
        parent_id=_parent(metadata),
        is_admin=user.get("role") == "admin",
    )
    in_page = bool(person.chat_id and person.message_id and person.session_id)
    caller = Caller.API if task == MERGED_ANSWER else Caller.TASK if task else Caller.PAGE if in_page else Caller.API
    emitter, event_call = call.get("__event_emitter__"), call.get("__event_call__")
    return HostCall(
        body=body,
        caller=caller,
        person=person,
        emitter=emitter if caller is Caller.PAGE and callable(emitter) else None,
        user_valves=user.get("valves"),
        task=task,
        metadata=metadata,
        tools=call.get("__tools__"),
        event_call=event_call if caller is Caller.PAGE and callable(event_call) else None,
    )


def split_model(requested: str) -> tuple[str, str]:
    """Split the host's model id into function id and slug; the function id is empty if there is none.

    The host joins them with a dot at the first place; function ids are identifiers. Source: the host's contract, ids.
    """
    prefix, dot, rest = requested.partition(".")
    return (prefix, rest) if dot and rest and prefix.isidentifier() else ("", requested)


def _parent(metadata: Mapping[str, Any]) -> str:
    """Return the id of the answer before the question, which hosts tell from 0.8 on; two versions, two names."""
    for name in ("user_message", "parent_message"):
        found = _text(_mapping(metadata.get(name)).get("parentId"))
        if found:
            return found
    return ""


def _task_name(task: object) -> str:
    if isinstance(task, Mapping):
        task = task.get("type")
    return str(task) if task else ""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
