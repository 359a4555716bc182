"""Detecting the caller, page, API client or background task, from the call of each host version."""

from dataclasses import replace
from typing import Any, get_type_hints

import pytest

from domain.faults.fault import Fault
from domain.request.turn_request import Caller, Person
from entrypoints.openai.completions_body import CompletionsBody
from entrypoints.openwebui.bundle.shell import wants_stream
from entrypoints.openwebui.host_call import Audience, HostCall, RequestedModel, read_call, split_model
from entrypoints.openwebui.tool_mode import HostTools
from entrypoints.sentences.languages import Language


async def emitter(_event: dict[str, Any]) -> None:
    """Stand for the host's."""


USER = {"id": "9008", "name": "Admin", "email": "a@x.test", "role": "admin", "valves": {"REASONING_EFFORT": "high"}}
BODY = {"stream": True, "model": "probe.one", "messages": [{"role": "user", "content": "hi"}]}
IDS = {"user_id": "9008", "chat_id": "2392", "message_id": "4686", "session_id": "dAWW"}
PARAMS = {"stream_delta_chunk_size": None, "reasoning_tags": None, "function_calling": "default"}

PAGE: dict[str, dict[str, Any]] = {
    "0.6.28": {**IDS, "filter_ids": [], "tool_ids": [], "files": None, "direct": False, "params": PARAMS},
    "0.8.12": {**IDS, "files": None, "params": PARAMS, "parent_message_id": "b415", "parent_message": {"id": "b415"}},
    "0.10.2": {**IDS, "task_id": "cbcc", "user_message_id": "b415", "user_message": {"id": "b415"}, "files": None},
    "0.12.4": {**IDS, "task_id": "cbcc", "assistant_message_id": None, "internal": False, "files": None, "tools": {}},
}
OLD_API: dict[str, Any] = {
    "user_id": "9008",
    "chat_id": None,
    "message_id": None,
    "session_id": None,
    "features": {},
    "files": None,
}
API = {
    "0.6.28": (OLD_API, None),
    "0.8.12": (OLD_API, None),
    "0.10.2": ({**OLD_API, "chat_id": "", "user_message": None}, ""),
    "0.12.4": ({**OLD_API, "chat_id": "", "user_message": None}, ""),
}
TASK = {
    version: {**metadata, "task": "title_generation", "task_body": {"model": "probe.one"}}
    for version, metadata in PAGE.items()
}
for newer in ("0.10.2", "0.12.4"):
    TASK[newer] = {name: value for name, value in TASK[newer].items() if name != "message_id"}


def handed_over(metadata: dict[str, Any], **more: Any) -> HostCall:
    ids = {f"__{name}__": metadata.get(name) for name in ("chat_id", "message_id", "session_id")}
    given = {"body": BODY, "__user__": USER, "__metadata__": metadata, "__event_emitter__": emitter, "__task__": None}
    return read_call({**given, **ids, **more})


@pytest.mark.parametrize("version", PAGE)
def test_person_in_the_page_has_all_ids_and_the_emitter(version: str) -> None:
    call = handed_over(PAGE[version])

    assert call.caller is Caller.PAGE
    assert call.person == Person("9008", "2392", "4686", "dAWW", is_admin=True)
    assert call.emitter is emitter


@pytest.mark.parametrize("version", API)
def test_api_client_is_recognised_by_its_missing_ids_although_it_has_an_emitter(version: str) -> None:
    metadata, chat_id = API[version]
    call = handed_over(metadata, __chat_id__=chat_id)

    assert call.caller is Caller.API
    assert call.person == Person("9008", is_admin=True)
    assert call.emitter is None


@pytest.mark.parametrize("version", TASK)
def test_task_is_recognised_by_its_name_although_it_has_the_ids_of_the_chat(version: str) -> None:
    call = handed_over(TASK[version], __task__="title_generation")

    assert (call.caller, call.task) == (Caller.TASK, "title_generation")
    assert call.emitter is None


@pytest.mark.parametrize("version", TASK)
def test_task_named_in_the_metadata_alone_is_a_task(version: str) -> None:
    assert handed_over(TASK[version]).caller is Caller.TASK


