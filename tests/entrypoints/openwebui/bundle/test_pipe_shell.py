"""The shell alone: waiting for the code behind it, saying why it cannot be had, and the literal forms."""

import ast
import asyncio
import importlib.abc
import json
import logging
import sys
import threading
import types
from collections.abc import Callable
from typing import Any

import pytest

from tests.entrypoints.openwebui.bundle.small_tree import REPOSITORY, HostLoad

KEY = "sk-or-" + "v1"
SHELL = REPOSITORY / "entrypoints/openwebui/pipe.py"


class Service:
    """A service without anything behind it."""

    async def pipes(self, _valves: object) -> list[dict[str, str]]:
        return [{"id": "one", "name": "One"}]

    async def pipe(self, _call: dict[str, object]) -> object:
        return "answer"


class Blocked(importlib.abc.MetaPathFinder):
    """Makes packages look as if nobody had installed them."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def find_spec(self, fullname: str, _path: object = None, _target: object = None) -> None:
        if fullname in self.names:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def block(*names: str) -> None:
        monkeypatch.setattr(sys, "meta_path", [Blocked(*names), *sys.meta_path])
        for name in names:
            monkeypatch.delitem(sys.modules, name, raising=False)

    return block


@pytest.fixture
def shell(bundle_text: str, host_load: HostLoad) -> Any:
    """The shell as a host holds it, with a service that needs no loading."""
    module: Any = host_load(bundle_text)
    module.service_class = lambda: lambda _name, _unload: Service()
    return module


async def test_a_missing_package_is_named_in_the_list_with_the_command_that_installs_it(
    shell: Any, without: Callable[..., None]
) -> None:
    without("structlog")

    (entry,) = await shell.Pipe().pipes()

    assert entry["id"]
    assert "package structlog is missing" in entry["name"]
    assert '"pip install structlog"' in entry["name"]


async def test_all_missing_packages_are_named_at_once(shell: Any, without: Callable[..., None]) -> None:
    without("dependency_injector", "structlog")

    (entry,) = await shell.Pipe().pipes()

    assert '"pip install dependency-injector structlog"' in entry["name"]


async def test_a_stream_says_in_one_error_chunk_why_there_is_no_answer_and_ends_once(
    shell: Any, without: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    without("structlog")

    with caplog.at_level(logging.ERROR, "openrouter_pipe"):
        events = [event async for event in await shell.Pipe().pipe({"stream": True})]

    error = json.loads(events[0].removeprefix("data: "))["error"]
    assert "pip install structlog" in error["message"]
    assert (error["type"], error["code"]) == ("service_unavailable", 503)
    assert caplog.records[0].getMessage()[1:17] in error["message"]
    end = json.loads(events[1].removeprefix("data: "))
    assert [choice["finish_reason"] for choice in end["choices"]] == ["error"]
    assert events[2:] == ["data: [DONE]\n\n"]
    assert all(event.endswith("\n\n") for event in events)


async def test_a_caller_without_stream_gets_the_error_with_its_status(
    shell: Any, without: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    without("structlog")
    responses = types.SimpleNamespace(StreamingResponse=lambda body, status, **options: (list(body), status, options))
    monkeypatch.setitem(sys.modules, "starlette", types.ModuleType("starlette"))
    monkeypatch.setitem(sys.modules, "starlette.responses", responses)

    (text,), status, options = await shell.Pipe().pipe({})

    assert "pip install structlog" in text
    assert (status, options) == (503, {"media_type": "application/json"})


async def test_a_background_task_gets_the_error_as_a_plain_object(shell: Any, without: Callable[..., None]) -> None:
    without("structlog")

    answer = await shell.Pipe().pipe({}, __task__="title_generation")

    assert "pip install structlog" in answer["error"]["message"]


async def test_a_failure_is_remembered_briefly_and_then_tried_again(shell: Any) -> None:
    now = [100.0]
    tries: list[str] = []

    def fail() -> Callable[[str, object], Service]:
        tries.append("once")
        raise OSError("passing trouble")

    shell.time, shell.service_class = types.SimpleNamespace(monotonic=lambda: now[0]), fail
    pipe = shell.Pipe()
    first = await pipe.pipes()
    now[0] += 9
    assert await pipe.pipes() == first
    assert "OSError: passing trouble" in first[0]["name"]
    assert tries == ["once"]

    shell.service_class = lambda: lambda _name, _unload: Service()
    now[0] += 2
    assert await pipe.pipes() == [{"id": "one", "name": "One"}]


async def test_a_package_installed_meanwhile_is_found_without_a_restart(
    shell: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    shell.time = types.SimpleNamespace(monotonic=lambda: now[0])
    pipe = shell.Pipe()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "meta_path", [Blocked("structlog"), *sys.meta_path])
        patch.delitem(sys.modules, "structlog", raising=False)
        assert "structlog" in (await pipe.pipes())[0]["name"]
    now[0] += 11

    assert await pipe.pipes() == [{"id": "one", "name": "One"}]


async def test_a_cancelled_first_caller_does_not_take_the_load_from_the_others(shell: Any) -> None:
    gate = threading.Event()

    def wait() -> Callable[[str, object], Service]:
        gate.wait(10)
        return lambda _name, _unload: Service()

    shell.service_class = wait
    pipe = shell.Pipe()
    first, second = asyncio.create_task(pipe.pipes()), asyncio.create_task(pipe.pipes())
    await asyncio.sleep(0)
    first.cancel()
    gate.set()

    assert await second == [{"id": "one", "name": "One"}]
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_an_error_the_service_did_not_expect_is_shown_and_logged_without_its_text(
    shell: Any, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Service):
        async def pipes(self, _valves: object) -> list[dict[str, str]]:
            raise KeyError(KEY)

        async def pipe(self, _call: dict[str, object]) -> object:
            raise KeyError(KEY)

    shell.service_class = lambda: lambda _name, _unload: Broken()
    pipe = shell.Pipe()

    (entry,) = await pipe.pipes()
    answer = await pipe.pipe({}, __task__="title_generation")

    shown = entry["name"] + answer["error"]["message"]
    assert shown.count("KeyError") == 2
    assert len(caplog.records) == 2
    for record, text in zip(caplog.records, (entry["name"], answer["error"]["message"]), strict=True):
        assert record.getMessage()[1:17] in text
        assert "in pipe" in record.getMessage()
    assert KEY not in shown + caplog.text


async def test_a_call_that_is_cancelled_stays_cancelled(shell: Any) -> None:
    class Waiting(Service):
        async def pipe(self, _call: dict[str, object]) -> object:
            return await asyncio.Event().wait()

    shell.service_class = lambda: lambda _name, _unload: Waiting()
    pipe = shell.Pipe()
    await pipe.pipes()
    call = asyncio.create_task(pipe.pipe({}))
    await asyncio.sleep(0)
    call.cancel()

    with pytest.raises(asyncio.CancelledError):
        await call


async def test_the_shell_works_from_the_repository_as_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    from entrypoints.openwebui.pipe import Pipe

    service: Any = types.ModuleType("entrypoints.openwebui.service")
    service.PipeService = lambda _name, _unload: Service()
    monkeypatch.setitem(sys.modules, "entrypoints.openwebui.service", service)
    pipe = Pipe()

    assert await pipe.pipes() == [{"id": "one", "name": "One"}]
    assert await pipe.pipe({}) == "answer"


def test_the_file_defines_no_second_kind_of_function(shell: Any) -> None:
    assert not {"Filter", "Action", "Event", "Tools"} & set(vars(shell))


def test_the_pipe_has_no_name_that_a_host_would_put_before_every_model(shell: Any) -> None:
    assert not hasattr(shell.Pipe(), "name")


def test_the_file_itself_imports_nothing_a_bare_host_lacks(bundle_text: str) -> None:
    tree = ast.parse(bundle_text)
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {alias.name for node in imports if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in imports if isinstance(node, ast.ImportFrom)}

    assert {name.partition(".")[0] for name in names} - {"pydantic"} <= sys.stdlib_module_names


def test_both_forms_stand_literally_inside_the_pipe() -> None:
    nodes = ast.parse(SHELL.read_text("utf-8")).body
    (pipe,) = [node for node in nodes if isinstance(node, ast.ClassDef) and node.name == "Pipe"]
    forms = {node.name: node for node in pipe.body if isinstance(node, ast.ClassDef)}

    assert set(forms) == {"Valves", "UserValves"}
    assert [ast.unparse(base) for form in forms.values() for base in form.bases] == ["BaseModel", "BaseModel"]
    fields = {line.target.id for line in forms["Valves"].body if isinstance(line, ast.AnnAssign)}
    assert {"API_KEY", "BASE_URL", "ADVANCED"} <= fields


@pytest.mark.parametrize(("version", "hint"), [("0.6.28", False), ("0.8.12", True), ("0.12.4", True), ("0.0.0", False)])
def test_secrets_are_masked_in_the_form_only_where_the_host_knows_how(
    version: str, hint: bool, bundle_text: str, host_load: HostLoad, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "open_webui.env", types.SimpleNamespace(VERSION=version))
    schema = host_load(bundle_text).Pipe.Valves.model_json_schema()

    assert schema["properties"]["API_KEY"].get("input") == ({"type": "password"} if hint else None)


def test_the_frontmatter_of_the_shell_names_what_the_project_depends_on() -> None:
    front = SHELL.read_text("utf-8").split('"""')[1]

    assert "requirements: dependency-injector>=4.48, structlog>=24.1" in front
    assert "," not in front.split("version: ")[1].splitlines()[0]


