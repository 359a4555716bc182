"""Resolve the media of a turn's messages before its request is built: read, judge, and replace them by final parts.

Turns without media pay one look at the kinds of their parts. Messages are never changed, but replaced by new ones.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from domain.conversation.attachments import Attachment, Source, attachments_in
from domain.conversation.chosen_pictures import drawn_in, newest_first
from domain.conversation.left_out import Flaw, LeftOut
from domain.conversation.media_kinds import Medium, medium_of, takes
from domain.conversation.placeholders import left_out
from domain.conversation.resolved_parts import Place, ResolvedPart, note, with_parts
from domain.conversation.turn_boundaries import last_turns
from domain.recent import Recent
from domain.request.turn_request import TurnRequest
from domain.services.check_turn import Checked
from domain.services.owned_tasks import named
from domain.services.read_media import MediaPorts, MediaReader, Owner, Read
from domain.services.store_budget import within
from domain.services.stored_media import StoredMedia
from domain.turn.statuses import MediaLeftOut
from ports.catalog import Model
from ports.clock import Clock
from ports.files import Files
from ports.timings import timed

AT_ONCE = 4
"""Media of one turn that are read at the same time."""
TURN_SECONDS = 120.0
"""For all media of a turn; those that are not read by then are left out."""
MOST_FILES = 50
"""Documents, sounds and videos of one request."""
TRIES = 4
"""So many times the limit of pictures are looked at, if some of them cannot be sent."""
CHATS_REPORTED = 10_000
"""Chats whose older media were reported."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """A turn whose messages hold final parts only; `notice` reports to the person what is not sent, if anything."""

    checked: Checked
    notice: MediaLeftOut | None = None


@dataclass(slots=True)
class _Outcome:
    """What became of the media so far. Positions are those of the messages."""

    replaced: dict[Place, ResolvedPart] = field(default_factory=dict)
    added: list[tuple[Attachment, ResolvedPart]] = field(default_factory=list)
    left: list[tuple[Attachment, LeftOut]] = field(default_factory=list)
    sent: int = 0  # pictures


class ResolveAttachments:
    """The use case; belongs to one event loop."""

    def __init__(self, ports: MediaPorts, clock: Clock) -> None:
        self._ports, self._clock = ports, clock
        self._stored = StoredMedia(clock)
        self._reported = Recent[tuple[str, str], MediaLeftOut](CHATS_REPORTED)  # by person and chat

    @timed("resolve_media")
    async def resolve(self, checked: Checked, files: Files | None, error_id: str) -> Resolution:
        """Return the turn with its media resolved. Raises nothing but cancellation."""
        request, model = checked.request, checked.model
        media = _media_of(request, model, files)
        if not media:
            return Resolution(checked)
        newest = _newest(request.messages)
        owner = Owner(request.person.user_id, files, temporary=request.person.temporary, newest=newest)
        reader = MediaReader(self._ports, request.intake, owner, self._stored, error_id)
        outcome = _Outcome()
        taken = [one for one in media if takes(model, one.medium)]
        for one in media:
            if not takes(model, one.medium):
                _leave(outcome, one, Flaw.NOT_TAKEN)
        pictures = newest_first(one for one in taken if one.medium is Medium.IMAGE)
        others = [one for one in reversed(taken) if one.medium is not Medium.IMAGE]
        await self._read(reader, pictures, others, request.intake.pictures, outcome)
        messages = with_parts(request.messages, outcome.replaced, _in_order(outcome, media))
        notice = self._notice(request, outcome, pictures)
        return Resolution(replace(checked, request=replace(request, messages=messages)), notice)

    async def _read(
        self,
        reader: MediaReader,
        pictures: Sequence[Attachment],
        others: Sequence[Attachment],
        most: int,
        outcome: _Outcome,
    ) -> None:
        """Read as many pictures as may be sent, the newest that can be, and all other media up to a bound."""
        ends, places = self._clock.monotonic() + TURN_SECONDS, asyncio.Semaphore(AT_ONCE)
        candidates = pictures[: TRIES * most]
        batch, at = [*candidates[:most], *others[:MOST_FILES]], min(most, len(candidates))
        while batch:
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(self._one(reader, one, places, ends), name="openrouter-pipe-medium")
                    for one in batch
                ]
            for one, task in zip(batch, tasks, strict=True):
                _settle(outcome, one, task.result())
            missing = most - outcome.sent
            batch, at = list(candidates[at : at + missing]), min(at + missing, len(candidates))
        for one in (*pictures[at:], *others[MOST_FILES:]):
            _leave(outcome, one, Flaw.TOO_MANY)

    async def _one(self, reader: MediaReader, one: Attachment, places: asyncio.Semaphore, ends: float) -> Read:
        try:
            async with within(self._clock, max(0.0, ends - self._clock.monotonic())), places:
                return await reader.read(one)
        except TimeoutError:
            return Flaw.UNREADABLE
        except Exception as defect:  # noqa: BLE001 - the edge of one medium: the rest of the message is sent
            self._ports.telemetry.event("error", "medium_not_read", detail=named(defect))
            return Flaw.UNREADABLE

    def _notice(self, request: TurnRequest, outcome: _Outcome, pictures: Sequence[Attachment]) -> MediaLeftOut | None:
        """Return the notice for the person: about their newest message always, about older ones once in a chat."""
        own = [one for one in pictures if not one.added]
        notice = MediaLeftOut(
            tuple(value for _, value in outcome.left if value.flaw is not Flaw.TOO_MANY),
            sum(value.flaw is Flaw.TOO_MANY for _, value in outcome.left),
            len(own),
            request.intake.pictures,
        )
        if not notice.left and not notice.surplus:
            return None
        for flaw, number in Counter(value.flaw for _, value in outcome.left).items():
            self._ports.telemetry.event("debug", "media_left_out", reason=flaw.value, number=number)
        newest = _newest(request.messages)
        chat = (request.person.user_id, request.person.chat_id)
        is_known = self._reported.get(chat) == notice
        self._reported[chat] = notice
        fresh = any(one.place[0] >= newest for one, _ in outcome.left)
        return None if is_known and not fresh else notice


def _media_of(request: TurnRequest, model: Model | None, files: Files | None) -> list[Attachment]:
    """Return the media of the messages that are sent, those attached beside them, and what models drew lately."""
    messages, intake = request.messages, request.intake
    found = list(attachments_in(messages))
    if files is not None and request.attached:
        found += _attached(request)
    if intake.reused_answers and takes(model, Medium.IMAGE):
        found += [one for one in drawn_in(messages, intake.reused_answers) if _is_own(one.sources[0], files)]
    window = last_turns(messages, request.prompting.history_turns) if found else messages
    if window is not messages:
        kept = {id(message) for message in window}
        found = [one for one in found if id(messages[one.place[0]]) in kept]
    return found


def _attached(request: TurnRequest) -> list[Attachment]:
    """Return the files attached beside the messages, each at the message that brought it.

    That is the one that names it, the newest one if the caller says so, else the first: it is sent there each time.
    """
    texts = [(at, message) for at, message in enumerate(request.messages) if _role(message) == "user"]
    if not texts:
        return []
    found: list[Attachment] = []
    for number, file in enumerate(request.attached):
        medium = medium_of(file.mime)
        if medium is not Medium.IMAGE and file.file_id:
            place = next((at for at, message in texts if _names(message, file.file_id)), None)
            place = place if place is not None else texts[-1][0] if file.newest else texts[0][0]
            found.append(Attachment((place, number), medium, (Source(file.file_id),), file.name, added=True))
    return found


def _names(message: object, file_id: str) -> bool:
    content = message.get("content") if isinstance(message, dict) else None
    parts = content if isinstance(content, list) else [{"text": content}]
    return any(
        file_id in text for part in parts if isinstance(part, dict) and isinstance(text := part.get("text"), str)
    )


def _is_own(source: Source, files: Files | None) -> bool:
    """Return whether the address of a picture in an answer is the picture itself, or a file of the host."""
    return source.value[:11] == "data:image/" or (files is not None and bool(files.id_of(source.value)))


def _newest(messages: Sequence[object]) -> int:
    """Return the position of the person's newest message, 0 without one."""
    return next((at for at in range(len(messages) - 1, -1, -1) if _role(messages[at]) == "user"), 0)


