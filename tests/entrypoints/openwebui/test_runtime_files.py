"""Each turn gets the files of its person, with the host's own addresses and the account of the settings."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.openwebui.files import OpenWebUiFiles
from domain.request.turn_request import Caller, Person
from entrypoints.openwebui.host_call import HostCall
from entrypoints.openwebui.runtime import Runtime
from entrypoints.settings import Settings
from ports.files import FileNotSaved
from tests.contracts.files_cases import ABSENT, BIG, PNG
from tests.doubles.host_files import HostFiles

SETTINGS = Settings(fallback_storage_email="files@system.local", fallback_storage_name="Files")


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> HostFiles:
    host = HostFiles(tmp_path, coroutines=True)
    for name, module in host.modules().items():
        monkeypatch.setitem(sys.modules, name, module)
    return host


@pytest.fixture
async def runtime() -> AsyncIterator[Runtime]:
    made = Runtime(SETTINGS, lambda: None)
    yield made
    await made.aclose()


async def opened(runtime: Runtime, person: str, request: Any, caller: Caller = Caller.PAGE) -> OpenWebUiFiles:
    call = HostCall(body={}, caller=caller, person=Person(person))  # type: ignore[arg-type]
    files = await runtime.files(call, SETTINGS, request)
    assert files is not None
    return files


async def test_a_turn_stores_for_its_person_and_reads_it_again(runtime: Runtime, host: HostFiles) -> None:
    files = await opened(runtime, "ann", host.request)
    kept = await files.save(PNG)
    assert host.row(kept.file_id).user_id == "ann"
    assert (await (await opened(runtime, "ann", host.request)).read(kept.file_id, BIG)).content == PNG.content


@pytest.mark.parametrize("address", ["http://localhost:8080", "https://chat.example/ui", ""])
async def test_the_hosts_own_addresses_are_known(runtime: Runtime, host: HostFiles, address: str) -> None:
    files = await opened(runtime, "ann", host.request, Caller.API)
    assert files.id_of(f"{address}/api/v1/files/{ABSENT}/content") == ABSENT


async def test_without_a_person_the_account_of_the_settings_owns_the_file(runtime: Runtime, host: HostFiles) -> None:
    kept = await (await opened(runtime, "", host.request, Caller.API)).save(PNG)
    ((account_id, email, role),) = host.accounts()
    assert (host.row(kept.file_id).user_id, email, role) == (account_id, "files@system.local", "pending")


async def test_background_tasks_have_no_files(runtime: Runtime, host: HostFiles) -> None:
    call = HostCall(body={}, caller=Caller.TASK, person=Person("ann"))  # type: ignore[arg-type]
    assert await runtime.files(call, SETTINGS, host.request) is None


async def test_without_the_hosts_request_nothing_can_be_stored(runtime: Runtime, host: HostFiles) -> None:
    with pytest.raises(FileNotSaved):
        await (await opened(runtime, "ann", None)).save(PNG)
