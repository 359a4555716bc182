"""The host's rows follow the list in the background, once, one sync at a time, without harm to anybody's edits."""

import asyncio
from collections.abc import AsyncIterator, Collection
from dataclasses import replace

import pytest

from adapters.memory.fetcher import MemoryFetcher
from adapters.memory.leases import MemoryLeases
from domain.catalog.rows import NOTE, Switches
from domain.egress.downloads import DownloadLimits
from domain.egress.targets import EgressRules
from domain.services.background_pass import LEASE_SECONDS
from domain.services.fetch_icons import FetchIcons, IconSource
from domain.services.fetch_remote import FetchRemote
from domain.services.sync_models import (
    BATCH,
    LONGEST_PAUSE,
    PASSES,
    PEER_SECONDS,
    REFUSED_IN_A_ROW,
    RETRY_SECONDS,
    DesiredRows,
    SyncModels,
)
from ports.catalog import CatalogError, Model
from ports.fetcher import HopAnswer
from ports.leases import LeasesUnavailable
from ports.model_rows import Edit, ModelRow, NewRow, RowRefused, RowsNotOffered, RowsUnavailable
from ports.responses import Route
from tests.doubles.catalog import ScriptedCatalog
from tests.doubles.clock import FakeClock, settled, until
from tests.doubles.icon_pictures import ScriptedPictures
from tests.doubles.ids import FakeIds
from tests.doubles.model_rows import MemoryModelRows
from tests.doubles.telemetry import RecordedTelemetry
from tests.patience import PATIENCE

MODELS = tuple(
    Model(f"maker/m{number:03}", f"M {number}", input_modalities=frozenset({"text"})) for number in range(25)
)
RENAMED = tuple(replace(model, name="New") for model in MODELS)
SEEING = tuple(replace(model, input_modalities=frozenset({"text", "image"})) for model in MODELS)


DEFAULTS = Switches()
PICTURED = Switches(images=True)
ICONS = {"https://icons.example/a.png": [HopAnswer(200, b"\x89PNG\r\n\x1a\n")]}
SOURCE = IconSource(Route("https://upstream.example/api/v1", "key"), EgressRules(), DownloadLimits())


def wish(models: tuple[Model, ...] = MODELS, *, switches: Switches = DEFAULTS, function: str = "pipe") -> DesiredRows:
    return DesiredRows(function, models, models, switches)


class Rows(MemoryModelRows):
    """Rows that fail, wait or are changed by others as configured."""

    def __init__(self, *rows: ModelRow, admins_see_private: bool = True, setting: str = "") -> None:
        super().__init__(*rows, admins_see_private=admins_see_private, setting=setting)
        self.listed = 0
        self.largest_batch = 0
        self.refuses: Collection[str] = ()
        self.fails: Exception | None = None
        self.gate: asyncio.Event | None = None
        self.peer: MemoryModelRows | None = None

    async def ids(self, function_id: str) -> frozenset[str]:
        self.listed += 1
        if self.fails is not None:
            raise self.fails
        return await super().ids(function_id)

    async def read(self, row_ids: Collection[str]) -> tuple[ModelRow, ...]:
        self.largest_batch = max(self.largest_batch, len(row_ids))
        return await super().read(row_ids)

    async def insert(self, row: NewRow) -> bool:
        if self.gate is not None:
            await self.gate.wait()
        if row.id in self.refuses:
            raise RowRefused(row.id, "ValueError")
        if self.peer is not None:
            await self.peer.insert(row)
            self.rows.update(self.peer.rows)
        return await super().insert(row)

    async def update(self, row_id: str, edit: Edit) -> bool:
        if row_id in self.refuses:
            raise RowRefused(row_id, "ValueError")
        return await super().update(row_id, edit)


