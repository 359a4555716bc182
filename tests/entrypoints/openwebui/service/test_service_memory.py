"""What a chat remembers: reasoning is sent upstream again, from any store, for its owner only."""

import asyncio
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from domain.conversation.namespace import namespace_of
from domain.request.turn_request import Caller as Who
from entrypoints.openwebui.service import PipeService
from entrypoints.simulator.server import Simulator
from tests.entrypoints.openwebui.service.calling import IDS, Caller, Reply
from tests.entrypoints.openwebui.told import HostList

THINKER = "sim/thinking"
QUESTION = {"role": "user", "content": "What is it?"}
FURTHER = {"role": "user", "content": "And why?"}


def body(*messages: dict[str, Any], model: str = THINKER) -> dict[str, Any]:
    return {"model": f"openrouter.{model}", "stream": True, "messages": list(messages)}


def stored(reply: Reply) -> dict[str, Any]:
    """The assistant's message as the newest page gives it back."""
    items = HostList().take(reply.payloads).items
    details = [entry for item in items for entry in item.get("reasoning_details", ())]
    return {"role": "assistant", "content": reply.text, "reasoning_details": details}


def thoughts(simulator: Simulator) -> list[dict[str, Any]]:
    """The thinking in the newest request."""
    asked = [record for record in simulator.records if record.path.endswith("/responses")][-1]
    return [item for item in asked.body["input"] if item.get("type") == "reasoning"]


async def settled(service: PipeService) -> None:
    for runtime in service._runtimes.values():
        await runtime.core.drained()


async def swept(service: PipeService, chat_id: str) -> int:
    """Delete what a chat has left, as cleaning does once the host has deleted it; return how many rows."""
    (runtime,) = service._runtimes.values()
    store = await runtime.core.stores.storage.cleanable()
    assert store is not None
    return await store.artifacts.delete_chat(namespace_of("openrouter"), chat_id, 999)


async def first_turn(caller: Caller, who: Who = Who.PAGE) -> Reply:
    reply = await caller.send(body(QUESTION), who)
    assert not reply.errors
    await settled(caller.service)
    return reply


async def test_reasoning_is_sent_again_for_the_page(load: Callable[[], PipeService], simulator: Simulator) -> None:
    caller = Caller(load(), simulator.url)
    reply = await first_turn(caller)
    again = await caller.send(body(QUESTION, stored(reply), FURTHER))
    assert not again.errors
    assert len(thoughts(simulator)) == 1


async def test_reasoning_is_sent_again_for_an_api_client_that_sends_only_text(
    load: Callable[[], PipeService], simulator: Simulator
) -> None:
    caller = Caller(load(), simulator.url)
    reply = await first_turn(caller, Who.API)
    await caller.send(body(QUESTION, {"role": "assistant", "content": reply.text}, FURTHER), Who.API)
    assert len(thoughts(simulator)) == 1


