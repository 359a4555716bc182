"""The single file in a host: loads beside others, leaves nothing generic behind, shows true tracebacks."""

import asyncio
import inspect
import json
import linecache
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from entrypoints.openwebui.bundle.build import build
from entrypoints.openwebui.bundle.rewrite import package_text
from tests.entrypoints.openwebui.bundle.small_tree import TREE, HostLoad

GENERIC = {"domain", "ports", "adapters", "entrypoints"}


def inner(module: ModuleType, name: str) -> ModuleType:
    return sys.modules[f"{module.__dict__['_EMBEDDED'].root}.{name}"]


def name_of(module: ModuleType) -> str:
    """Return what tracebacks name as the folder of the carried modules."""
    return str(module.__dict__["_EMBEDDED"].root).rpartition("_")[0]


def other(text: str) -> str:
    """Return the text as a file that shares no modules with it."""
    return text.replace('EmbeddedModules("openrouter_pipe_', 'EmbeddedModules("openrouter_pipe_other_')


def carried(module: ModuleType) -> list[str]:
    return [name for name in sys.modules if name.startswith(module.__dict__["_EMBEDDED"].root)]


def test_loading_the_file_runs_none_of_the_carried_code(bundle_text: str, host_load: HostLoad) -> None:
    module = host_load(bundle_text)
    module.Pipe()

    assert carried(module) == []


async def test_the_models_come_from_the_carried_service(bundle_text: str, host_load: HostLoad) -> None:
    pipe = host_load(bundle_text, "function_or_two").Pipe()

    assert await pipe.pipes() == [{"id": "one", "name": "or_two 7"}]


async def test_the_id_is_guessed_without_the_suffix_of_newer_hosts(bundle_text: str, host_load: HostLoad) -> None:
    pipe = host_load(bundle_text, "function_or_two_" + "0a" * 16).Pipe()

    assert (await pipe.pipes())[0]["name"] == "or_two 7"


async def test_a_request_reaches_the_service_with_all_the_host_gave(bundle_text: str, host_load: HostLoad) -> None:
    pipe = host_load(bundle_text).Pipe()
    valves = pipe.valves

    answer = await pipe.pipe({"model": "or.one"}, __user__={"id": "u"}, __chat_id__="c", __files__=None)

    assert answer["now"] == 8
    assert answer["call"]["body"] == {"model": "or.one"}
    assert answer["call"]["valves"] is valves
    assert answer["call"]["__user__"] == {"id": "u"}
    assert answer["call"]["__chat_id__"] == "c"
    parameters = set(inspect.signature(pipe.pipe).parameters)
    assert set(answer["call"]) == parameters | {"valves"}


async def test_a_request_keeps_the_valves_it_came_with_when_the_host_replaces_them_while_loading(
    bundle_text: str, host_load: HostLoad
) -> None:
    pipe = host_load(bundle_text).Pipe()
    valves = pipe.valves
    answer = asyncio.create_task(pipe.pipe({}))
    await asyncio.sleep(0)
    pipe.valves = pipe.Valves(MODEL_ID="other")

    assert (await answer)["call"]["valves"] is valves


async def test_nothing_generic_enters_the_hosts_modules(bundle_text: str, host_load: HostLoad) -> None:
    before = set(sys.modules)
    module = host_load(bundle_text)
    await module.Pipe().pipes()
    added = set(sys.modules) - before - {"function_openrouter"}

    assert {name for name in added if name.partition(".")[0] in GENERIC} == set()
    assert set(carried(module)) <= added


async def test_loads_of_two_texts_share_no_class_and_no_module(bundle_text: str, host_load: HostLoad) -> None:
    one, two = host_load(bundle_text, "function_a"), host_load(other(bundle_text), "function_b")
    await asyncio.gather(one.Pipe().pipes(), two.Pipe().pipes())

    assert inner(one, "domain.turn.machine").Turn is not inner(two, "domain.turn.machine").Turn
    assert inner(one, "entrypoints.openwebui.service").MADE == ["a"]
    assert inner(two, "entrypoints.openwebui.service").MADE == ["b"]