class Stage:
    """The use case over such rows."""

    def __init__(self, rows: Rows, leases: MemoryLeases | None = None) -> None:
        self.rows, self.clock, self.log = rows, FakeClock(), RecordedTelemetry()
        self.catalog, self.fetcher = ScriptedCatalog(()), MemoryFetcher({"icons.example": [["93.184.215.14"]]}, ICONS)
        self.leases = leases or MemoryLeases()
        self.sync = SyncModels(
            rows=rows,
            leases=self.leases,
            icons=self._icons(),
            clock=self.clock,
            ids=FakeIds(),
            telemetry=self.log,
        )

    def _icons(self) -> FetchIcons:
        return FetchIcons(
            catalog=self.catalog,
            remote=FetchRemote(self.fetcher, self.clock, self.log),
            pictures=ScriptedPictures(),
            clock=self.clock,
            telemetry=self.log,
        )

    async def done(self, wanted: DesiredRows) -> int:
        """Run a sync to its end; return how many rows it wrote."""
        before = self.rows.writes
        self.sync.begin(wanted)
        await self.sync.drained()
        return self.rows.writes - before


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = Stage(Rows())
    yield stage
    await stage.sync.aclose()


async def test_every_offered_model_that_needs_one_gets_a_row(stage: Stage):
    assert await stage.done(wish()) == len(MODELS)
    assert set(stage.rows.rows) == {f"pipe.{model.id}" for model in MODELS}


async def test_rows_follow_the_next_load_of_the_list(stage: Stage):
    await stage.done(wish())
    assert await stage.done(wish(RENAMED)) == len(MODELS)
    assert {row.name for row in stage.rows.rows.values()} == {"New"}


async def test_rows_that_are_no_longer_needed_are_removed_and_counted(stage: Stage):
    await stage.done(wish())
    assert await stage.done(wish(SEEING)) == len(MODELS)
    assert stage.rows.rows == {}
    assert stage.log.named("model_rows_synced")[-1].values == {
        "function": "pipe",
        "rows": 0,
        "inserted": 0,
        "updated": 0,
        "removed": len(MODELS),
        "refused": 0,
    }
    assert await stage.done(wish(tuple(replace(model) for model in SEEING))) == 0


async def test_rows_that_cost_connections_are_removed_and_the_setting_is_named_once():
    ours = Stage(Rows())
    await ours.done(wish())
    stage = Stage(Rows(*ours.rows.rows.values(), setting="SHARING"))
    await stage.done(wish())
    await stage.done(wish(RENAMED))
    assert stage.rows.rows == {}
    assert stage.log.only("model_rows_costly").values == {"setting": "SHARING", "rows": 0}


async def test_no_row_is_removed_if_that_would_show_administrators_a_hidden_model():
    ours = Stage(Rows())
    await ours.done(wish())
    stage = Stage(Rows(*ours.rows.rows.values(), admins_see_private=False))
    await stage.done(wish(SEEING))
    assert len(stage.rows.rows) == len(MODELS)


async def test_a_row_that_a_preset_is_based_on_is_not_removed(stage: Stage):
    await stage.done(wish())
    stage.rows.presets = {"tutor": "pipe.maker/m003", "other": "pipe2.maker/m004"}
    await stage.done(wish(SEEING))
    assert set(stage.rows.rows) == {"pipe.maker/m003"}


async def test_the_next_load_of_an_equal_list_is_checked_and_writes_nothing(stage: Stage):
    await stage.done(wish())
    assert await stage.done(wish(tuple(replace(model) for model in MODELS))) == 0
    assert stage.rows.listed == 2


async def test_the_same_request_is_synced_once(stage: Stage):
    for _ in range(5):
        await stage.done(wish())
    assert stage.rows.listed == 1


@pytest.mark.parametrize(
    "other",
    [
        wish(switches=Switches(descriptions=True)),
        DesiredRows("pipe", MODELS[:3], MODELS, Switches()),
        wish(function="second"),
    ],
    ids=["switches", "selection", "function"],
)
async def test_another_request_for_the_same_list_is_synced_too(stage: Stage, other: DesiredRows):
    await stage.done(wish())
    await stage.done(other)
    assert stage.rows.listed == 2


