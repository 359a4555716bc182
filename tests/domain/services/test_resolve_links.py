"""Links to media are downloaded once and stored in the host; what they lead to is judged like any other bytes."""

import asyncio
from dataclasses import replace

import pytest

from domain.egress.downloads import DownloadLimits
from domain.request.intake import Intake
from domain.services.stored_media import FAILED_SECONDS
from ports.fetcher import HopAnswer, HopFailed, HopFlaw
from tests.domain.services.resolving import ONE_TRY, Room, names_of, parts_in
from tests.doubles.clock import settled
from tests.examples_media import MP3, MP4, PAGE, PDF, PNG, asked, data_url, picture, text

URL = "https://a.example/pictures/cat.png"
DOCUMENT = "https://a.example/report.pdf"
SENT = {"type": "input_image", "detail": "auto", "image_url": data_url(PNG)}
PASSED = {"type": "input_image", "detail": "auto", "image_url": URL}
PASSING = Intake(save_links=False, download=ONE_TRY)


def found(content: bytes, mime: str = "image/png") -> list[HopAnswer]:
    return [HopAnswer(200, content, mime)]


async def test_picture_is_downloaded_stored_and_inlined() -> None:
    room = Room({URL: found(PNG, "text/plain")})
    assert await room.parts(asked(text("Look:"), picture(URL))) == [{"type": "input_text", "text": "Look:"}, SENT]
    assert room.stored == ["cat.png"]


async def test_next_turn_reads_the_stored_picture() -> None:
    room = Room({URL: [*found(PNG), HopAnswer(404)]})
    for _ in range(3):
        assert await room.parts(asked(picture(URL))) == [SENT]
    assert (len(room.fetcher.asked), room.stored) == (1, ["cat.png"])


async def test_picture_that_the_host_lost_is_downloaded_again() -> None:
    room = Room({URL: found(PNG)})
    await room.parts(asked(picture(URL)))
    room.shelf._files.clear()
    assert await room.parts(asked(picture(URL))) == [SENT]
    assert len(room.fetcher.asked) == 2


async def test_dead_link_is_not_asked_again_for_each_later_message() -> None:
    room = Room({URL: [HopAnswer(404)] * 9})
    chat = [asked(picture(URL)), {"role": "assistant", "content": "Which cat?"}, asked(text("This one."))]
    await room.resolved(chat[0])
    for _ in range(3):
        await room.resolved(*chat)
    assert len(room.fetcher.asked) == 1


async def test_dead_link_of_the_newest_message_is_asked_each_time() -> None:
    room = Room({URL: [HopAnswer(404), *found(PNG)]})
    await room.parts(asked(picture(URL)))
    assert await room.parts(asked(picture(URL))) == [SENT]


async def test_dead_link_is_asked_again_after_a_while_and_by_others_at_once() -> None:
    room = Room({URL: [HopAnswer(404)] * 9})
    chat = [asked(picture(URL)), asked(text("This one."))]
    await room.resolved(*chat)
    room.user = "bob"
    await room.resolved(*chat)
    assert len(room.fetcher.asked) == 2
    room.clock.advance(FAILED_SECONDS)
    await room.resolved(*chat)
    assert len(room.fetcher.asked) == 3


async def test_same_bytes_behind_two_links_are_stored_once() -> None:
    other = "https://a.example/copy.png"
    room = Room({URL: found(PNG), other: found(PNG)})
    await room.parts(asked(picture(URL)))
    assert await room.parts(asked(picture(other))) == [SENT]
    await room.parts(asked(picture(other)))
    assert (len(room.fetcher.asked), len(room.stored)) == (2, 1)


async def test_what_one_person_stored_is_not_read_for_another() -> None:
    room = Room({URL: found(PNG)})
    await room.parts(asked(picture(URL)))
    room.user = "bob"
    await room.parts(asked(picture(URL)))
    assert [kept.owner for kept in room.shelf._files.values()] == ["ann", "bob"]


async def test_nothing_of_a_temporary_chat_is_stored() -> None:
    room = Room({URL: found(PNG)})
    for _ in range(2):
        assert await room.parts(asked(picture(URL)), temporary=True) == [SENT]
    assert (len(room.fetcher.asked), room.stored) == (2, [])


async def test_host_that_stores_nothing_keeps_no_picture_back() -> None:
    room = Room({URL: found(PNG)})
    room.shelf.full = True
    assert await room.parts(asked(picture(URL))) == [SENT]
    assert room.log.only("file_not_saved").values["reason"] == "it does not fit"


@pytest.mark.parametrize("given", [{"intake": PASSING}, {"with_host": False}], ids=["switched off", "no host"])
async def test_public_link_is_passed_on(given: dict[str, object]) -> None:
    room = Room()
    assert await room.parts(asked(picture(URL)), **given) == [PASSED]
    part = {"type": "file", "file": {"file_url": DOCUMENT, "filename": "report.pdf"}}
    sent = {"type": "input_file", "filename": "report.pdf", "file_url": DOCUMENT}
    assert await room.parts(asked(part), **given) == [sent]
    assert room.fetcher.looked_up == []


