"""The contract of every Files, with stand-ins for old and new hosts; tests/hosts runs the same cases in real hosts."""

import sys
from pathlib import Path

import pytest

from adapters.memory.files import MemoryFiles, MemoryShelf
from adapters.openwebui.files import OpenWebUiFiles
from ports.files import FileFlaw, Files
from tests.contracts.files_cases import CASES, Case, Ground
from tests.doubles.host_files import HostFiles

FILES_PORTS: tuple[type[Files], ...] = (MemoryFiles, OpenWebUiFiles)


class MemoryGround:
    """The ground of the contract in memory."""

    def __init__(self) -> None:
        self.shelf = MemoryShelf()

    def files(self, person: str) -> MemoryFiles:
        return MemoryFiles(self.shelf, person)

    async def share(self, file_id: str, reader: str) -> None:
        self.shelf.share(file_id, reader)

    async def lose(self, file_id: str) -> None:
        self.shelf.spoil(file_id, FileFlaw.MISSING)

    async def forget_size(self, file_id: str) -> None:
        self.shelf.forget_size(file_id)


@pytest.fixture(params=["memory", "old host", "new host", "old host, cloud", "new host, cloud"])
def ground(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Ground:
    if request.param == "memory":
        return MemoryGround()
    host = HostFiles(tmp_path, coroutines="new" in request.param, cloud="cloud" in request.param)
    for name, module in host.modules().items():
        monkeypatch.setitem(sys.modules, name, module)
    return host


@pytest.mark.parametrize("promise", CASES, ids=lambda case: case.__name__)
async def test_files_contract_case(ground: Ground, promise: Case):
    await promise(ground)


def test_every_adapter_is_one_of_the_port(ground: Ground):
    assert isinstance(ground.files("ann"), Files)
