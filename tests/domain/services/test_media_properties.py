"""Whatever parts a message has: no empty image or sound goes upstream, and no text is lost."""

from base64 import b64encode
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.conversation.parts import says
from domain.request.intake import Intake
from ports.catalog import Model
from tests.domain.services.resolving import EVERYTHING, ONE_TRY, Room, parts_in
from tests.examples_media import HEIC, JPEG, MP3, MP4, PAGE, PDF, PNG, WAV, WEBM

CONTENTS = st.one_of(
    st.sampled_from([PNG, JPEG, HEIC, PAGE, PDF, MP3, WAV, MP4, WEBM, b""]),
    st.sampled_from([PNG, MP3, MP4]).flatmap(lambda one: st.integers(0, len(one)).map(lambda cut: one[:cut])),
    st.binary(max_size=40),
)
ENCODED = CONTENTS.map(lambda one: b64encode(one).decode())
MIMES = st.sampled_from(["image/png", "image/jpg", "audio/mpeg", "video/mp4", "application/pdf", "", "x", "text/html"])
ADDRESSES = st.one_of(
    st.builds("data:{};base64,{}".format, MIMES, st.one_of(ENCODED, st.text(max_size=12))),
    st.sampled_from(
        [
            "https://a.example/a.png",
            "https://127.0.0.1/a",
            "http://a.example/a",
            "/api/v1/files/1/content",
            "00000000-0000-4000-8000-00000000ffff",
            "",
            " ",
            "data:",
            "data:image/svg+xml,<svg/>",
        ]
    ),
    st.text(max_size=20),
)
ODD: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.integers(), st.text(max_size=5), st.lists(st.text(max_size=3), max_size=2), st.just({})
)
NAMES = st.one_of(ODD, st.sampled_from(["photo.heic", "../../etc/passwd", "a\u202eb.png", "x" * 400]))
PARTS = st.one_of(
    st.text(max_size=8),
    ODD,
    st.builds(lambda said: {"type": "text", "text": said}, st.one_of(ODD, st.text(max_size=12))),
    st.builds(lambda said: {"type": "input_text", "text": said}, st.text(max_size=12)),
    st.builds(lambda url: {"type": "image_url", "image_url": {"url": url, "detail": "low"}}, st.one_of(ADDRESSES, ODD)),
    st.builds(lambda url: {"type": "input_image", "image_url": url}, st.one_of(ADDRESSES, ODD)),
    st.builds(
        lambda data, name, url: {"type": "file", "file": {"file_data": data, "filename": name, "file_url": url}},
        st.one_of(ADDRESSES, ODD),
        NAMES,
        st.one_of(ADDRESSES, ODD),
    ),
    st.builds(lambda one: {"type": "input_file", "file_id": one}, st.one_of(ADDRESSES, ODD)),
    st.builds(
        lambda data, kind: {"type": "input_audio", "input_audio": {"data": data, "format": kind}},
        st.one_of(ADDRESSES, ENCODED, ODD),
        ODD,
    ),
    st.builds(lambda url: {"type": "video_url", "video_url": {"url": url}}, st.one_of(ADDRESSES, ODD)),
    st.builds(lambda kind: {"type": kind, "image_url": {"url": "https://a.example/a.png"}}, ODD),
)
ROLES = st.sampled_from(["user", "user", "assistant", "system", "tool", None])
MESSAGES = st.lists(
    st.builds(
        lambda role, content: {"role": role, "content": content},
        ROLES,
        st.one_of(st.text(max_size=10), st.lists(PARTS, max_size=4)),
    ),
    min_size=1,
    max_size=3,
)
MODELS = st.sampled_from([None, EVERYTHING, Model("maker/text", "Text", input_modalities=frozenset({"text"}))])
FILLED = {
    "input_text": lambda part: says(part["text"]),
    "input_image": lambda part: len(part["image_url"].partition(",")[2] or part["image_url"]) > 8,
    "input_audio": lambda part: part["input_audio"]["data"] and part["input_audio"]["format"] in ("mp3", "wav"),
    "input_video": lambda part: len(part["video_url"]) > 8,
    "input_file": lambda part: part["filename"] and any(part.get(f"file_{key}") for key in ("data", "url", "id")),
}


def texts_of(content: object) -> list[str]:
    """The texts that a person wrote, in order."""
    if isinstance(content, str):
        return [content] if says(content) else []
    texts = []
    for part in content if isinstance(content, list) else ():
        said = part.get("text") if isinstance(part, dict) and part.get("type") in ("text", "input_text") else part
        if isinstance(said, str) and says(said):
            texts.append(said)
    return texts


@settings(max_examples=300, deadline=None)
@given(MESSAGES, MODELS, st.booleans(), st.integers(1, 3))
async def test_no_empty_medium_and_no_lost_text(
    messages: list[dict[str, object]], model: Model | None, with_host: bool, most: int
) -> None:
    intake = Intake(pictures=most, download=ONE_TRY)
    resolution = await Room().resolved(*messages, model=model, with_host=with_host, intake=intake)
    sent = [part for parts in parts_in(resolution) for part in parts]
    assert all(FILLED[str(part["type"])](part) for part in sent), sent
    assert sum(part["type"] == "input_image" for part in sent) <= most
    said = [part["text"] for part in sent if part["type"] == "input_text"]
    wanted = [one for message in messages if message["role"] == "user" for one in texts_of(message["content"])]
    left = iter(said)
    assert all(one in left for one in wanted), (wanted, said)


@settings(max_examples=200, deadline=None)
@given(MESSAGES)
async def test_what_is_sent_of_a_message_does_not_depend_on_the_turn(messages: list[dict[str, object]]) -> None:
    room = Room()
    first = parts_in(await room.resolved(*messages))
    assert parts_in(await room.resolved(*messages)) == first