def _role(message: object) -> object:
    return message.get("role") if isinstance(message, dict) else None


def _in_order(outcome: _Outcome, media: Sequence[Attachment]) -> dict[int, list[ResolvedPart]]:
    """Return what goes before the content of messages, in the same order each time."""
    order = {id(one): number for number, one in enumerate(media)}
    added: dict[int, list[ResolvedPart]] = {}
    for one, part in sorted(outcome.added, key=lambda pair: order[id(pair[0])]):
        added.setdefault(one.place[0], []).append(part)
    return added


def _settle(outcome: _Outcome, one: Attachment, read: Read) -> None:
    """Note what became of a medium."""
    if isinstance(read, Flaw):
        _leave(outcome, one, read)
        return
    outcome.sent += one.medium is Medium.IMAGE
    if read is not None and one.added:
        outcome.added.append((one, read))
    elif read is not None:
        outcome.replaced[one.place] = read


def _leave(outcome: _Outcome, one: Attachment, flaw: Flaw) -> None:
    """Leave a medium out: a note stands in its place. What a model drew is not announced: its words stay."""
    if one.added and one.medium is Medium.IMAGE:
        return
    value = LeftOut(one.medium, flaw, one.name)
    outcome.left.append((one, value))
    if one.added:
        outcome.added.append((one, note(left_out(value))))
    else:
        outcome.replaced[one.place] = note(left_out(value))
