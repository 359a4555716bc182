"""The exact request sent upstream for each captured client payload, compared with a reviewed file.

`python -m tests.oracle.test_golden_requests` rewrites the files; review every difference against the reference of the
API before committing it. The settings are the defaults of an installation, but for payloads of that name.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.openrouter.catalog.models import read_model
from domain.request.body import Prepared, build
from domain.request.turn_request import Caller, Person, TurnRequest
from entrypoints.core.caller_request import request_of
from entrypoints.openai.completions_body import CompletionsBody
from entrypoints.openwebui.host_call import read_call
from entrypoints.openwebui.host_turn import asked_of
from entrypoints.openwebui.runtime import ORIGIN
from entrypoints.settings import Settings
from entrypoints.settings_rows import Secret
from tests.adapters.openrouter.serialised import serialise_body
from tests.oracle.payload_files import PAYLOADS
from tests.oracle.rules.facts import ENTRIES
from tests.oracle.verdict import verdict

FOLDER = Path(__file__).with_name("golden")
SETTINGS = Settings(api_key=Secret("sk-or-v1-golden"))
DEFAULTS = Path(__file__).with_name("request_defaults.json").read_text("utf-8")
MODELS = tuple(model for entry in ENTRIES.values() if (model := read_model(entry)))
BY_ID = {model.id: model for model in MODELS}


def request_for(name: str) -> TurnRequest:
    """Return the frozen request of a payload, read like a call of the host."""
    payload = PAYLOADS[name]
    task = "title_generation" if "task" in name else ""
    caller = Caller.TASK if task else Caller.PAGE if name.startswith("host_") else Caller.API
    person = Person("user-1", "chat-1", "message-1", "session-1")
    call = replace(read_call({"body": payload}), caller=caller, person=person, task=task)
    assert isinstance(call.body, CompletionsBody)
    settings = replace(SETTINGS, request_defaults=DEFAULTS) if name.endswith("settings") else SETTINGS
    return request_of(asked_of(call, MODELS), settings, origin=ORIGIN)


def offered(name: str) -> tuple[dict[str, Any], ...]:
    """Return the tools a turn of the page would run: those that the host put into the request."""
    return tuple(PAYLOADS[name].get("tools", ())) if name.startswith("host_") else ()


def sent(name: str) -> dict[str, Any]:
    """Return the request sent upstream, decoded from its bytes."""
    request = request_for(name)
    prepared = build(request, request.model, BY_ID[request.model], offered(name), frozenset(BY_ID))
    assert isinstance(prepared, Prepared)
    body: dict[str, Any] = json.loads(serialise_body(prepared.request.body))
    return body


def golden(name: str) -> Path:
    """Return the path of the reviewed request of a payload."""
    return FOLDER / f"{name}.json"


@pytest.mark.parametrize("name", PAYLOADS)
def test_the_request_for_a_payload_is_the_reviewed_one(name: str) -> None:
    assert sent(name) == json.loads(golden(name).read_text("utf-8"))


@pytest.mark.parametrize("name", PAYLOADS)
def test_reviewed_request_satisfies_every_judge(name: str) -> None:
    body = json.loads(golden(name).read_text("utf-8"))
    assert verdict(body, ENTRIES[body["model"]]) == []


@pytest.mark.parametrize("name", PAYLOADS)
def test_payload_of_the_client_is_not_changed(name: str) -> None:
    before = json.dumps(PAYLOADS[name])
    sent(name)
    assert json.dumps(PAYLOADS[name]) == before


def test_the_fields_of_a_client_a_model_row_and_the_settings_become_the_same_request() -> None:
    bodies = [
        {**sent(name), "tools": None, "session_id": None, "safety_identifier": None}
        for name in ("openai_sdk_responses_fields", "host_0_12_row_fields", "host_0_12_fields_of_the_settings")
    ]
    assert bodies[0] == bodies[1] == bodies[2]


def test_every_reviewed_request_has_its_payload() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(PAYLOADS)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for payload in PAYLOADS:
        text = json.dumps(sent(payload), ensure_ascii=False, indent=1)
        golden(payload).write_text(text + "\n", "utf-8")
