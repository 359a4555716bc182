"""Media of messages are read, judged by their bytes and sent; whatever is not sent is told, with the reason."""

from typing import Any

import pytest

from domain.conversation.fingerprint import visible_text
from domain.request.intake import AttachedFile, Intake
from ports.catalog import Model
from ports.files import FileFlaw
from tests.domain.services.resolving import EVERYTHING, Room, names_of, parts_in
from tests.examples_media import (
    BMP,
    GIF,
    HEIC,
    JPEG,
    MOV,
    MP3,
    MP4,
    MPEG,
    OGG,
    PAGE,
    PDF,
    PICTURES,
    PNG,
    SVG,
    TAGGED_MP3,
    TIFF,
    WAV,
    WEBM,
    WEBP,
    asked,
    data_url,
    picture,
    text,
)

TEXT_ONLY = Model("maker/text", "Text", input_modalities=frozenset({"text"}))
SENT = {"type": "input_text", "text": "Look:"}


def input_image(content: bytes, mime: str = "image/png") -> dict[str, object]:
    return {"type": "input_image", "detail": "auto", "image_url": data_url(content, mime)}


@pytest.mark.parametrize(("mime", "content"), PICTURES.items(), ids=PICTURES)
async def test_picture_is_sent_as_what_its_bytes_are(mime: str, content: bytes) -> None:
    for declared in (mime, "image/jpg", "image/heic", "application/octet-stream"):
        sent = await Room().parts(asked(text("Look:"), picture(data_url(content, declared))))
        assert sent == [SENT, input_image(content, mime)]


@pytest.mark.parametrize(
    ("url", "flaw"),
    {
        "heic": (data_url(HEIC, "image/png"), "WRONG_KIND"),
        "svg": (data_url(SVG, "image/svg+xml"), "WRONG_KIND"),
        "svg as text": ("data:image/svg+xml,<svg/>", "WRONG_KIND"),
        "bmp": (data_url(BMP), "WRONG_KIND"),
        "tiff": (data_url(TIFF), "WRONG_KIND"),
        "pdf": (data_url(PDF), "WRONG_KIND"),
        "page": (data_url(PAGE), "WEB_PAGE"),
        "empty": (data_url(b""), "EMPTY"),
        "cut png": (data_url(PNG[:-9]), "DAMAGED"),
        "cut jpeg": (data_url(JPEG[:-2], "image/jpeg"), "DAMAGED"),
        "cut gif": (data_url(GIF[:-1], "image/gif"), "DAMAGED"),
        "cut webp": (data_url(WEBP[:-4], "image/webp"), "DAMAGED"),
        "letters that base64 has not": ("data:image/png;base64,iVBO!", "DAMAGED"),
        "padding in the middle": ("data:image/png;base64,iVB=iVBO", "DAMAGED"),
        "plain http": ("http://a.example/a.png", "NOT_ALLOWED"),
        "words": ("a picture of a cat", "NO_SOURCE"),
        "nothing": ("", "NO_SOURCE"),
    }.values(),
)
async def test_picture_that_cannot_be_sent_is_told_and_the_rest_goes(url: str, flaw: str) -> None:
    resolution = await Room().resolved(asked(text("Look:"), picture(url), picture(data_url(GIF, "image/gif"))))
    assert [name for _, name in names_of(resolution)] == [flaw]
    first, note, last = parts_in(resolution)[0]
    assert (first, last) == (SENT, input_image(GIF, "image/gif"))
    assert note["type"] == "input_text"
    assert "left out" in note["text"]


async def test_base64_in_another_spelling_is_mended() -> None:
    content = PNG + b"\xfb\xff\xbf"
    strict = data_url(content)
    head, _, encoded = strict.partition(",")
    loose = encoded.replace("+", "-").replace("/", "_").rstrip("=")
    for spelled in (loose, f"{encoded[:20]}\r\n{encoded[20:]}\n"):
        assert await Room().parts(asked(picture(f"{head},{spelled}"))) == [input_image(content)]


