"""Pictures of a turn: stored once as files of the person, shown once, and never lost."""

import asyncio
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace

import pytest

from domain.request.turn_request import Caller, Person, TurnRequest
from domain.services import keep_pictures
from domain.services.keep_pictures import MOST_STORED, KeepPictures
from domain.services.run_turn import Personal
from domain.tools.steps import ShowCallResult
from domain.turn.statuses import FileNotStored, PictureNotStored
from domain.turn.steps import Ended, Output, ShowImage, ShowStatus, ShowText
from ports.offload import LARGE
from ports.response_events import ItemDone, TextDelta, UpstreamEvent
from ports.toolbox import ToolCall, ToolFile, ToolRequest, ToolResult
from tests.domain.services.stage import MODEL, REQUEST, Stage, said
from tests.domain.turn.talk import call, completed, delta, done
from tests.doubles.clock import FakeClock, until
from tests.doubles.offload import InlineOffload
from tests.doubles.recorded_files import REJECTED, RecordedFiles
from tests.doubles.telemetry import RecordedTelemetry
from tests.doubles.toolbox import ScriptedToolbox

PNG, OTHER = b"\x89PNG\r\n\x1a\n" + b"one picture.", b"\x89PNG\r\n\x1a\n" + b"another one."
JPEG = b"\xff\xd8\xff" + b"a photograph."
IN_PAGE = replace(REQUEST, caller=Caller.PAGE, opens_files=True, person=Person("u1", "c1", "m1"))
NOT_STORED = ShowStatus(PictureNotStored())
AFTER = TextDelta(2, "msg_2", 0, "After")


def encoded(content: bytes) -> str:
    return b64encode(content).decode()


def data(content: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{encoded(content)}"


def drawing(picture: str | None, item_id: str = "ig_1", index: int = 0) -> ItemDone:
    return ItemDone(index, {"type": "image_generation_call", "id": item_id, "status": "completed", "result": picture})


async def shown(
    *events: UpstreamEvent,
    files: RecordedFiles | None = None,
    request: TurnRequest = IN_PAGE,
    stage: Stage | None = None,
) -> list[Output]:
    """What the reader of a turn with these events sees, without its end."""
    stage = stage or Stage([[*events, completed()]])
    outputs = stage.run_turn.run(request, models=(MODEL,), personal=Personal(files=files))
    seen = [output async for output in outputs]
    await stage.run_turn.drained()
    return [output for output in seen if isinstance(output, ShowText | ShowImage) or output == NOT_STORED]


def keeper(files: RecordedFiles | None, seconds: float = 10.0) -> KeepPictures:
    return KeepPictures(files, FakeClock(), InlineOffload(), RecordedTelemetry(), "e1", seconds)


async def kept(keep: KeepPictures, *outputs: Output) -> list[Output]:
    return [one for output in outputs for one in await keep.kept(output)]


def returned(*images: str) -> ShowCallResult:
    return ShowCallResult(0, ToolCall("c1", "draw", "{}"), ToolResult("two pictures", images=images))


# --- drawn pictures ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("content", "ending", "mime"), [(PNG, "png", "image/png"), (JPEG, "jpg", "image/jpeg")])
async def test_a_drawn_picture_is_stored_as_a_file_of_its_kind(content: bytes, ending: str, mime: str) -> None:
    files = RecordedFiles()
    assert await shown(drawing(encoded(content)), files=files) == [ShowImage(0, "/api/v1/files/f1/content")]
    (file,) = files.saved
    assert (file.content, file.mime) == (content, mime)
    assert file.name.startswith("generated-image-")
    assert file.name.endswith(f".{ending}")


async def test_a_picture_stands_where_the_model_drew_it() -> None:
    events = (delta("Before"), drawing(encoded(PNG), index=1), AFTER)
    seen = await shown(*events, files=RecordedFiles())
    assert seen == [ShowText(0, "Before"), ShowImage(1, "/api/v1/files/f1/content"), ShowText(2, "After")]


async def test_words_before_a_picture_do_not_wait_for_it_and_those_after_it_do() -> None:
    files, seen = RecordedFiles(gate=asyncio.Event()), list[Output]()
    stage = Stage([[delta("Before"), drawing(encoded(PNG), index=1), AFTER, completed()]])

    async def read() -> None:
        async for output in stage.run_turn.run(IN_PAGE, models=(MODEL,), personal=Personal(files=files)):
            seen.append(output)

    reader = asyncio.get_running_loop().create_task(read())
    await until(lambda: files.tries)
    assert [output for output in seen if isinstance(output, ShowText)] == [ShowText(0, "Before")]
    assert files.gate is not None
    files.gate.set()
    await until(reader.done)
    assert [type(output) for output in seen[-3:]] == [ShowImage, ShowText, Ended]


async def test_the_same_picture_is_stored_and_shown_once_under_whatever_form_and_id() -> None:
    files = RecordedFiles()
    events = (drawing(encoded(PNG)), drawing(data(PNG), "ig_2", 1), drawing(encoded(OTHER), "ig_3", 2))
    seen = await shown(*events, files=files)
    assert [output.url for output in seen if isinstance(output, ShowImage)] == [
        "/api/v1/files/f1/content",
        "/api/v1/files/f2/content",
    ]
    assert [file.content for file in files.saved] == [PNG, OTHER]


async def test_an_address_of_the_web_is_kept_as_a_link_and_shown_once() -> None:
    files, address = RecordedFiles(), "https://a.example/p.png"
    assert await shown(drawing(address), drawing(address, "ig_2", 1), files=files) == [ShowImage(0, address)]
    assert files.tries == 0


@pytest.mark.parametrize(
    "picture", ["iVBO", encoded(b"<html>"), data(PNG) + '"x', f"data:image/gif;base64,{encoded(PNG)}"]
)
async def test_what_is_no_picture_is_neither_stored_nor_shown(picture: str) -> None:
    files = RecordedFiles()
    assert await shown(drawing(picture), files=files) == [ShowImage(0, "")]
    assert files.tries == 0


# --- readers without files -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "request_",
    [
        replace(IN_PAGE, opens_files=False, caller=Caller.API),
        replace(IN_PAGE, person=replace(IN_PAGE.person, temporary=True)),
    ],
    ids=["API client", "temporary chat"],
)
async def test_a_reader_who_opens_no_files_gets_the_picture_as_data(request_: TurnRequest) -> None:
    files = RecordedFiles()
    seen = await shown(drawing(encoded(PNG)), files=files, request=request_)
    assert seen == [ShowImage(0, data(PNG), checked=True)]
    assert files.tries == 0


