"""Model rows of hosts that differ, fail, reject, or lack features."""

import sys
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from adapters.openwebui.model_rows import EVERYBODY, NOBODY, OpenWebUiModelRows
from ports.model_rows import ModelRow, NewRow, RowChange, RowRefused, RowsNotOffered, RowsUnavailable
from tests.adapters.openwebui.host_modules import Dumped, Host, InTurn, NewForm, OldForm, stored

NAMES = ("get_model_by_id", "insert_new_model", "update_model_by_id", "delete_model_by_id")
SEVERAL = (*NAMES, "get_models_by_ids")
ROW = NewRow("pipe.a/b", "B", {"description": "x"})
Install = Callable[..., Host]


class Conflict(Exception):
    """The host's error for a row that has changed since it was read."""

    status_code = 409


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Install:
    def install(
        *, coroutines: bool = True, form: type[OldForm] = NewForm, names: tuple[str, ...] = NAMES, **other: Any
    ) -> Host:
        host = Host(**other)
        for name, module in host.modules(coroutines=coroutines, form=form, names=names).items():
            monkeypatch.setitem(sys.modules, name, module)
        return host

    return install


def describe(_row: ModelRow) -> RowChange:
    return RowChange({"description": "new"})


async def every_call(rows: OpenWebUiModelRows) -> None:
    await rows.ids("pipe")
    await rows.read(["pipe.a/b"])
    await rows.update("pipe.a/b", describe)


async def test_blocking_functions_run_in_a_thread(install: Install):
    host = install(coroutines=False)
    host.answers = {"query": [], "get_model_by_id": stored(), "update_model_by_id": stored()}
    await every_call(OpenWebUiModelRows())
    assert threading.get_ident() not in host.threads


async def test_coroutines_run_on_the_loop(install: Install):
    host = install(coroutines=True)
    host.answers = {"query": [], "get_model_by_id": stored(), "update_model_by_id": stored()}
    await every_call(OpenWebUiModelRows())
    assert host.threads == {threading.get_ident()}


@pytest.mark.parametrize(("public", "access"), [(False, {}), (True, None)])
async def test_a_new_row_has_access_control_where_rows_store_it(install: Install, public, access):
    host = install(form=OldForm)
    host.answers = {"insert_new_model": stored()}
    assert await OpenWebUiModelRows().insert(NewRow("pipe.a/b", "B", {}, public=public))
    form, owner = host.sent("insert_new_model")
    assert (form.values["access_control"], owner) == (access, NOBODY)


@pytest.mark.parametrize(("public", "grants"), [(False, []), (True, [EVERYBODY])])
async def test_a_new_row_has_grants_where_they_are_a_table_of_their_own(install: Install, public, grants):
    host = install()
    host.answers = {"insert_new_model": stored()}
    assert await OpenWebUiModelRows().insert(NewRow("pipe.a/b", "B", {}, public=public))
    assert host.sent("insert_new_model")[0].values["access_grants"] == grants


async def test_a_change_passes_back_all_other_values_unchanged(install: Install):
    host = install(form=OldForm)
    host.answers = {"get_model_by_id": stored(), "update_model_by_id": stored()}
    assert await OpenWebUiModelRows().update("pipe.a/b", describe)
    assert host.sent("update_model_by_id")[1].values == {
        "id": "pipe.a/b",
        "base_model_id": None,
        "name": "B",
        "meta": {"description": "new", "knowledge": None, "capabilities": {}},
        "params": {"temperature": 1},
        "is_active": False,
        "access_control": {"read": {"group_ids": ["g"]}},
    }


async def test_a_change_never_names_grants(install: Install):
    host = install()
    host.answers = {"get_model_by_id": stored(access_grants=[]), "update_model_by_id": stored()}
    await OpenWebUiModelRows().update("pipe.a/b", describe)
    assert "access_grants" not in host.sent("update_model_by_id")[1].values


async def test_a_row_that_changed_meanwhile_is_read_and_edited_once_more(install: Install):
    host = install()
    host.answers = {
        "get_model_by_id": InTurn(stored(name="before"), stored(name="after")),
        "update_model_by_id": InTurn(Conflict(), stored()),
    }
    seen: list[str] = []

    def edit(row: ModelRow) -> RowChange:
        seen.append(row.name)
        return RowChange({})

    assert await OpenWebUiModelRows().update("pipe.a/b", edit)
    assert seen == ["before", "after"]