async def test_size_is_judged_before_decoding() -> None:
    room = Room()
    resolution = await room.resolved(asked(picture(data_url(PNG + b"\0" * 5000))), intake=Intake(inline=4000))
    assert names_of(resolution) == [("", "TOO_LARGE")]
    assert room.offload.sizes == []


@pytest.mark.parametrize(
    ("content", "format_"), [(MP3, "mp3"), (TAGGED_MP3, "mp3"), (WAV, "wav")], ids=["mp3", "tagged mp3", "wav"]
)
async def test_sound_is_sent_in_the_format_of_its_bytes(content: bytes, format_: str) -> None:
    bare = data_url(content).partition(",")[2]
    for given in (bare, data_url(content, "audio/ogg")):
        part = {"type": "input_audio", "input_audio": {"data": given, "format": "flac"}}
        assert await Room().parts(asked(part)) == [
            {"type": "input_audio", "input_audio": {"data": bare, "format": format_}}
        ]


async def test_other_sound_is_told() -> None:
    part = {"type": "input_audio", "input_audio": {"data": data_url(OGG).partition(",")[2], "format": "wav"}}
    assert names_of(await Room().resolved(asked(part))) == [("", "WRONG_KIND")]


@pytest.mark.parametrize(("mime", "content"), {"mp4": MP4, "mov": MOV, "webm": WEBM, "mpeg": MPEG}.items())
async def test_video_is_inlined(mime: str, content: bytes) -> None:
    room = Room()
    file_id = room.put(content, "holiday.mov", "video/quicktime")
    for given in (data_url(content, "video/x-anything"), f"/api/v1/files/{file_id}/content"):
        sent = await room.parts(asked({"type": "video_url", "video_url": {"url": given}}))
        assert sent == [{"type": "input_video", "video_url": data_url(content, f"video/{mime}")}]


async def test_video_has_a_limit_of_its_own() -> None:
    part = {"type": "video_url", "video_url": {"url": data_url(MP4 + b"\0" * 9000)}}
    assert names_of(await Room().resolved(asked(part), intake=Intake(inline=4000, video=20_000))) == []
    assert names_of(await Room().resolved(asked(part), intake=Intake(inline=90_000, video=4000))) == [("", "TOO_LARGE")]


# --- files of the host -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["{}", "/api/v1/files/{}", "/api/v1/files/{}/content"])
async def test_file_of_the_host_is_read_and_inlined(form: str) -> None:
    room = Room()
    address = form.format(room.put(JPEG, "photo.jpg", "image/png"))
    assert await room.parts(asked(picture(address))) == [input_image(JPEG, "image/jpeg")]


async def test_file_of_another_person_is_told_as_missing() -> None:
    room = Room()
    theirs = room.put(PNG, "secret.png", owner="bob")
    resolution = await room.resolved(asked(picture(f"/api/v1/files/{theirs}/content")))
    assert names_of(resolution) == [("", "NOT_FOUND")]
    assert "secret" not in str(resolution)


@pytest.mark.parametrize(
    ("flaw", "told"),
    [(FileFlaw.MISSING, "NOT_FOUND"), (FileFlaw.UNREADABLE, "UNREADABLE")],
    ids=["gone", "unreadable"],
)
async def test_file_that_the_host_cannot_read_is_told(flaw: FileFlaw, told: str) -> None:
    room = Room()
    file_id = room.put(PDF, "report.pdf")
    room.shelf.spoil(file_id, flaw)
    part = {"type": "file", "file": {"file_id": file_id, "filename": "report.pdf"}}
    resolution = await room.resolved(asked(text("Look:"), part))
    assert names_of(resolution) == [("report.pdf", told)]
    assert parts_in(resolution)[0][0] == SENT


async def test_document_of_the_host_goes_as_data_under_its_name() -> None:
    room = Room()
    part = {"type": "input_file", "file_id": room.put(PDF, "report.pdf", "text/plain")}
    assert await room.parts(asked(part)) == [
        {"type": "input_file", "filename": "report.pdf", "file_data": data_url(PDF, "application/pdf")}
    ]


