"""Records as encrypted zip files: where they lie, what they hold, and what goes wrong without hurting anybody."""

import errno
import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from adapters.records import archive as archives_module
from adapters.records.archive import ArchiveUnreadable, read, written
from adapters.records.names import LONGEST, component, place_of
from adapters.records.options import ArchiveForm
from adapters.records.zip_transcripts import WAITING
from ports.transcripts import Record, Transcript
from tests.adapters.records.recorded import PASSWORD, archives, only_archive, plain, store, transcript
from tests.doubles.telemetry import RecordedTelemetry


def kept(root: Path, *transcripts: Transcript, telemetry: RecordedTelemetry | None = None, **options: Any) -> None:
    files = store(root, telemetry, **options)
    for one in transcripts:
        files.accept(one)
    files.close()


def test_a_record_lies_under_user_chat_and_message_for_its_owner_alone(tmp_path):
    kept(tmp_path / "logs", transcript())
    (file,) = archives(tmp_path)
    user, chat, message = file.relative_to(tmp_path / "logs").parts
    assert [name.split("-")[0] for name in (user, chat, message)] == ["ann", "chat", "message"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (file.parent, file.parent.parent)} == {0o700}


def test_nothing_can_be_read_without_the_password(tmp_path):
    kept(tmp_path, transcript())
    (file,) = archives(tmp_path)
    assert b"turn-1" not in file.read_bytes()
    for wrong in (b"wrong", b""):
        with pytest.raises(ArchiveUnreadable):
            read(file.read_bytes(), wrong)
    assert only_archive(tmp_path).meta["error_ids"] == ["error-of-turn-1"]


def test_several_calls_of_one_message_end_in_one_archive(tmp_path):
    kept(tmp_path, transcript("one"), transcript("two"))
    kept(tmp_path, transcript("three"))
    archive = only_archive(tmp_path)
    assert archive.meta["request_ids"] == ["one", "two", "three"]
    assert [json.loads(line)["request_id"] for line in archive.logs] == ["one", "two", "three"]
    assert [json.loads(line)["turn"] for line in archive.events] == ["one", "two", "three"]


@pytest.mark.parametrize("method", ["stored", "deflated", "bzip2", "lzma"])
@pytest.mark.parametrize("level", [None, 0, 9])
def test_every_method_and_level_can_be_read(tmp_path, method, level):
    kept(tmp_path, transcript(), form=ArchiveForm(PASSWORD, method, level))
    assert only_archive(tmp_path).logs


@pytest.mark.parametrize(("form", "has_text"), [("jsonl", False), ("text", True), ("both", True)])
def test_lines_are_kept_as_json_and_for_people_if_wanted(tmp_path, form, has_text):
    import pyzipper

    kept(tmp_path, transcript(), form=ArchiveForm(PASSWORD, "deflated", None, form))
    (file,) = archives(tmp_path)
    with pyzipper.AESZipFile(file) as folder:
        folder.setpassword(PASSWORD)
        names = folder.namelist()
        assert {"meta.json", "logs.jsonl", "events.jsonl"} <= set(names)
        assert ("logs.txt" in names) is has_text
        if has_text:
            assert folder.read("logs.txt").decode().startswith('now info turn_ended request_id="turn-1"')


def test_no_repr_shows_the_password():
    assert "horse" not in repr(ArchiveForm(PASSWORD))


def test_without_a_message_each_task_has_an_archive_of_its_own(tmp_path):
    kept(
        tmp_path,
        transcript("one", message="", task="title_generation"),
        transcript("two", message="", task="title_generation"),
        transcript("three", message="", chat=""),
    )
    assert sorted(file.name.rpartition("-")[0] for file in archives(tmp_path)) == [
        "request_three",
        "title_generation_one",
        "title_generation_two",
    ]


# --- names ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["..", ".", "", "/etc/passwd", "../../x", "a\0b", "\ud800", "x" * 5_000, ".hidden", "CON", "a b\nc", "ä/ö"]
)
def test_any_id_gives_a_harmless_name(name, tmp_path):
    made = component(name, name)
    assert set(made) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-")
    assert not made.startswith(".")
    assert 0 < len(made) <= LONGEST
    kept(tmp_path, transcript(user=name, chat=name, message=name or "m"))
    (file,) = archives(tmp_path)
    assert len(file.relative_to(tmp_path).parts) == 3


