"""Media are found in the parts of messages, in every shape that clients send."""

from typing import Any

import pytest

from domain.conversation.attachments import attachments_in, name_of
from domain.conversation.media_kinds import Medium
from domain.conversation.resolved_parts import ResolvedPart, note, with_parts
from tests.examples_media import asked, text

SHAPES: dict[str, tuple[dict[str, Any], Medium, str]] = {
    "chat picture": ({"type": "image_url", "image_url": {"url": "u", "detail": "low"}}, Medium.IMAGE, "low"),
    "bare chat picture": ({"type": "image_url", "image_url": "u"}, Medium.IMAGE, "auto"),
    "picture": ({"type": "input_image", "image_url": "u", "detail": "high"}, Medium.IMAGE, "high"),
    "picture by id": ({"type": "input_image", "file_id": "u"}, Medium.IMAGE, "auto"),
    "chat file": ({"type": "file", "file": {"file_data": "u", "filename": "a"}}, Medium.FILE, "auto"),
    "file": ({"type": "input_file", "file_url": "u"}, Medium.FILE, "auto"),
    "sound": ({"type": "input_audio", "input_audio": {"data": "u", "format": "mp3"}}, Medium.AUDIO, "auto"),
    "sound by address": ({"type": "audio_url", "audio_url": {"url": "u"}}, Medium.AUDIO, "auto"),
    "video": ({"type": "video_url", "video_url": {"url": "u"}}, Medium.VIDEO, "auto"),
    "Anthropic's picture": ({"type": "image", "source": {"type": "base64", "data": "u"}}, Medium.IMAGE, "auto"),
    "Anthropic's picture by address": ({"type": "image", "source": {"type": "url", "url": "u"}}, Medium.IMAGE, "auto"),
    "MCP's picture": ({"type": "image", "data": "u", "mimeType": "image/png"}, Medium.IMAGE, "auto"),
    "AI SDK's picture": ({"type": "image", "image": "u"}, Medium.IMAGE, "auto"),
    "AI SDK's file": ({"type": "file", "data": "u", "mediaType": "application/pdf"}, Medium.FILE, "auto"),
    "Anthropic's document": ({"type": "document", "source": {"type": "base64", "data": "u"}}, Medium.FILE, "auto"),
    "bare video": ({"type": "input_video", "video_url": "u"}, Medium.VIDEO, "auto"),
}


@pytest.mark.parametrize(("part", "medium", "detail"), SHAPES.values(), ids=SHAPES)
def test_medium_is_found_with_its_source(part: dict[str, object], medium: Medium, detail: str) -> None:
    (found,) = attachments_in([{"role": "user", "content": "hi"}, asked(text("Look:"), part)])
    assert (found.place, found.medium, found.detail) == ((1, 1), medium, detail)
    assert [source.value for source in found.sources] == ["u"]


@pytest.mark.parametrize("kind", ["image", "document"])
def test_part_of_a_name_that_others_use_too_is_a_medium_only_with_a_source(kind: str) -> None:
    assert attachments_in([asked({"type": kind, "text": "Rain in Oslo."})]) == ()


def test_sources_of_a_file_are_tried_in_order() -> None:
    part = {"type": "input_file", "file_url": "https://a.example/a", "file_data": "data:,", "file_id": "1"}
    (found,) = attachments_in([asked(part)])
    assert [source.value for source in found.sources] == ["data:,", "1", "https://a.example/a"]
    assert [source.is_id for source in found.sources] == [False, True, False]


@pytest.mark.parametrize("role", ["assistant", None, 5])
def test_media_of_models_are_not_found_here(role: object) -> None:
    assert attachments_in([{"role": role, "content": [SHAPES["picture"][0]]}]) == ()


def test_finished_parts_are_not_found_again() -> None:
    assert attachments_in([asked(ResolvedPart(SHAPES["picture"][0]))]) == ()


@pytest.mark.parametrize(
    ("given", "address", "name"),
    [
        ("photo.heic", "", "photo.heic"),
        ("../../etc/passwd", "", "passwd"),
        ("a\u202egnp.exe\n", "", "a gnp.exe"),
        (None, "https://a.example/pictures/a%20cat.png?size=1", "a cat.png"),
        (None, "https://[", ""),
        (None, "data:image/png;base64,AAAA", ""),
        (5, "", ""),
    ],
)
def test_name_is_one_visible_line(given: object, address: str, name: str) -> None:
    assert name_of(given, address) == name


def test_messages_get_their_parts_and_stay_as_they_are() -> None:
    messages = ({"role": "user", "content": "hi", "extra": 1}, asked(text("a"), "b", "c"), "odd")
    before = repr(messages)
    changed = with_parts(messages, {(1, 1): note("n"), (1, 2): note("n")}, {0: [note("before")], 2: [note("x")]})
    assert changed == (
        {"role": "user", "content": [note("before"), text("hi")], "extra": 1},
        asked(text("a"), note("n")),
        "odd",
    )
    assert repr(messages) == before


@pytest.mark.parametrize("kind", [["image_url"], {"image_url": 1}, None, 1, "", "picture"], ids=repr)
def test_part_of_no_known_type_is_no_medium(kind: object) -> None:
    assert attachments_in([asked({"type": kind, "image_url": {"url": "https://a.example/a.png"}})]) == ()


def test_documents_that_are_their_words_are_no_media_and_addresses_of_the_ai_sdk_are_sources():
    words = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "hello"}}
    file = {"type": "file", "url": "https://x.example/a.pdf", "mediaType": "application/pdf"}
    picture = {"type": "image", "url": "data:image/png;base64,iVBORw0KGgo="}
    found = attachments_in([{"role": "user", "content": [words, file, picture]}])
    assert [(one.place, one.medium, one.name) for one in found] == [
        ((0, 1), Medium.FILE, "a.pdf"),
        ((0, 2), Medium.IMAGE, ""),
    ]
