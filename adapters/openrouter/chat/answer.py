"""Builds the items of a chat answer: which item a delta belongs to, and when an item is complete.

A chat message has no items. Readable reasoning begins a new reasoning item and ends the text before it; text, calls and
images end the reasoning. Encrypted details that arrive late become a reasoning item of their own.
"""

from adapters.openrouter.chat.calls import CallItems
from adapters.openrouter.chat.items import (
    REFUSED,
    SAID,
    MessageItem,
    Places,
    add_picture,
    flat_citation,
    picture_of,
)
from adapters.openrouter.chat.reasoning import ReasoningItem
from adapters.openrouter.chat.reasoning_details import visible
from adapters.openrouter.stream.event_buffer import EventBuffer
from adapters.openrouter.wire.fields import objects, text
from ports.json_values import JsonObject


class ChatAnswer:
    """The items of one answer. `tag` is part of every id; with `whole` a delta is a complete message."""

    def __init__(self, events: EventBuffer, tag: str, *, whole: bool = False) -> None:
        self._events = events
        self._places = Places(tag)
        self._whole = whole
        self._message: MessageItem | None = None
        self._reasoning: ReasoningItem | None = None
        self._late: list[ReasoningItem] = []
        self._calls = CallItems(events, self._places)
        self._pictures: set[str] = set()
        self._listed = self._reasoned = False
        self._taken: set[str] = set()

    def feed(self, delta: JsonObject) -> None:
        """Add one delta, or with `whole` the message."""
        if delta.get("reasoning") or delta.get("reasoning_details") is not None:
            self._think(delta)
        content = delta.get("content")
        if content:
            self._say(SAID, content if isinstance(content, str) else _joined(content))
        if refusal := text(delta.get("refusal")):
            self._say(REFUSED, refusal)
        if annotations := delta.get("annotations"):
            self._cite(annotations)
        if images := delta.get("images"):
            self._show(images)
        if fragments := delta.get("tool_calls"):
            self._call(fragments)

    def add_logprobs(self, logprobs: object) -> None:
        """Add the probabilities of tokens of the text that was said last."""
        if self._message is not None:
            self._message.add_logprobs(objects(logprobs))

    def finish(self, status: str) -> None:
        """Complete every item."""
        self._end_reasoning()
        self._end_message(status)
        self._calls.finish(status)
        self._end_late()

    def _say(self, kind: str, visible_text: str) -> None:
        if visible_text:
            self._open_message().say(kind, visible_text)

    def _cite(self, annotations: object) -> None:
        for annotation in objects(annotations):
            self._open_message().cite(flat_citation(annotation))

    def _show(self, images: object) -> None:
        for url in map(picture_of, objects(images)):
            if url and url not in self._pictures:
                self._pictures.add(url)
                self._end_reasoning()
                add_picture(self._events, *self._places.take("ig"), url)

    def _call(self, fragments: object) -> None:
        for fragment in objects(fragments):
            self._end_reasoning()
            if self._listed and not self._reasoned and not self._late:
                self._late.append(ReasoningItem(self._events))  # some providers require even an empty list
            self._end_late()
            self._calls.take(fragment, whole=self._whole)

    def _think(self, delta: JsonObject) -> None:
        details = delta.get("reasoning_details")
        has_text = False
        if isinstance(details, list):
            self._listed = True
            for detail in objects(details):
                visible_text = visible(detail)
                has_text = has_text or bool(visible_text)
                self._take(detail, visible_text)
        plain = text(delta.get("reasoning"))
        if plain and not has_text:
            (self._reasoning or self._open_reasoning()).think(plain)

    def _take(self, detail: JsonObject, visible_text: str) -> None:
        if not visible_text and self._reasoning is None and self._has_begun():
            if not self._late or not self._late[-1].add(detail, visible_text, whole=self._whole):
                self._late.append(ReasoningItem(self._events))
                self._late[-1].add(detail, visible_text, whole=self._whole)
        elif self._reasoning is None or not self._reasoning.add(detail, visible_text, whole=self._whole):
            self._open_reasoning().add(detail, visible_text, whole=self._whole)

    def _has_begun(self) -> bool:
        return self._message is not None or bool(self._calls) or bool(self._pictures)

    def _open_message(self) -> MessageItem:
        if self._message is None:
            self._end_reasoning()
            self._message = MessageItem(self._events, *self._places.take("msg"))
        return self._message

    def _open_reasoning(self) -> ReasoningItem:
        self._end_reasoning()
        self._end_message("completed")
        self._end_late()
        self._reasoned = True
        self._reasoning = ReasoningItem(self._events)
        self._reasoning.begin(*self._places.take("rs"))
        return self._reasoning

    def _end_reasoning(self) -> None:
        if self._reasoning is not None:
            self._reasoning.finish(self._taken, listed=self._listed)
            self._reasoning = None

    def _end_message(self, status: str) -> None:
        if self._message is not None:
            self._message.finish(status)
            self._message = None

    def _end_late(self) -> None:
        for reasoning in self._late:
            self._reasoned = True
            reasoning.begin(*self._places.take("rs"))
            reasoning.finish(self._taken, listed=True)
        self._late = []


def _joined(content: object) -> str:
    """Return the text of a content list, which some providers send instead of a string."""
    return "".join(text(part.get("text")) for part in objects(content) if part.get("type") in ("text", "output_text"))
