"""Records of real turns through the core, as the settings of each call want them."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.records.archive import Archive, read
from domain.faults.fault import Fault, FaultKind
from domain.request.turn_request import Person
from domain.services.render_record import recorded_turns
from domain.turn.recorded import replay
from domain.turn.steps import Finish, Reason
from entrypoints.core.caller_request import CallerHistory, CallerRequest
from entrypoints.core.open_core import Core, open_core
from entrypoints.core.request_records import RequestRecords
from entrypoints.core.storage_location import IN_MEMORY, sqlite_location
from entrypoints.openai.completions_body import CompletionsBody, read_completions_body
from entrypoints.records.__main__ import VARIABLE, run
from entrypoints.settings import Settings
from entrypoints.settings_rows import Secret
from entrypoints.simulator.server import Simulator, running_simulator
from tests.doubles.telemetry import RecordedTelemetry
from tests.entrypoints.core.growing_chat import SPECS, ShuffledTools

KEY, PASSWORD = "sk-or-v1-simulator", "correct horse 4711"
ON = Settings(
    api_key=Secret(KEY), session_log_store_enabled=True, session_log_zip_password=Secret(PASSWORD), log_level="ERROR"
)
ANN = Person("ann", "chat-1", "message-1", "session-1")


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with running_simulator(generation_delay=0) as running:
        yield running


def asked(words: str, *, model: str = "sim/echo", person: Person = ANN, **more: object) -> CallerRequest:
    messages = [{"role": "user", "content": words}]
    body = read_completions_body({"model": model, "messages": messages, "stream": True, **more})
    assert isinstance(body, CompletionsBody)
    return CallerRequest(
        body.model,
        tuple(body.messages),
        body.parameters(),
        person=person,
        history=CallerHistory("pipe", references=True),
    )


async def turn(core: Core, settings: Settings, request: CallerRequest) -> None:
    listing = await core.models.listing(settings)
    async for _ in core.turn(request, settings, listing, toolbox=ShuffledTools(SPECS))(None):
        pass


def files(folder: Path) -> list[Path]:
    return sorted((folder / "session_logs").rglob("*.zip"))


def archive(folder: Path) -> Archive:
    (file,) = files(folder)
    return read(file.read_bytes(), PASSWORD.encode())


async def test_a_turn_leaves_a_record_without_secrets_that_can_be_fed_again(
    simulator: Simulator, tmp_path: Path
) -> None:
    settings = replace(ON, base_url=simulator.url)
    async with open_core(settings, sqlite_location(tmp_path / "store.db")) as core:
        await turn(core, settings, asked(f"My key is {KEY}, the password is {PASSWORD}"))
    kept = archive(tmp_path)
    written = json.dumps(kept.meta) + "".join(kept.logs) + "".join(kept.events)
    assert KEY not in written
    assert PASSWORD not in written
    lines = [json.loads(line) for line in kept.logs]
    assert {"attempt_began", "attempt_ended", "turn_ended"} <= {line["event"] for line in lines}
    assert {(line["user_id"], line["chat_id"], line["message_id"]) for line in lines} == {
        ("ann", "chat-1", "message-1")
    }
    (recorded,) = recorded_turns(map(json.loads, kept.events))
    assert recorded.plan is not None
    (end,) = [
        step.end for fed in replay(recorded.plan, recorded.entries) for step in fed.steps if isinstance(step, Finish)
    ]
    assert end.reason is Reason.STOP


async def test_a_secret_in_ids_tools_and_words_reaches_neither_content_nor_names(
    simulator: Simulator, tmp_path: Path
) -> None:
    settings = replace(ON, base_url=simulator.url)
    person = Person(f"user {KEY}", f"chat/{KEY}", f"{KEY}", f"session {PASSWORD}")
    request = asked(
        f'call web {{"query": "{KEY}"}}', model="sim/tools", person=person, user=KEY, metadata={"x": PASSWORD}
    )
    tools = ShuffledTools([replace(SPECS[0], name="web", description=f"Uses {KEY}.")])
    async with open_core(settings, sqlite_location(tmp_path / "store.db")) as core:
        listing = await core.models.listing(settings)
        async for _ in core.turn(request, settings, listing, toolbox=tools)(None):
            pass
    (file,) = files(tmp_path)
    kept = archive(tmp_path)
    shown = [str(file.relative_to(tmp_path)), json.dumps(kept.meta), *kept.logs, *kept.events]
    assert not [one for one in shown if KEY in one or PASSWORD in one]


async def test_all_calls_of_a_message_and_their_faults_end_in_one_archive(simulator: Simulator, tmp_path: Path) -> None:
    settings = replace(ON, base_url=simulator.url)
    async with open_core(settings, sqlite_location(tmp_path / "store.db")) as core:
        await turn(core, settings, asked("one"))
        await turn(core, settings, asked("two", model="no/such-model"))
        start = core.refusal(Fault(FaultKind.BAD_MESSAGES), asked("three"), settings)
        async for _ in start(None):
            pass
    endings = [json.loads(line) for line in archive(tmp_path).logs]
    ends = ("turn_ended", "turn_refused")
    ended = sorted(line["event"] for line in endings if line["event"] in ends)
    assert ended == ["turn_ended", "turn_ended", "turn_refused"]
    assert len(archive(tmp_path).meta["request_ids"]) == 3
    assert len({line["error_id"] for line in endings}) == 3


async def test_a_stopped_turn_is_recorded_after_the_core_was_closed(simulator: Simulator, tmp_path: Path) -> None:
    settings = replace(ON, base_url=simulator.url)
    async with open_core(settings, sqlite_location(tmp_path / "store.db")) as core:
        await core.models.offered(settings)
        task = asyncio.get_running_loop().create_task(turn(core, settings, asked("x", model="sim/hang")))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait((task,))
    (last,) = [json.loads(line) for line in archive(tmp_path).logs if '"turn_ended"' in line]
    assert last["reason"] == "cancelled"


@pytest.mark.parametrize(
    ("changed", "setting"),
    [
        ({"session_log_zip_password": Secret()}, "SESSION_LOG_ZIP_PASSWORD"),
        ({"session_log_zip_password": Secret(unreadable=True)}, "SESSION_LOG_ZIP_PASSWORD"),
        ({"session_log_dir": " "}, "SESSION_LOG_DIR"),
        ({"session_log_dir": "a\0b"}, "SESSION_LOG_DIR"),
    ],
)
async def test_what_is_missing_is_one_warning_that_names_the_setting(
    tmp_path: Path, changed: dict[str, object], setting: str
) -> None:
    log = RecordedTelemetry()
    records = RequestRecords(tmp_path, log)
    for number in range(3):
        settings = replace(ON, support_email=str(number), **changed)  # type: ignore[arg-type]
        assert records.wanted(settings, ANN) is None
    await records.aclose()
    assert log.only("records_not_kept").values["setting"] == setting
    assert list(tmp_path.iterdir()) == []


async def test_without_a_folder_only_an_absolute_one_is_used(tmp_path: Path) -> None:
    log = RecordedTelemetry()
    records = RequestRecords(None, log)
    assert records.wanted(ON, ANN) is None
    assert records.wanted(replace(ON, session_log_dir=str(tmp_path)), ANN) is records
    await records.aclose()


async def test_temporary_chats_and_requests_of_nobody_leave_no_record(simulator: Simulator, tmp_path: Path) -> None:
    settings = replace(ON, base_url=simulator.url)
    async with open_core(settings, sqlite_location(tmp_path / "store.db")) as core:
        await turn(core, settings, asked("x", person=replace(ANN, temporary=True)))
        await turn(core, settings, asked("x", person=Person()))
    assert files(tmp_path) == []


async def test_switched_off_nothing_is_recorded_and_no_thread_runs(simulator: Simulator, tmp_path: Path) -> None:
    settings = replace(ON, base_url=simulator.url, session_log_store_enabled=False)
    async with open_core(settings, sqlite_location(tmp_path / "store.db")) as core:
        await turn(core, settings, asked("x"))
        assert core.stores.records.wanted(settings, ANN) is None
    assert files(tmp_path) == []


async def test_a_changed_setting_counts_for_the_next_turn(simulator: Simulator, tmp_path: Path) -> None:
    settings = replace(ON, base_url=simulator.url)
    async with open_core(settings, IN_MEMORY) as core:
        for folder in ("one", "two"):
            there = replace(settings, session_log_dir=str(tmp_path / folder))
            await turn(core, there, asked("x", person=replace(ANN, message_id=folder)))
            await core.drained()
    for folder in ("one", "two"):
        (file,) = (tmp_path / folder).rglob("*.zip")
        assert file.name.startswith(folder)


async def test_a_folder_that_cannot_be_used_changes_no_answer(simulator: Simulator, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    settings = replace(ON, base_url=simulator.url, session_log_dir=str(tmp_path / "file"))
    async with open_core(settings, IN_MEMORY) as core:
        await turn(core, settings, asked("x"))
    assert (tmp_path / "file").read_text() == "mine"


async def test_the_command_shows_and_feeds_a_record(
    simulator: Simulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = replace(ON, base_url=simulator.url)
    async with open_core(settings, sqlite_location(tmp_path / "store.db")) as core:
        await turn(core, settings, asked("hello"))
    (file,) = files(tmp_path)
    assert run(["show", str(file)], {VARIABLE: PASSWORD}) == 0
    assert '"request_ids"' in capsys.readouterr().out
    assert run(["replay", str(file)], {VARIABLE: PASSWORD}) == 0
    said = capsys.readouterr().out
    assert "exact" in said
    assert "ShowText" in said
    assert "ends with stop after 1 attempts and 0 rounds of tools" in said
    assert run(["replay", str(file)], {VARIABLE: "wrong"}) == 1
    assert run(["show", str(tmp_path / "none.zip")], {VARIABLE: PASSWORD}) == 1
    assert PASSWORD not in capsys.readouterr().err