def test_people_whose_ids_look_alike_have_folders_of_their_own():
    names = [
        component(name, name) for name in ("a/b", "a_b", "a?b", "A_b", "a_b ", "a_b" + "x" * 300, "a_b" + "x" * 301)
    ]
    assert len({name.lower() for name in names}) == len(names)


def test_a_name_shows_the_masked_id_only():
    record = plain(transcript(message="token-4711"))
    masked = Record(record.ids, {"ids": {"message_id": "…"}}, (), ())
    assert "4711" not in place_of(masked).message


# --- bad input --------------------------------------------------------------------------------------------


def warned(root: Path, **options: object) -> dict[str, object]:
    """Hand over three transcripts; return the only warning."""
    telemetry = RecordedTelemetry()
    kept(root, *(transcript(f"turn-{number}") for number in range(3)), telemetry=telemetry, **options)
    return dict(telemetry.only("record_not_stored").values)


def test_a_link_in_place_of_the_folder_is_not_followed(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "logs").symlink_to(tmp_path / "elsewhere")
    assert warned(tmp_path / "logs")["setting"] == "SESSION_LOG_DIR"
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_file_in_place_of_the_folder_is_one_warning(tmp_path):
    (tmp_path / "logs").write_text("mine")
    assert warned(tmp_path / "logs")["setting"] == "SESSION_LOG_DIR"
    assert (tmp_path / "logs").read_text() == "mine"


@pytest.mark.parametrize("at", [0, 1, 2])
def test_links_below_the_folder_are_not_followed(tmp_path, at):
    root, outside = tmp_path / "logs", tmp_path / "outside"
    outside.mkdir()
    place = place_of(plain(transcript()))
    parts = (place.user, place.chat, place.file(1))
    link = root.joinpath(*parts[: at + 1])
    link.parent.mkdir(parents=True)
    target = outside if at < 2 else outside / "file"
    if at == 2:
        target.write_bytes(b"mine")
    link.symlink_to(target)
    kept(root, transcript())
    assert [path.read_bytes() for path in outside.iterdir()] == ([b"mine"] if at == 2 else [])
    assert link.is_symlink()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO])
def test_a_full_or_read_only_disk_is_one_warning_and_leaves_no_pieces(tmp_path, monkeypatch, number):
    def fails(_descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fails)
    values = warned(tmp_path)
    assert values == {"setting": "SESSION_LOG_DIR", "reason": os.strerror(number)}
    assert archives(tmp_path) == []


