"""The contract of ModelRows as plain functions: they also run inside a host's own interpreter.

`python -m tests.contracts.model_rows_cases` runs them there and prints failures; the host's modules must be importable.
"""

import asyncio
import gc
import sys
import traceback
from collections.abc import Awaitable, Callable
from importlib import import_module

from ports.model_rows import HostModels, ModelRow, NewRow, RowChange

Case = Callable[[HostModels], Awaitable[None]]

META = {
    "description": "Zeigt „Bilder“ \U0001f642",
    "capabilities": {"vision": True, "usage": False},
    "tags": [{"name": "mine"}],
    "openrouter_pipe": {"made": True, "wrote": {"vision": True}},
}


def nothing(_row: ModelRow) -> None:
    """Change nothing."""


async def one(rows: HostModels, row_id: str) -> ModelRow:
    """Return the one row of an id."""
    (row,) = await rows.read([row_id])
    return row


async def a_new_row_is_read_as_it_was_inserted(rows: HostModels) -> None:
    assert await rows.insert(NewRow("newrow.maker/two.5:free", "Maker: Two", META))
    row = await one(rows, "newrow.maker/two.5:free")
    assert (row.id, row.name, row.public, row.preset) == ("newrow.maker/two.5:free", "Maker: Two", False, False)
    assert META.items() <= row.meta.items()


async def a_public_row_is_public(rows: HostModels) -> None:
    assert await rows.insert(NewRow("public.a/b", "B", {}, public=True))
    assert (await one(rows, "public.a/b")).public


async def an_empty_entry_of_meta_is_left_out(rows: HostModels) -> None:
    await rows.insert(NewRow("empty.a/b", "B", {"tags": []}))
    assert None not in (await one(rows, "empty.a/b")).meta.values()


async def an_existing_id_is_not_inserted_again(rows: HostModels) -> None:
    await rows.insert(NewRow("taken.a/b", "First", META))
    before = await one(rows, "taken.a/b")
    assert not await rows.insert(NewRow("taken.a/b", "Second", {}, public=True))
    assert await one(rows, "taken.a/b") == before


async def two_inserts_at_once_leave_one_row(rows: HostModels) -> None:
    row = NewRow("at_once.a/b", "B", {})
    assert sorted(await asyncio.gather(rows.insert(row), rows.insert(row))) == [False, True]
    assert await rows.ids("at_once") == {"at_once.a/b"}


async def ids_are_those_of_one_function(rows: HostModels) -> None:
    for row_id in ("my_ids.a/b", "my_ids.c%_d", "myxids.a/b", "my_ids2.a/b", "my_ids", "MY_IDS.a/b"):
        await rows.insert(NewRow(row_id, "B", {}))
    assert await rows.ids("my_ids") == {"my_ids.a/b", "my_ids.c%_d"}
    assert await rows.ids("nobody") == frozenset()


async def nothing_is_built_on_rows_without_presets(rows: HostModels) -> None:
    await rows.insert(NewRow("bases.a/b", "B", {}))
    assert await rows.built_on("bases") == frozenset()


async def rows_are_read_in_the_requested_order(rows: HostModels) -> None:
    for letter in "abc":
        await rows.insert(NewRow(f"order.{letter}", letter, {}))
    read = await rows.read(["order.c", "order.missing", "order.a"])
    assert [row.name for row in read] == ["c", "a"]
    assert await rows.read([]) == ()


async def a_change_replaces_the_entries_it_names_and_keeps_all_others(rows: HostModels) -> None:
    await rows.insert(NewRow("change.a/b", "B", META))
    before = await one(rows, "change.a/b")
    assert await rows.update("change.a/b", lambda _row: RowChange({"capabilities": {"vision": False}}))
    after = await one(rows, "change.a/b")
    assert after.meta == {**before.meta, "capabilities": {"vision": False}}
    assert (after.name, after.public) == (before.name, before.public)


async def a_change_may_give_another_name(rows: HostModels) -> None:
    await rows.insert(NewRow("rename.a/b", "Old", META))
    assert await rows.update("rename.a/b", lambda _row: RowChange({}, "New"))
    assert (await one(rows, "rename.a/b")).name == "New"


async def a_change_leaves_access_alone(rows: HostModels) -> None:
    for row_id, public in (("access.open", True), ("access.closed", False)):
        await rows.insert(NewRow(row_id, "B", {}, public=public))
        assert await rows.update(row_id, lambda _row: RowChange({"description": "x"}))
        assert (await one(rows, row_id)).public is public


