"""Turns the chunks of `POST /chat/completions` into the events of `POST /responses`."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from re import compile as pattern
from typing import Any
from uuid import uuid4

from adapters.openrouter.chat.answer import ChatAnswer
from adapters.openrouter.errors.envelope import read_problem
from adapters.openrouter.stream.event_buffer import EventBuffer, ignored
from adapters.openrouter.wire.endings import BROKEN, CUT_SHORT, explained, name_of
from adapters.openrouter.wire.facts import FIELDS as FACTS
from adapters.openrouter.wire.facts import read_facts
from adapters.openrouter.wire.fields import count, mapping, objects, text
from adapters.openrouter.wire.usage import read_usage
from ports.json_values import JsonObject
from ports.response_events import (
    ItemDone,
    ProblemReported,
    ResponseEnded,
    ResponseStarted,
    ResponseStatus,
    UpstreamEvent,
    UpstreamProblem,
)
from ports.usage import Usage

FOREIGN = pattern(r"[^A-Za-z0-9_-]+")
TAG_LENGTH = 40


class ChatVocabulary:
    """Reads the chunks of `POST /chat/completions`; with `whole` a choice contains a complete message.

    `ended` is True once the finish reason or the usage has been read. The response ends with the usage chunk, or
    without one with `[DONE]` or the end of the connection. Without finish reason and usage, `[DONE]` completes the
    items but not the response: the reader decides whether that counts.
    """

    def __init__(self, now: Callable[[], datetime], *, generation_id: str = "", whole: bool = False) -> None:
        self._now = now
        self._generation_id = generation_id
        self._whole = whole
        self._answer: ChatAnswer | None = None
        self._model = self._reason = self._native = ""
        self._told: dict[str, object] = {}
        self._billed = False
        self._over = False
        self.events = EventBuffer()
        self.ended = False

    def read(self, frame: dict[str, Any]) -> None:
        """Read one chunk."""
        choices = frame.get("choices")
        if self._over:
            self._ignore(frame)
        elif frame.get("error") or (choices is None and text(frame.get("type")).endswith("error")):
            self._fail(frame, frame, closing=bool(choices))
        elif isinstance(choices, list):
            self._take(frame, choices)
        elif choices is None and self._answer is not None and mapping(frame.get("usage")):
            self._take(frame, [])  # the bill alone
        else:
            self._ignore(frame)

    def conclude(self, *, said_done: bool) -> None:
        """End the response if it is complete; if only `[DONE]` arrived, end the items alone."""
        if self._over or self._answer is None:
            return
        if self._reason or self._billed or (said_done and self._usage is not None):
            self._end()
        elif said_done:
            self._answer.finish("completed")

    def complete(self) -> list[UpstreamEvent]:
        """Return the events of a whole completion, and end it even if fields are missing."""
        self._billed = True
        self.conclude(said_done=False)
        return self.events.take(last=True)

    def _take(self, frame: JsonObject, choices: list[object]) -> None:
        answer = self._answer or self._begin(frame)
        usage = frame.get("usage")
        if usage:
            self._note_facts(frame)
        choice = _first(choices)
        if choice is None:
            self._billed = self._billed or bool(usage and not choices)
            self.ended = self.ended or self._billed
            if usage and self._reason:
                self._end()
            return
        delta = choice.get("message" if self._whole else "delta")
        if isinstance(delta, dict):
            answer.feed(delta)
        if choice.get("logprobs"):
            answer.add_logprobs(mapping(choice["logprobs"]).get("content"))
        if choice.get("error"):
            self._fail({**frame, "error": choice["error"]}, frame, closing=True)
        elif choice.get("finish_reason") or choice.get("native_finish_reason"):
            self._note_reason(frame, choice)

    def _begin(self, frame: JsonObject) -> ChatAnswer:
        self._model = text(frame.get("model"))
        self._note_facts(frame)
        response_id = text(frame.get("id"))
        tag = FOREIGN.sub("", self._generation_id or response_id)[:TAG_LENGTH] or uuid4().hex
        self._generation_id = response_id or self._generation_id
        self._answer = ChatAnswer(self.events, tag, whole=self._whole)
        self.events.add(ResponseStarted(self._generation_id, self._model))
        return self._answer

    def _note_reason(self, frame: JsonObject, choice: JsonObject) -> None:
        self._note_facts(frame)
        self._native = text(choice.get("native_finish_reason"))
        self._reason = self._reason or text(choice.get("finish_reason")) or self._native
        self._model = text(frame.get("model")) or self._model
        self.ended = self.ended or bool(self._reason)

    def _note_facts(self, frame: JsonObject) -> None:
        """Keep what a chunk says about the answer and its bill; only the first, the last ones and errors are asked."""
        self._told |= {name: frame[name] for name in (*FACTS, "error") if frame.get(name)}
        if mapping(frame.get("usage")):
            self._told["usage"] = frame["usage"]

    @property
    def _usage(self) -> Usage | None:
        return read_usage(self._told.get("usage"))

    def _fail(self, envelope: JsonObject, frame: JsonObject, *, closing: bool) -> None:
        """Report an error: as the end of the response if a choice ends with it, otherwise as an event of its own.

        After the finish reason the answer is whole, and an error concerns only its bill: it ends like a connection that
        breaks there.
        """
        if self._reason:
            self._end()
            return
        problem = read_problem(envelope, now=self._now(), in_stream=not self._whole)
        self._over = True
        if not closing:
            self.events.add(ProblemReported(problem))
            return
        self._note_facts(frame)
        self._generation_id = text(frame.get("id")) or self._generation_id
        self._model = text(frame.get("model")) or self._model
        self._close(ResponseStatus.FAILED, problem=problem)

    def _end(self) -> None:
        self._over = True
        reason = name_of(self._reason, self._native)
        if reason in BROKEN:
            self._close(ResponseStatus.FAILED, problem=self._unexplained())
            return
        cut_short = CUT_SHORT.get(reason, "")
        if self._answer is not None:
            self._answer.finish("incomplete" if cut_short else "completed")
        self._close(ResponseStatus.INCOMPLETE if cut_short else ResponseStatus.COMPLETED, reason=cut_short)

    def _close(self, status: ResponseStatus, reason: str = "", problem: UpstreamProblem | None = None) -> None:
        self.ended = True
        ended = ResponseEnded(
            status, self._generation_id, self._model, usage=self._usage, reason=reason, problem=problem
        )
        self.events.add(replace(ended, facts=read_facts(self._told)))

    def _unexplained(self) -> UpstreamProblem:
        error = explained(self._native or self._reason)
        said = {"error": error, "id": self._generation_id, "model": self._model, "native_finish_reason": self._native}
        return read_problem(said, now=self._now(), in_stream=not self._whole)

    def _ignore(self, frame: JsonObject) -> None:
        what = text(frame.get("type")) or text(frame.get("object")) or "untyped"
        self.events.add(ignored(what))


def read_completion(body: JsonObject, generation_id: str, now: Callable[[], datetime]) -> ResponseEnded:
    """Return the end event of a whole chat completion, with its items."""
    reader = ChatVocabulary(now, generation_id=generation_id, whole=True)
    reader.read(dict(body))
    events = reader.complete()
    ended = next(event for event in events if isinstance(event, ResponseEnded))
    done = sorted((event for event in events if isinstance(event, ItemDone)), key=lambda event: event.index)
    return replace(ended, items=tuple(event.item for event in done))


def _first(choices: list[object]) -> JsonObject | None:
    """Return the first choice; more than one is never requested."""
    first = choices[0] if choices else None
    if isinstance(first, dict) and not first.get("index"):
        return first
    return next((choice for choice in objects(choices) if not count(choice.get("index"))), None)