def test_records_are_stored_again_once_the_disk_works(tmp_path, monkeypatch):
    telemetry = RecordedTelemetry()
    with monkeypatch.context() as broken:
        broken.setattr(os, "rename", lambda *_a, **_k: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
        kept(tmp_path, transcript("one"), telemetry=telemetry)
    kept(tmp_path, transcript("two"), telemetry=telemetry)
    assert len(telemetry.named("record_not_stored")) == 1
    assert only_archive(tmp_path).meta["request_ids"] == ["two"]


def test_a_missing_zip_library_is_one_warning(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyzipper", None)
    values = warned(tmp_path)
    assert (values["setting"], values["reason"]) == ("SESSION_LOG_STORE_ENABLED", "the package pyzipper is missing")


@pytest.mark.parametrize("there", ["garbage", "other password", "foreign zip", "empty"])
def test_what_cannot_be_read_is_never_overwritten(tmp_path, there):
    place = place_of(plain(transcript()))
    file = tmp_path / place.user / place.chat / place.file(1)
    file.parent.mkdir(parents=True)
    if there == "other password":
        kept(tmp_path, transcript("old"), form=ArchiveForm(b"another one", "deflated"))
    elif there == "foreign zip":
        import zipfile

        with zipfile.ZipFile(file, "w") as foreign:
            foreign.writestr("x", "y")
    else:
        file.write_bytes(b"PK not a zip" if there == "garbage" else b"")
    before = file.read_bytes()
    kept(tmp_path, transcript("new"))
    kept(tmp_path, transcript("newer"))
    assert file.read_bytes() == before
    assert read(file.with_name(place.file(2)).read_bytes(), PASSWORD).meta["request_ids"] == ["new", "newer"]


def test_an_archive_is_bounded_and_the_oldest_turns_give_way(tmp_path, monkeypatch):
    monkeypatch.setattr(archives_module, "MOST_CONTENT", 2_000)
    kept(tmp_path, *(transcript(f"turn-{number}") for number in range(30)))
    archive = only_archive(tmp_path)
    assert archive.meta["request_ids"][-1] == "turn-29"
    assert archive.meta["turns_dropped"] == 30 - len(archive.meta["request_ids"])
    assert len(archive.logs) == len(archive.events) == len(archive.meta["turns"])
    assert json.loads(archive.logs[0])["request_id"] == archive.meta["request_ids"][0]


def test_a_full_queue_drops_with_one_warning(tmp_path):
    telemetry, gate, entered = RecordedTelemetry(), Event(), Event()

    def waiting(one: Transcript) -> Record:
        entered.set()
        gate.wait(30)
        return plain(one)

    files = store(tmp_path, telemetry, render=waiting)
    files.accept(transcript("first"))
    entered.wait(30)
    for number in range(WAITING + 20):
        files.accept(transcript(message=f"message-{number}"))
    gate.set()
    files.close()
    assert telemetry.only("records_dropped").values["setting"] == "SESSION_LOG_DIR"
    assert len(archives(tmp_path)) == WAITING + 1


def test_nothing_is_accepted_after_closing_and_closing_twice_is_harmless(tmp_path):
    files = store(tmp_path)
    files.close()
    files.accept(transcript())
    files.close()
    assert archives(tmp_path) == []


def test_closing_does_not_wait_for_a_disk_that_hangs(tmp_path):
    telemetry, gate, entered = RecordedTelemetry(), Event(), Event()

    def hanging(one: Transcript) -> Record:
        entered.set()
        gate.wait(30)
        return plain(one)

    files = store(tmp_path, telemetry, render=hanging)
    files.accept(transcript())
    entered.wait(30)
    files.close(0.0)
    assert telemetry.only("records_dropped").values["setting"] == "SESSION_LOG_DIR"
    gate.set()


WRITER = """
import sys
from pathlib import Path
from tests.adapters.records.recorded import store, transcript
files = store(Path(sys.argv[1]))
number = 0
while True:
    files.accept(transcript(f"{sys.argv[2]}-{number}"))
    number += 1
    if number % 20 == 0:
        files.close()
        print(number, flush=True)
        files = store(Path(sys.argv[1]))
"""


def test_a_killed_writer_loses_no_earlier_archive_and_processes_do_not_lose_each_others(tmp_path):
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), name], stdout=subprocess.PIPE, text=True)
        for name in ("a", "b")
    ]
    stored = {}
    for name, writer in zip("ab", writers, strict=True):
        assert writer.stdout is not None
        stored[name] = [int(writer.stdout.readline()) for _ in range(3)][-1]
    for writer in writers:
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    ids = only_archive_of(tmp_path).meta["request_ids"]
    for name, count in stored.items():
        assert [one for one in ids if one.startswith(name)][:count] == [f"{name}-{number}" for number in range(count)]
    kept(tmp_path, transcript("after"))
    assert only_archive_of(tmp_path).meta["request_ids"][-1] == "after"


def only_archive_of(root: Path):
    (file,) = [file for file in archives(root) if file.suffix == ".zip"]
    return read(file.read_bytes(), PASSWORD)


@pytest.mark.parametrize("content", [b"", b"PK", os.urandom(2_000)])
def test_damaged_archives_are_unreadable_and_nothing_else(content):
    whole = written(archives_module.archive_of(plain(transcript()), "jsonl"), ArchiveForm(PASSWORD))
    for damaged in (content, whole[:-40], whole[:50] + b"\0" * 60 + whole[110:], content + whole[10:]):
        with pytest.raises(ArchiveUnreadable):
            read(damaged, PASSWORD)
