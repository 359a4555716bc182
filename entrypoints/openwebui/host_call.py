"""Parse one call of `pipe()`: who calls, what is requested, and where the answer goes.

Only this module reads the host's dictionaries.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from domain.catalog.selection import find
from domain.faults.fault import Fault
from domain.request.intake import AttachedFile
from domain.request.turn_request import Caller, Person
from entrypoints.openai.completions_body import CompletionsBody, flag, read_completions_body
from entrypoints.openai.wanted import USUAL, Wanted, wanted_by
from entrypoints.openwebui.attached_files import read_attached_files, read_picture_names
from entrypoints.openwebui.task_answers import MERGED_ANSWER
from entrypoints.openwebui.tool_mode import HostTools, read_host_tools
from entrypoints.sentences.languages import Language, language_of
from ports.catalog import Model
from ports.retention import ID_BYTES

_TEMPORARY = ("local", "temporary")
_CHANNEL = "channel"
_UNATTENDED = frozenset({"automation", "subagent", "timer"})
_RESULT = "-result"
_LANGUAGE = "{{USER_LANGUAGE}}"
_SOURCES_READ = 200
_NO_SOURCES: frozenset[str] = frozenset()
"""Sources, and parts of one source, that are read."""

Emitter = Callable[[dict[str, Any]], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class RequestedModel:
    """A model id as the host sends it, and the same id split into function id and slug."""

    name: str = ""
    function_id: str = ""
    slug: str = ""

    def among(self, models: tuple[Model, ...]) -> str:
        """Return the slug; or the whole id if only that names a model."""
        whole = find(self.slug, models) is None and find(self.name, models) is not None
        return self.name if whole else self.slug


class Audience(Enum):
    """Who reads an answer: a person, a channel, nobody while it is written, or the host's own code.

    Such code calls the pipe without any metadata and reads the returned object itself, as channels did up to 0.8.
    """

    PERSON = "person"
    CHANNEL = "channel"
    NOBODY = "nobody"
    HOST = "host"


@dataclass(frozen=True, slots=True)
class HostRun:
    """The host's work on an answer. `continued`: the person continues the answer.

    `id` names the host's task, the same for all requests of one run, empty if the host names none.
    """

    continued: bool = False
    id: str = ""


@dataclass(frozen=True, slots=True)
class HostCall:
    """One call of `pipe()`. `body` is a fault if it is invalid; `model` and `stream` are read in any case.

    `emitter` is set only for the page, and `event_call` only for a person there; `valves` and `user_valves` as stored,
    or None. `cited`: addresses of the sources that the host gave the model and shows by itself. `attached`: files that
    the host left to the model. `pictures`: names of those in the newest message. `language`: that of the page.
    `email` and `name` are the person's.
    """

    body: CompletionsBody | Fault = field(repr=False)
    caller: Caller
    audience: Audience = Audience.PERSON
    person: Person = field(default_factory=Person)
    model: RequestedModel = field(default_factory=RequestedModel)
    stream: bool = False
    task: str = ""
    tools: HostTools = field(default_factory=HostTools)
    emitter: Emitter | None = None
    event_call: Callable[[dict[str, Any]], Awaitable[Any]] | None = None
    valves: object = field(default=None, repr=False)
    user_valves: object = field(default=None, repr=False)
    run: HostRun = field(default_factory=HostRun)
    cited: frozenset[str] = frozenset()
    attached: tuple[AttachedFile, ...] = ()
    pictures: tuple[str, ...] = ()
    language: Language = Language.ENGLISH
    email: str = field(default="", repr=False)
    name: str = field(default="", repr=False)

    @property
    def wanted(self) -> Wanted:
        """What the request wants beside the words; only API clients read other forms of calls and refusals."""
        if not isinstance(self.body, CompletionsBody):
            return USUAL
        if self.caller is not Caller.API:
            return Wanted(self.body.wants_usage, self.body.wants_reasoning)
        return wanted_by(self.body)


def read_call(call: Mapping[str, Any]) -> HostCall:
    """Distinguish page, API client and background task, and parse the request.

    A call comes from the page if session, chat and message ids are all truthy and no task is named. An emitter proves
    nothing: API clients get one too, and old hosts give tasks one that is bound to the visible message. The merged
    answer of several models is a task whose answer a person reads: it is treated like a chat of an API client. Source:
    the host's contract, "UI or API?" and events.
    """
    raw = _mapping(call.get("body"))
    body = read_completions_body(raw)
    user, metadata = _mapping(call.get("__user__")), _mapping(call.get("__metadata__"))
    task = _task_name(call.get("__task__") or metadata.get("task"))
    person = _person(call, user, metadata)
    in_page = bool(person.chat_id and person.message_id and person.session_id)
    caller = Caller.API if task == MERGED_ANSWER else Caller.TASK if task else Caller.PAGE if in_page else Caller.API
    audience = Audience.HOST if call.get("__metadata__") == {} else _audience(person, metadata)
    emitter, event_call = call.get("__event_emitter__"), call.get("__event_call__")
    reachable = caller is Caller.PAGE and audience is Audience.PERSON
    offered = body.tools if isinstance(body, CompletionsBody) else None
    return HostCall(
        body=body,
        caller=caller,
        audience=audience,
        person=person,
        model=split_model(_text(raw.get("model"))),
        stream=flag(raw.get("stream")),
        task=task,
        tools=read_host_tools(call.get("__tools__"), metadata, offered),
        emitter=emitter if caller is Caller.PAGE and callable(emitter) else None,
        event_call=event_call if reachable and callable(event_call) else None,
        valves=call.get("valves"),
        user_valves=user.get("valves"),
        cited=_cited(metadata),
        attached=read_attached_files(metadata) if caller is Caller.PAGE else (),
        pictures=read_picture_names(metadata) if caller is Caller.PAGE else (),
        language=_language(metadata),
        email=_text(user.get("email")),
        name=_text(user.get("name")),
        run=HostRun(bool(metadata.get("assistant_message_id")), _text(metadata.get("task_id"))[:ID_BYTES]),
    )


def split_model(requested: str) -> RequestedModel:
    """Split the host's model id into function id and slug; the function id is empty if there is none.

    The host joins them with a dot, and function ids contain no dot. Source: the host's contract, ids.
    """
    prefix, dot, rest = requested.partition(".")
    if dot and rest and prefix.isidentifier():
        return RequestedModel(requested, prefix, rest)
    return RequestedModel(requested, "", requested)


def _person(call: Mapping[str, Any], user: Mapping[str, Any], metadata: Mapping[str, Any]) -> Person:
    chat_id = _text(call.get("__chat_id__")) or _text(metadata.get("chat_id"))
    claimed = "" if chat_id else _text(_mapping(call.get("body")).get("session_id"))
    return Person(
        user_id=_text(user.get("id")) or _text(metadata.get("user_id")),
        chat_id=chat_id,
        message_id=_text(call.get("__message_id__")) or _text(metadata.get("message_id")),
        session_id=_text(call.get("__session_id__")) or _text(metadata.get("session_id")) or claimed,
        parent_id=_parent(metadata),
        is_admin=user.get("role") == "admin",
        temporary=_is_temporary(chat_id),
    ).bounded()


def _is_temporary(chat_id: str) -> bool:
    """Return whether the host never saves the chat: its id is `local`, `local:...` or `temporary:...`.

    Source: the host's contract, "UI or API?".
    """
    return chat_id.partition(":")[0] in _TEMPORARY


def _audience(person: Person, metadata: Mapping[str, Any]) -> Audience:
    """Return who reads the answer. Without a browser the host makes up ids: `channel:...`, `timer-result:...`.

    Such an id answers no question, because no browser is connected under it. Delegated tasks may carry the session of
    the chat that began them. Source: the hosts' channels, automations, subagents and timers, 0.9.6 to 0.12.4.
    """
    kinds = {one.partition(":")[0].removesuffix(_RESULT) for one in (person.chat_id, person.session_id) if ":" in one}
    if _CHANNEL in kinds:
        return Audience.CHANNEL
    alone = kinds & _UNATTENDED or metadata.get("internal") is True or metadata.get("automation_id")
    return Audience.NOBODY if alone else Audience.PERSON


def _parent(metadata: Mapping[str, Any]) -> str:
    """Return the id of the answer before the question; hosts send it from 0.8 on, under two names."""
    for name in ("user_message", "parent_message"):
        found = _text(_mapping(metadata.get(name)).get("parentId"))
        if found:
            return found
    return ""


def _cited(metadata: Mapping[str, Any]) -> frozenset[str]:
    """Return the addresses of the host's own sources; 0.12 tells them, older pages join sources of one address."""
    listed = metadata.get("sources")
    found: set[str] = set()
    for one in listed[:_SOURCES_READ] if isinstance(listed, list) else ():
        entries = _mapping(one).get("metadata")
        for entry in entries[:_SOURCES_READ] if isinstance(entries, list) else ():
            found.add(_text(_mapping(entry).get("source")))
    return frozenset(name for name in found if name.startswith(("https://", "http://"))) or _NO_SOURCES


def _language(metadata: Mapping[str, Any]) -> Language:
    """Return the language of the page, which it sends with each message as a variable for prompts.

    Other callers send none, or what they like; they read English, or what the operator chose. Their header
    `Accept-Language` is not asked: browsers and libraries fill it, not people. Source: the page's `getPromptVariables`
    and the hosts' `main.py`, 0.6.28 to 0.12.4.
    """
    return language_of(_mapping(metadata.get("variables")).get(_LANGUAGE))


def _task_name(task: object) -> str:
    if isinstance(task, Mapping):
        task = task.get("type")
    return str(task) if task else ""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
