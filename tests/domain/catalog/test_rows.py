"""What is written into the host's rows, and what never is."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalog.rows import (
    NAME_LIMIT,
    NOTE,
    Switches,
    Target,
    follow,
    icon_address,
    needed,
    new_row,
    removable,
    target_of,
)
from ports.catalog import Model
from ports.model_rows import Assumed, ModelRow

FUNCTION = "openrouter"
SEEING = Model(
    "maker/model",
    "Model",
    input_modalities=frozenset({"text", "image"}),
    description="Sees.",
)
BLIND = replace(SEEING, input_modalities=frozenset({"text"}))
OTHER = Model("maker/other", "Other")
ROW_ID = "openrouter.maker/model"
EVERYTHING = Switches(capabilities=True, descriptions=True)


ASSUMED = Assumed({"vision": True, "builtin_tools": True})
COSTLY = Assumed(ASSUMED.boxes, "A_SETTING_OF_THE_HOST")


def target(
    *models: Model, switches: Switches = EVERYTHING, catalog: tuple[Model, ...] = (), assumed: Assumed = ASSUMED
) -> Target:
    return target_of(FUNCTION, models, catalog or models, switches, assumed)


def made(model: Model = SEEING, switches: Switches = EVERYTHING) -> ModelRow:
    """Return the row after its insertion."""
    row = new_row(target(model, switches=switches), f"{FUNCTION}.{model.id}")
    return ModelRow(row.id, row.name, row.meta, public=row.public)


def after(row: ModelRow, wanted: Target) -> ModelRow:
    """Return the row after a sync."""
    change = follow(wanted, row)
    if change is None:
        return row
    return replace(row, name=change.name or row.name, meta={**row.meta, **change.meta})


def with_box(row: ModelRow, box: str, value: object) -> ModelRow:
    """Return the row after a person has set a box."""
    return replace(row, meta={**row.meta, "capabilities": {**boxes(row), box: value}})


def boxes(row: ModelRow) -> Mapping[str, object]:
    return row.meta.get("capabilities") or {}


def test_a_new_row_has_name_description_and_boxes():
    row = new_row(target(BLIND), ROW_ID)
    assert (row.id, row.name, row.meta["description"]) == (ROW_ID, "Model", "Sees.")
    assert row.meta["capabilities"] == {"vision": False}


def test_a_new_row_is_private_unless_the_operator_wants_it_public():
    assert not new_row(target(SEEING), ROW_ID).public
    assert new_row(target(SEEING, switches=Switches(public=True)), ROW_ID).public


def test_a_new_row_holds_only_what_is_switched_on():
    assert "description" not in made(switches=Switches(descriptions=False)).meta
    assert "capabilities" not in made(switches=Switches(capabilities=False, descriptions=True)).meta


def test_a_second_sync_changes_nothing():
    assert follow(target(SEEING), made()) is None


def test_a_box_follows_the_catalog():
    assert boxes(after(made(SEEING), target(BLIND)))["vision"] is False


def test_a_description_follows_the_catalog():
    assert after(made(), target(replace(SEEING, description="Sees more."))).meta["description"] == "Sees more."


def test_a_name_follows_the_catalog_in_a_row_made_here():
    assert after(made(), target(replace(SEEING, name="Model 2"))).name == "Model 2"


def test_only_the_entries_that_differ_are_written():
    change = follow(target(BLIND), made(SEEING))
    assert set(change.meta) == {"capabilities", NOTE}
    assert change.name is None


def test_entries_of_others_stay():
    row = replace(made(), meta={**made().meta, "tags": [{"name": "mine"}]})
    row = with_box(row, "terminal", False)
    row = after(row, target(BLIND))
    assert row.meta["tags"] == [{"name": "mine"}]
    assert boxes(row)["terminal"] is False


def test_a_box_that_a_person_has_set_is_never_changed_again():
    edited = with_box(made(SEEING), "vision", False)
    for model in (SEEING, BLIND, SEEING):
        edited = after(edited, target(model))
        assert boxes(edited)["vision"] is False


def test_boxes_beside_an_edited_one_go_on_following():
    edited = with_box(made(BLIND), "usage", False)
    edited = after(edited, target(SEEING))
    assert boxes(edited) == {"usage": False}


@pytest.mark.parametrize("text", ["Mine.", "", None])
def test_a_description_that_a_person_has_edited_is_never_changed_again(text):
    edited = replace(made(), meta={**made().meta, "description": text})
    edited = after(edited, target(replace(SEEING, description="New.")))
    assert edited.meta["description"] == text


def test_a_name_a_person_has_given_stays():
    edited = replace(made(), name="Ours")
    assert after(edited, target(replace(SEEING, name="Model 2"))).name == "Ours"


def test_a_row_made_by_others_keeps_its_name_and_values():
    row = ModelRow(ROW_ID, "Ours", {"description": "Mine.", "capabilities": {"vision": False}})
    row = after(row, target(SEEING))
    assert (row.name, row.meta["description"], boxes(row)["vision"]) == ("Ours", "Mine.", False)


def test_a_row_made_by_others_is_filled_where_it_is_empty():
    row = after(ModelRow(ROW_ID, "Ours", {"capabilities": {"usage": False}}), target(BLIND))
    assert row.meta["description"] == "Sees."
    assert (boxes(row)["vision"], boxes(row)["usage"]) == (False, False)


def test_values_filled_into_a_row_made_by_others_follow_the_catalog_from_then_on():
    row = after(ModelRow(ROW_ID, "Ours"), target(BLIND))
    assert boxes(after(row, target(SEEING))) == {}
    assert boxes(after(after(row, target(SEEING)), target(BLIND)))["vision"] is False


def test_a_row_made_by_others_without_empty_fields_is_not_changed():
    row = with_box(ModelRow(ROW_ID, "Ours", {"description": "x"}), "vision", True)
    full = replace(row, meta={**row.meta, "capabilities": {**boxes(made()), **boxes(row)}})
    assert follow(target(SEEING), full) is None


def test_a_preset_is_not_changed():
    assert follow(target(SEEING), ModelRow(ROW_ID, "Preset", preset=True)) is None


def test_a_field_whose_switch_is_off_stays_as_it_is():
    row = after(made(SEEING), target(replace(BLIND, description="New."), switches=Switches(descriptions=False)))
    assert (row.meta["description"], boxes(row)["vision"]) == ("Sees.", False)


def test_a_box_the_catalog_no_longer_states_stays_unchanged():
    row = after(made(BLIND), target(replace(BLIND, input_modalities=frozenset())))
    assert boxes(row)["vision"] is False


def test_the_row_of_a_vanished_model_is_marked_once():
    row = after(made(), target(OTHER))
    assert row.meta[NOTE]["gone"] is True
    assert boxes(row) == boxes(made())
    assert follow(target(OTHER), row) is None


def test_the_mark_goes_when_the_model_returns():
    row = after(after(made(SEEING), target(OTHER)), target(BLIND))
    assert "gone" not in row.meta[NOTE]
    assert boxes(row)["vision"] is False


def test_the_row_of_a_model_that_is_just_not_offered_is_not_changed():
    assert follow(target(OTHER, catalog=(SEEING, OTHER)), made(SEEING)) is None


def test_the_row_others_made_for_a_vanished_model_is_not_changed():
    assert follow(target(OTHER), ModelRow(ROW_ID, "Ours", {"description": "Mine."})) is None


@pytest.mark.parametrize("note", [None, "x", [], {}, {"wrote": 3}, {"made": "yes", "wrote": {"vision": []}}])
def test_a_damaged_note_counts_as_empty(note):
    row = replace(made(BLIND), meta={**made(BLIND).meta, NOTE: note})
    assert boxes(after(row, target(SEEING)))["vision"] is False


@pytest.mark.parametrize("found", [None, "all", [1], 0])
def test_unreadable_boxes_are_overwritten(found):
    row = after(ModelRow(ROW_ID, "Ours", {"capabilities": found}), target(BLIND))
    assert boxes(row)["vision"] is False


def test_a_name_is_shortened_and_characters_a_store_rejects_are_removed():
    row = new_row(target(replace(SEEING, name="n\0" * NAME_LIMIT, description="a\ud800b\0")), ROW_ID)
    assert row.name == "n" * NAME_LIMIT
    assert row.meta["description"] == "a?b"


@pytest.mark.parametrize(
    ("model", "switches", "assumed", "wanted"),
    [
        (BLIND, Switches(), ASSUMED, True),
        (SEEING, Switches(), ASSUMED, False),
        (SEEING, Switches(), Assumed({"vision": False}), True),
        (BLIND, Switches(), Assumed({"vision": False}), False),
        (BLIND, Switches(), Assumed({"builtin_tools": True}), False),
        (SEEING, Switches(descriptions=True), ASSUMED, True),
        (BLIND, Switches(capabilities=False, descriptions=True), ASSUMED, True),
        (OTHER, Switches(descriptions=True), ASSUMED, False),
        (SEEING, Switches(public=True), ASSUMED, True),
        (BLIND, Switches(), COSTLY, False),
        (BLIND, Switches(public=True), COSTLY, True),
    ],
)
def test_a_row_is_needed_only_if_it_differs_from_the_defaults_or_makes_its_model_public(
    model, switches, assumed, wanted
):
    wanted_id = f"{FUNCTION}.{model.id}"
    assert needed(target(model, switches=switches, assumed=assumed), wanted_id) is wanted


QUIET = Switches()


@pytest.mark.parametrize(
    "edit",
    [
        lambda row: replace(row, name="Ours"),
        lambda row: replace(row, public=True),
        lambda row: replace(row, claimed=True),
        lambda row: replace(row, preset=True),
        lambda row: with_box(row, "vision", True),
        lambda row: with_box(row, "terminal", False),
        lambda row: replace(row, meta={**row.meta, "tags": [{"name": "mine"}]}),
        lambda row: replace(row, meta={**row.meta, "description": "Mine."}),
        lambda row: replace(row, meta={**row.meta, NOTE: {}}),
        lambda row: replace(row, id="openrouter.maker/gone"),
    ],
    ids=["name", "public", "claimed", "preset", "box", "another box", "tags", "description", "no note", "gone"],
)
def test_a_row_without_content_is_removed_unless_a_person_edited_it(edit):
    row = made(BLIND, QUIET)
    wanted = target(SEEING, switches=QUIET)
    assert removable(wanted, row)
    assert not removable(wanted, edit(row))


def test_a_row_of_the_previous_release_is_removed_if_it_equals_the_hosts_defaults():
    old = {"vision": True, "usage": True, "file_upload": True, "web_search": False, "image_generation": False}
    note: dict[str, Any] = {"made": True, "wrote": {"name": "", **old}}
    row = made(SEEING, QUIET)
    note["wrote"]["name"] = row.meta[NOTE]["wrote"]["name"]
    row = replace(row, meta={"capabilities": old, NOTE: note})
    assert removable(target(SEEING, switches=QUIET), row)
    kept = after(row, target(BLIND, switches=QUIET))
    assert boxes(kept) == {"vision": False}


def test_a_row_that_differs_from_the_defaults_stays():
    assert not removable(target(BLIND, switches=QUIET), made(BLIND, QUIET))


def test_a_row_that_costs_connections_is_removed_although_it_differs_from_the_defaults():
    assert removable(target(BLIND, switches=QUIET, assumed=COSTLY), made(BLIND, QUIET))


def test_rows_that_make_a_model_public_stay():
    everybody = Switches(public=True)
    assert not removable(target(SEEING, switches=everybody), made(SEEING, everybody))


MODELS = st.builds(
    Model,
    st.just("maker/model"),
    st.sampled_from(["Model", "Model 2"]),
    input_modalities=st.sampled_from([frozenset(), frozenset({"text"}), frozenset({"image"})]),
    description=st.sampled_from(["", "One.", "Two."]),
)
SWITCHES = st.builds(Switches, st.booleans(), st.booleans())
METAS = st.fixed_dictionaries(
    {},
    optional={
        "description": st.sampled_from([None, "", "One.", "Mine."]),
        "capabilities": st.none() | st.dictionaries(st.sampled_from(["vision", "usage", "terminal"]), st.booleans()),
        NOTE: st.sampled_from([None, {}, {"made": True, "gone": True, "wrote": {"vision": True}}]),
    },
)


@given(METAS, MODELS, SWITCHES, st.booleans())
def test_a_second_sync_never_changes_anything_whatever_the_row_contains(meta, model, switches, vanished):
    wanted = target(OTHER if vanished else model, switches=switches)
    row = after(ModelRow(ROW_ID, "Ours", meta), wanted)
    assert follow(wanted, row) is None


# --- icons ------------------------------------------------------------------------------------------------

ICON, OTHER_ICON = "data:image/png;base64,AAAA", "data:image/png;base64,BBBB"
PICTURED = Switches(images=True)


def with_icon(icon: str = ICON, model: Model = BLIND, switches: Switches = PICTURED) -> Target:
    return replace(target(model, switches=switches), icons={model.id: icon})


def test_an_icon_is_written_to_a_row_that_is_there():
    row = made(BLIND, PICTURED)
    assert "profile_image_url" not in row.meta
    row = after(row, with_icon())
    assert row.meta["profile_image_url"] == ICON
    assert follow(with_icon(), row) is None


def test_an_icon_follows_upstream():
    row = after(after(made(BLIND, PICTURED), with_icon()), with_icon(OTHER_ICON))
    assert row.meta["profile_image_url"] == OTHER_ICON


@pytest.mark.parametrize("own", ["data:image/png;base64,OWN", "https://icons.example/own.png", ""])
def test_an_icon_that_a_person_has_changed_is_never_overwritten(own):
    row = after(made(BLIND, PICTURED), with_icon())
    edited = replace(row, meta={**row.meta, "profile_image_url": own})
    assert after(edited, with_icon(OTHER_ICON)) == edited


def test_an_icon_in_a_row_made_by_others_stays():
    row = ModelRow(ROW_ID, "Theirs", {"profile_image_url": "https://icons.example/own.png"})
    assert after(row, with_icon()).meta["profile_image_url"] == "https://icons.example/own.png"


def test_an_icon_that_is_not_known_today_stays():
    row = after(made(BLIND, PICTURED), with_icon())
    assert follow(target(BLIND, switches=PICTURED), row) is None


def test_a_row_is_never_needed_for_its_icon_alone():
    assert not needed(with_icon(model=SEEING), ROW_ID)
    assert not needed(with_icon(switches=Switches(capabilities=False, images=True, public=True)), ROW_ID)


def test_a_row_that_holds_nothing_but_its_icon_is_removed_unless_a_person_chose_the_icon():
    row = after(made(BLIND, PICTURED), with_icon())
    seeing = with_icon(model=SEEING)
    row = after(row, seeing)
    assert removable(seeing, row)
    assert not removable(seeing, replace(row, meta={**row.meta, "profile_image_url": OTHER_ICON}))


def test_with_icons_alone_no_row_is_removed():
    row = after(made(BLIND, PICTURED), with_icon())
    assert not removable(with_icon(model=SEEING, switches=Switches(capabilities=False, images=True)), row)


@pytest.mark.parametrize(
    ("model", "address"),
    [
        (Model("a/b", "B"), "1"),
        (Model("a/b:free", "B"), "2"),
        (Model("a/b:nitro", "B"), "1"),
        (Model("a/b@preset/brief", "B"), "1"),
        (Model("a/new", "B", canonical_slug="a/c-2026"), "3"),
        (Model("a/d", "B"), ""),
    ],
)
def test_the_icon_of_a_variant_or_preset_is_that_of_its_model(model, address):
    assert icon_address(model, {"a/b": "1", "a/b:free": "2", "a/c-2026": "3"}) == address


# --- files that go to the model itself ------------------------------------------------------------------------

READING = replace(SEEING, input_modalities=frozenset({"text", "image", "file"}))
DIRECT = Switches(direct_files=True)
WITH_FILES = Assumed({**ASSUMED.boxes, "file_context": True})


def test_host_leaves_files_to_a_model_that_reads_them():
    wanted = target(READING, switches=DIRECT, assumed=WITH_FILES)
    row = new_row(wanted, ROW_ID)
    assert row.meta["capabilities"] == {"file_context": False}
    assert needed(wanted, ROW_ID)
    assert not needed(target(SEEING, switches=DIRECT, assumed=WITH_FILES), ROW_ID)
    assert not needed(target(READING, switches=Switches(), assumed=WITH_FILES), ROW_ID)


def test_row_for_files_is_written_even_where_rows_are_costly():
    assert needed(target(READING, switches=DIRECT, assumed=replace(WITH_FILES, setting="A_SETTING")), ROW_ID)


def test_switch_of_files_stays_while_it_is_wanted_and_goes_afterwards():
    wanted = target(READING, switches=DIRECT, assumed=WITH_FILES)
    made_row = new_row(wanted, ROW_ID)
    row = ModelRow(made_row.id, made_row.name, made_row.meta)
    assert follow(wanted, row) is None
    assert not removable(wanted, row)
    idle = target(READING, switches=Switches(), assumed=WITH_FILES)
    assert removable(idle, row)
    assert boxes(after(row, idle)) == {}


def test_switch_of_files_that_a_person_set_is_never_touched():
    own = ModelRow(ROW_ID, "Model", {"capabilities": {"file_context": True}})
    wanted = target(READING, switches=DIRECT, assumed=WITH_FILES)
    assert boxes(after(own, wanted))["file_context"] is True
    off = ModelRow(ROW_ID, "Model", {"capabilities": {"file_context": False}})
    assert boxes(after(off, target(READING, switches=Switches(), assumed=WITH_FILES)))["file_context"] is False


def test_host_without_that_switch_gets_none():
    assert not needed(target(READING, switches=DIRECT), ROW_ID)
