"""Files of a chat that the host leaves to the model."""

from dataclasses import replace

import pytest

from domain.request.intake import AttachedFile
from entrypoints.openwebui.attached_files import effective, read_attached_files
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
