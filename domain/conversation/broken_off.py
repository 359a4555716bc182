"""Answers whose process was lost: what their calls brought goes back in their place, each turn in the same bytes.

The host may have stored nothing of such an answer, a part of its text, or some of its calls. What its history shows is
left to the history; the rest stands before the question that was asked next.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from domain.conversation.kept_calls import KeptCall, same_arguments
from domain.conversation.placeholders import MAY_HAVE_RUN, broke_off_after, broke_off_during
from domain.conversation.record import CALL, TurnRecord
from domain.conversation.references import marked_in_text, turn_of_call


@dataclass(frozen=True, slots=True)
class BrokenCall:
    """A call of a turn that never came to its end. `tool` is the tool's own name, `finished`: it ran to its end.

    `kept`: the call with its result, None if that is lost or was never there.
    """

    turn_id: str
    call_id: str
    tool: str
    finished: bool
    kept: KeptCall | None = None


@dataclass(frozen=True, slots=True)
class BrokenAnswer:
    """What is reported of one answer: its calls, oldest first, and how many `questions` were asked since.

    No questions: the answer itself is being continued.
    """

    questions: int
    calls: tuple[BrokenCall, ...]


def open_outputs(open_calls: Iterable[tuple[str, str, object]], calls: Iterable[BrokenCall]) -> dict[str, str]:
    """Return outputs for calls a history shows without one, by the ids the host knows.

    `open_calls`: turn, id, and the call as the history holds it. Those of turns without `calls` get none.
    """
    left: dict[str, list[BrokenCall]] = {}
    for call in calls:
        left.setdefault(call.turn_id, []).append(call)
    outputs: dict[str, str] = {}
    for turn_id, shown, function in open_calls:
        if turn_id in left:
            found = next((call for call in left[turn_id] if call.kept and _is(function, call.kept)), None)
            outputs[shown] = found.kept.output if found and found.kept else MAY_HAVE_RUN
            if found:
                left[turn_id].remove(found)
    return outputs


def not_shown(
    messages: Sequence[object], records: Iterable[TurnRecord], calls: Sequence[BrokenCall]
) -> tuple[BrokenCall, ...]:
    """Leave out calls that the history, or what is stored of their turns, holds already."""
    stored = {(record.turn_id, kept.item["call_id"]) for record in records for kept in _calls_in(record)}
    in_text = {turn_id for message in messages for turn_id in marked_in_text(message)}
    shown = _Shown(messages)
    gone: set[int] = set()
    for place, call in sorted(enumerate(calls), key=lambda one: (one[1].kept is None, one[1].finished)):
        known = (call.turn_id, call.call_id) in stored or (call.finished and call.turn_id in in_text)
        if known or shown.take(call):
            gone.add(place)
    return tuple(call for place, call in enumerate(calls) if place not in gone)


class _Shown:
    """The calls of a history, each of which accounts for one run: first those that are known, then the others."""

    def __init__(self, messages: Sequence[object]) -> None:
        self._open = {shown for _, shown, _ in open_calls_in(messages)}
        self._calls: dict[str, list[tuple[str, object]]] = {}
        for turn_id, shown, function in calls_in(messages):
            self._calls.setdefault(turn_id, []).append((shown, function))

    def take(self, call: BrokenCall) -> bool:
        """Tell whether the history holds a call; one that never finished can only be one without output there."""
        there = self._calls.get(call.turn_id, [])
        for shown, function in there:
            same = _is(function, call.kept) if call.kept is not None else call.finished or shown in self._open
            if same:
                there.remove((shown, function))
                return True
        return False


def calls_in(messages: Iterable[object]) -> Iterator[tuple[str, str, object]]:
    """Iterate over the calls of ours in a history: turn, id, and the function with its arguments."""
    for message in messages:
        calls = message.get("tool_calls") if isinstance(message, Mapping) else None
        for call in calls if isinstance(calls, list | tuple) else ():
            shown = call.get("id") if isinstance(call, Mapping) else None
            if turn_id := turn_of_call(shown):
                yield turn_id, str(shown), call.get("function")


def open_calls_in(messages: Sequence[object]) -> list[tuple[str, str, object]]:
    """Return calls of ours without an output in a history; quick enough for every turn."""
    calls = list(calls_in(messages))
    if not calls:
        return []
    results = (message for message in messages if isinstance(message, Mapping) and message.get("role") == "tool")
    answered = {call_id for one in results if isinstance(call_id := one.get("tool_call_id"), str)}
    return [call for call in calls if call[1] not in answered]


def with_broken(messages: Sequence[object], answers: Sequence[BrokenAnswer]) -> Sequence[object]:
    """Put what is reported of broken answers before the questions that follow them.

    Answers whose own question is not among the messages are left out with it.
    """
    if not answers:
        return messages
    asked = [place for place, one in enumerate(messages) if isinstance(one, Mapping) and one.get("role") == "user"]
    at: dict[int, list[object]] = {}
    for answer in answers:
        if answer.questions < len(asked):
            place = asked[-answer.questions] if answer.questions else asked[-1] + 1
            at.setdefault(place, []).extend(_messages(answer.calls))
    inserted: list[object] = []
    for place, message in enumerate([*messages, None]):
        inserted += at.get(place, [])
        if place < len(messages):
            inserted.append(message)
    return inserted


def without_outputs(answers: Sequence[BrokenAnswer], which: Mapping[tuple[str, str], str]) -> tuple[BrokenAnswer, ...]:
    """Replace the outputs of calls, named by turn and call id, for which there is no room."""

    def changed(call: BrokenCall) -> BrokenCall:
        text = which.get((call.turn_id, call.call_id))
        return call if text is None or call.kept is None else replace(call, kept=replace(call.kept, output=text))

    return tuple(replace(answer, calls=tuple(map(changed, answer.calls))) for answer in answers)


def _messages(calls: Sequence[BrokenCall]) -> Iterator[dict[str, Any]]:
    """Return messages of calls and outputs; a call id that is repeated begins a new round."""
    round_: dict[str, KeptCall] = {}
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


def _round(calls: Mapping[str, KeptCall]) -> Iterator[dict[str, Any]]:
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
    return (kept for kept in record.items if kept.item["type"] == CALL)


def _is(function: object, kept: KeptCall) -> bool:
    """Tell whether a call of a history is a kept one."""
    return (
        isinstance(function, Mapping)
        and function.get("name") == kept.name
        and same_arguments(function.get("arguments"), kept.arguments)
    )