@pytest.mark.parametrize(
    ("chat_id", "temporary"),
    [
        ("local", True),
        ("local:dAWW", True),
        ("temporary:dAWW", True),
        ("channel:77", False),
        ("localhost:7", False),
        ("2392", False),
    ],
)
def test_chat_id_determines_whether_a_chat_of_the_page_is_temporary(chat_id: str, temporary: bool) -> None:
    call = handed_over({**PAGE["0.12.4"], "chat_id": chat_id})

    assert call.caller is Caller.PAGE
    assert (call.person.chat_id, call.person.temporary) == (chat_id, temporary)


@pytest.mark.parametrize("missing", ["chat_id", "message_id", "session_id"])
@pytest.mark.parametrize("empty", [None, ""])
def test_call_without_one_of_the_ids_is_no_page(missing: str, empty: str | None) -> None:
    assert handed_over({**PAGE["0.12.4"], missing: empty}).caller is Caller.API


def test_ids_are_read_from_the_metadata_when_no_parameter_brings_them() -> None:
    call = read_call({"body": BODY, "__metadata__": PAGE["0.12.4"], "__event_emitter__": emitter})

    assert call.caller is Caller.PAGE
    assert call.person == Person("9008", "2392", "4686", "dAWW")


def test_page_without_an_emitter_is_still_a_page() -> None:
    call = handed_over(PAGE["0.12.4"], __event_emitter__=None)

    assert (call.caller, call.emitter) == (Caller.PAGE, None)


def test_valves_of_the_person_are_passed_on_as_stored() -> None:
    assert handed_over(PAGE["0.12.4"]).user_valves == {"REASONING_EFFORT": "high"}


@pytest.mark.parametrize("role", ["user", "pending", None])
def test_only_the_role_admin_is_an_administrator(role: str | None) -> None:
    assert not handed_over(PAGE["0.12.4"], __user__={**USER, "role": role}).person.is_admin


@pytest.mark.parametrize(
    "call",
    [
        {},
        {"body": None, "__user__": None, "__metadata__": None, "__task__": None},
        {"body": [], "__user__": "x", "__metadata__": 7, "__chat_id__": 1, "__event_emitter__": "y", "__task__": ""},
    ],
)
def test_call_with_nothing_usable_is_that_of_an_unknown_api_client(call: dict[str, Any]) -> None:
    read = read_call(call)

    assert isinstance(read.body, Fault)
    assert replace(read, tools=HostTools()) == HostCall(read.body, Caller.API)


@pytest.mark.parametrize(
    ("requested", "parts"),
    [
        ("openrouter.openai/gpt-4.1", ("openrouter", "openai/gpt-4.1")),
        ("probe.vendor/two.5:free", ("probe", "vendor/two.5:free")),
        ("openrouter.openai.gpt-4.1", ("openrouter", "openai.gpt-4.1")),
        ("openai/gpt-4.1", ("", "openai/gpt-4.1")),
        ("gpt-4.1", ("", "gpt-4.1")),
        ("openrouter.", ("", "openrouter.")),
        (".x", ("", ".x")),
        ("", ("", "")),
    ],
)
def test_model_is_split_at_the_first_dot_behind_a_function_id(requested: str, parts: tuple[str, str]) -> None:
    assert split_model(requested) == RequestedModel(requested, *parts)


def test_body_is_read_once_with_its_model_and_its_tools() -> None:
    tools = [{"type": "function", "function": {"name": "look"}}]
    call = handed_over({**PAGE["0.12.4"], "tools": {"look": {}}}, body={**BODY, "tools": tools}, __tools__={"look": {}})

    assert isinstance(call.body, CompletionsBody)
    assert call.body.messages == BODY["messages"]
    assert call.model == RequestedModel("probe.one", "probe", "one")
    assert (call.tools.offer.handed, call.tools.offer.stored) == ({"look": {}}, {"look": {}})
    assert call.tools.offer.offered == tools


@pytest.mark.parametrize("body", [{}, {"messages": []}, {"messages": "hi"}], ids=repr)
def test_model_and_stream_are_known_for_an_invalid_body(body: dict[str, Any]) -> None:
    call = handed_over(PAGE["0.12.4"], body={"model": "probe.one", "stream": "true", **body})

    assert isinstance(call.body, Fault)
    assert (call.model.function_id, call.stream) == ("probe", True)


STREAM = {
    True: (True, 1, 1.0, "true", "True", "1", "yes", "on"),
    False: (False, 0, 0.0, "false", "FALSE", "0", "no", "off", None, "", "later", 2, [], [1], {}, {"a": 1}),
}


