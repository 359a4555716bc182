"""Files of a chat that the host leaves to the model."""

from dataclasses import replace

import pytest

from domain.request.intake import AttachedFile
from entrypoints.openwebui.attached_files import effective, read_attached_files, read_picture_names, with_names
from entrypoints.openwebui.host import Host
from entrypoints.settings import Settings

ROW = {"model": {"info": {"meta": {"capabilities": {"file_context": False}}}}}
OLD = {"type": "file", "id": "1", "name": "old.pdf", "content_type": "application/pdf"}
NEW = {"type": "file", "id": "2", "file": {"filename": "new.mp3", "meta": {"content_type": "audio/mpeg"}}}


@pytest.mark.parametrize("asked", ["user_message", "parent_message"])
def test_files_of_the_chat_are_read_and_the_newest_marked(asked: str) -> None:
    metadata = {**ROW, "files": [OLD, NEW, {"type": "collection", "id": "3"}, "odd"], asked: {"files": [NEW]}}
    assert read_attached_files(metadata) == (
        AttachedFile("1", "old.pdf", "application/pdf", newest=False),
        AttachedFile("2", "new.mp3", "audio/mpeg"),
    )


def test_files_of_the_message_count_even_if_the_chat_does_not_list_them() -> None:
    (found,) = read_attached_files({**ROW, "files": None, "user_message": {"files": [NEW]}})
    assert found.file_id == "2"


@pytest.mark.parametrize(
    "model", [None, {}, {"info": None}, {"info": {"meta": {"capabilities": {"file_context": True}}}}, "odd"]
)
def test_files_whose_text_the_host_puts_into_the_prompt_are_not_sent_twice(model: object) -> None:
    assert read_attached_files({"model": model, "files": [OLD]}) == ()


@pytest.mark.parametrize("files", [None, "odd", 5, [None], [{"id": 5}], [{"type": "file"}]])
def test_other_values_are_no_files(files: object) -> None:
    assert read_attached_files({**ROW, "files": files, "user_message": "odd"}) == ()


def test_older_host_reads_files_itself_and_administrators_are_told() -> None:
    settings = replace(Settings(), direct_uploads=True)
    used, (problem,) = effective(settings, (), Host((0, 7)))
    assert not used.direct_uploads
    assert "0.8 or newer" in problem.text
    assert effective(settings, (), Host((0, 8))) == (settings, ())
    assert effective(Settings(), (), Host((0, 6))) == (Settings(), ())


BRIDGE = {"type": "file", "id": "3", "name": "bridge.jpg", "content_type": "image/jpeg"}


def message_of(*pictures: str) -> dict[str, object]:
    parts = [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{one}"}} for one in pictures]
    return {"role": "user", "content": [{"type": "text", "text": "Look."}, *parts]}


@pytest.mark.parametrize("asked", ["user_message", "parent_message"])
def test_pictures_of_the_newest_message_get_their_names(asked: str) -> None:
    names = read_picture_names({asked: {"files": [BRIDGE, OLD, {"type": "image", "url": "data:"}, "odd"]}})
    assert names == ("bridge.jpg", "")
    talk = (message_of("old"), message_of("one", "two"), {"role": "assistant", "content": "Yes."})
    first, newest, last = with_names(talk, names)
    assert (first, last) == (talk[0], talk[2])
    assert isinstance(newest, dict)
    assert [part.get("name") for part in newest["content"]] == [None, "bridge.jpg", ""]
    assert "name" not in str(talk)


@pytest.mark.parametrize("names", [(), ("",), ("a.png",), ("a.png", "b.png", "c.png")])
def test_names_that_belong_to_no_picture_are_not_given(names: tuple[str, ...]) -> None:
    for talk in ((message_of("one", "two"),), ({"role": "user", "content": "Look."},), ({"role": "assistant"},), ()):
        assert with_names(talk, names) == talk


@pytest.mark.parametrize("files", [None, "odd", 5, [None], [{"type": 5}], [OLD]])
def test_other_values_are_no_pictures(files: object) -> None:
    assert read_picture_names({"user_message": {"files": files}}) == ()
    assert read_picture_names({"user_message": "odd"}) == ()
