"""Each person reads what we write in the language of their page."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from domain.request.turn_request import Caller as Who
from entrypoints.sentences.languages import Language, catalogue
from entrypoints.simulator.server import Simulator
from tests.entrypoints.openwebui.service.calling import Caller, Reply

GERMAN, ENGLISH = "Das Guthaben bei OpenRouter reicht", "does not have enough credits"
WITHOUT_CREDITS = "sim/error-402"


def speaking(tag: object) -> dict[str, Any]:
    """What a page of this language adds to the metadata of each message."""
    return {"variables": {"{{USER_NAME}}": "Ada", "{{USER_LANGUAGE}}": tag}}


def of_another(caller: Caller, simulator: Simulator, tag: object) -> Caller:
    """Another person in the same process."""
    other = Caller(caller.service, simulator.url)
    other.ids = {"chat_id": "chat-2", "message_id": "message-2", "session_id": "session-2", **speaking(tag)}
    other.user = {"id": "user-2", "role": "user"}
    return other


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("de-DE", GERMAN),
        ("DE_at", GERMAN),
        ("en-US", ENGLISH),
        ("fr-FR", ENGLISH),
        ("de" * 5000, ENGLISH),
        (7, ENGLISH),
    ],
    ids=lambda value: str(value)[:8],
)
@pytest.mark.parametrize("stream", [True, False])
async def test_person_reads_the_card_in_the_language_of_the_page(
    caller: Caller, tag: object, words: str, stream: bool
) -> None:
    caller.ids = speaking(tag)
    reply = await caller.ask(WITHOUT_CREDITS, stream=stream)
    assert words in reply.fault_words
    assert ("Fehler-ID:" in reply.fault_words) is (words is GERMAN)


@pytest.mark.parametrize("variables", [{}, None, "de", ["de"], {"{{USER_LANGUAGE}}": None}])
async def test_page_without_a_language_is_english(caller: Caller, variables: object) -> None:
    caller.ids = {"variables": variables}
    assert ENGLISH in (await caller.ask(WITHOUT_CREDITS)).fault_words


async def test_two_people_read_their_own_language_at_the_same_time(caller: Caller, simulator: Simulator) -> None:
    caller.ids = speaking("de-DE")
    other = of_another(caller, simulator, "en-US")
    german, english = await asyncio.gather(
        *(asyncio.gather(*(one.ask(WITHOUT_CREDITS) for _ in range(5))) for one in (caller, other))
    )
    assert [GERMAN in reply.fault_words for reply in german] == [True] * 5
    assert [ENGLISH in reply.fault_words for reply in english] == [True] * 5


async def test_status_lines_and_the_closing_line_are_german(caller: Caller) -> None:
    caller.ids = speaking("de-DE")
    reply = await caller.ask("sim/echo")
    line = reply.statuses[-1]["description"]
    assert line.startswith("Zeit: ")
    assert " s | " in line or " Tokens/s | " in line
    assert " | Tokens gesamt: " in line
    used = await caller.ask("sim/server-web-search")
    assert "Im Web gesucht nach red bridges" in [status["description"] for status in used.statuses]


async def test_api_client_reads_english_unless_it_says_otherwise(caller: Caller) -> None:
    (error,) = (await caller.ask(WITHOUT_CREDITS, who=Who.API)).errors
    assert ENGLISH in error["message"]


@pytest.mark.parametrize(("own", "words"), [("", GERMAN), ("inherit", GERMAN), ("en", ENGLISH), ("auto", ENGLISH)])
async def test_operator_fixes_the_language_and_a_person_chooses_another(caller: Caller, own: str, words: str) -> None:
    caller.valves["ADVANCED"] = "LANGUAGE=de"
    caller.ids = speaking("en-US")
    caller.user["valves"] = {"LANGUAGE": own}
    assert words in (await caller.ask(WITHOUT_CREDITS)).fault_words


async def test_language_of_the_operator_holds_for_api_clients_and_the_picker(caller: Caller) -> None:
    caller.valves["ADVANCED"] = "LANGUAGE=de"
    (error,) = (await caller.ask(WITHOUT_CREDITS, who=Who.API)).errors
    assert (GERMAN in error["message"], error["code"]) == (True, "insufficient_credits")
    caller.valves["API_KEY"] = ""
    (entry,) = await caller.listed()
    assert (entry["id"], "API-Schl\u00fcssel" in entry["name"]) == ("no-api-key", True)


async def test_english_people_never_load_the_german_sentences(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[Language] = []

    def load(language: Language) -> Mapping[str, str]:
        loaded.append(language)
        return catalogue(language)

    catalogue.cache_clear()
    monkeypatch.setattr("entrypoints.openwebui.runtime.catalogue", load)
    caller.ids = speaking("en-GB")
    assert (await caller.ask("sim/echo")).text
    assert loaded == []
    caller.ids = speaking("de")
    replies: list[Reply] = [await caller.ask("sim/echo") for _ in range(3)]
    assert (len(loaded), len(replies)) == (1, 3)
