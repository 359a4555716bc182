"""Turns the frames of `POST /responses` into port events; unreadable frames are ignored and counted."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from adapters.openrouter.errors.envelope import read_problem
from adapters.openrouter.responses.event_types import DETAILS, STAGES, UNUSED
from adapters.openrouter.responses.items import as_documented
from adapters.openrouter.stream.delta_types import DELTAS, WHOLES
from adapters.openrouter.stream.event_buffer import UNREADABLE, EventBuffer, ignored
from adapters.openrouter.wire.arguments import argument_text
from adapters.openrouter.wire.endings import BROKEN, CUT_SHORT, explained
from adapters.openrouter.wire.facts import read_facts
from adapters.openrouter.wire.fields import count, mapping, objects, position, text
from adapters.openrouter.wire.usage import read_usage
from ports.json_values import JsonObject
from ports.response_events import (
    AnnotationAdded,
    ItemAdded,
    ItemDone,
    ItemProgress,
    ProblemReported,
    ResponseEnded,
    ResponseStarted,
    ResponseStatus,
    UpstreamEvent,
)

ENDINGS: dict[object, ResponseStatus] = {
    "completed": ResponseStatus.COMPLETED,
    "done": ResponseStatus.COMPLETED,
    "incomplete": ResponseStatus.INCOMPLETE,
    "failed": ResponseStatus.FAILED,
    "cancelled": ResponseStatus.FAILED,
}
SEVERITY = (ResponseStatus.COMPLETED, ResponseStatus.INCOMPLETE, ResponseStatus.FAILED)


class ResponsesVocabulary:
    """Reads the frames of `POST /responses`; `generation_id` is used if a frame has none."""

    def __init__(self, now: Callable[[], datetime], *, generation_id: str = "") -> None:
        self._now = now
        self._generation_id = generation_id
        self.events = EventBuffer()
        self.ended = False

    def read(self, frame: dict[str, Any]) -> None:
        """Read one frame."""
        kind = frame.get("type")
        piece = DELTAS.get(kind) if kind.__class__ is str else None
        if piece is None:
            event = read_frame(frame, self._generation_id, self._now)
            self.ended = self.ended or isinstance(event, ResponseEnded)
            self.events.add(event)
        elif not self.events.say(piece, frame):
            self.events.add(UNREADABLE)

    def conclude(self, *, said_done: bool) -> None:
        """Do nothing: on this endpoint only a terminal event ends a response."""


def read_frame(frame: JsonObject, generation_id: str, now: Callable[[], datetime]) -> UpstreamEvent:
    """Return the event of one decoded frame that is not a delta. `generation_id` is used if the frame has none."""
    kind = frame.get("type")
    if not isinstance(kind, str):
        return ProblemReported(read_problem(frame, now=now())) if frame.get("error") else ignored("untyped")
    name = kind.removeprefix("response.")
    if name in ("created", "in_progress"):
        return _started(frame, generation_id)
    if name in ("completed", "incomplete", "failed", "done"):
        response = mapping(frame.get("response"))
        usage = response.get("usage") or frame.get("usage")
        return read_response({**response, "usage": usage}, generation_id, now, announced=ENDINGS[name], frame=frame)
    if name == "error":
        return ProblemReported(read_problem(frame, now=now()))
    return _read_part(frame, kind)


def read_response(
    response: JsonObject,
    generation_id: str,
    now: Callable[[], datetime],
    *,
    announced: ResponseStatus = ResponseStatus.COMPLETED,
    frame: JsonObject | None = None,
) -> ResponseEnded:
    """Return the end event of a whole response object; its status is the worst of `announced`, its own and its error.

    Some gateways end a response as completed whose error says what failed.
    """
    own_status = response.get("status")
    own = ENDINGS.get(own_status if isinstance(own_status, str) else "", announced)
    erred = ResponseStatus.FAILED if _says_what_failed(response.get("error")) else announced
    status = max(announced, own, erred, key=SEVERITY.index)
    reason = text(mapping(response.get("incomplete_details")).get("reason"))
    said: JsonObject = frame or response
    if status is ResponseStatus.INCOMPLETE and reason.lower() in BROKEN:
        status, said = ResponseStatus.FAILED, {**said, "error": explained(reason)}
    failed = status is ResponseStatus.FAILED
    return ResponseEnded(
        status=status,
        response_id=text(response.get("id")) or generation_id,
        model=text(response.get("model")),
        items=tuple(map(as_documented, objects(response.get("output")))),
        usage=read_usage(response.get("usage")),
        reason=CUT_SHORT.get(reason.lower(), reason),
        problem=read_problem(said, now=now(), in_stream=frame is not None) if failed else None,
        facts=read_facts(response),
    )


def _says_what_failed(error: object) -> bool:
    said = [error.get(key) for key in ("message", "code", "type")] if isinstance(error, dict) else [error]
    return any(isinstance(one, str | int) and bool(one) for one in said)


def _started(frame: JsonObject, generation_id: str) -> UpstreamEvent:
    response = mapping(frame.get("response"))
    return ResponseStarted(text(response.get("id")) or generation_id, text(response.get("model")))


def _read_part(frame: JsonObject, kind: str) -> UpstreamEvent:
    index = position(frame.get("output_index"))
    whole = WHOLES.get(kind)
    if whole is not None:
        content = frame.get(whole.text_key)
        if isinstance(content, dict) and whole.text_key == "arguments":
            content = argument_text(content)
        if not isinstance(content, str):
            return UNREADABLE
        return whole.build(index, text(frame.get("item_id")), count(frame.get(whole.part_key)), content)
    if kind in ("response.output_item.added", "response.output_item.done"):
        item = frame.get("item")
        if not isinstance(item, dict):
            return UNREADABLE
        item = as_documented(item)
        return ItemAdded(index, item) if kind.endswith("added") else ItemDone(index, item)
    if kind == "response.output_text.annotation.added":
        annotation = frame.get("annotation")
        if not isinstance(annotation, dict):
            return UNREADABLE
        part = count(frame.get("content_index"))
        return AnnotationAdded(index, text(frame.get("item_id")), part, annotation)
    return _read_stage(frame, kind, index)


def _read_stage(frame: JsonObject, kind: str, index: int) -> UpstreamEvent:
    """Return how far a server tool is; of pictures in the making, the picture is left out."""
    stage = STAGES.get(kind)
    if stage is None:
        return ignored(kind, unknown=kind not in UNUSED)
    detail = {key: frame[key] for key in DETAILS.get(stage, ()) if key in frame}
    return ItemProgress(index, text(frame.get("item_id")), *stage, detail)
