"""The list of models as bytes and back; unreadable bytes raise only SnapshotUnusable."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalog.snapshot import (
    _MODEL,
    _OPTION,
    _PICTURES,
    _REASONING,
    Snapshot,
    SnapshotUnusable,
    read_snapshot,
    snapshot_key,
    write_snapshot,
)
from ports.catalog import Model, PictureOption, Pictures, Reasoning
from ports.responses import Route

ROUTE = Route("https://openrouter.ai/api/v1", "sk-or-v1-secret")
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
FULL = Model(
    id="maker/full",
    name="Full \ud800 \u00e9",
    created=1_700_000_000,
    context_length=200_000,
    max_completion_tokens=8_192,
    prompt_price=Decimal("0.00000015"),
    completion_price=Decimal(0),
    input_modalities=frozenset({"text", "image"}),
    output_modalities=frozenset({"text"}),
    supported_parameters=frozenset({"tools", "temperature"}),
    reasoning=Reasoning(mandatory=True, takes_effort=True, efforts=("low", "high")),
    canonical_slug="maker/full-2026",
    listed_prices=(Decimal(0), None, Decimal("0.01")),
    description="About it.",
    web_search_price=Decimal("0.01"),
    pictures=Pictures((PictureOption("n", ("a", "b"), 1, 4), PictureOption("seed")), streams=True),
)
UNDESCRIBED = Model("maker/painter", "Painter", pictures=Pictures())
SNAPSHOT = Snapshot((FULL, Model("maker/plain", "Plain"), UNDESCRIBED), NOON, frozenset({"maker/full"}))


def test_every_field_comes_back() -> None:
    assert read_snapshot(write_snapshot(SNAPSHOT, ROUTE), ROUTE) == SNAPSHOT


def test_no_field_of_a_model_is_forgotten() -> None:
    assert set(_MODEL) == {one.name for one in fields(Model)}
    assert set(_REASONING) == {one.name for one in fields(Reasoning)}
    assert set(_PICTURES) == {one.name for one in fields(Pictures)}
    assert set(_OPTION) == {one.name for one in fields(PictureOption)}


def test_a_list_of_an_earlier_release_has_only_models_of_chats() -> None:
    held = json.loads(write_snapshot(SNAPSHOT, ROUTE))
    for model in held["models"]:
        model.pop("pictures", None)
    read = read_snapshot(json.dumps(held).encode(), ROUTE)
    assert [model.id for model in read.models] == [model.id for model in SNAPSHOT.models]
    assert {model.pictures for model in read.models} == {None}


def test_a_list_that_was_not_requested_differs_from_an_empty_one() -> None:
    unknown = replace(SNAPSHOT, zero_retention=None)
    assert read_snapshot(write_snapshot(unknown, ROUTE), ROUTE).zero_retention is None


def test_the_stored_bytes_reveal_neither_key_nor_address() -> None:
    kept = write_snapshot(SNAPSHOT, ROUTE).decode() + snapshot_key(ROUTE)
    assert "secret" not in kept
    assert "openrouter.ai" not in kept


def test_each_address_and_key_has_its_own_list() -> None:
    routes = (ROUTE, replace(ROUTE, api_key="sk-or-v1-other"), replace(ROUTE, base_url="https://gateway.test/v1"))
    assert len({snapshot_key(route) for route in routes}) == 3


def test_a_list_of_another_key_is_unusable() -> None:
    with pytest.raises(SnapshotUnusable, match="of another key or address"):
        read_snapshot(write_snapshot(SNAPSHOT, replace(ROUTE, api_key="sk-or-v1-other")), ROUTE)


def test_a_list_of_another_version_is_unusable() -> None:
    held = json.loads(write_snapshot(SNAPSHOT, ROUTE)) | {"format": 99}
    with pytest.raises(SnapshotUnusable, match="written by another version"):
        read_snapshot(json.dumps(held).encode(), ROUTE)


def test_fields_of_a_later_release_are_ignored() -> None:
    held = json.loads(write_snapshot(SNAPSHOT, ROUTE))
    held["models"][0]["new"] = {"x": 1}
    assert read_snapshot(json.dumps(held).encode(), ROUTE) == SNAPSHOT


def test_every_truncation_is_unusable() -> None:
    raw = write_snapshot(SNAPSHOT, ROUTE)
    for length in range(len(raw)):
        with pytest.raises(SnapshotUnusable):
            read_snapshot(raw[:length], ROUTE)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.sampled_from([*_MODEL, "models", "fetched_at", "zero_retention", "format", "route"]), JSON)
def test_damaged_values_are_unusable_or_read_unchanged(name: str, value: object) -> None:
    held = json.loads(write_snapshot(SNAPSHOT, ROUTE))
    (held["models"][0] if name in _MODEL else held)[name] = value
    try:
        snapshot = read_snapshot(json.dumps(held).encode(), ROUTE)
    except SnapshotUnusable:
        return
    assert snapshot.models
    assert all(isinstance(model.id, str) for model in snapshot.models)


@given(st.binary())
def test_random_bytes_are_reported_as_unusable(raw: bytes) -> None:
    with pytest.raises(SnapshotUnusable):
        read_snapshot(raw, ROUTE)