async def test_copied_chat_remembers_after_the_original_was_deleted(
    load: Callable[[], PipeService], simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = Caller(load(), simulator.url)
    reply = await first_turn(caller)
    monkeypatch.setitem(IDS, "chat_id", "a copy")
    await caller.send(body(QUESTION, stored(reply), FURTHER))
    await settled(caller.service)
    assert await swept(caller.service, "chat-1") == 0
    await caller.send(body(QUESTION, stored(reply), FURTHER))
    assert len(thoughts(simulator)) == 1


async def test_deleted_chat_is_forgotten_by_a_copy_that_was_never_continued(
    load: Callable[[], PipeService], simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = Caller(load(), simulator.url)
    reply = await first_turn(caller)
    assert await swept(caller.service, "chat-1") > 0
    monkeypatch.setitem(IDS, "chat_id", "a copy")
    again = await caller.send(body(QUESTION, stored(reply), FURTHER))
    assert (again.errors, thoughts(simulator)) == ([], [])


async def test_thinking_survives_a_restart(load: Callable[[], PipeService], simulator: Simulator) -> None:
    caller = Caller(load(), simulator.url)
    reply = await first_turn(caller)
    await caller.service.aclose()
    later = Caller(load(), simulator.url)
    await later.send(body(QUESTION, stored(reply), FURTHER))
    assert len(thoughts(simulator)) == 1


async def test_no_person_gets_the_reasoning_of_anothers_turn(
    load: Callable[[], PipeService], simulator: Simulator
) -> None:
    caller = Caller(load(), simulator.url)
    reply = await first_turn(caller)
    caller.user = {"id": "user-2", "role": "user"}
    again = await caller.send(body(QUESTION, stored(reply), FURTHER))
    assert (again.errors, thoughts(simulator)) == ([], [])


async def test_another_model_does_not_get_the_thinking(load: Callable[[], PipeService], simulator: Simulator) -> None:
    caller = Caller(load(), simulator.url)
    reply = await first_turn(caller)
    await caller.send(body(QUESTION, stored(reply), FURTHER, model="sim/echo"))
    assert thoughts(simulator) == []


async def test_edited_answer_goes_back_as_it_reads_now_without_its_thinking(
    load: Callable[[], PipeService], simulator: Simulator
) -> None:
    caller = Caller(load(), simulator.url)
    reply = await first_turn(caller)
    await caller.send(body(QUESTION, {**stored(reply), "content": "Something else."}, FURTHER))
    assert thoughts(simulator) == []
    assert "Something else." in str(simulator.records[-1].body["input"])


def kept_bytes(folder: Path) -> bytes:
    """Everything on the disk but the list of models, which is upstream's."""
    files = [path for path in folder.rglob("*") if path.is_file() and "openrouter_pipe_models-" not in path.name]
    return b"\n".join(path.read_bytes() for path in files)


def rows(folder: Path, table: str, columns: str = "*") -> list[tuple[Any, ...]]:
    """The rows of one of our tables."""
    with closing(sqlite3.connect(folder / "openrouter_pipe.db")) as database:
        return database.execute(f"SELECT {columns} FROM openrouter_pipe_{table}").fetchall()


def found_of_chat(folder: Path, simulator: Simulator, *more: str) -> list[str]:
    """What is on the disk of all texts of a chat: its questions, thinking and answers, and `more`."""
    asked = [item for record in simulator.records if record.body for item in record.body["input"]]
    texts = {text for item in asked for text in _texts(item)} | set(more)
    kept = kept_bytes(folder)
    assert {QUESTION["content"], *more} <= texts
    return sorted(text for text in texts if text.encode() in kept)


def _texts(item: dict[str, Any]) -> list[str]:
    content = item.get("content") or ()
    parts = [content] if isinstance(content, str) else [part["text"] for part in content]
    parts += [part["text"] for part in item.get("summary", ())]
    return [text for text in (*parts, item.get("encrypted_content"), item.get("id")) if text]


async def test_nothing_is_kept_if_reasoning_and_tool_results_must_not_be_kept(
    load: Callable[[], PipeService], simulator: Simulator, tmp_path: Path
) -> None:
    off = {"PERSIST_REASONING_TOKENS": "disabled", "PERSIST_TOOL_RESULTS": False}
    caller = Caller(load(), simulator.url, **off)
    reply = await first_turn(caller)
    assert stored(reply)["reasoning_details"] == []
    assert [rows(tmp_path, table) for table in ("artifact", "tool_run")] == [[], []]
    assert found_of_chat(tmp_path, simulator, reply.text) == []


async def test_temporary_chat_remembers_but_leaves_nothing_on_disk(
    load: Callable[[], PipeService], simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(IDS, "chat_id", "temporary:session-1")
    caller = Caller(load(), simulator.url)
    reply = await first_turn(caller)
    await caller.send(body(QUESTION, stored(reply), FURTHER))
    assert len(thoughts(simulator)) == 1
    await settled(caller.service)
    assert [rows(tmp_path, table) for table in ("artifact", "tool_run")] == [[], []]
    assert found_of_chat(tmp_path, simulator, reply.text, *IDS.values()) == []
    costs = rows(tmp_path, "usage_entry", "user_id, chat_id, message_id, state")
    assert costs == [("user-1", "", "", "settled")] * 2  # money is no content: it names the person, and no chat


async def test_stored_rows_cannot_be_read_without_the_key(
    load: Callable[[], PipeService], simulator: Simulator, tmp_path: Path
) -> None:
    caller = Caller(load(), simulator.url)
    await first_turn(caller)
    await caller.service.aclose()
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("openrouter_pipe.db*"))
    assert b"reasoning" in kept
    assert b"gAAAAA" in kept
    assert b"encrypted_content" not in kept
    assert {oct(path.stat().st_mode & 0o777) for path in tmp_path.iterdir()} == {"0o600"}


async def test_chat_continues_without_memory_if_the_database_cannot_be_created(
    load: Callable[[], PipeService], simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "missing"))
    caller = Caller(load(), simulator.url)
    reply = await first_turn(caller)
    await caller.service.aclose()
    later = Caller(load(), simulator.url)
    again = await later.send(body(QUESTION, stored(reply), FURTHER))
    assert (again.errors, thoughts(simulator)) == ([], [])


async def test_chat_imported_without_references_is_recognised_by_its_text(
    load: Callable[[], PipeService], simulator: Simulator
) -> None:
    caller = Caller(load(), simulator.url)
    reply = await first_turn(caller)
    imported = {"role": "assistant", "content": reply.text}
    await caller.send(body(QUESTION, imported, FURTHER))
    assert len(thoughts(simulator)) == 1


async def test_nothing_is_lost_when_another_process_looks_into_the_database_after_a_second_load_opened_it(
    load: Callable[[], PipeService], simulator: Simulator, tmp_path: Path
) -> None:
    caller = Caller(load(), simulator.url)
    await first_turn(caller)
    other = Caller(load(), simulator.url)
    other.service._function_id = "another"
    await other.send({**body(QUESTION), "model": f"another.{THINKER}"})
    await settled(other.service)
    count = "import sqlite3, sys; print(*sqlite3.connect(sys.argv[1]).execute('SELECT count(*) FROM {}').fetchone())"
    counted = []
    for _ in range(2):
        command = (sys.executable, "-c", count.format("openrouter_pipe_artifact"), str(tmp_path / "openrouter_pipe.db"))
        looking = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        counted.append(int((await looking.communicate())[0]))
        await first_turn(caller)
    assert counted == [4, 6]
