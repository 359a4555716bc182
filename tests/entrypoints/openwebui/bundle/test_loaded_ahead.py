"""A function in use that is saved again: its new code is loaded before anybody asks, and goes if nobody ever does."""

import gc
import sys
import threading
from types import ModuleType, SimpleNamespace

import pytest

from entrypoints.openwebui.bundle.loader import EmbeddedModules
from tests.entrypoints.openwebui.bundle.small_tree import HostLoad, packed


@pytest.fixture(autouse=True)
def _a_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "open_webui.env", SimpleNamespace(VERSION="0.12.4"))
    others = [finder for finder in sys.meta_path if type(finder).__name__ != EmbeddedModules.__name__]
    monkeypatch.setattr(sys, "meta_path", others)


@pytest.fixture
def in_use(_a_host: None) -> None:
    """An earlier load in this process."""
    earlier = EmbeddedModules("earlier", packed({}, {}))
    sys.meta_path.append(earlier)


def carried(module: ModuleType) -> list[str]:
    return [name for name in sys.modules if name.startswith(module.__dict__["_EMBEDDED"].root)]


def loaded() -> None:
    """Wait until no thread loads any more."""
    for thread in threading.enumerate():
        if thread.name == "openrouter-pipe-load":
            thread.join(20)


@pytest.mark.usefixtures("in_use")
async def test_the_code_is_loaded_before_anybody_asks(bundle_text: str, host_load: HostLoad) -> None:
    module = host_load(bundle_text)
    pipe = module.Pipe()
    loaded()

    service = sys.modules[f"{module._EMBEDDED.root}.entrypoints.openwebui.service"]
    assert service.MADE == ["openrouter"]
    assert (await pipe.pipes())[0]["id"] == "one"
    assert service.MADE == ["openrouter"]


@pytest.mark.usefixtures("in_use")
def test_hosts_that_run_the_file_again_for_the_next_request_load_nothing_ahead(
    bundle_text: str, host_load: HostLoad, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "open_webui.env", SimpleNamespace(VERSION="0.10.2"))
    module = host_load(bundle_text)
    pipe = module.Pipe()
    loaded()

    assert carried(module) == []
    assert pipe is not None


def test_a_function_nobody_uses_loads_nothing_ahead(bundle_text: str, host_load: HostLoad) -> None:
    module = host_load(bundle_text)
    pipe = module.Pipe()
    loaded()

    assert carried(module) == []
    assert pipe is not None


@pytest.mark.usefixtures("in_use")
def test_code_nobody_asked_for_goes_with_its_pipe(bundle_text: str, host_load: HostLoad) -> None:
    module = host_load(bundle_text)
    pipe = module.Pipe()
    loaded()
    assert carried(module)
    del pipe
    gc.collect()

    assert carried(module) == []
    assert module._EMBEDDED not in sys.meta_path


@pytest.mark.usefixtures("in_use")
async def test_code_that_was_used_is_left_to_the_service(bundle_text: str, host_load: HostLoad) -> None:
    module = host_load(bundle_text)
    pipe = module.Pipe()
    await pipe.pipes()
    del pipe
    gc.collect()

    assert carried(module)


@pytest.mark.usefixtures("in_use")
async def test_without_a_thread_to_load_in_the_file_runs_and_the_first_call_tries_again(
    bundle_text: str, host_load: HostLoad, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = host_load(bundle_text)
    with monkeypatch.context() as full:
        full.setattr(module.threading.Thread, "start", _refuse)
        pipe = module.Pipe()

    assert (await pipe.pipes())[0]["id"] == "one"


def _refuse(_thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")
