"""Content parts are translated to the form that upstream accepts; invalid ones are omitted."""

import pytest

from domain.conversation.parts import parts_of, says
from domain.conversation.resolved_parts import is_note

PICTURE = "data:image/png;base64,iVBO"


def test_string_becomes_one_text_part():
    assert parts_of("Why?") == [{"type": "input_text", "text": "Why?"}]


@pytest.mark.parametrize(
    "part", ["Why?", {"type": "text", "text": "Why?"}, {"type": "input_text", "text": "Why?"}], ids=repr
)
def test_every_form_of_text_becomes_one_text_part(part):
    assert parts_of([part]) == [{"type": "input_text", "text": "Why?"}]


def test_parts_keep_their_order():
    parts = parts_of([{"type": "text", "text": "a"}, {"type": "image_url", "image_url": PICTURE}, "b"])
    assert [part["type"] for part in parts] == ["input_text", "input_image", "input_text"]


@pytest.mark.parametrize(
    ("part", "detail"),
    [
        ({"type": "image_url", "image_url": {"url": PICTURE, "detail": "low"}}, "low"),
        ({"type": "image_url", "image_url": {"url": PICTURE}}, "auto"),
        ({"type": "image_url", "image_url": PICTURE}, "auto"),
        ({"type": "input_image", "image_url": PICTURE, "detail": "high"}, "high"),
        ({"type": "input_image", "image_url": PICTURE, "detail": ["odd"]}, "auto"),
    ],
)
def test_image_always_has_a_detail(part, detail):
    assert parts_of([part]) == [{"type": "input_image", "detail": detail, "image_url": PICTURE}]


@pytest.mark.parametrize(
    ("part", "translated"),
    [
        ({"file": {"file_data": "data:x", "filename": "a.pdf"}}, {"filename": "a.pdf", "file_data": "data:x"}),
        ({"file_url": "https://a.example/a.pdf"}, {"filename": "file", "file_url": "https://a.example/a.pdf"}),
        ({"file_id": "f1", "filename": ""}, {"filename": "file", "file_id": "f1"}),
    ],
)
def test_file_always_has_a_name(part, translated):
    assert parts_of([{"type": "file", **part}]) == [{"type": "input_file", **translated}]


@pytest.mark.parametrize("data", ["UklG", "data:audio/wav;base64,UklG"])
def test_audio_is_sent_without_the_head_of_a_data_url(data):
    part = {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}
    assert parts_of([part]) == [{"type": "input_audio", "input_audio": {"data": "UklG", "format": "wav"}}]


@pytest.mark.parametrize("video", [{"url": "https://a.example/v.mp4"}, "https://a.example/v.mp4"])
def test_video_is_sent_as_a_url(video):
    part = {"type": "video_url", "video_url": video}
    assert parts_of([part]) == [{"type": "input_video", "video_url": "https://a.example/v.mp4"}]


@pytest.mark.parametrize(
    "part",
    [
        None,
        3,
        {},
        " ",
        {"type": "text"},
        {"type": "text", "text": 3},
        {"type": "image_url"},
        {"type": "image_url", "image_url": {"url": ""}},
        {"type": "file"},
        {"type": "file", "file": {"filename": "a.pdf"}},
        {"type": "input_audio", "input_audio": {"data": "x", "format": "webm"}},
        {"type": "input_audio", "input_audio": {"data": "data:", "format": "wav"}},
        {"type": "input_audio", "input_audio": "x"},
        {"type": "video_url", "video_url": None},
        {"type": ["text"]},
    ],
    ids=repr,
)
def test_parts_that_upstream_rejects_are_omitted(part):
    assert parts_of([part]) == []


def test_words_of_a_part_of_an_unknown_type_are_sent():
    assert parts_of([{"type": "search_result", "text": "x"}]) == [{"type": "input_text", "text": "x"}]


@pytest.mark.parametrize(
    "part",
    [
        {"text": "a\nb"},
        {"type": None, "text": "a\nb"},
        {"type": ["text"], "text": "a\nb"},
        {"type": "text", "text": {"value": "a\nb", "annotations": []}},
        {"type": "text", "content": "a\nb"},
        {"type": "text", "value": "a\nb"},
        {
            "type": "search_result",
            "title": "a",
            "source": "https://x.example",
            "content": [{"type": "text", "text": "b"}],
        },
        {"type": "document", "title": "a", "source": {"type": "text", "media_type": "text/plain", "data": "b"}},
        {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "a"}, "b"]}},
        {"type": "resource", "resource": {"uri": "file:///a.txt", "mimeType": "text/plain", "text": "a\nb"}},
    ],
    ids=repr,
)
def test_words_in_the_forms_of_other_apis_are_sent(part):
    assert parts_of([part]) == [{"type": "input_text", "text": "a\nb"}]


@pytest.mark.parametrize("kind", ["container_upload", "container\n" + "x" * 2000])
def test_part_of_an_unknown_type_is_named_in_its_place(kind):
    (part,) = parts_of([{"type": kind, "file": "f_1"}])
    assert is_note(part)
    assert part["text"].startswith("[container")
    assert part["text"].endswith(" left out: it is in a form that cannot be sent]")
    assert len(part["text"]) < 200
    assert "\n" not in part["text"]


@pytest.mark.parametrize(
    ("text", "something"),
    [
        ("a", True),
        (" \n a", True),
        ("\0a", True),
        (" \0 ü \0", True),
        ("\u200b", True),
        ("", False),
        (" \t\n", False),
        ("\0", False),
        (" \0 \0\n", False),
        ("\u00a0\u2003\x85", False),
    ],
    ids=ascii,
)
def test_white_space_and_nuls_alone_are_no_text(text, something):
    assert says(text) is something