@pytest.mark.parametrize(("expected", "given"), [(flag, given) for flag, all_ in STREAM.items() for given in all_])
def test_stream_is_read_as_a_flag_whatever_it_was_written_as(expected: bool, given: object) -> None:
    body = {**BODY, "stream": given}

    assert handed_over(PAGE["0.12.4"], body=body).stream is expected
    assert wants_stream(body) is expected


def test_call_that_does_not_name_a_stream_wants_none() -> None:
    body = {name: value for name, value in BODY.items() if name != "stream"}

    assert not handed_over(PAGE["0.12.4"], body=body).stream
    assert not wants_stream(body)


def test_nothing_behind_the_reading_holds_a_dictionary_of_the_host() -> None:
    kinds = get_type_hints(HostCall)

    assert not [name for name, kind in kinds.items() if "Mapping" in str(kind) or str(kind).startswith("dict")]


ANSWERED = {"chat_id": "2392", "message_id": "4686"}


@pytest.mark.parametrize(
    ("ids", "audience"),
    [
        ({**ANSWERED, "session_id": "dAWW"}, Audience.PERSON),
        ({**ANSWERED, "chat_id": "temporary:dAWW", "session_id": "dAWW"}, Audience.PERSON),
        ({**ANSWERED, "chat_id": "channel:1", "session_id": "channel:1"}, Audience.CHANNEL),
        ({**ANSWERED, "session_id": "automation:1"}, Audience.NOBODY),
        ({**ANSWERED, "session_id": "automation:1", "automation_id": "1"}, Audience.NOBODY),
        ({**ANSWERED, "session_id": "subagent:2392"}, Audience.NOBODY),
        ({**ANSWERED, "session_id": "subagent-result:2392"}, Audience.NOBODY),
        ({**ANSWERED, "session_id": "timer:2392"}, Audience.NOBODY),
        ({**ANSWERED, "session_id": "timer-result:2392"}, Audience.NOBODY),
        ({**ANSWERED, "session_id": "dAWW", "internal": True}, Audience.NOBODY),
    ],
)
def test_no_question_goes_to_a_browser_that_is_not_there(ids: dict[str, Any], audience: Audience) -> None:
    async def event_call(_event: dict[str, Any]) -> None:
        """Stand for the host's."""

    call = handed_over(ids, __event_call__=event_call)

    assert (call.caller, call.audience) == (Caller.PAGE, audience)
    assert (call.event_call is event_call) is (audience is Audience.PERSON)
    assert call.emitter is emitter


def test_a_call_without_any_metadata_comes_from_the_hosts_own_code() -> None:
    call = handed_over({})

    assert (call.caller, call.audience) == (Caller.API, Audience.HOST)


def test_sources_that_the_host_shows_are_known_by_their_addresses() -> None:
    web = {
        "source": {"name": "web"},
        "document": ["a"],
        "metadata": [{"source": "https://a.test/"}, {"source": "b.pdf"}],
    }
    odd = [None, {"metadata": None}, {"metadata": [None, {}, {"source": 1}]}, "x"]
    assert handed_over({**PAGE["0.12.4"], "sources": [web, *odd]}).cited == {"https://a.test/"}
    assert handed_over({**PAGE["0.12.4"], "sources": "x"}).cited == set()
    assert handed_over(PAGE["0.6.28"]).cited == set()


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({"{{USER_LANGUAGE}}": "de-DE"}, Language.GERMAN),
        ({"{{USER_LANGUAGE}}": "en-US"}, Language.ENGLISH),
        ({"{{USER_LANGUAGE}}": ["de"]}, Language.ENGLISH),
        ({"{{USER_NAME}}": "de"}, Language.ENGLISH),
        ({}, Language.ENGLISH),
        (None, Language.ENGLISH),
        ("de", Language.ENGLISH),
        (["{{USER_LANGUAGE}}"], Language.ENGLISH),
    ],
    ids=str,
)
def test_language_of_the_page_is_one_of_its_variables(variables: object, language: Language) -> None:
    for metadata in PAGE.values():
        assert handed_over({**metadata, "variables": variables}).language is language
    assert handed_over(PAGE["0.6.28"]).language is Language.ENGLISH
