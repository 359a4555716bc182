"""Turn single frames of the stream into port events; whatever cannot be read is ignored and counted."""

from collections.abc import Callable
from datetime import datetime

from adapters.openrouter.errors.envelope import read_problem
from adapters.openrouter.stream.delta_types import WHOLES
from adapters.openrouter.wire.fields import count, mapping, objects, text
from adapters.openrouter.wire.usage import read_usage
from ports.json_values import JsonObject
from ports.responses import (
    AnnotationAdded,
    EventIgnored,
    ItemAdded,
    ItemDone,
    ProblemReported,
    ResponseEnded,
    ResponseStarted,
    ResponseStatus,
    UpstreamEvent,
)

UNREADABLE = EventIgnored("unreadable")
TYPE_LIMIT = 100

ENDINGS: dict[object, ResponseStatus] = {
    "completed": ResponseStatus.COMPLETED,
    "done": ResponseStatus.COMPLETED,
    "incomplete": ResponseStatus.INCOMPLETE,
    "failed": ResponseStatus.FAILED,
    "cancelled": ResponseStatus.FAILED,
}
SEVERITY = (ResponseStatus.COMPLETED, ResponseStatus.INCOMPLETE, ResponseStatus.FAILED)


def read_frame(frame: JsonObject, generation_id: str, now: Callable[[], datetime]) -> UpstreamEvent:
    """Return the event of one decoded frame that is no delta. `generation_id` serves where the frame lacks one."""
    kind = frame.get("type")
    if not isinstance(kind, str):
        return ProblemReported(read_problem(frame, now=now())) if frame.get("error") else EventIgnored("untyped")
    name = kind.removeprefix("response.")
    if name in ("created", "in_progress"):
        return _started(frame, generation_id)
    if name in ("completed", "incomplete", "failed", "done"):
        response = mapping(frame.get("response"))
        usage = response.get("usage") or frame.get("usage")
        return read_response({**response, "usage": usage}, generation_id, now, told=ENDINGS[name], frame=frame)
    if name == "error":
        return ProblemReported(read_problem(frame, now=now()))
    return _read_part(frame, kind)


def read_response(
    response: JsonObject,
    generation_id: str,
    now: Callable[[], datetime],
    *,
    told: ResponseStatus = ResponseStatus.COMPLETED,
    frame: JsonObject | None = None,
) -> ResponseEnded:
    """Return the end of a whole response object; the worse of `told` and its own status counts."""
    own = response.get("status")
    status = max(told, ENDINGS.get(own if isinstance(own, str) else "", told), key=SEVERITY.index)
    failed = status is ResponseStatus.FAILED or bool(response.get("error"))
    return ResponseEnded(
        status=status,
        response_id=text(response.get("id")) or generation_id,
        model=text(response.get("model")),
        items=objects(response.get("output")),
        usage=read_usage(response.get("usage")),
        reason=text(mapping(response.get("incomplete_details")).get("reason")),
        problem=read_problem(frame or response, now=now()) if failed else None,
    )


def _started(frame: JsonObject, generation_id: str) -> UpstreamEvent:
    response = mapping(frame.get("response"))
    return ResponseStarted(text(response.get("id")) or generation_id, text(response.get("model")))


def _read_part(frame: JsonObject, kind: str) -> UpstreamEvent:
    index = count(frame.get("output_index"))
    whole = WHOLES.get(kind)
    if whole is not None:
        said = frame.get(whole.text_key)
        if not isinstance(said, str):
            return UNREADABLE
        return whole.build(index, text(frame.get("item_id")), count(frame.get(whole.part_key)), said)
    if kind in ("response.output_item.added", "response.output_item.done"):
        item = frame.get("item")
        if not isinstance(item, dict):
            return UNREADABLE
        return ItemAdded(index, item) if kind.endswith("added") else ItemDone(index, item)
    if kind == "response.output_text.annotation.added":
        annotation = frame.get("annotation")
        if not isinstance(annotation, dict):
            return UNREADABLE
        part = count(frame.get("content_index"))
        return AnnotationAdded(index, text(frame.get("item_id")), part, annotation)
    return EventIgnored(kind[:TYPE_LIMIT])