@pytest.mark.parametrize(
    "nothing",
    [
        wish(function=""),
        wish(()),
        wish(switches=Switches(capabilities=False, descriptions=False, public=True)),
    ],
    ids=["unknown function", "no models", "all switches off"],
)
async def test_rows_are_not_read_if_there_is_nothing_to_sync(stage: Stage, nothing: DesiredRows):
    assert await stage.done(nothing) == 0
    assert stage.rows.listed == 0


async def test_beginning_never_waits_and_requests_are_synced_one_at_a_time(stage: Stage):
    stage.rows.gate = asyncio.Event()
    stage.sync.begin(wish())
    await settled()
    stage.sync.begin(wish(RENAMED[:5]))
    stage.sync.begin(wish(RENAMED))
    await settled()
    assert (stage.rows.listed, stage.rows.writes) == (1, 0)
    stage.rows.gate.set()
    await stage.sync.drained()
    assert stage.rows.listed == 2
    assert {row.name for row in stage.rows.rows.values()} == {"New"}


async def test_rows_are_read_in_small_batches(stage: Stage):
    await stage.done(wish())
    await stage.done(wish(SEEING))
    assert stage.rows.largest_batch == BATCH


async def test_other_tasks_run_between_two_rows(stage: Stage):
    seen: set[int] = set()
    stage.sync.begin(wish())
    while stage.rows.writes < len(MODELS):
        seen.add(stage.rows.writes)
        await asyncio.sleep(0)
    assert seen >= set(range(1, len(MODELS)))


async def test_a_vanished_models_row_is_marked_and_kept(stage: Stage):
    await stage.done(wish())
    assert await stage.done(wish(MODELS[1:])) == 1
    assert stage.rows.rows["pipe.maker/m000"].meta[NOTE]["gone"] is True


async def test_rows_of_another_function_are_not_changed(stage: Stage):
    await stage.done(wish(function="pipe2"))
    theirs = dict(stage.rows.rows)
    await stage.done(wish(SEEING))
    assert theirs.items() <= stage.rows.rows.items()


async def test_no_private_row_is_inserted_if_it_would_hide_the_model_from_administrators():
    stage = Stage(Rows(ModelRow("pipe.maker/m001", "Ours"), admins_see_private=False))
    assert await stage.done(wish()) == 1
    assert set(stage.rows.rows) == {"pipe.maker/m001"}
    assert await stage.done(wish(switches=Switches(public=True))) == len(MODELS) - 1


async def test_a_persons_edit_between_reading_and_writing_is_kept(stage: Stage):
    await stage.done(wish())
    edit_of_the_person = {"usage": False, "vision": False}

    class Quicker(Rows):
        async def update(self, row_id: str, edit: Edit) -> bool:
            row = self.rows[row_id]
            boxes = {**row.meta["capabilities"], **edit_of_the_person}
            self.rows[row_id] = replace(row, meta={**row.meta, "capabilities": boxes})
            return await super().update(row_id, edit)

    late = Stage(Quicker(*stage.rows.rows.values()))
    late.sync.begin(wish(RENAMED[:1]))
    await late.sync.drained()
    assert late.rows.rows["pipe.maker/m000"].meta["capabilities"]["usage"] is False


async def test_a_process_that_meets_another_one_waits_and_checks_again(stage: Stage):
    stage.rows.peer = MemoryModelRows()
    stage.sync.begin(wish())
    await until(lambda: stage.clock.moments == [PEER_SECONDS])
    assert stage.rows.writes == 0
    stage.rows.peer = None
    stage.clock.advance(PEER_SECONDS)
    await stage.sync.drained()
    assert len(stage.rows.rows) == len(MODELS)