async def the_edit_gets_the_current_row(rows: HostModels) -> None:
    await rows.insert(NewRow("seen.a/b", "B", {"description": "one"}))
    await rows.update("seen.a/b", lambda _row: RowChange({"description": "two"}))
    seen: list[ModelRow] = []
    await rows.update("seen.a/b", seen.append)
    assert seen == [await one(rows, "seen.a/b")]
    assert seen[0].meta["description"] == "two"


async def an_edit_that_changes_nothing_writes_nothing(rows: HostModels) -> None:
    await rows.insert(NewRow("nothing.a/b", "B", META))
    before = await one(rows, "nothing.a/b")
    assert not await rows.update("nothing.a/b", nothing)
    assert await one(rows, "nothing.a/b") == before


async def an_absent_row_is_not_edited(rows: HostModels) -> None:
    asked: list[ModelRow] = []
    assert not await rows.update("absent.a/b", asked.append)
    assert asked == []


async def a_row_is_removed_when_the_judge_allows_it(rows: HostModels) -> None:
    await rows.insert(NewRow("goes.a/b", "B", META))
    before = await one(rows, "goes.a/b")
    seen: list[ModelRow] = []

    def refuses(row: ModelRow) -> bool:
        seen.append(row)
        return False

    assert not await rows.remove("goes.a/b", refuses)
    assert seen == [before] == [await one(rows, "goes.a/b")]
    assert await rows.remove("goes.a/b", lambda _row: True)
    assert await rows.ids("goes") == frozenset()
    assert await rows.insert(NewRow("goes.a/b", "B", {}))


async def an_absent_row_is_not_removed(rows: HostModels) -> None:
    assert not await rows.remove("absent.a/b", lambda _row: True)


async def cancelled_writes_leave_the_rows_writable(rows: HostModels) -> None:
    gc.disable()  # it frees what a cancelled call left behind, but nobody knows when
    try:
        for passes in range(120):
            write = asyncio.create_task(rows.insert(NewRow(f"cancelled.{passes}", "B", META)))
            for _ in range(passes):
                await asyncio.sleep(0)
            write.cancel()
            await asyncio.wait((write,))
            assert await rows.insert(NewRow(f"after.{passes}", "B", META))
    finally:
        gc.enable()


async def a_new_row_is_not_claimed(rows: HostModels) -> None:
    await rows.insert(NewRow("unclaimed.a/b", "B", META))
    row = await one(rows, "unclaimed.a/b")
    assert not row.claimed
    assert row.meta == META


async def models_have_vision_without_a_row(rows: HostModels) -> None:
    assumed = await rows.assumed()
    assert assumed.boxes["vision"] is True
    assert assumed.setting == ""


async def administrators_see_rows_without_grants(rows: HostModels) -> None:
    assert await rows.admins_see_private() is True


CASES: tuple[Case, ...] = (
    a_new_row_is_read_as_it_was_inserted,
    a_public_row_is_public,
    an_empty_entry_of_meta_is_left_out,
    an_existing_id_is_not_inserted_again,
    two_inserts_at_once_leave_one_row,
    ids_are_those_of_one_function,
    rows_are_read_in_the_requested_order,
    a_change_replaces_the_entries_it_names_and_keeps_all_others,
    a_change_may_give_another_name,
    a_change_leaves_access_alone,
    the_edit_gets_the_current_row,
    an_edit_that_changes_nothing_writes_nothing,
    an_absent_row_is_not_edited,
    a_row_is_removed_when_the_judge_allows_it,
    an_absent_row_is_not_removed,
    cancelled_writes_leave_the_rows_writable,
    a_new_row_is_not_claimed,
    models_have_vision_without_a_row,
    administrators_see_rows_without_grants,
)


async def _broken(rows: HostModels) -> list[str]:
    broken = []
    for case in CASES:
        try:
            await case(rows)
        except Exception:  # noqa: BLE001 - the edge of the run: every failed case is reported
            broken.append(f"{case.__name__}: {traceback.format_exc()}")
    return broken


if __name__ == "__main__":
    from adapters.openwebui.model_rows import OpenWebUiModelRows

    import_module("open_webui.config")  # creates the host's tables
    found = asyncio.run(_broken(OpenWebUiModelRows()))
    sys.stdout.write(f"\n{len(CASES) - len(found)} of {len(CASES)} cases passed\n" + "\n".join(found))
    sys.exit(bool(found))