async def test_a_second_conflict_is_a_refusal(install: Install):
    host = install()
    host.answers = {"get_model_by_id": stored(), "update_model_by_id": Conflict()}
    with pytest.raises(RowRefused, match="Conflict"):
        await OpenWebUiModelRows().update("pipe.a/b", describe)
    assert [name for name, *_ in host.calls].count("update_model_by_id") == 2


@pytest.mark.parametrize("answer", [None, ValueError("a secret"), TypeError("unexpected argument")])
async def test_a_change_the_host_does_not_store_is_a_refusal_without_its_text(install: Install, answer):
    host = install()
    host.answers = {"get_model_by_id": stored(), "update_model_by_id": answer}
    with pytest.raises(RowRefused) as caught:
        await OpenWebUiModelRows().update("pipe.a/b", describe)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("answer", [None, ValueError("a secret")])
async def test_a_new_row_the_host_does_not_store_is_a_refusal(install: Install, answer):
    host = install()
    host.answers = {"insert_new_model": answer}
    with pytest.raises(RowRefused):
        await OpenWebUiModelRows().insert(ROW)


@pytest.mark.parametrize("answer", [None, ValueError("unique")])
async def test_a_new_row_that_another_process_inserted_first_is_not_new(install: Install, answer):
    host = install()
    host.answers = {"insert_new_model": answer, "get_model_by_id": InTurn(None, stored())}
    assert not await OpenWebUiModelRows().insert(ROW)


async def test_rows_are_read_together_where_the_host_can(install: Install):
    host = install(names=SEVERAL)
    host.answers = {"get_models_by_ids": [stored("pipe.a"), stored("pipe.b")]}
    assert [row.id for row in await OpenWebUiModelRows().read(["pipe.b", "pipe.a"])] == ["pipe.b", "pipe.a"]
    assert len(host.calls) == 1


async def test_a_row_the_host_cannot_read_does_not_fail_the_others(install: Install):
    host = install(names=SEVERAL)
    host.answers = {
        "get_models_by_ids": [],
        "get_model_by_id": lambda row_id: stored(row_id) if row_id == "pipe.a" else None,
    }
    assert [row.id for row in await OpenWebUiModelRows().read(["pipe.b", "pipe.a"])] == ["pipe.a"]


async def test_a_row_built_on_another_model_is_a_preset(install: Install):
    host = install()
    host.answers = {"get_model_by_id": stored(base_model_id="pipe.a/c")}
    (row,) = await OpenWebUiModelRows().read(["pipe.a/b"])
    assert row.preset


@pytest.mark.parametrize("coroutines", [True, False])
async def test_bases_of_presets_are_queried_alone(install: Install, coroutines: bool):
    host = install(coroutines=coroutines)
    host.answers = {"query": ["pipe.b"], "bases": ["pipe.a", "pipe.a", "PIPE.c"]}
    assert await OpenWebUiModelRows().built_on("pipe") == {"pipe.a"}
    assert host.sent("bases") == ["pipe."]


async def test_ids_that_match_only_as_a_like_pattern_are_left_out(install: Install):
    host = install()
    host.answers = {"query": ["pipe.a", "PIPE.b"]}
    assert await OpenWebUiModelRows().ids("pipe") == {"pipe.a"}


async def test_an_unreachable_database_is_reported_by_the_type_of_error(install: Install):
    host = install()
    host.answers = {"query": ConnectionError("postgres://user:password@db")}
    with pytest.raises(RowsUnavailable, match=r"ConnectionError$"):
        await OpenWebUiModelRows().ids("pipe")


@pytest.mark.parametrize("module", ["open_webui.models.models", "open_webui.internal.db"])
async def test_a_missing_module_is_named(install: Install, monkeypatch: pytest.MonkeyPatch, module):
    install()
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(RowsNotOffered, match=module):
        await OpenWebUiModelRows().ids("pipe")


@pytest.mark.parametrize("gone", NAMES)
async def test_a_missing_function_is_named(install: Install, gone):
    install(names=tuple(name for name in NAMES if name != gone))
    for call in (lambda rows: rows.ids("pipe"), lambda rows: rows.insert(ROW), lambda rows: rows.read(["pipe.a/b"])):
        with pytest.raises(RowsNotOffered, match=gone):
            await call(OpenWebUiModelRows())