async def test_file_id_of_a_provider_is_kept() -> None:
    part = {"type": "file", "file": {"file_id": "file-abc123"}}
    sent = [{"type": "input_file", "filename": "file", "file_id": "file-abc123"}]
    assert await Room().parts(asked(part)) == sent
    assert await Room().parts(asked(part), with_host=False) == sent


async def test_kind_of_a_document_is_declared_where_bytes_do_not_tell() -> None:
    part = {"type": "file", "file": {"file_data": data_url(b"a,b\n1,2\n", "text/csv"), "filename": "a.csv"}}
    (sent,) = await Room().parts(asked(part))
    assert sent["file_data"] == data_url(b"a,b\n1,2\n", "text/csv")
    lying = {"type": "file", "file": {"file_data": data_url(b"\x00\x01\x02", "text/csv"), "filename": "a.csv"}}
    (sent,) = await Room().parts(asked(lying))
    assert sent["file_data"] == data_url(b"\x00\x01\x02", "application/octet-stream")


async def test_data_of_a_document_is_stored_once() -> None:
    room = Room()
    part = {"type": "file", "file": {"file_data": data_url(PDF, "application/pdf"), "filename": "report.pdf"}}
    for _ in range(2):
        await room.resolved(asked(part, part))
    assert room.stored == ["report.pdf"]


@pytest.mark.parametrize("given", [{"temporary": True}, {"intake": Intake(save_data=False)}, {"with_host": False}])
async def test_data_of_a_document_is_not_stored(given: dict[str, object]) -> None:
    room = Room()
    part = {"type": "file", "file": {"file_data": data_url(PDF, "application/pdf"), "filename": "report.pdf"}}
    (sent,) = await room.parts(asked(part), **given)
    assert sent["file_data"] == data_url(PDF, "application/pdf")
    assert room.stored == []


async def test_host_that_stores_nothing_delays_no_message() -> None:
    room = Room()
    room.shelf.full = True
    part = {"type": "file", "file": {"file_data": data_url(PDF, "application/pdf")}}
    (sent,) = await room.parts(asked(part))
    assert sent["filename"] == "file.pdf"


# --- which are sent ----------------------------------------------------------------------------------------------


def numbered(number: int) -> bytes:
    return PNG + bytes([number])


def pictures(*numbers: int) -> list[dict[str, object]]:
    return [picture(data_url(numbered(number))) for number in numbers]


async def test_newest_pictures_of_the_chat_are_sent() -> None:
    history = [asked(text("1"), *pictures(1, 2, 3)), {"role": "assistant", "content": "Nice."}]
    resolution = await Room().resolved(*history, asked(text("2"), *pictures(4, 5, 6)))
    earlier, now = parts_in(resolution)
    assert [part["type"] for part in now] == ["input_text"] + ["input_image"] * 3
    assert [part["type"] for part in earlier] == ["input_text", "input_image", "input_image", "input_text"]
    assert "only the newest" in earlier[-1]["text"]
    assert resolution.notice is not None
    assert (resolution.notice.surplus, resolution.notice.pictures, resolution.notice.most) == (1, 6, 5)


async def test_history_that_grows_is_sent_as_before() -> None:
    room = Room()
    history = [asked(text("1"), *pictures(1, 2)), {"role": "assistant", "content": "Nice."}]
    before = parts_in(await room.resolved(*history, asked(text("2"))))
    after = parts_in(await room.resolved(*history, asked(text("2")), asked(text("3"), *pictures(3, 4))))
    assert after[:2] == before


async def test_picture_that_cannot_be_sent_takes_no_place() -> None:
    resolution = await Room().resolved(
        asked(*pictures(1, 2, 3)), asked(picture(data_url(HEIC)), *pictures(4)), intake=Intake(pictures=3)
    )
    earlier, now = parts_in(resolution)
    assert [part["type"] for part in now] == ["input_text", "input_image"]
    assert [part["type"] for part in earlier] == ["input_image", "input_image", "input_text"]