async def test_a_host_without_files_shows_data_and_warns_of_nothing() -> None:
    assert await shown(drawing(encoded(PNG))) == [ShowImage(0, data(PNG), checked=True)]


# --- a host that fails ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [REJECTED, OSError("disk")], ids=["rejected", "defect"])
async def test_a_picture_that_is_not_stored_is_shown_as_data_with_a_warning(error: Exception) -> None:
    seen = await shown(drawing(encoded(PNG)), files=RecordedFiles(error))
    assert seen == [NOT_STORED, ShowImage(0, data(PNG), checked=True)]


async def test_a_host_that_hangs_costs_the_reader_a_bounded_time() -> None:
    files = RecordedFiles(hanging=True)
    keep = keeper(files, seconds=0.0)
    seen = await kept(keep, ShowImage(0, encoded(PNG)), ShowImage(1, encoded(OTHER)))
    assert [type(output) for output in seen] == [ShowStatus, ShowImage, ShowStatus, ShowImage]
    assert (files.tries, files.stopped) == (2, 2)


async def test_a_picture_too_long_for_data_is_only_shown_if_it_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep_pictures, "LONGEST_PICTURE", 100_000)
    large = encoded(PNG + bytes(75_000))
    assert [type(one) for one in await kept(keeper(RecordedFiles()), ShowImage(0, large))] == [ShowImage]
    assert await kept(keeper(RecordedFiles(REJECTED)), ShowImage(0, large)) == [
        NOT_STORED,
        ShowImage(0, "", checked=True),
    ]
    assert await kept(keeper(None), ShowImage(0, large)) == [ShowImage(0, "")]


async def test_a_turn_stores_a_bounded_number_of_pictures() -> None:
    files = RecordedFiles()
    pictures = [encoded(PNG + number.to_bytes(3)) for number in range(MOST_STORED + 1)]
    seen = await kept(keeper(files), *(ShowImage(number, one) for number, one in enumerate(pictures)))
    assert (len(files.saved), seen[-1]) == (MOST_STORED, ShowImage(MOST_STORED, data_of(pictures[-1]), checked=True))


def data_of(picture: str) -> str:
    return f"data:image/png;base64,{picture}"