async def test_model_rows_are_not_offered_without_a_host():
    with pytest.raises(RowsNotOffered):
        await OpenWebUiModelRows().ids("pipe")


@pytest.mark.parametrize(("switch", "seen"), [(None, True), (True, True), (False, False)])
async def test_administrators_see_private_models_unless_the_host_forbids_it(install: Install, switch, seen):
    install()
    if switch is not None:
        vars(sys.modules["open_webui.config"])["BYPASS_ADMIN_ACCESS_CONTROL"] = switch
    assert await OpenWebUiModelRows().admins_see_private() is seen


PLAIN = {"access_control": {}, "params": Dumped(), "is_active": True}


@pytest.mark.parametrize(
    ("other", "claimed"),
    [
        ({}, False),
        ({"params": None}, False),
        ({"user_id": "person"}, True),
        ({"params": Dumped(temperature=1)}, True),
        ({"is_active": False}, True),
        ({"access_control": {"read": {"group_ids": ["g"]}}}, True),
        ({"access_control": {"read": None}}, False),
        ({"access_grants": [SimpleNamespace(principal_type="group", principal_id="g", permission="read")]}, True),
        ({"access_grants": []}, False),
    ],
)
async def test_a_row_changed_by_a_person_is_claimed(install: Install, other: dict[str, Any], claimed: bool):
    install().answers = {"get_model_by_id": stored(**{**PLAIN, **other})}
    (row,) = await OpenWebUiModelRows().read(["pipe.a/b"])
    assert row.claimed is claimed


@pytest.mark.parametrize("coroutines", [True, False])
async def test_a_row_is_deleted_by_the_hosts_own_function(install: Install, coroutines: bool):
    host = install(coroutines=coroutines)
    host.answers = {"get_model_by_id": stored(), "delete_model_by_id": True}
    assert await OpenWebUiModelRows().remove("pipe.a/b", lambda row: row.name == "B")
    assert host.sent("delete_model_by_id") == ["pipe.a/b"]


@pytest.mark.parametrize("answer", [False, None, OSError("secret")])
async def test_a_row_the_host_does_not_delete_is_a_refusal(install: Install, answer: object):
    install().answers = {"get_model_by_id": stored(), "delete_model_by_id": answer}
    with pytest.raises(RowRefused) as caught:
        await OpenWebUiModelRows().remove("pipe.a/b", lambda _row: True)
    assert "secret" not in str(caught.value)


POSTGRES = {"DATABASE_URL": "postgresql+psycopg://h/d", "DATABASE_ENABLE_SESSION_SHARING": False}


@pytest.mark.parametrize(
    ("environment", "coroutines", "setting"),
    [
        (POSTGRES, True, "DATABASE_ENABLE_SESSION_SHARING"),
        (POSTGRES, False, ""),
        (POSTGRES | {"DATABASE_ENABLE_SESSION_SHARING": True}, True, ""),
        (POSTGRES | {"DATABASE_URL": "sqlite:///webui.db"}, True, ""),
        ({"DATABASE_URL": "postgres://h/d"}, True, ""),
    ],
    ids=["postgres", "blocking host", "sharing", "sqlite", "no such setting"],
)
async def test_rows_cost_connections_on_postgres_without_sharing(install, environment, coroutines, setting):
    install(environment=environment, coroutines=coroutines)
    assert (await OpenWebUiModelRows().assumed()).setting == setting


@pytest.mark.parametrize(
    ("metadata", "boxes"),
    [
        (None, {"vision": True}),
        ({"capabilities": {"vision": False, "usage": True, "odd": 3}}, {"vision": False, "usage": True}),
        (SimpleNamespace(value={"capabilities": {"vision": False}}), {"vision": False}),
        ({"capabilities": None}, {"vision": True}),
    ],
    ids=["nothing said", "said", "an object with the value", "nothing said of boxes"],
)
async def test_a_model_without_a_row_has_the_boxes_set_by_administrators(install, metadata, boxes):
    install(default_metadata=metadata)
    assert (await OpenWebUiModelRows().assumed()).boxes == boxes
