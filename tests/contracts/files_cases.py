"""The contract of Files as plain functions: they also run inside a host's own interpreter, on real storage."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from ports.files import FileFlaw, FileNotSaved, Files, FileUnavailable, NewFile, SavedFile

PNG = NewFile("sun.png", "image/png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 900)
NOTE = NewFile("note.txt", "text/plain", "Zeigt „Bilder“ \U0001f642".encode())
ABSENT = "11111111-2222-4333-8444-555555555555"
BIG = 10 * 1024 * 1024


class Ground(Protocol):
    """A place with files and the people `ann`, `bob` and "" (nobody)."""

    def files(self, person: str) -> Files:
        """Return the files as a person sees them, as in a new turn."""
        ...

    async def share(self, file_id: str, reader: str) -> None:
        """Let another person read a file."""
        ...

    async def lose(self, file_id: str) -> None:
        """Remove the bytes of a file behind the back of its host."""
        ...

    async def forget_size(self, file_id: str) -> None:
        """Make the size of a file unknown."""
        ...


Case = Callable[[Ground], Awaitable[None]]


async def flaw_of(reading: Awaitable[object]) -> FileFlaw:
    """Return why something cannot be read."""
    try:
        await reading
    except FileUnavailable as error:
        return error.flaw
    raise AssertionError("it was read")


async def saved(ground: Ground, person: str = "ann", file: NewFile = PNG) -> SavedFile:
    """Store a file."""
    return await ground.files(person).save(file)


async def a_saved_file_is_read_back(ground: Ground) -> None:
    for file in (PNG, NOTE):
        kept = await saved(ground, file=file)
        read = await ground.files("ann").read(kept.file_id, BIG)
        assert read.content == file.content
        facts = (read.facts.file_id, read.facts.name, read.facts.mime, read.facts.size)
        assert facts == (kept.file_id, file.name, file.mime, len(file.content))
        assert await ground.files("ann").facts(kept.file_id) == read.facts


async def the_address_of_a_saved_file_names_it(ground: Ground) -> None:
    kept = await saved(ground)
    assert ground.files("bob").id_of(kept.url) == kept.file_id
    assert ground.files("bob").id_of(kept.file_id) == kept.file_id
    assert ground.files("bob").id_of(f"https://elsewhere.example{kept.url}") == ""


async def the_same_bytes_twice_are_two_files(ground: Ground) -> None:
    first, second = await saved(ground), await saved(ground)
    assert first.file_id != second.file_id


async def another_person_reads_nothing(ground: Ground) -> None:
    kept = await saved(ground)
    assert await flaw_of(ground.files("bob").read(kept.file_id, BIG)) is FileFlaw.FORBIDDEN
    assert await flaw_of(ground.files("bob").facts(kept.file_id)) is FileFlaw.FORBIDDEN


async def what_is_too_large_is_not_said_to_others(ground: Ground) -> None:
    kept = await saved(ground)
    assert await flaw_of(ground.files("bob").read(kept.file_id, 1)) is FileFlaw.FORBIDDEN


async def a_shared_file_is_read_by_its_reader(ground: Ground) -> None:
    kept = await saved(ground)
    await ground.share(kept.file_id, "bob")
    assert (await ground.files("bob").read(kept.file_id, BIG)).content == PNG.content


async def nobody_reads_nothing(ground: Ground) -> None:
    for kept in (await saved(ground), await saved(ground, "")):
        assert await flaw_of(ground.files("").read(kept.file_id, BIG)) is FileFlaw.FORBIDDEN
        assert await flaw_of(ground.files("").facts(kept.file_id)) is FileFlaw.FORBIDDEN


async def what_nobody_saved_is_read_by_no_person(ground: Ground) -> None:
    kept = await saved(ground, "")
    assert await flaw_of(ground.files("ann").read(kept.file_id, BIG)) is FileFlaw.FORBIDDEN


async def an_absent_file_is_missing(ground: Ground) -> None:
    for file_id in (ABSENT, "", "'; --", "\x00", "x" * 5000):
        assert await flaw_of(ground.files("ann").read(file_id, BIG)) in (FileFlaw.MISSING, FileFlaw.UNREADABLE)
    assert await flaw_of(ground.files("ann").facts(ABSENT)) is FileFlaw.MISSING


async def lost_bytes_are_missing(ground: Ground) -> None:
    kept = await saved(ground)
    await ground.lose(kept.file_id)
    assert await flaw_of(ground.files("ann").read(kept.file_id, BIG)) is FileFlaw.MISSING


async def a_file_of_exactly_the_limit_is_read_and_a_larger_one_is_not(ground: Ground) -> None:
    kept, size = await saved(ground), len(PNG.content)
    assert len((await ground.files("ann").read(kept.file_id, size)).content) == size
    for limit in (size - 1, 1, 0):
        assert await flaw_of(ground.files("ann").read(kept.file_id, limit)) is FileFlaw.TOO_LARGE


async def the_limit_holds_for_a_file_of_unknown_size(ground: Ground) -> None:
    kept, size = await saved(ground), len(PNG.content)
    await ground.forget_size(kept.file_id)
    assert (await ground.files("ann").facts(kept.file_id)).size is None
    assert len((await ground.files("ann").read(kept.file_id, size)).content) == size
    assert await flaw_of(ground.files("ann").read(kept.file_id, size - 1)) is FileFlaw.TOO_LARGE


async def an_empty_file_is_not_saved(ground: Ground) -> None:
    try:
        await saved(ground, file=NewFile("empty.txt", "text/plain", b""))
    except FileNotSaved as error:
        reason = error.reason
    else:
        raise AssertionError("it was saved")
    assert "empty.txt" not in reason


async def every_name_and_type_can_be_saved(ground: Ground) -> None:
    names = (
        "",
        ".",
        "../../etc/passwd",
        "a\\b\\c.png",
        "x" * 400 + ".png",
        "Ünïcode \u202e„ß“.pdf",
        "a\r\nb: c.txt",
        "é" * 300,
    )
    for name in (*names, "\ud800.png", "a?b#c%41.png"):
        kept = await saved(ground, file=NewFile(name, "image/png\r\nX-Y: z", PNG.content))
        assert (await ground.files("ann").read(kept.file_id, BIG)).content == PNG.content


async def many_read_at_once(ground: Ground) -> None:
    first, second = await saved(ground), await saved(ground, file=NOTE)
    files = ground.files("ann")
    read = await asyncio.gather(*(files.read(kept.file_id, BIG) for kept in (first, second, first, first, second)))
    assert [one.content for one in read] == [each.content for each in (PNG, NOTE, PNG, PNG, NOTE)]


async def a_cancelled_reader_leaves_the_file_readable(ground: Ground) -> None:
    kept = await saved(ground)
    reading = asyncio.create_task(ground.files("ann").read(kept.file_id, BIG))
    await asyncio.sleep(0)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    assert (await ground.files("ann").read(kept.file_id, BIG)).content == PNG.content


async def no_limit_of_the_host_is_said_by_default(ground: Ground) -> None:
    assert await ground.files("ann").ceiling() is None


CASES: tuple[Case, ...] = (
    a_saved_file_is_read_back,
    the_address_of_a_saved_file_names_it,
    the_same_bytes_twice_are_two_files,
    another_person_reads_nothing,
    what_is_too_large_is_not_said_to_others,
    a_shared_file_is_read_by_its_reader,
    nobody_reads_nothing,
    what_nobody_saved_is_read_by_no_person,
    an_absent_file_is_missing,
    lost_bytes_are_missing,
    a_file_of_exactly_the_limit_is_read_and_a_larger_one_is_not,
    the_limit_holds_for_a_file_of_unknown_size,
    an_empty_file_is_not_saved,
    every_name_and_type_can_be_saved,
    many_read_at_once,
    a_cancelled_reader_leaves_the_file_readable,
    no_limit_of_the_host_is_said_by_default,
)
