"""Models that say which bytes they got: one that names all media, and one that draws or changes a picture."""

from base64 import b64decode
from binascii import Error
from collections.abc import Iterator
from hashlib import sha256

from entrypoints.simulator.payload import Json
from entrypoints.simulator.pictures import tinted_png_base64
from entrypoints.simulator.scenarios.ask import Ask
from entrypoints.simulator.scenarios.echoes import task_answer, words_of
from entrypoints.simulator.scenarios.moves import Finish, Picture, Say, Script


def pictures(ask: Ask) -> Script:
    """Draw; with pictures in the newest message of the person, change the last of them. Each gives another result."""
    if task := task_answer(ask.prompt.text):
        return (Say(words_of(task)), Finish())
    given = _given(ask.body)
    if not given:
        return (Say(words_of("Here is a new picture.")), Picture(tinted_png_base64(ask.prompt.text.encode())), Finish())
    said = "\n".join(f"Changed {described(url)}." for url in given)
    return (Say(words_of(said)), Picture(tinted_png_base64(_content(given[-1]) or given[-1].encode())), Finish())


def media(ask: Ask) -> Script:
    """Name every medium of the messages of persons, in order, with the size and the hash of its bytes."""
    if task := task_answer(ask.prompt.text):
        return (Say(words_of(task)), Finish())
    return (Say(words_of("\n".join(f"- I got {one}." for one in _media(ask.body)) or "I got no media.")), Finish())


def described(url: str) -> str:
    """Return the size and the hash of a picture in a data URL; any other address as it is."""
    content = _content(url)
    return f"{len(content)} bytes {sha256(content).hexdigest()}" if content else url


def _content(url: str) -> bytes:
    head, _, data = url.partition(",")
    try:
        return b64decode(data, validate=True) if head.startswith("data:") else b""
    except Error:
        return b""


def _media(body: Json) -> Iterator[str]:
    """Describe each medium of a request to either endpoint."""
    for message in _of_persons(body):
        content = message.get("content")
        for part in content if isinstance(content, list) else ():
            match part:
                case {"type": "input_image", "image_url": str(url)} | {
                    "type": "image_url",
                    "image_url": {"url": str(url)},
                }:
                    yield f"a picture of {described(url)}"
                case {"type": "input_file", **file} | {"type": "file", "file": dict(file)}:
                    address = file.get("file_data") or file.get("file_url") or file.get("file_id")
                    yield f"the file {file.get('filename')} of {described(str(address))}"
                case {"type": "input_audio", "input_audio": {"data": str(data), "format": str(kind)}}:
                    yield f"a {kind} sound of {described(f'data:,{data}')}"
                case {"type": "input_video" | "video_url", "video_url": str(url) | {"url": str(url)}}:
                    yield f"a video of {described(url)}"


def _of_persons(body: Json) -> list[Json]:
    entries = body.get("input") if isinstance(body.get("input"), list) else body.get("messages")
    return [one for one in entries or () if isinstance(one, dict) and one.get("role") == "user"]


def _given(body: Json) -> list[str]:
    """Return the pictures of the newest message of the person, in either form."""
    persons = _of_persons(body)
    content = persons[-1].get("content") if persons else None
    urls = (part.get("image_url") for part in content if isinstance(part, dict)) if isinstance(content, list) else ()
    return [str(url["url"] if isinstance(url, dict) else url) for url in urls if url]
