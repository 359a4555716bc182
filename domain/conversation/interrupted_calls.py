"""Answers whose process was lost: their calls and results are inserted into the history, identically in every turn.

The host may have stored nothing of such an answer, a part of its text, or some of its calls. Calls that are in the
history are not inserted again; the others are inserted before the next question.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from domain.conversation.call_kinds import CALLS
from domain.conversation.journalled_calls import JournalledCall, same_arguments
from domain.conversation.marks import Marks, ShownCall
from domain.conversation.placeholders import MAY_HAVE_RUN, broke_off_after, broke_off_during
from domain.conversation.record import TurnRecord


@dataclass(frozen=True, slots=True)
class InterruptedCall:
    """A call of a turn that was never settled. `tool` is the tool's own name; `finished`: the call itself ended.

    `kept`: the call with its result; None if the result is lost or never existed.
    """

    turn_id: str
    call_id: str
    tool: str
    finished: bool
    kept: JournalledCall | None = None


@dataclass(frozen=True, slots=True)
class InterruptedAnswer:
    """An interrupted answer: its calls, oldest first, and the number of `questions` asked since.

    `questions` is 0 while the answer itself is being continued.
    """

    questions: int
    calls: tuple[InterruptedCall, ...]


def open_outputs(open_calls: Iterable[ShownCall], calls: Iterable[InterruptedCall]) -> dict[str, str]:
    """Return outputs, by host id, for calls that have none in the history.

    Only calls of turns that occur in `calls` get an output.
    """
    left: dict[str, list[InterruptedCall]] = {}
    for call in calls:
        left.setdefault(call.turn_id, []).append(call)
    outputs: dict[str, str] = {}
    for shown in open_calls:
        if shown.turn_id in left:
            candidates = left[shown.turn_id]
            found = next((call for call in candidates if call.kept and _is(shown.function, call.kept)), None)
            outputs[shown.call_id] = found.kept.output if found and found.kept else MAY_HAVE_RUN
            if found:
                candidates.remove(found)
    return outputs


def not_shown(
    marks: Marks, records: Iterable[TurnRecord], calls: Sequence[InterruptedCall]
) -> tuple[InterruptedCall, ...]:
    """Return the calls that are neither in the history nor in the stored records of their turns."""
    stored = {(record.turn_id, kept.item["call_id"]) for record in records for kept in _calls_in(record)}
    shown = _Shown(marks.calls)
    gone: set[int] = set()
    for position, call in sorted(enumerate(calls), key=lambda one: (one[1].kept is None, one[1].finished)):
        in_text = call.finished and call.turn_id in marks.calls_in_text
        if (call.turn_id, call.call_id) in stored or in_text or shown.take(call):
            gone.add(position)
    return tuple(call for position, call in enumerate(calls) if position not in gone)


def compared_characters(marks: Marks, calls: Iterable[InterruptedCall]) -> int:
    """Return the number of characters of arguments that are compared to match calls."""
    there = (call.function.get("arguments") for call in marks.calls if isinstance(call.function, Mapping))
    kept = sum(len(call.kept.arguments) for call in calls if call.kept is not None)
    return kept + sum(len(arguments) for arguments in there if isinstance(arguments, str))


class _Shown:
    """The calls of a history. Each matches one interrupted call at most."""

    def __init__(self, calls: Iterable[ShownCall]) -> None:
        self._calls: dict[str, list[ShownCall]] = {}
        for call in calls:
            self._calls.setdefault(call.turn_id, []).append(call)

    def take(self, call: InterruptedCall) -> bool:
        """Remove a call's match and return whether there was one; unfinished calls match only those without output."""
        there = self._calls.get(call.turn_id, [])
        for shown in there:
            may_be = call.finished or not shown.has_output
            if _is(shown.function, call.kept) if call.kept is not None else may_be:
                there.remove(shown)
                return True
        return False


def with_interrupted(messages: Sequence[object], answers: Sequence[InterruptedAnswer]) -> Sequence[object]:
    """Insert interrupted answers before the questions that follow them.

    Answers whose own question is not among the messages are omitted.
    """
    if not answers:
        return messages
    asked = [
        position for position, one in enumerate(messages) if isinstance(one, Mapping) and one.get("role") == "user"
    ]
    at: dict[int, list[object]] = {}
    for answer in answers:
        if answer.questions < len(asked):
            position = asked[-answer.questions] if answer.questions else asked[-1] + 1
            at.setdefault(position, []).extend(_messages(answer.calls))
    inserted: list[object] = []
    for position, message in enumerate([*messages, None]):
        inserted += at.get(position, [])
        if position < len(messages):
            inserted.append(message)
    return inserted


def without_outputs(
    answers: Sequence[InterruptedAnswer], which: Mapping[tuple[str, str], str]
) -> tuple[InterruptedAnswer, ...]:
    """Replace outputs that are too long; `which` maps turn id and call id to the new text."""

    def changed(call: InterruptedCall) -> InterruptedCall:
        text = which.get((call.turn_id, call.call_id))
        return call if text is None or call.kept is None else replace(call, kept=replace(call.kept, output=text))

    return tuple(replace(answer, calls=tuple(map(changed, answer.calls))) for answer in answers)


def _messages(calls: Sequence[InterruptedCall]) -> Iterator[dict[str, Any]]:
    """Yield messages with calls and outputs; a repeated call id begins a new round."""
    round_: dict[str, JournalledCall] = {}
    for call in calls:
        if call.kept is None:
            continue
        if call.call_id in round_:
            yield from _round(round_)
            round_ = {}
        round_[call.call_id] = call.kept
    yield from _round(round_)
    lost = list(dict.fromkeys(call.tool for call in calls if call.kept is None and call.finished))
    unknown = list(dict.fromkeys(call.tool for call in calls if call.kept is None and not call.finished))
    if lost:
        yield _said(broke_off_after(lost))
    if unknown:
        yield _said(broke_off_during(unknown))


def _round(calls: Mapping[str, JournalledCall]) -> Iterator[dict[str, Any]]:
    if not calls:
        return
    made = [
        {"id": call_id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call_id, call in calls.items()
    ]
    yield {"role": "assistant", "content": "", "tool_calls": made}
    for call_id, call in calls.items():
        yield {"role": "tool", "tool_call_id": call_id, "content": call.output}


def _said(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


def _calls_in(record: TurnRecord) -> Iterator[Any]:
    return (kept for kept in record.items if kept.item["type"] in CALLS)


def _is(function: object, kept: JournalledCall) -> bool:
    """Return whether a call in a history equals a journalled one."""
    return (
        isinstance(function, Mapping)
        and function.get("name") == kept.name
        and same_arguments(function.get("arguments"), kept.arguments)
    )
