"""A note replaces media that a model rejects or that cannot be sent."""

from typing import Any

import pytest

from domain.conversation.media import sendable
from ports.catalog import Model

TEXT_ONLY = Model("maker/text", "Text", input_modalities=frozenset({"text"}))
EVERYTHING = Model("maker/all", "All", input_modalities=frozenset({"text", "image", "file", "audio", "video"}))
GOOD: dict[str, dict[str, Any]] = {
    "png": {"type": "input_image", "detail": "auto", "image_url": "data:image/png;base64,iVBORw0KGgo="},
    "link": {"type": "input_image", "detail": "auto", "image_url": "https://a.example/a.png?b=c"},
    "pdf": {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="},
    "file link": {"type": "input_file", "filename": "a.pdf", "file_url": "https://a.example/a.pdf"},
    "file id": {"type": "input_file", "filename": "a.pdf", "file_id": "file-1"},
    "wav": {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
    "mp4": {"type": "input_video", "video_url": "data:video/mp4;base64,AAAA"},
}
BAD = {
    "heic": ({"type": "input_image", "detail": "auto", "image_url": "data:image/heic;base64,AAAA"}, "image"),
    "svg": ({"type": "input_image", "detail": "auto", "image_url": "data:image/svg+xml,<svg/>"}, "image"),
    "plain http": ({"type": "input_image", "detail": "auto", "image_url": "http://a.example/a.png"}, "image"),
    "host's own": ({"type": "input_image", "detail": "auto", "image_url": "/api/v1/files/1/content"}, "image"),
    "damaged": ({"type": "input_image", "detail": "auto", "image_url": "data:image/png;base64,iVBOR"}, "image"),
    "spaces": ({"type": "input_image", "detail": "auto", "image_url": "data:image/png;base64,iV BO"}, "image"),
    "file text": ({"type": "input_file", "filename": "a", "file_data": "hello"}, "file"),
    "sound": ({"type": "input_audio", "input_audio": {"data": "UklG!", "format": "wav"}}, "audio"),
    "padding alone": ({"type": "input_file", "filename": "a", "file_data": "data:a/b;base64,===="}, "file"),
    "padding inside": ({"type": "input_file", "filename": "a", "file_data": "data:a/b;base64,AA==AAAA"}, "file"),
    "nothing": ({"type": "input_file", "filename": "a", "file_data": "data:a/b;base64,"}, "file"),
    "other letters": ({"type": "input_file", "filename": "a", "file_data": "data:a/b;base64,AA-_"}, "file"),
    "file as link": ({"type": "input_file", "filename": "a", "file_data": "https://a.example/a.pdf"}, "file"),
    "link as data": ({"type": "input_file", "filename": "a", "file_url": "data:a/b;base64,AAAA"}, "file"),
    "type with options": ({"type": "input_image", "image_url": "data:image/png;a=b;base64,AAAA"}, "image"),
    "avi": ({"type": "input_video", "video_url": "data:video/avi;base64,AAAA"}, "video"),
}


@pytest.mark.parametrize("model", [EVERYTHING, None, Model("maker/new", "New")], ids=["takes all", "unknown", "silent"])
@pytest.mark.parametrize("part", GOOD.values(), ids=GOOD)
def test_medium_is_sent_unless_the_catalog_excludes_it(part, model):
    assert sendable([part], model) == [part]


@pytest.mark.parametrize("part", GOOD.values(), ids=GOOD)
def test_medium_that_the_model_rejects_becomes_a_note(part):
    (note,) = sendable([part], TEXT_ONLY)
    assert note["type"] == "input_text"
    assert "this model takes none" in note["text"]


@pytest.mark.parametrize(("part", "word"), BAD.values(), ids=BAD)
def test_medium_in_a_form_that_cannot_be_sent_becomes_a_note(part, word):
    assert sendable([part], EVERYTHING) == [
        {"type": "input_text", "text": f"[{word} left out: it is in a form that cannot be sent]"}
    ]


def test_head_of_a_data_url_is_sent_in_lower_case():
    (part,) = sendable([{**GOOD["png"], "image_url": "DATA:image/PNG;base64,iVBO"}], None)
    assert part["image_url"] == "data:image/png;base64,iVBO"


def test_unsendable_source_of_a_file_is_replaced_by_a_sendable_one():
    part = {"type": "input_file", "filename": "a", "file_data": "hello", "file_url": "https://a.example/a"}
    assert sendable([part], None) == [{"type": "input_file", "filename": "a", "file_url": "https://a.example/a"}]


def test_texts_keep_their_order():
    text = {"type": "input_text", "text": "Look:"}
    assert [part["type"] for part in sendable([text, GOOD["png"], text], TEXT_ONLY)] == ["input_text"] * 3


@pytest.mark.parametrize("size", [400_000])
def test_huge_data_is_read_in_one_pass(size):
    part = {**GOOD["png"], "image_url": "data:image/png;base64," + "A" * size}
    assert sendable([part], EVERYTHING) == [part]
