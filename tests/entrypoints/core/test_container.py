"""The composition root: which adapters it takes, and which it rejects."""

from typing import Any

import pytest
from dependency_injector.errors import Error

from adapters.json_schema.checker import JsonSchemaChecker
from adapters.memory.breaker_state import MemoryBreakerState
from adapters.memory.fetcher import MemoryFetcher
from adapters.memory.leases import MemoryLeases
from adapters.memory.tool_runs import MemoryToolRuns
from adapters.metrics.process_metrics import ProcessMetrics
from adapters.process.cache import ProcessCache
from adapters.sniff.first_bytes import FirstBytes
from domain.services.list_models import ListModels
from domain.services.run_turn import RunTurn
from entrypoints.core.container import Container, HostPorts
from entrypoints.core.secret_mask import SecretMask
from tests.doubles.catalog import ScriptedCatalog
from tests.doubles.chats import MemoryChats
from tests.doubles.cipher import NamedKeyCipher
from tests.doubles.clock import FakeClock
from tests.doubles.icon_pictures import ScriptedPictures
from tests.doubles.ids import FakeIds
from tests.doubles.metrics import RecordedSpans
from tests.doubles.model_rows import MemoryModelRows
from tests.doubles.offload import InlineOffload
from tests.doubles.responses import ScriptedResponses
from tests.doubles.slots import CountedSlots
from tests.doubles.telemetry import RecordedTelemetry


async def _no_key() -> NamedKeyCipher:
    """Return a cipher that keys nothing."""
    return NamedKeyCipher()


def adapters() -> dict[str, Any]:
    return {
        "responses": ScriptedResponses(),
        "catalog": ScriptedCatalog(()),
        "fetcher": MemoryFetcher({}),
        "pictures": ScriptedPictures(),
        "sniffer": FirstBytes(),
        "clock": FakeClock(),
        "ids": FakeIds(),
        "offload": InlineOffload(),
        "slots": CountedSlots(),
        "tool_slots": CountedSlots(),
        "tool_runs": MemoryToolRuns(),
        "temporary_tool_runs": MemoryToolRuns(),
        "journal_cipher": _no_key,
        "breaker_state": MemoryBreakerState(),
        "turn_breaker_state": MemoryBreakerState(),
        "checker": JsonSchemaChecker(),
        "leases": MemoryLeases(),
        "telemetry": RecordedTelemetry(),
        "metrics": ProcessMetrics({}),
        "spans": RecordedSpans(),
        "redact": SecretMask({}),
        "caches": (ProcessCache({}),),
    }


def test_container_with_every_adapter_builds_the_core() -> None:
    container = Container(**adapters())
    container.check_dependencies()

    assert isinstance(container.run_turn(), RunTurn)
    assert isinstance(container.list_models(), ListModels)


def test_core_is_built_once_per_container() -> None:
    container = Container(**adapters())

    assert container.run_turn() is container.run_turn()
    assert container.run_turn() is not Container(**adapters()).run_turn()


@pytest.mark.parametrize("name", adapters())
def test_forgotten_adapter_is_named_before_anything_runs(name: str) -> None:
    given = {key: adapter for key, adapter in adapters().items() if key != name}

    with pytest.raises(Error, match=name):
        Container(**given).check_dependencies()


def test_core_without_a_host_is_complete() -> None:
    container = Container(**adapters())
    container.check_dependencies()

    assert container.host() == HostPorts()
    assert container.clean_artifacts(durable=None) is not None


def test_core_with_a_host_has_its_ports() -> None:
    host = HostPorts(MemoryChats(), MemoryModelRows())
    container = Container(**adapters(), host=host)

    assert container.tools().chats is host.chats
    assert container.sync_models() is not None


@pytest.mark.parametrize("name", ["chats", "model_rows"])
def test_host_without_a_ports_methods_is_rejected_with_the_port_named(name: str) -> None:
    wrong: dict[str, Any] = {name: object()}
    with pytest.raises(TypeError, match=r"is not an instance of .*ports\."):
        HostPorts(**wrong)


@pytest.mark.parametrize("name", [key for key in adapters() if key not in {"caches", "journal_cipher", "redact"}])
def test_object_without_a_ports_methods_is_rejected_with_the_port_named(name: str) -> None:
    container = Container(**{**adapters(), name: object()})

    with pytest.raises(Error, match=r"is not an instance of .*ports\."):
        getattr(container, name)()