async def test_while_another_process_writes_rows_this_one_waits_and_then_does_its_own(stage: Stage):
    other = await stage.leases.take("rows:pipe", "another", stage.clock.now(), 600.0)
    assert other is not None
    stage.sync.begin(wish())
    await until(lambda: stage.clock.moments == [PEER_SECONDS])
    assert stage.rows.listed == 0
    await stage.leases.release(other)
    stage.clock.advance(PEER_SECONDS)
    await stage.sync.drained()
    assert len(stage.rows.rows) == len(MODELS)
    assert await stage.leases.take("rows:pipe", "another", stage.clock.now(), 1.0) is not None


async def test_a_newer_request_is_the_one_that_waits_for_another_process(stage: Stage):
    other = await stage.leases.take("rows:pipe", "another", stage.clock.now(), 600.0)
    assert other is not None
    stage.sync.begin(wish())
    await until(lambda: stage.clock.moments == [PEER_SECONDS])
    stage.sync.begin(wish(RENAMED))
    stage.clock.advance(PEER_SECONDS)
    await until(lambda: stage.clock.moments == [PEER_SECONDS])
    await stage.leases.release(other)
    stage.clock.advance(PEER_SECONDS)
    await stage.sync.drained()
    assert {row.name for row in stage.rows.rows.values()} == {"New"}
    assert len(stage.log.named("model_rows_synced")) == 1


async def test_a_process_that_lost_the_lease_writes_nothing_more_until_it_has_it_again(stage: Stage):
    stage.rows.gate = asyncio.Event()
    stage.sync.begin(wish())
    await settled()  # the first insert waits
    stage.clock.advance(LEASE_SECONDS + 1)
    other = await stage.leases.take("rows:pipe", "another", stage.clock.now(), 600.0)
    assert other is not None
    stage.rows.gate.set()
    await until(lambda: stage.clock.moments == [LONGEST_PAUSE])
    stage.clock.advance(LONGEST_PAUSE)
    await until(lambda: stage.clock.moments == [PEER_SECONDS])
    assert stage.rows.writes == 1
    await stage.leases.release(other)
    while stage.sync._task is not None:
        stage.clock.advance(PEER_SECONDS)
        await settled()
    assert len(stage.rows.rows) == len(MODELS)


async def test_without_leases_the_rows_are_written_all_the_same():
    class NoLeases(MemoryLeases):
        async def take(self, *_: object) -> None:
            raise LeasesUnavailable("locked")

    assert await Stage(Rows(), NoLeases()).done(wish()) == len(MODELS)


async def test_the_number_of_checks_is_limited(stage: Stage):
    stage.rows.peer = MemoryModelRows()
    stage.sync.begin(wish())
    for _ in range(PASSES - 1):
        await until(lambda: stage.clock.moments)
        stage.clock.advance(PEER_SECONDS)
        await settled()
    await stage.sync.drained()
    assert stage.rows.listed == PASSES


async def test_a_row_the_host_rejects_costs_one_warning_and_no_other_row(stage: Stage):
    stage.rows.refuses = {"pipe.maker/m003"}
    assert await stage.done(wish()) == len(MODELS) - 1
    await stage.done(wish(tuple(replace(model) for model in MODELS)))
    assert stage.log.only("model_rows_not_synced").level == "warning"


async def test_a_host_that_rejects_everything_is_not_asked_for_a_while(stage: Stage):
    stage.rows.refuses = {f"pipe.{model.id}" for model in MODELS}
    await stage.done(wish())
    assert stage.log.only("model_rows_not_synced")
    stage.rows.refuses = ()
    assert await stage.done(wish()) == 0
    stage.clock.advance(RETRY_SECONDS)
    assert await stage.done(wish()) == len(MODELS)


async def test_only_consecutive_rejections_count(stage: Stage):
    stage.rows.refuses = {f"pipe.{model.id}" for model in MODELS[::2]}
    assert len(stage.rows.refuses) > REFUSED_IN_A_ROW
    assert await stage.done(wish()) == len(MODELS) - len(stage.rows.refuses)


