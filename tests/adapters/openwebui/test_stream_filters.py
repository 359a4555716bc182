"""Whether an active filter of the host reads the stream, asked of a host of either kind."""

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from adapters.openwebui.file_rows import USERS
from adapters.openwebui.named_tools import TOOLS, load_named_tools
from adapters.openwebui.stream_filters import FILTERS, filters_read_stream
from tests.doubles.telemetry import RecordedTelemetry


class Reading:
    """A filter with the hook."""

    def stream(self, event: dict[str, Any]) -> dict[str, Any]:
        """Change nothing."""
        return event


class Deaf:
    """A filter without the hook."""

    def inlet(self, body: dict[str, Any]) -> dict[str, Any]:
        """Change nothing."""
        return body


def request(**functions: object) -> Any:
    return SimpleNamespace(app=SimpleNamespace(state=SimpleNamespace(FUNCTIONS=functions)))


@pytest.fixture(params=["sync", "async"])
def active(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Yield the ids of the active filters, which the host answers in its own way."""
    found: list[str] = []

    async def ask(_request: object, model: dict[str, Any], chosen: list[str]) -> list[str]:
        return [*found, *chosen, *model.get("filters", [])]

    def ask_in_thread(_request: object, model: dict[str, Any], chosen: list[str]) -> list[str]:
        return [*found, *chosen, *model.get("filters", [])]

    module = ModuleType(FILTERS)
    vars(module)["get_sorted_filter_ids"] = ask if request.param == "async" else ask_in_thread
    monkeypatch.setitem(sys.modules, FILTERS, module)
    return found


async def asked(of: Any, metadata: object = None) -> bool:
    return await filters_read_stream(of, metadata or {"model": {}, "filter_ids": []}, RecordedTelemetry())


async def test_only_an_active_filter_with_the_hook_counts(active: list[str]) -> None:
    of = request(reading=Reading(), deaf=Deaf(), pipe=SimpleNamespace(pipe=print))
    assert not await asked(of)
    active.append("deaf")
    assert not await asked(of)
    active.append("reading")
    assert await asked(of)


@pytest.mark.parametrize(
    "metadata",
    [{"model": {}, "filter_ids": ["reading"]}, {"model": {"filters": ["reading"]}, "filter_ids": None}],
    ids=["chosen in the chat", "of the model"],
)
@pytest.mark.usefixtures("active")
async def test_filters_of_chat_and_model_count(metadata: dict[str, Any]) -> None:
    assert await asked(request(reading=Reading()), metadata)


@pytest.mark.parametrize("of", [None, SimpleNamespace(), request()], ids=["no request", "no state", "no functions"])
async def test_a_host_without_functions_has_no_filter(of: Any) -> None:
    assert not await asked(of)


async def test_a_host_that_cannot_be_asked_keeps_the_filter_working() -> None:
    telemetry = RecordedTelemetry()
    assert await filters_read_stream(request(reading=Reading()), {}, telemetry)
    assert telemetry.named("filters_not_known")


async def test_named_tools_come_from_the_host_for_the_person(monkeypatch: pytest.MonkeyPatch) -> None:
    async def get_user_by_id(user_id: str) -> str:
        return f"user {user_id}"

    async def get_tools(*given: object) -> dict[str, object]:
        return {"given": given}

    users, tools = ModuleType(USERS), ModuleType(TOOLS)
    vars(users)["Users"] = SimpleNamespace(get_user_by_id=get_user_by_id)
    vars(tools)["get_tools"] = get_tools
    monkeypatch.setitem(sys.modules, USERS, users)
    monkeypatch.setitem(sys.modules, TOOLS, tools)
    of = request()

    loaded: Any = await load_named_tools(of, ("a", "b"), "7", {"__user__": {}}, RecordedTelemetry())
    assert loaded["given"] == (of, ["a", "b"], "user 7", {"__user__": {}})


async def test_named_tools_that_cannot_be_loaded_are_logged() -> None:
    telemetry = RecordedTelemetry()
    assert await load_named_tools(request(), ("a",), "7", {}, telemetry) == {}
    assert telemetry.named("tools_not_loaded")
