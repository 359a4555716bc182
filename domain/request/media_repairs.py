"""A repair of media: those of earlier messages and of tools' results that upstream refuses are left out.

A picture that a provider cannot read stays in its chat, and would end each later turn, too. What the person has just
attached stays: they learn that it was refused.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from domain.conversation.left_out import Flaw, LeftOut
from domain.conversation.media_kinds import PARTS, Medium
from domain.conversation.placeholders import left_out
from domain.conversation.resolved_parts import note
from domain.faults.refused_part import FILES, PICTURES
from domain.request.lesson import MEDIA, Lesson
from domain.request.refusal import Refusal
from ports.json_values import JsonObject
from ports.responses import UpstreamRequest

_NAMED = {
    Medium.IMAGE: PICTURES,
    Medium.FILE: FILES,
    Medium.AUDIO: re.compile(r"\baudio\b|input_audio"),
    Medium.VIDEO: re.compile(r"\bvideos?\b|input_video"),
}
_ALL = Lesson(MEDIA, "\n".join(medium.value for medium in Medium))
_PARTS = ("content", "output")
_LINK = re.compile(
    r"(?:fetch|download|access|load)\w*\b.{0,60}\b(?:urls?|https?:)|(?:provided|invalid) urls?\b|url_rejected"
)
"""How refusals say that a linked medium could not be read, without naming its kind."""


def media_repairs(refusal: Refusal, sent: UpstreamRequest) -> list[Lesson]:
    """Return the repair for a refusal that names a medium: the one it names first of those that can be left out."""
    kinds = {one.medium for one in left_by(sent, _ALL)}
    places = ((refusal.position(_NAMED[medium]), medium) for medium in Medium if medium in kinds)
    named = sorted((at, medium.value) for at, medium in places if at is not None)
    if not named and _LINK.search(refusal.text) and _has_link(sent):
        return [_ALL]
    return [Lesson(MEDIA, named[0][1])] if named else []


def size_repair(sent: UpstreamRequest) -> Lesson | None:
    """Return the repair for a request that has too many bytes; None if no medium can be left out."""
    kinds = {one.medium.value for one in left_by(sent, _ALL)}
    return Lesson(MEDIA, "\n".join(sorted(kinds))) if kinds else None


def without_media(sent: UpstreamRequest, lesson: Lesson) -> UpstreamRequest:
    """Return the request with notes in place of media; the same object if there are none to leave out."""
    items = list(sent.body.input)
    for position, name, parts in _lists(sent):
        items[position] = {**items[position], name: [_noted(part, lesson) for part in parts]}
    return replace(sent, body=replace(sent.body, input=tuple(items))) if left_by(sent, lesson) else sent


def left_by(sent: UpstreamRequest, lesson: Lesson) -> tuple[LeftOut, ...]:
    """Return what a request loses by the lesson."""
    return tuple(_value(part) for _, _, parts in _lists(sent) for part in parts if _refused(part, lesson))


def _has_link(sent: UpstreamRequest) -> bool:
    """Return whether a medium that may be left out is sent as a link."""
    parts = (part for _, _, parts in _lists(sent) for part in parts if _refused(part, _ALL))
    return any(isinstance(value, str) and value.startswith("http") for part in parts for value in part.values())


def _lists(sent: UpstreamRequest) -> Iterator[tuple[int, str, list[JsonObject]]]:
    """Yield the lists of parts that media may leave: the position of the item, the name of its field, the parts."""
    last = _last_question(sent)
    for position, item in enumerate(sent.body.input):
        for name in _PARTS:
            if position != last and isinstance(parts := item.get(name), list):
                yield position, name, parts


def _last_question(sent: UpstreamRequest) -> int:
    """Return the position of the person's newest message; -1 without one."""
    asked = (position for position, item in enumerate(sent.body.input) if item.get("role") == "user")
    return max(asked, default=-1)


def _refused(part: object, lesson: Lesson) -> bool:
    """Return whether a part is a medium that the lesson names; outputs of clients may hold anything."""
    kind = part.get("type") if isinstance(part, dict) else None
    medium = PARTS.get(kind) if isinstance(kind, str) else None
    return medium is not None and medium.value in lesson.names


def _noted(part: JsonObject, lesson: Lesson) -> JsonObject:
    return note(left_out(_value(part))) if _refused(part, lesson) else part


def _value(part: JsonObject) -> LeftOut:
    return LeftOut(PARTS[part["type"]], Flaw.REFUSED, str(part.get("filename") or ""))
