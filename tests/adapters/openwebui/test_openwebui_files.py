"""The host's files beyond the contract: who reads, how bytes are fetched, and where files without a person go."""

import asyncio
import sys
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.openwebui.file_links import CHATS, Place
from adapters.openwebui.file_rows import FILE_ROUTES, FILES
from adapters.openwebui.files import HostStorage, open_files
from adapters.openwebui.storage_account import AccountForm
from adapters.openwebui.stored_bytes import PROVIDER
from adapters.openwebui.uploads import LONGEST_NAME, safe_name
from ports.files import FileFlaw, FileNotSaved, FileUnavailable, NewFile
from tests.contracts.files_cases import ABSENT, BIG, NOTE, PNG, flaw_of, saved
from tests.doubles.host_files import FORM, CloudStorage, HostError, HostFiles
from tests.doubles.telemetry import RecordedTelemetry

Make = Callable[..., HostFiles]


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Make:
    def made(*, coroutines: bool = True, cloud: bool = False, seconds: float = 30.0) -> HostFiles:
        host = HostFiles(tmp_path, coroutines=coroutines, cloud=cloud, seconds=seconds)
        for name, module in host.modules().items():
            monkeypatch.setitem(sys.modules, name, module)
        return host

    return made


@pytest.fixture(params=[False, True], ids=["old host", "new host"])
def host(request: pytest.FixtureRequest, make: Make) -> HostFiles:
    return make(coroutines=request.param)


@pytest.fixture(params=[False, True], ids=["old host", "new host"])
def cloud(request: pytest.FixtureRequest, make: Make) -> HostFiles:
    return make(coroutines=request.param, cloud=True)


# --- to whom the host shows a stored file --------------------------------------------------------------------


async def test_a_file_is_linked_to_the_chat_it_is_shown_in(host: HostFiles) -> None:
    kept = await host.files("ann", place=Place("chat-1", "message-1")).save(PNG)
    assert host.links == [("chat-1", "message-1", [kept.file_id], "ann")]


async def test_a_file_of_a_channel_is_stored_as_one_of_the_channel(host: HostFiles) -> None:
    kept = await host.files("ann", place=Place("channel:general", "message-1")).save(PNG)
    assert host.row(kept.file_id).meta["data"] == {"channel_id": "general"}
    assert host.links == []


@pytest.mark.parametrize("place", [Place(), Place("local", ""), Place("temporary:s1", "message-1")])
async def test_a_file_that_no_saved_chat_shows_is_linked_to_none(host: HostFiles, place: Place) -> None:
    await host.files("ann", place=place).save(PNG)
    assert host.links == []