async def test_model_without_a_modality_gets_notes_and_nothing_is_read() -> None:
    room = Room()
    file_id = room.put(PDF, "report.pdf")
    part = {"type": "file", "file": {"file_id": file_id, "filename": "report.pdf"}}
    resolution = await room.resolved(asked(text("Look:"), *pictures(1), part), model=TEXT_ONLY)
    assert names_of(resolution) == [("", "NOT_TAKEN"), ("report.pdf", "NOT_TAKEN")]
    assert room.offload.sizes == []
    assert [part["type"] for part in parts_in(resolution)[0]] == ["input_text"] * 3


async def test_media_outside_the_window_of_turns_are_not_read() -> None:
    room = Room()
    resolution = await room.resolved(
        asked(*pictures(1)), {"role": "assistant", "content": "Nice."}, asked(text("2")), turns=1
    )
    assert room.offload.sizes == []
    assert resolution.notice is None


async def test_older_media_are_told_once_and_new_ones_always() -> None:
    room = Room()
    old = asked(text("1"), picture(data_url(HEIC)))
    assert names_of(await room.resolved(old)) == [("", "WRONG_KIND")]
    assert names_of(await room.resolved(old)) == [("", "WRONG_KIND")]
    answer = {"role": "assistant", "content": "I see none."}
    assert names_of(await room.resolved(old, answer, asked(text("2")))) == []
    assert names_of(await Room().resolved(old, answer, asked(text("2")))) == [("", "WRONG_KIND")]


async def test_person_said_the_same_words() -> None:
    messages = (asked(text("Look:"), picture(data_url(HEIC)), text("Well?")), {"role": "assistant", "content": "No."})
    sent: Any = (await Room().resolved(*messages)).checked.request.messages
    assert [visible_text(one) for one in sent] == [visible_text(one) for one in messages]


async def test_messages_of_the_caller_stay_as_they_are() -> None:
    message = asked(picture(data_url(HEIC)), picture("https://a.example/a.png"))
    before = repr(message)
    await Room().resolved(message)
    assert repr(message) == before


async def test_turn_without_media_is_the_same_turn() -> None:
    messages = ({"role": "user", "content": "Why?"}, asked(text("Because.")), {"role": "tool", "content": "x"}, None, 5)
    resolution = await Room().resolved(*messages)
    sent = resolution.checked.request.messages
    assert all(one is given for one, given in zip(sent, messages, strict=True))
    assert resolution.notice is None


async def test_picture_that_a_callers_tool_brought_is_judged_like_a_persons() -> None:
    def brought(content: bytes) -> dict[str, object]:
        return {"role": "tool", "tool_call_id": "1", "content": [picture(data_url(content))]}

    resolution = await Room().resolved(brought(PNG), brought(HEIC), asked(text("Look.")))
    sent: Any = resolution.checked.request.messages
    shown, left, _ = (message["content"] for message in sent)
    assert shown == [input_image(PNG)]
    assert left[0]["text"] == "[image left out: it is of a kind that models do not read]"


# --- pictures that a model made ----------------------------------------------------------------------------------


def drew(*addresses: str) -> dict[str, object]:
    return {"role": "assistant", "content": "\n\n".join(("Here:", *(f"![image]({one})" for one in addresses)))}


async def test_picture_of_a_model_goes_in_front_of_the_persons_next_words() -> None:
    room = Room()
    address = f"/api/v1/files/{room.put(PNG, 'image.png')}/content"
    for shown in (address, data_url(PNG)):
        sent = await room.parts(asked(text("Draw.")), drew(shown), {"role": "user", "content": "Bluer."})
        assert sent == [input_image(PNG), {"type": "input_text", "text": "Bluer."}]


@pytest.mark.parametrize(
    "answer",
    [{"content": "", "images": [picture(data_url(PNG))]}, {"content": [text("Here:"), picture(data_url(PNG))]}],
    ids=["beside", "among its parts"],
)
async def test_picture_beside_the_words_of_an_answer_comes_back_too(answer: dict[str, object]) -> None:
    answer = {"role": "assistant", **answer}
    sent = await Room().parts(asked(text("Draw.")), answer, asked(text("Bluer.")))
    assert sent == [input_image(PNG), {"type": "input_text", "text": "Bluer."}]