async def test_a_stopped_reader_stops_the_storing_and_the_turn_settles() -> None:
    files = RecordedFiles(hanging=True)
    stage = Stage([[drawing(encoded(PNG)), completed()]])

    async def read() -> None:
        async for _ in stage.run_turn.run(IN_PAGE, models=(MODEL,), personal=Personal(files=files)):
            pass

    reader = asyncio.get_running_loop().create_task(read())
    await until(lambda: files.tries)
    await stage.stop(reader)
    assert files.stopped == 1
    assert stage.log.only("turn_ended")


async def test_megabytes_are_read_and_decoded_off_the_loop() -> None:
    stage = Stage([[drawing(encoded(PNG + bytes(LARGE))), completed()]])
    await shown(files=RecordedFiles(), stage=stage)
    assert len([size for size in stage.offload.sizes if size >= LARGE]) == 2


# --- pictures of tools ---------------------------------------------------------------------------------------------


async def test_pictures_of_a_tool_are_stored_and_addresses_stay() -> None:
    files = RecordedFiles()
    (seen,) = await kept(keeper(files), returned(data(PNG), "https://a.example/p.png", data(OTHER)))
    assert isinstance(seen, ShowCallResult)
    assert seen.result.images == ("/api/v1/files/f1/content", "https://a.example/p.png", "/api/v1/files/f2/content")
    assert [file.name.partition("-")[0] for file in files.saved] == ["tool", "tool"]


async def test_a_picture_that_several_results_bring_is_stored_once() -> None:
    files = RecordedFiles()
    await kept(keeper(files), returned(data(PNG)), returned(data(PNG), data(PNG)), ShowImage(1, encoded(PNG)))
    assert len(files.saved) == 1


async def test_a_picture_of_a_tool_that_is_not_stored_stays_data_with_a_warning() -> None:
    before = returned(data(PNG), data(OTHER))
    assert await kept(keeper(RecordedFiles(REJECTED)), before) == [NOT_STORED, before]


async def test_results_without_pictures_and_readers_without_files_change_nothing() -> None:
    plain, pictured = returned(), returned(data(PNG))
    assert await kept(keeper(RecordedFiles()), plain) == [plain]
    assert await kept(keeper(None), pictured) == [pictured]


PDF = ToolFile("data:application/pdf;base64,JVBERi0=", "plan.pdf", "application/pdf")


async def test_files_of_a_tool_are_stored_under_their_names_and_links_stay() -> None:
    files, link = RecordedFiles(), ToolFile("https://a.example/b.pdf")
    before = ShowCallResult(0, ToolCall("c1", "draw", "{}"), ToolResult("two files", files=(PDF, link, PDF)))
    (seen,) = await kept(keeper(files), before)
    assert isinstance(seen, ShowCallResult)
    assert [file.url for file in seen.result.files] == [
        "/api/v1/files/f1/content",
        link.url,
        "/api/v1/files/f1/content",
    ]
    (stored,) = files.saved
    assert (stored.name, stored.mime, stored.content) == ("plan.pdf", "application/pdf", b"%PDF-")


@pytest.mark.parametrize("url", [PDF.url, "data:application/pdf;base64,J"])
async def test_a_file_of_a_tool_that_is_not_stored_is_not_shown(url: str) -> None:
    before = ShowCallResult(0, ToolCall("c1", "draw", "{}"), ToolResult("x", files=(replace(PDF, url=url),)))
    note, seen = await kept(keeper(RecordedFiles(REJECTED)), before)
    assert note == ShowStatus(FileNotStored())
    assert isinstance(seen, ShowCallResult)
    assert seen.result.files == ()


class Painter(ScriptedToolbox):
    """A toolbox whose tool returns a picture."""

    async def call(self, request: ToolRequest) -> ToolResult:
        """Return a picture."""
        return replace(await super().call(request), images=(data(PNG),))


async def test_the_model_gets_the_picture_itself() -> None:
    stage, files = Stage([[*done(call("a", "look")), completed()]], said("Nice")), RecordedFiles()
    seeing = replace(MODEL, input_modalities=frozenset({"text", "image"}))
    personal = Personal(Painter({"look": "a picture"}), files=files)
    outputs: Sequence[Output] = [
        output async for output in stage.run_turn.run(IN_PAGE, models=(seeing,), personal=personal)
    ]
    (result,) = [output.result for output in outputs if isinstance(output, ShowCallResult)]
    assert result.images == ("/api/v1/files/f1/content",)
    (sent,) = [one for one in stage.responses.calls[-1].request.body.input if one["type"] == "function_call_output"]
    assert [part["image_url"] for part in sent["output"] if part["type"] == "input_image"] == [data(PNG)]
