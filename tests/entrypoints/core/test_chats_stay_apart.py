"""A turn that is recognised by its words belongs to its chat, until another chat really goes on with it as a copy."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from domain.request.turn_request import Person
from domain.services.list_models import Listing
from entrypoints.core.caller_request import CallerHistory, CallerRequest
from entrypoints.core.open_core import Core, open_core
from entrypoints.core.storage_location import sqlite_location
from entrypoints.openai.completion import collect, completion
from entrypoints.openai.frames import ChunkHead
from entrypoints.settings import Settings
from entrypoints.settings_rows import Secret
from entrypoints.simulator.server import Simulator, running_simulator

MODEL = "sim/thinking"
LONG = (
    "Why is the sky blue at noon and red in the evening? Please explain it to a child, and to a physicist after that."
)


class Chats:
    """One person's chats through one core, as an API client that names them would hold them."""

    def __init__(self, core: Core, settings: Settings, listing: Listing, simulator: Simulator, file: Path) -> None:
        self._core, self._settings, self._listing, self._simulator = core, settings, listing, simulator
        self._file, self._messages = file, 0

    async def ask(self, chat: str, *texts: str) -> str:
        """Ask in a chat, with the texts of a person and the model in turn; return the answer."""
        self._messages += 1
        messages = tuple(
            {"role": "assistant" if place % 2 else "user", "content": text} for place, text in enumerate(texts)
        )
        person = Person("ann", chat, f"message-{self._messages}")
        asked = CallerRequest(MODEL, messages, person=person, history=CallerHistory("here"))
        answer = completion(
            ChunkHead("id", MODEL, 1), await collect(self._core.turn(asked, self._settings, self._listing)(None))
        )
        await self._core.drained()
        return str(answer["choices"][0]["message"]["content"])

    @property
    def thoughts_sent(self) -> int:
        body = [record for record in self._simulator.records if record.path.endswith("/responses")][-1].body
        return sum(item.get("type") == "reasoning" for item in body["input"])

    def turns_in(self, chat: str) -> int:
        with closing(sqlite3.connect(self._file)) as opened:
            query = "SELECT count(DISTINCT turn_id) FROM openrouter_pipe_artifact WHERE chat_id = ?"
            return int(opened.execute(query, (chat,)).fetchone()[0])


@pytest.fixture
async def chats(tmp_path: Path) -> AsyncIterator[Chats]:
    file = tmp_path / "store.db"
    async with running_simulator(generation_delay=0) as simulator:
        settings = Settings(api_key=Secret("sk-or-v1-simulator"), base_url=simulator.url)
        async with open_core(settings, sqlite_location(file)) as core:
            await core.models.offered(settings)
            yield Chats(core, settings, await core.models.listing(settings), simulator, file)


async def test_a_short_exchange_never_joins_two_chats(chats: Chats) -> None:
    answer = await chats.ask("first", "hi")
    assert len(answer) < 60
    assert chats.turns_in("first") == 1

    await chats.ask("second", "hi", answer, "Another question.")

    assert chats.thoughts_sent == 0
    assert chats.turns_in("first") == 1


async def test_a_short_exchange_is_recognised_in_its_own_chat(chats: Chats) -> None:
    answer = await chats.ask("first", "hi")

    await chats.ask("first", "hi", answer, "Another question.")

    assert chats.thoughts_sent == 1


async def test_a_copy_that_goes_on_with_a_turn_uses_and_keeps_it(chats: Chats) -> None:
    answer = await chats.ask("first", LONG)

    await chats.ask("copy", LONG, answer, "And at night?")

    assert chats.thoughts_sent == 1
    assert chats.turns_in("first") == 0


async def test_turns_that_were_found_but_not_used_stay_with_their_chat(chats: Chats) -> None:
    answers = {await chats.ask("first", LONG) for _ in range(2)}
    assert len(answers) == 1  # the same words twice: which of them the copy has, nobody knows

    await chats.ask("copy", LONG, answers.pop(), "And at night?")

    assert chats.thoughts_sent == 0
    assert chats.turns_in("first") == 2