async def test_unreachable_rows_cost_one_warning_and_are_retried_later(stage: Stage):
    stage.rows.fails = RowsUnavailable("OperationalError")
    await stage.done(wish())
    stage.clock.advance(RETRY_SECONDS)
    await stage.done(wish())
    assert stage.rows.listed == 2
    assert "OperationalError" in str(stage.log.only("model_rows_not_synced").values["error"])
    stage.rows.fails = None
    stage.clock.advance(RETRY_SECONDS)
    assert await stage.done(wish()) == len(MODELS)


async def test_a_host_without_such_rows_is_asked_once(stage: Stage):
    stage.rows.fails = RowsNotOffered("open_webui.models.models")
    await stage.done(wish())
    stage.clock.advance(RETRY_SECONDS)
    await stage.done(wish(SEEING))
    assert stage.rows.listed == 1
    assert stage.log.only("model_rows_not_synced")


async def test_a_defect_ends_in_the_log(stage: Stage):
    stage.rows.fails = ZeroDivisionError("secret")
    await stage.done(wish())
    assert stage.log.only("model_rows_not_synced").values["error"] == "ZeroDivisionError in the sync itself"


async def test_closing_ends_the_running_sync_and_no_other_begins(stage: Stage):
    stage.rows.gate = asyncio.Event()
    stage.sync.begin(wish())
    await settled()
    await stage.sync.aclose()
    assert await stage.done(wish(SEEING)) == 0
    assert stage.rows.listed == 1


async def test_closing_ends_a_sync_that_has_not_begun(stage: Stage):
    stage.sync.begin(wish())
    async with asyncio.timeout(PATIENCE):
        await stage.sync.aclose()
    assert stage.rows.listed == 0


# --- icons ------------------------------------------------------------------------------------------------


def pictured(models: tuple[Model, ...] = MODELS, switches: Switches = PICTURED) -> DesiredRows:
    return DesiredRows("pipe", models, models, switches, SOURCE)


def icons_in(rows: Rows) -> list[str]:
    return [row_id for row_id, row in rows.rows.items() if "profile_image_url" in row.meta]


async def test_rows_get_their_icons_after_everything_else(stage: Stage):
    stage.catalog.icons = {MODELS[0].id: "https://icons.example/a.png", MODELS[1].id: "https://icons.example/gone.png"}
    assert await stage.done(pictured()) == len(MODELS) + 1
    assert icons_in(stage.rows) == [f"pipe.{MODELS[0].id}"]
    assert "model_rows_not_synced" not in {line.name for line in stage.log.lines}


async def test_no_row_is_made_for_an_icon(stage: Stage):
    stage.catalog.icons = {model.id: "https://icons.example/a.png" for model in SEEING}
    assert await stage.done(pictured(SEEING)) == 0
    assert stage.fetcher.asked == []


async def test_icons_alone_are_written_to_rows_that_are_there_and_none_is_made_or_removed(stage: Stage):
    stage.rows.rows = {row_id: ModelRow(row_id, "Theirs") for row_id in (f"pipe.{MODELS[0].id}", "pipe.other")}
    stage.catalog.icons = {model.id: "https://icons.example/a.png" for model in MODELS}
    alone = Switches(capabilities=False, descriptions=False, images=True, public=True)
    assert await stage.done(pictured(switches=alone)) == 1
    assert icons_in(stage.rows) == [f"pipe.{MODELS[0].id}"]


async def test_without_a_source_no_icon_is_looked_for(stage: Stage):
    await stage.done(wish())
    assert stage.catalog.icons_asked == 0


async def test_an_upstream_without_icons_changes_nothing_else(stage: Stage):
    stage.catalog.icons = CatalogError("HTTP 404", status=404)
    assert await stage.done(pictured()) == len(MODELS)
    assert len(stage.log.named("model_rows_synced")) == 1
