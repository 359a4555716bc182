"""The list of models that draw: as the official SDK describes it, and damaged in every way."""

import json

import pytest
from openrouter.components import ImageModelsListResponse

from adapters.openrouter.catalog.listing import AioCatalog
from adapters.openrouter.catalog.picture_models import MOST_OPTIONS, read_picture_model
from adapters.process.clock import SystemClock
from entrypoints.simulator.image_models import IMAGE_MODELS
from ports.catalog import CatalogError, Model, PictureOption, Pictures
from ports.responses import Route
from tests.adapters.openrouter.scripted_upstream import scripted

ENTRY = {
    "id": "maker/painter",
    "name": "Painter",
    "description": "Draws.",
    "created": 1_700_000_000,
    "architecture": {"input_modalities": ["text", "image"], "output_modalities": ["image"]},
    "supported_parameters": {
        "quality": {"type": "enum", "values": ["low", "high"]},
        "n": {"type": "range", "min": 1, "max": 4},
        "seed": {"type": "boolean"},
        "mood": {"type": "from the future"},
    },
    "supports_streaming": True,
    "endpoints": "/api/v1/images/models/maker/painter/endpoints",
}


def test_a_model_is_read_with_everything_it_accepts():
    options = (
        PictureOption("quality", values=("low", "high")),
        PictureOption("n", least=1, most=4),
        PictureOption("seed"),
        PictureOption("mood"),
    )
    assert read_picture_model(ENTRY) == Model(
        "maker/painter",
        "Painter",
        created=1_700_000_000,
        input_modalities=frozenset({"text", "image"}),
        output_modalities=frozenset({"image"}),
        supported_parameters=frozenset({"quality", "n", "seed", "mood"}),
        description="Draws.",
        pictures=Pictures(options, streams=True),
    )


@pytest.mark.parametrize("described", [None, [], "n", 5])
def test_parameters_that_are_not_described_are_unknown_rather_than_none(described):
    model = read_picture_model({**ENTRY, "supported_parameters": described})
    assert model is not None
    assert model.pictures == Pictures(None, streams=True)
    empty = read_picture_model({**ENTRY, "supported_parameters": {}})
    assert empty is not None
    assert empty.pictures == Pictures((), streams=True)


@pytest.mark.parametrize(
    ("kind", "option"),
    [
        ({"type": "enum", "values": [1, None, "a", "x" * 65, ""]}, PictureOption("p", values=("a",))),
        ({"type": "enum"}, PictureOption("p")),
        ({"type": "range", "min": "1", "max": 2.9}, PictureOption("p", least=1, most=2)),
        ({"type": "range", "min": -5, "max": "many"}, PictureOption("p")),
        ({"type": ["enum"]}, PictureOption("p")),
        ("enum", PictureOption("p")),
    ],
)
def test_a_damaged_parameter_keeps_what_can_be_read(kind, option):
    model = read_picture_model({"id": "a/b", "supported_parameters": {"p": kind, "": kind, "y" * 65: kind}})
    assert model is not None
    assert model.pictures == Pictures((option,))
    assert model.output_modalities == {"image"}


def test_the_parameters_of_a_model_are_bounded():
    model = read_picture_model({"id": "a/b", "supported_parameters": {f"p{n}": {} for n in range(1000)}})
    assert model is not None
    assert model.pictures is not None
    assert len(model.pictures.options or ()) == MOST_OPTIONS


@pytest.mark.parametrize("entry", [{}, {"id": 5}, {"id": " "}, {"id": "x" * 301}])
def test_an_entry_without_a_usable_id_is_left_out(entry):
    assert read_picture_model(entry) is None


async def test_the_list_is_asked_at_its_own_place_and_may_be_empty(pool):
    async def answer(visit):
        await visit.answer_json({"data": []})

    async with scripted(answer) as upstream:
        catalog = AioCatalog(pool, SystemClock(), lambda: 5)
        assert await catalog.fetch_pictures(Route(upstream.url, "k")) == ()
        assert upstream.visits[0].asked.target == "/api/v1/images/models"


async def test_an_upstream_without_such_a_list_is_an_error_with_its_status(pool):
    async def answer(visit):
        await visit.answer_json({"error": {"message": "Not Found"}}, 404)

    async with scripted(answer) as upstream:
        with pytest.raises(CatalogError) as caught:
            await AioCatalog(pool, SystemClock(), lambda: 5).fetch_pictures(Route(upstream.url, "k"))
    assert caught.value.status == 404


def test_the_simulators_list_is_one_of_the_official_sdk():
    entries = [model.entry for model in IMAGE_MODELS]
    read = ImageModelsListResponse.model_validate({"data": entries}).model_dump(mode="json")["data"]
    assert read == json.loads(json.dumps(entries))