async def test_picture_of_a_model_stays_at_its_place_and_expires() -> None:
    room = Room()
    talk: list[object] = [asked(text("Draw.")), drew(data_url(PNG))]
    for turn in range(5):
        talk.append(asked(text(f"{turn}")))
        kinds = [[part["type"] for part in parts] for parts in parts_in(await room.resolved(*talk))]
        with_picture = [at for at, parts in enumerate(kinds) if "input_image" in parts]
        assert with_picture == ([1] if turn < 3 else [])
        talk.append({"role": "assistant", "content": "Done."})


@pytest.mark.parametrize(
    "given",
    [{"intake": Intake(reused_answers=0)}, {"model": TEXT_ONLY}],
    ids=["switched off", "no vision"],
)
async def test_picture_of_a_model_is_not_sent(given: dict[str, object]) -> None:
    sent = await Room().parts(asked(text("Draw.")), drew(data_url(PNG)), asked(text("Bluer.")), **given)
    assert sent == [{"type": "input_text", "text": "Bluer."}]


async def test_link_in_an_answer_is_not_followed_and_lost_pictures_are_no_news() -> None:
    room = Room()
    theirs = room.put(PNG, owner="bob")
    answer = drew("https://a.example/a.png", f"/api/v1/files/{theirs}/content", "/etc/passwd")
    resolution = await room.resolved(asked(text("Draw.")), answer, asked(text("Bluer.")))
    assert parts_in(resolution)[-1] == [{"type": "input_text", "text": "Bluer."}]
    assert resolution.notice is None
    assert room.fetcher.asked == []


async def test_pictures_of_the_person_come_before_those_of_the_model() -> None:
    messages = (asked(text("Draw.")), drew(data_url(GIF)), asked(text("Like this:"), *pictures(1, 2)))
    sent = await Room().parts(*messages, intake=Intake(pictures=2))
    assert sent == [{"type": "input_text", "text": "Like this:"}, input_image(numbered(1)), input_image(numbered(2))]


# --- files attached beside the messages --------------------------------------------------------------------------


async def test_attached_files_go_to_the_message_that_brought_them() -> None:
    room = Room()
    named, first, new = (room.put(PDF + bytes([n]), f"{n}.pdf", "application/pdf") for n in range(3))
    attached = tuple(AttachedFile(one, "", "application/pdf", newest=one == new) for one in (first, named, new))
    talk = (
        asked(text("1")),
        {"role": "assistant", "content": "A."},
        asked(text(f'<file id="{named}"/> 2')),
        {"role": "assistant", "content": "B."},
        {"role": "user", "content": "3"},
    )
    sent = parts_in(await room.resolved(*talk, attached=attached))
    assert [[part.get("filename") for part in parts] for parts in sent] == [
        ["1.pdf", None],
        ["0.pdf", None],
        ["2.pdf", None],
    ]


async def test_attached_file_of_another_person_is_not_read() -> None:
    room = Room()
    theirs = AttachedFile(room.put(PDF, "secret.pdf", owner="bob"), "mine.pdf", "application/pdf")
    resolution = await room.resolved(asked(text("1")), attached=(theirs,))
    assert names_of(resolution) == [("mine.pdf", "NOT_FOUND")]


async def test_attached_sound_for_a_model_that_hears_none_is_told() -> None:
    room = Room()
    sound = AttachedFile(room.put(MP3, "note.mp3", "audio/mpeg"), "note.mp3", "audio/mpeg")
    reads = Model("maker/reads", "Reads", input_modalities=frozenset({"text", "file"}))
    assert names_of(await room.resolved(asked(text("1")), attached=(sound,), model=reads)) == [
        ("note.mp3", "NOT_TAKEN")
    ]
    (sent, _) = await room.parts(asked(text("1")), attached=(sound,), model=EVERYTHING)
    assert sent["type"] == "input_audio"