async def test_a_host_that_links_nothing_still_stores(host: HostFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    host.link_error = HostError(500)
    place = Place("chat-1", "message-1")
    assert await host.files("ann", place=place).save(PNG)
    monkeypatch.delattr(sys.modules[CHATS].Chats, "insert_chat_files")
    assert await host.files("ann", place=place).save(PNG)
    assert [line.name for line in host.telemetry.lines] == ["file_not_linked"]


# --- who may read -------------------------------------------------------------------------------------------


async def test_an_administrator_reads_what_the_host_shows_to_administrators(host: HostFiles) -> None:
    for kept in (await saved(host), await saved(host, "")):
        assert (await host.files("root").read(kept.file_id, BIG)).content == PNG.content


async def test_in_doubt_nobody_reads(host: HostFiles) -> None:
    kept = await saved(host)
    host.access_error = HostError(404)
    assert await flaw_of(host.files("bob").read(kept.file_id, BIG)) is FileFlaw.FORBIDDEN


async def test_a_host_without_a_rule_for_sharing_shares_nothing(
    host: HostFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = await saved(host)
    await host.share(kept.file_id, "bob")
    monkeypatch.delattr(sys.modules[FILE_ROUTES], "has_access_to_file")
    assert await flaw_of(host.files("bob").read(kept.file_id, BIG)) is FileFlaw.FORBIDDEN
    assert (await host.files("ann").read(kept.file_id, BIG)).content == PNG.content


@pytest.mark.parametrize("answer", [None, "yes", 1])
async def test_only_a_plain_yes_is_permission(host: HostFiles, monkeypatch: pytest.MonkeyPatch, answer: object) -> None:
    kept = await saved(host)
    monkeypatch.setattr(sys.modules[FILE_ROUTES], "has_access_to_file", lambda *_given: answer)
    assert await flaw_of(host.files("bob").read(kept.file_id, BIG)) is FileFlaw.FORBIDDEN


async def test_a_person_whom_the_host_does_not_know_reads_and_stores_nothing(host: HostFiles) -> None:
    kept = await saved(host)
    assert await flaw_of(host.files("gone").read(kept.file_id, BIG)) is FileFlaw.FORBIDDEN
    with pytest.raises(FileNotSaved, match="person"):
        await host.files("gone").save(PNG)


async def test_a_broken_database_is_no_missing_file(host: HostFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[FILES], "File", None)
    assert await flaw_of(host.files("ann").read(ABSENT, BIG)) is FileFlaw.UNREADABLE


async def test_without_a_host_nothing_is_read_or_stored() -> None:
    files = await open_files(HostStorage(RecordedTelemetry()), "ann", object(), piece=1024, fallback=FORM)
    assert await flaw_of(files.facts(ABSENT)) is FileFlaw.UNREADABLE
    assert await files.ceiling() is None
    with pytest.raises(FileNotSaved):
        await files.save(PNG)


# --- addresses ----------------------------------------------------------------------------------------------


async def test_own_addresses_are_those_of_the_request_and_of_the_settings(host: HostFiles) -> None:
    files = await open_files(host.desk, "ann", host.request, piece=1024, fallback=FORM)
    path = f"/api/v1/files/{ABSENT}/content"
    assert files.id_of(f"http://localhost:8080{path}") == ABSENT
    assert files.id_of(f"https://chat.example/ui{path}") == ABSENT
    assert files.id_of(f"https://chat.example{path}") == ""


# --- bytes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "meta", [None, {}, {"size": "9"}, {"size": -1}, {"size": True, "name": 5, "content_type": ["a"]}, {"size": None}]
)
async def test_rows_with_odd_notes_are_read(host: HostFiles, meta: object) -> None:
    kept = await saved(host)
    host.change(kept.file_id, meta=meta)
    read = await host.files("ann").read(kept.file_id, BIG)
    assert (read.content, read.facts.name, read.facts.mime) == (PNG.content, "sun.png", "")


async def test_a_noted_size_beyond_the_limit_saves_the_download(cloud: HostFiles) -> None:
    kept = await saved(cloud)
    with pytest.raises(FileUnavailable) as caught:
        await cloud.files("ann").read(kept.file_id, 10)
    assert (caught.value.flaw, caught.value.size) == (FileFlaw.TOO_LARGE, len(PNG.content))
    assert isinstance(cloud.storage, CloudStorage)
    assert cloud.storage.downloads == 0


async def test_a_row_without_bytes_cannot_be_read(host: HostFiles) -> None:
    kept = await saved(host)
    host.change(kept.file_id, path=None)
    assert await flaw_of(host.files("ann").read(kept.file_id, BIG)) is FileFlaw.UNREADABLE


async def test_only_plain_files_are_read(host: HostFiles) -> None:
    kept = await saved(host)
    for path in (str(host.folder), "/dev/zero"):
        host.change(kept.file_id, path=path)
        assert await flaw_of(host.files("ann").read(kept.file_id, BIG)) is FileFlaw.UNREADABLE


async def test_a_file_with_zero_bytes_is_read_as_such(host: HostFiles) -> None:
    kept = await saved(host)
    Path(host.row(kept.file_id).path).write_bytes(b"")
    assert (await host.files("ann").read(kept.file_id, BIG)).content == b""


@pytest.mark.parametrize(
    "error", [RuntimeError("Error downloading file from S3"), ValueError(), SystemExit(), StopIteration()]
)
async def test_every_error_of_the_storage_is_reported(
    cloud: HostFiles, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    kept = await saved(cloud)

    def fail(_path: str) -> str:
        raise error

    monkeypatch.setattr(cloud.storage, "get_file", fail)
    assert await flaw_of(cloud.files("ann").read(kept.file_id, BIG)) is FileFlaw.UNREADABLE


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("gs://bucket/x.png", AttributeError("'NoneType' object has no attribute 'download_to_filename'")),
        ("gs://bucket/x.png", type("NotFound", (Exception,), {"code": 404})()),
        ("https://account.blob.example/c/x.png", type("ResourceNotFoundError", (Exception,), {"status_code": 404})()),
    ],
)
async def test_what_every_cloud_says_of_a_lost_file_is_understood(
    cloud: HostFiles, monkeypatch: pytest.MonkeyPatch, path: str, error: Exception
) -> None:
    kept = await saved(cloud)
    cloud.change(kept.file_id, path=path)

    def fail(_path: str) -> str:
        raise error

    monkeypatch.setattr(cloud.storage, "get_file", fail)
    assert await flaw_of(cloud.files("ann").read(kept.file_id, BIG)) is FileFlaw.MISSING


