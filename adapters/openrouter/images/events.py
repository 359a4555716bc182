"""Turns the frames and whole answers of `POST /images` into the events of `POST /responses`: one item per picture.

A picture that is being drawn is only a stage of its item: nothing shows it, so it is not kept. Source: the official
SDK, stream events of image generation.
"""

from collections.abc import Callable
from datetime import datetime
from re import compile as pattern
from typing import Any
from uuid import uuid4

from adapters.openrouter.errors.envelope import read_problem
from adapters.openrouter.stream.event_buffer import UNREADABLE, EventBuffer, ignored
from adapters.openrouter.wire.facts import read_facts
from adapters.openrouter.wire.fields import objects, text
from adapters.openrouter.wire.usage import read_usage
from ports.json_values import JsonObject
from ports.response_events import (
    ItemAdded,
    ItemDone,
    ItemProgress,
    ProblemReported,
    ResponseEnded,
    ResponseStarted,
    ResponseStatus,
)

CALL = "image_generation_call"
PREFIX = "image_generation."
STAGES = {"partial_image": "partial_image", "text_chunk": "generating"}
"""Frames of a picture in the making, and the stage that they mean on `POST /responses`."""
MOST_PICTURES = 32
"""Pictures of one answer that are read; nobody can request as many."""
_FOREIGN = pattern(r"[^A-Za-z0-9_-]+")
_TAG_LENGTH = 40
_DRAWN_AS_TEXT = "image/svg+xml"


class ImagesVocabulary:
    """Reads the frames of `POST /images`.

    `ended` is True once a picture is complete. The response ends with `[DONE]`, or with the connection if a picture is
    complete; not while one is still being drawn. `generation_id` is that of the headers.
    """

    def __init__(self, now: Callable[[], datetime], *, generation_id: str = "") -> None:
        self._now = now
        self._generation_id = generation_id
        self._places = _Places(generation_id)
        self._open: tuple[int, str] | None = None
        self._begun = self._over = False
        self._last: JsonObject = {}
        self.events = EventBuffer()
        self.ended = False

    def read(self, frame: dict[str, Any]) -> None:
        """Read one frame."""
        kind = text(frame.get("type"))
        name = kind.removeprefix(PREFIX)
        if self._over:
            self.events.add(ignored(kind or "untyped"))
        elif kind == "error" or (not kind and frame.get("error")):
            self._over = True
            self.events.add(ProblemReported(read_problem(frame, now=self._now())))
        elif kind.startswith(PREFIX) and name in STAGES:
            index, item_id = self._opened()
            self.events.add(ItemProgress(index, item_id, CALL, STAGES[name]))
        elif kind == f"{PREFIX}completed":
            self._complete(frame)
        else:
            self.events.add(ignored(kind or "untyped", unknown=bool(kind)))

    def conclude(self, *, said_done: bool) -> None:
        """End the response unless a picture is being drawn, or nothing says that no other one follows."""
        if self._over or self._open is not None or not (self.ended or said_done):
            return
        self._over = True
        self.events.add(_end(self._last, self._generation_id))

    def _complete(self, frame: JsonObject) -> None:
        index, item_id = self._opened()
        picture = picture_of(frame)
        if not picture:
            self.events.add(UNREADABLE)
            return
        self._open = None
        self._last = {**self._last, **{key: frame[key] for key in frame if key != "b64_json"}}
        self.events.add(ItemDone(index, _item(item_id, picture)))
        self.ended = True

    def _opened(self) -> tuple[int, str]:
        """Return the place of the picture that is being drawn; announce it if it is a new one."""
        if not self._begun:
            self._begun = True
            self.events.add(ResponseStarted(self._generation_id, ""))
        if self._open is None:
            self.ended = False
            self._open = self._places.take()
            self.events.add(ItemAdded(self._open[0], {"type": CALL, "id": self._open[1], "status": "in_progress"}))
        return self._open


def read_pictures(body: JsonObject, generation_id: str) -> ResponseEnded:
    """Return the end event of a whole answer, with an item for each picture, in order."""
    places = _Places(generation_id)
    pictures = [picture for drawn in objects(body.get("data"))[:MOST_PICTURES] if (picture := picture_of(drawn))]
    return _end(body, generation_id, tuple(_item(places.take()[1], picture) for picture in pictures))


def picture_of(drawn: JsonObject) -> str:
    """Return a picture as base64, or its address; the bytes say what kind it is, except that of SVG."""
    data = text(drawn.get("b64_json"))
    if data and text(drawn.get("media_type")) == _DRAWN_AS_TEXT:
        return f"data:{_DRAWN_AS_TEXT};base64,{data}"
    return data or text(drawn.get("url"))


class _Places:
    """Numbers the pictures of one answer; the generation id makes their ids unique."""

    def __init__(self, generation_id: str) -> None:
        self._tag = _FOREIGN.sub("", generation_id)[:_TAG_LENGTH] or uuid4().hex
        self._next = 0

    def take(self) -> tuple[int, str]:
        index, self._next = self._next, self._next + 1
        return index, f"ig_{self._tag}_{index}"


def _item(item_id: str, picture: str) -> JsonObject:
    return {"type": CALL, "id": item_id, "status": "completed", "result": picture}


def _end(said: JsonObject, generation_id: str, items: tuple[JsonObject, ...] = ()) -> ResponseEnded:
    return ResponseEnded(
        ResponseStatus.COMPLETED,
        generation_id,
        text(said.get("model")),
        items=items,
        usage=read_usage(said.get("usage")),
        facts=read_facts(said),
    )