async def test_an_unloaded_load_leaves_no_trace_and_the_other_one_untouched(
    bundle_text: str, host_load: HostLoad
) -> None:
    one, two = host_load(bundle_text, "function_a"), host_load(other(bundle_text), "function_b")
    await asyncio.gather(one.Pipe().pipes(), two.Pipe().pipes())
    one._EMBEDDED.unload()

    assert carried(one) == []
    assert one._EMBEDDED not in sys.meta_path
    assert [name for name in linecache.cache if name.startswith(f"{name_of(one)}/")] == []
    assert (await two.Pipe().pipe({}))["now"] == 8


async def test_a_traceback_shows_its_lines_when_another_load_of_the_same_file_is_gone(
    bundle_text: str, host_load: HostLoad
) -> None:
    one, two = host_load(bundle_text, "function_a"), host_load(other(bundle_text), "function_b")
    await asyncio.gather(one.Pipe().pipes(), two.Pipe().pipes())
    one._EMBEDDED.unload()

    with pytest.raises(ValueError, match="on purpose") as caught:
        inner(two, "domain.turn.machine").fail()

    assert 'raise ValueError("on purpose")' in "".join(traceback.format_exception(caught.value))


async def test_an_import_of_another_thread_meanwhile_does_not_break_an_unload(
    bundle_text: str, host_load: HostLoad, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Importing(str):
        """The name of a module; while it is looked at somebody imports another one."""

        def __format__(self, _: str) -> str:
            monkeypatch.setitem(sys.modules, f"imported_{len(sys.modules)}", ModuleType("imported"))
            return str(self)

    module = host_load(bundle_text)
    await module.Pipe().pipes()
    monkeypatch.setitem(sys.modules, Importing("looked_at"), ModuleType("looked_at"))
    module._EMBEDDED.unload()

    assert carried(module) == []


async def test_the_service_is_given_what_unloads_it(bundle_text: str, host_load: HostLoad) -> None:
    module = host_load(bundle_text)
    pipe = module.Pipe()
    await pipe.pipes()
    pipe._core._service.unload()

    assert carried(module) == []


@pytest.mark.parametrize("first", ["a", "b"])
async def test_files_with_the_same_text_share_their_modules_until_the_last_of_them_goes(
    bundle_text: str, host_load: HostLoad, first: str
) -> None:
    files = {name: host_load(bundle_text, f"function_{name}") for name in ("a", "b")}
    for module in files.values():
        await module.Pipe().pipes()

    assert carried(files["b"]) == []
    assert inner(files["a"], "entrypoints.openwebui.service").MADE == ["a", "b"]
    files.pop(first)._EMBEDDED.unload()
    (left,) = files.values()
    assert (await left.Pipe().pipe({}))["now"] == 8  # with a module that nobody had imported
    left._EMBEDDED.unload()
    assert not [name for name in sys.modules if name.startswith(f"{name_of(left)}_")]


async def test_a_file_whose_modules_are_still_used_by_another_takes_them_again(
    bundle_text: str, host_load: HostLoad
) -> None:
    one, two = host_load(bundle_text, "function_a"), host_load(bundle_text, "function_b")
    for module in (one, two):
        await module.Pipe().pipes()
    one._EMBEDDED.unload()
    await one.Pipe().pipes()
    two._EMBEDDED.unload()

    assert inner(one, "entrypoints.openwebui.service").MADE == ["a", "b", "a"]


async def test_a_damaged_copy_of_a_file_in_use_is_reported(bundle_text: str, host_load: HostLoad) -> None:
    await host_load(bundle_text, "function_a").Pipe().pipes()
    begins = bundle_text.index("_CARRIED = CarriedFiles(")
    damaged = bundle_text[:begins] + bundle_text[begins:].replace("A", "B")

    (shown,) = await host_load(damaged, "function_b").Pipe().pipes()

    assert "was cut off or changed" in shown["name"]


COUNTING = """
import asyncio, gc, json, sys
from types import ModuleType
module, counts = ModuleType("function_a"), []
exec(sys.stdin.read(), module.__dict__)
if sys.argv[1] == "frozen":
    kept = [[] for _ in range(20_000)]
    gc.freeze()
run = module._EMBEDDED.exec_module
def noted(loaded):
    run(loaded)
    counts.append(gc.get_count())
module._EMBEDDED.exec_module = noted
asyncio.run(module.Pipe().pipes())
print(json.dumps([counts, gc.get_freeze_count()]))
"""


@pytest.mark.parametrize("before", ["usual", "frozen"])
def test_what_a_first_load_makes_is_no_reason_to_collect_the_hosts_garbage(bundle_text: str, before: str) -> None:
    command = [sys.executable, "-c", COUNTING, before]
    counts, frozen = json.loads(
        subprocess.run(command, check=True, input=bundle_text.encode(), capture_output=True).stdout
    )

    assert len(counts) > 5
    nothing_new = [young < 50 and (middle, old) == (0, 0) for young, middle, old in counts]
    assert all(nothing_new) is (before == "usual")
    assert (frozen > 20_000) is (before == "frozen")  # what an operator has frozen stays so


FREEZING = """
import asyncio, gc, sys
from types import ModuleType
module = ModuleType("function_a")
exec(sys.stdin.read(), module.__dict__)
pipe = module.Pipe()
asyncio.run(pipe.pipes())
kept = [[] for _ in range(20_000)]
gc.freeze()
print(asyncio.run(pipe.pipe({}))["now"], gc.get_freeze_count() > 20_000)
"""


def test_what_an_operator_freezes_after_the_first_load_stays_so(bundle_text: str) -> None:
    command = [sys.executable, "-c", FREEZING]
    done = subprocess.run(command, check=True, input=bundle_text.encode(), capture_output=True)

    assert done.stdout.split() == [b"8", b"True"]  # the call imported one more module


async def test_a_traceback_shows_file_line_and_text_of_the_carried_module(
    bundle_text: str, host_load: HostLoad
) -> None:
    module = host_load(bundle_text)
    await module.Pipe().pipes()
    with pytest.raises(ValueError, match="on purpose") as caught:
        inner(module, "domain.turn.machine").fail()

    shown = "".join(traceback.format_exception(caught.value))
    assert f'File "{name_of(module)}/domain/turn/machine.py", line 15, in fail' in shown
    assert 'raise ValueError("on purpose")' in shown


async def test_an_unexpected_error_is_logged_with_the_lines_it_came_from(
    bundle_text: str, host_load: HostLoad, caplog: pytest.LogCaptureFixture
) -> None:
    module = host_load(bundle_text)

    await module.Pipe().pipe({"fail": True})

    assert f'{name_of(module)}/domain/turn/machine.py", line 15, in fail' in caplog.text


async def test_the_source_of_a_carried_class_can_be_inspected(bundle_text: str, host_load: HostLoad) -> None:
    module = host_load(bundle_text)
    await module.Pipe().pipes()

    machine = inner(module, "domain.turn.machine")
    assert inspect.getsource(machine) == package_text("domain/turn/machine.py", TREE["domain/turn/machine.py"])
    assert inspect.getsource(machine.Turn).startswith("@dataclass(frozen=True, slots=True)\nclass Turn:")


async def test_the_code_is_compiled_and_run_outside_the_event_loops_thread(
    bundle_text: str, host_load: HostLoad
) -> None:
    module = host_load(bundle_text)
    threads: list[str] = []
    run = module._EMBEDDED.exec_module

    def noted(loaded: Any) -> None:
        threads.append(threading.current_thread().name)
        run(loaded)

    module._EMBEDDED.exec_module = noted

    await module.Pipe().pipes()

    assert set(threads) == {"openrouter-pipe-load"}


async def test_concurrent_first_calls_share_one_load(bundle_text: str, host_load: HostLoad) -> None:
    module = host_load(bundle_text)
    pipe = module.Pipe()

    await asyncio.gather(*(pipe.pipes() for _ in range(20)), *(pipe.pipe({}) for _ in range(20)))

    assert inner(module, "entrypoints.openwebui.service").MADE == ["openrouter"]


def test_one_pipe_serves_several_event_loops(bundle_text: str, host_load: HostLoad) -> None:
    pipe = host_load(bundle_text).Pipe()

    assert asyncio.run(pipe.pipes()) == asyncio.run(pipe.pipes())


async def test_a_load_that_fails_half_way_leaves_no_module_behind(tree: Path, host_load: HostLoad) -> None:
    service = tree / "entrypoints/openwebui/service.py"
    service.write_text(service.read_text("utf-8").replace("MADE = []", "raise OSError('disk on fire')"), "utf-8")
    module = host_load(build(tree).text)

    models = await module.Pipe().pipes()

    assert "OSError: disk on fire" in models[0]["name"]
    assert carried(module) == []
    assert module._EMBEDDED not in sys.meta_path