SENTINEL = "plain-words-4711"  # looks like no secret
PLANTED = {
    "SOME_GATEWAY_TOKEN": SENTINEL,
    "OPENROUTER_PIPE_DATABASE_URL": f"postgresql://user:{SENTINEL}@host/db",
    "HTTPS_PROXY": f"http://user:{SENTINEL}@proxy:1",
    "ALL_PROXY": f"user:{SENTINEL}@proxy:1",
}


@pytest.mark.parametrize("damaged", [False, True], ids=["whole", "damaged"])
@pytest.mark.parametrize("variable", PLANTED)
async def test_no_secret_of_the_environment_is_shown_or_logged_when_the_code_fails_to_load(
    shell: Any,
    variable: str,
    damaged: bool,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name in PLANTED:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, PLANTED[variable])

    def fail() -> Callable[[str, object], Service]:
        try:
            raise KeyError(PLANTED[variable])
        except KeyError as error:
            raise OSError(f"cannot use {PLANTED[variable]}") from error

    def no_code() -> None:
        raise ImportError("damaged")

    shell.service_class = fail
    if damaged:
        shell.redactor = no_code
    (entry,) = await shell.Pipe().pipes()

    assert "OSError: cannot use" in entry["name"]
    assert "KeyError" in caplog.text
    assert "in fail" in caplog.text
    assert SENTINEL not in entry["name"] + caplog.text
    assert not [record for record in caplog.records if record.exc_info]


async def test_the_shell_masks_from_the_repository_as_it_stands(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from entrypoints.openwebui.bundle import shell as own

    monkeypatch.setenv("SOME_GATEWAY_TOKEN", SENTINEL)
    monkeypatch.setattr(own, "service_class", lambda: _raise(OSError(SENTINEL)))

    failure = await own.Core().service()

    assert isinstance(failure, own.Failure)
    assert "OSError" in failure.sentence
    assert SENTINEL not in failure.sentence + caplog.text


def _raise(error: Exception) -> None:
    raise error