@pytest.mark.parametrize(
    "url",
    ["https://localhost/a.png", "https://10.0.0.1/a.png", "https://user@a.example/a.png", "http://a.example/a.png"],
)
async def test_link_into_a_private_network_is_neither_passed_on_nor_downloaded(url: str) -> None:
    room = Room()
    for given in ({}, {"intake": PASSING}, {"with_host": False}):
        resolution = await room.resolved(asked(text("Look:"), picture(url)), **given)
        assert [flaw for _, flaw in names_of(resolution)] == ["NOT_ALLOWED"]
    assert (room.fetcher.asked, room.fetcher.looked_up) == ([], [])


async def test_name_with_a_private_address_is_blocked() -> None:
    room = Room()
    resolution = await room.resolved(asked(picture("https://inside.example/a.png")))
    assert names_of(resolution) == [("a.png", "NOT_ALLOWED")]
    assert room.fetcher.asked == []


@pytest.mark.parametrize(
    ("answer", "flaw"),
    [
        (HopAnswer(404), "NOT_DOWNLOADED"),
        (HopFailed(HopFlaw.TIMED_OUT), "NOT_DOWNLOADED"),
        (HopFailed(HopFlaw.TOO_LARGE), "TOO_LARGE"),
        (HopAnswer(200, PAGE, "image/png"), "WEB_PAGE"),
        (HopAnswer(200, b"", "image/png"), "EMPTY"),
        (HopAnswer(200, PNG[:-9], "image/png"), "DAMAGED"),
    ],
    ids=["dead", "slow", "large", "page", "empty", "cut"],
)
async def test_bad_link_is_told_by_name_and_the_rest_goes(answer: HopAnswer | HopFailed, flaw: str) -> None:
    room = Room({URL: [answer]})
    resolution = await room.resolved(asked(text("Look:"), picture(URL)))
    assert names_of(resolution) == [("cat.png", flaw)]
    assert parts_in(resolution)[0][0] == {"type": "input_text", "text": "Look:"}
    assert room.stored == []


async def test_page_in_place_of_a_document_is_told() -> None:
    room = Room({DOCUMENT: found(PAGE, "application/pdf")})
    part = {"type": "file", "file": {"file_url": DOCUMENT}}
    assert names_of(await room.resolved(asked(part))) == [("report.pdf", "WEB_PAGE")]


async def test_document_is_downloaded_under_the_name_that_its_server_gives() -> None:
    answer = HopAnswer(200, PDF, "text/html", disposition='attachment; filename="Report 2026.pdf"')
    room = Room({"https://a.example/get": [answer]})
    (sent,) = await room.parts(asked({"type": "input_file", "file_url": "https://a.example/get"}))
    assert sent["file_data"] == data_url(PDF, "application/pdf")
    assert room.stored == [sent["filename"]]


async def test_sound_is_downloaded_even_if_links_are_passed_on() -> None:
    url = "https://a.example/note.mp3"
    room = Room({url: found(MP3)})
    part = {"type": "input_audio", "input_audio": {"url": url}}
    (sent,) = await room.parts(asked(part), intake=PASSING)
    assert sent["input_audio"]["format"] == "mp3"
    assert room.stored == []


@pytest.mark.parametrize("url", ["https://youtu.be/dQw4w9WgXcQ", "https://a.example/holiday.mp4"])
async def test_video_is_never_downloaded(url: str) -> None:
    room = Room({url: found(MP4)})
    sent = await room.parts(asked({"type": "video_url", "video_url": {"url": url}}))
    assert sent == [{"type": "input_video", "video_url": url}]
    assert room.fetcher.looked_up == []


async def test_limit_of_the_host_for_uploads_counts_for_downloads() -> None:
    room = Room({URL: found(PNG)}, ceiling=10)
    assert names_of(await room.resolved(asked(picture(URL)))) == [("cat.png", "TOO_LARGE")]
    assert await room.parts(asked(picture(URL)), temporary=True) == [SENT]


async def test_limit_of_downloads_counts() -> None:
    room = Room({URL: found(PNG)})
    intake = Intake(download=replace(ONE_TRY, size=10))
    assert names_of(await room.resolved(asked(picture(URL)), intake=intake)) == [("cat.png", "TOO_LARGE")]


async def test_media_that_take_too_long_are_left_out() -> None:
    room = Room({URL: [HopFailed(HopFlaw.TIMED_OUT)]})
    intake = Intake(download=DownloadLimits(retries=10, first_wait=1.0, seconds=100_000.0))
    turn = asyncio.ensure_future(room.resolved(asked(text("Look:"), picture(URL)), intake=intake))
    for _ in range(130):
        await settled()
        room.clock.advance(1.0)
    assert names_of(await turn) == [("cat.png", "UNREADABLE")]


async def test_turn_that_is_left_while_it_downloads_leaves_nothing_running() -> None:
    room = Room({URL: [HopFailed(HopFlaw.TIMED_OUT)]})
    intake = Intake(download=DownloadLimits(retries=10, first_wait=1.0, seconds=1000.0))
    turn = asyncio.ensure_future(room.resolved(asked(picture(URL), picture(DOCUMENT)), intake=intake))
    await settled()
    assert room.clock.moments != []
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn
    await settled()
    assert room.clock.moments == []
    assert asyncio.all_tasks() == {asyncio.current_task()}