async def test_a_slow_storage_takes_a_bounded_time(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    host, let_go = make(cloud=True, seconds=0.05), threading.Event()
    kept = await saved(host)

    def hang(_path: str) -> str:
        let_go.wait(10)
        raise RuntimeError

    monkeypatch.setattr(host.storage, "get_file", hang)
    assert await flaw_of(host.files("ann").read(kept.file_id, BIG)) is FileFlaw.UNREADABLE
    let_go.set()


async def test_a_slow_upload_takes_a_bounded_time(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    host, let_go = make(coroutines=False, seconds=0.05), threading.Event()
    monkeypatch.setattr(sys.modules[FILE_ROUTES], "upload_file_handler", lambda *_given, **_named: let_go.wait(10))
    with pytest.raises(FileNotSaved, match="TimeoutError"):
        await host.files("ann").save(PNG)
    let_go.set()


async def test_bytes_are_read_outside_the_loop(host: HostFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[str] = []
    get_file = host.storage.get_file

    def noted(path: str) -> str:
        threads.append(threading.current_thread().name)
        return get_file(path)

    monkeypatch.setattr(host.storage, "get_file", noted)
    kept = await saved(host)
    await host.files("ann").read(kept.file_id, BIG)
    assert threads == ["openrouter-pipe read file"]
    assert threading.get_ident() not in host.threads


async def test_a_large_file_is_held_once(make: Make) -> None:
    host, size = make(), 16 * 1024 * 1024
    kept = await saved(host)
    Path(host.row(kept.file_id).path).write_bytes(bytes(size))
    await host.forget_size(kept.file_id)
    await host.files("ann").facts(kept.file_id)
    tracemalloc.start()
    try:
        read = await host.files("ann").read(kept.file_id, size)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(read.content) == size
    assert peak < 1.5 * size


# --- copies of cloud storage --------------------------------------------------------------------------------


def left(host: HostFiles) -> list[str]:
    """Return the names of the files in the upload folder."""
    return sorted(path.name for path in host.folder.iterdir())


async def test_a_downloaded_copy_is_removed(cloud: HostFiles) -> None:
    kept = await saved(cloud)
    await cloud.files("ann").read(kept.file_id, BIG)
    with pytest.raises(FileUnavailable):
        await asyncio.gather(cloud.files("ann").read(kept.file_id, 10))
    await cloud.lose(kept.file_id)
    assert await flaw_of(cloud.files("ann").read(kept.file_id, BIG)) is FileFlaw.MISSING
    assert left(cloud) == []


async def test_a_copy_that_was_there_before_stays(cloud: HostFiles) -> None:
    kept = await saved(cloud)
    copy = cloud.folder / cloud.row(kept.file_id).path.rpartition("/")[2]
    copy.write_bytes(PNG.content)
    await cloud.files("ann").read(kept.file_id, BIG)
    assert left(cloud) == [copy.name]


async def test_a_copy_that_another_reader_writes_is_downloaded_again_and_left_alone(cloud: HostFiles) -> None:
    kept, storage = await saved(cloud), cloud.storage
    assert isinstance(storage, CloudStorage)

    def cut(copy: Path) -> None:
        if storage.downloads == 1:
            copy.write_bytes(PNG.content[:100])

    storage.on_download = cut
    assert (await cloud.files("ann").read(kept.file_id, BIG)).content == PNG.content
    assert storage.downloads == 2
    assert left(cloud) == []


async def test_a_copy_that_never_is_whole_is_not_read(cloud: HostFiles) -> None:
    kept, storage = await saved(cloud), cloud.storage
    assert isinstance(storage, CloudStorage)
    storage.on_download = lambda copy: copy.write_bytes(PNG.content[:100])
    assert await flaw_of(cloud.files("ann").read(kept.file_id, BIG)) is FileFlaw.UNREADABLE


async def test_a_path_of_the_cloud_is_never_opened_after_a_move_to_local_storage(
    host: HostFiles, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept = await saved(host)
    host.change(kept.file_id, path="s3://bucket/x.png")
    monkeypatch.setattr(sys.modules[PROVIDER], "UPLOAD_DIR", str(tmp_path))
    assert await flaw_of(host.files("ann").read(kept.file_id, BIG)) is FileFlaw.MISSING


# --- storing ------------------------------------------------------------------------------------------------


async def test_a_file_belongs_to_the_person(host: HostFiles) -> None:
    kept = await saved(host)
    assert host.row(kept.file_id).user_id == "ann"
    assert host.accounts() == []


async def test_without_a_request_nothing_is_stored(host: HostFiles) -> None:
    with pytest.raises(FileNotSaved, match="request"):
        await host.files("ann", request=None).save(PNG)
    assert await host.files("ann", request=None).ceiling() is None


async def test_a_refusal_of_the_host_names_its_status_and_no_file(host: HostFiles) -> None:
    host.settings["FILE_MAX_SIZE"] = 1
    with pytest.raises(FileNotSaved) as caught:
        await host.files("ann").save(NewFile("note.txt", "text/plain", b"x" * 2 * 1024 * 1024))
    assert caught.value.reason == "HostError 413"


@pytest.mark.parametrize(("said", "bytes_"), [(5, 5 * 1024 * 1024), ("7", 7 * 1024 * 1024), (0, None), ("x", None)])
async def test_the_ceiling_is_that_of_the_administrators(host: HostFiles, said: object, bytes_: int | None) -> None:
    host.settings["FILE_MAX_SIZE"] = said
    assert await host.files("ann").ceiling() == bytes_


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("sun.png", "sun.png"),
        ("/etc/passwd", "passwd"),
        ("C:\\pictures\\sun.png", "sun.png"),
        ("..", "file"),
        ("", "file"),
        (".png", "png"),
        ("a\r\nb.txt", "a_b.txt"),
        ("Ünïcode „ß“.pdf", "Ünïcode „ß“.pdf"),
        ("gnp\u202e.exe", "gnp_.exe"),
        ("\ud800.png", "png"),
        ("no ending", "no ending"),
        ("archive.tar.gz", "archive.tar.gz"),
        ("a.this is no ending at all", "a.this is no ending at all"),
    ],
)
def test_names_are_safe_for_every_storage(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@pytest.mark.parametrize("letter", ["x", "é", "\U0001f642"])
def test_long_names_are_cut_and_keep_their_ending(letter: str) -> None:
    short = safe_name(letter * 400 + ".png")
    assert len(short.encode()) <= LONGEST_NAME
    assert short.endswith(f"{letter}.png")


# --- the account of nobody ----------------------------------------------------------------------------------


async def test_one_account_is_made_for_all_files_of_nobody(host: HostFiles) -> None:
    stored = await asyncio.gather(*(saved(host, "", NOTE) for _ in range(4)))
    assert {host.row(kept.file_id).user_id for kept in stored} == {FORM.id}
    assert host.accounts() == [(FORM.id, "storage@system.local", "pending")]
    assert host.telemetry.lines == []


@pytest.mark.parametrize("role", ["user", "admin"])
async def test_every_other_role_than_pending_is_warned_of_once(host: HostFiles, role: str) -> None:
    form = AccountForm("files@system.local", "Files", role)
    for _ in range(2):
        assert (await host.desk.accounts.get(form)).role == role
    assert host.telemetry.only("storage_account_role").values == {"role": role}


async def test_an_account_of_that_address_is_used_if_nobody_can_sign_in(host: HostFiles) -> None:
    host.add_account("made-before", "storage@system.local", "pending", signs_in=False)
    assert host.row((await saved(host, "")).file_id).user_id == "made-before"


@pytest.mark.parametrize("role", ["user", "pending"])
async def test_an_account_that_somebody_signs_in_to_owns_no_files_of_others(host: HostFiles, role: str) -> None:
    host.add_account("squatter", "storage@system.local", role)
    for _ in range(2):
        with pytest.raises(FileNotSaved, match="sign in"):
            await saved(host, "")
    assert host.telemetry.only("storage_account_refused").values == {"role": role}


async def test_an_administrators_account_is_used_with_a_warning(host: HostFiles) -> None:
    host.add_account("chief", "storage@system.local", "admin")
    stored = [await saved(host, "") for _ in range(2)]
    assert {host.row(kept.file_id).user_id for kept in stored} == {"chief"}
    assert host.telemetry.only("storage_account_role").values == {"role": "admin"}
