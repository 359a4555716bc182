"""No id that a caller hands in reaches the core longer than 256 bytes, whatever entrypoint it comes through."""

from domain.request.turn_request import Person
from entrypoints.core.caller_request import CallerRequest, request_of
from entrypoints.openwebui.host_call import read_call
from entrypoints.settings import Settings
from ports.retention import has_long_id

LONG = "i" * 100_000


def ids_of(person: Person) -> tuple[str, ...]:
    return person.user_id, person.chat_id, person.message_id, person.session_id, person.parent_id


def test_ids_of_a_caller_are_bounded():
    request = request_of(CallerRequest("a/b", person=Person(LONG, LONG, LONG, LONG, LONG), turn_id=LONG), Settings())
    assert not has_long_id(request.turn_id, *ids_of(request.person))


def test_ids_of_the_hosts_call_are_bounded():
    call = {
        "body": {"model": "pipe.a/b", "messages": []},
        "__user__": {"id": LONG},
        "__metadata__": {"user_message": {"parentId": LONG}},
        "__chat_id__": "local:" + LONG,
        "__message_id__": LONG,
        "__session_id__": LONG,
    }
    person = read_call(call).person
    assert all(ids_of(person))
    assert not has_long_id(*ids_of(person))
    assert person.chat_id.startswith("local:")
