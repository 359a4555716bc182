"""Annotations go back only in the forms that upstream accepts."""

from typing import get_args

import pytest
from openrouter import components
from pydantic import BaseModel

from domain.conversation.annotations import FIELDS, with_sound_annotations

LINK = {"type": "url_citation", "url": "https://a.example/", "title": "A", "start_index": 0, "end_index": 3}
FILE = {"type": "file_citation", "file_id": "f1", "filename": "plan.pdf", "index": 3}
PATH = {"type": "file_path", "file_id": "f1", "index": 3}


def part(*annotations: object) -> dict[str, object]:
    return {"type": "output_text", "text": "Yes.", "annotations": list(annotations)}


def test_sound_annotations_stay_as_they_are() -> None:
    sound = part(LINK, {**LINK, "content": "Words."}, FILE, PATH)
    assert with_sound_annotations(sound) is sound


@pytest.mark.parametrize(
    "other",
    [
        {"type": "container_file_citation", "file_id": "f2", "container_id": "c1", "filename": "sum.csv"},
        {"type": "file", "file": {"hash": "h", "content": []}},
        {**LINK, "title": None},
        {key: value for key, value in LINK.items() if key != "url"},
        {**FILE, "index": "3"},
        {**PATH, "index": True},
        {"url": "https://a.example/"},
        "a text",
        None,
    ],
)
def test_others_are_left_out(other: object) -> None:
    assert with_sound_annotations(part(LINK, other)) == part(LINK)


@pytest.mark.parametrize("odd", [None, "x", {}])
def test_a_list_that_is_none_becomes_an_empty_one(odd: object) -> None:
    assert with_sound_annotations({**part(), "annotations": odd}) == part()


def test_a_part_without_annotations_gets_none() -> None:
    refusal = {"type": "refusal", "refusal": "No."}
    assert with_sound_annotations(refusal) is refusal


def test_the_table_has_the_fields_that_the_sdk_requires() -> None:
    models = [one for one in _models(components.OpenAIResponsesAnnotation) if one.__name__ != "Unknown"]
    required = {
        str(_literal(model)): {name for name, field in model.model_fields.items() if field.is_required()} - {"type"}
        for model in models
    }
    assert required == {kind: set(fields) for kind, fields in FIELDS.items()}


def _models(form: object) -> list[type[BaseModel]]:
    if isinstance(form, type) and issubclass(form, BaseModel):
        return [] if "is_unknown" in form.model_fields else [form]
    inner = getattr(form, "__value__", None)
    return [model for part in ([inner] if inner is not None else get_args(form)) for model in _models(part)]


def _literal(model: type[BaseModel]) -> object:
    annotation = model.model_fields["type"].annotation
    return next(iter(get_args(annotation)), annotation)
