"""Marks by which answers in a history are recognised: references to turns and calls, else fingerprints of texts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from domain.conversation.fingerprint import FEWEST_CHARACTERS, fingerprint_of_digests, measured, visible_text
from domain.conversation.history_format import HistoryFormat
from domain.conversation.references import references_in, turn_of_call, turns_of_calls_in_text
from ports.json_values import JsonObject


@dataclass(frozen=True, slots=True)
class ShownCall:
    """A call of a stored turn as it occurs in a history: the host's id, and the function with its arguments."""

    turn_id: str
    call_id: str
    function: object
    has_output: bool


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of one history, read once.

    `references`: for each message the turns it names, the strongest first; () for messages that are no answers.
    `fingerprints`: positions and fingerprints of answers that name no turn; None if not computed, which is expensive.
    `common`: fingerprints of so few words that other chats may have the same. `calls`: the calls of stored turns.
    `calls_in_text`: turns whose finished calls an answer's text shows.
    """

    references: tuple[tuple[str, ...], ...] = ()
    fingerprints: tuple[tuple[int, str], ...] | None = None
    common: frozenset[str] = frozenset()
    calls: tuple[ShownCall, ...] = ()
    calls_in_text: frozenset[str] = frozenset()

    @property
    def open_calls(self) -> tuple[ShownCall, ...]:
        """The calls of stored turns without an output in the history."""
        return tuple(call for call in self.calls if not call.has_output)


def marks_of(messages: Sequence[object], history_format: HistoryFormat, *, by_fingerprint: bool = False) -> Marks:
    """Read the marks of a history."""
    marks = Marks(
        tuple(references_in(message, history_format) if is_answer(message) else () for message in messages),
        calls=_calls(messages),
        calls_in_text=frozenset(
            turn_id for message in messages for turn_id in turns_of_calls_in_text(message, history_format)
        ),
    )
    return with_fingerprints(marks, messages, history_format) if by_fingerprint else marks


def with_fingerprints(marks: Marks, messages: Sequence[object], history_format: HistoryFormat) -> Marks:
    """Return the marks with fingerprints; compute these unless the marks have them."""
    if marks.fingerprints is not None:
        return marks
    found = tuple(_fingerprints(messages, marks.references, history_format))
    common = frozenset(text for _, text, is_common in found if is_common)
    return replace(marks, fingerprints=tuple((position, text) for position, text, _ in found), common=common)


def is_answer(message: object) -> bool:
    """Return whether the role of a message is assistant or tool."""
    return isinstance(message, Mapping) and message.get("role") in ("assistant", "tool")


def call_ids_of(message: object) -> list[str]:
    """Return the ids of the calls of an assistant's message."""
    calls = message.get("tool_calls") if isinstance(message, Mapping) else None
    ids = (call.get("id") for call in calls if isinstance(call, Mapping)) if isinstance(calls, list | tuple) else ()
    return [call_id for call_id in ids if isinstance(call_id, str)]


def _calls(messages: Sequence[object]) -> tuple[ShownCall, ...]:
    found = list(_calls_of_turns(messages))
    if not found:
        return ()
    results = (message for message in messages if isinstance(message, Mapping) and message.get("role") == "tool")
    answered = {call_id for one in results if isinstance(call_id := one.get("tool_call_id"), str)}
    return tuple(ShownCall(*call, has_output=call[1] in answered) for call in found)


def _calls_of_turns(messages: Iterable[object]) -> Iterator[tuple[str, str, object]]:
    for message in messages:
        calls = message.get("tool_calls") if isinstance(message, Mapping) else None
        for call in calls if isinstance(calls, list | tuple) else ():
            call_id = call.get("id") if isinstance(call, Mapping) else None
            if turn_id := turn_of_call(call_id):
                yield turn_id, str(call_id), call.get("function")


def _fingerprints(
    messages: Sequence[object], references: Sequence[tuple[str, ...]], history_format: HistoryFormat
) -> Iterator[tuple[int, str, bool]]:
    """Yield positions, fingerprints, and whether few words and no ids of calls make up the fingerprint."""
    person: JsonObject = {}
    earlier: JsonObject = {}
    digests: dict[int, tuple[str, int]] = {}  # by identity; most answers name their turn and need no digest

    def digested(message: JsonObject) -> tuple[str, int]:
        if id(message) not in digests:
            digests[id(message)] = measured(visible_text(message), history_format)
        return digests[id(message)]

    for position, message in enumerate(messages):
        role = message.get("role") if isinstance(message, Mapping) else None
        if not isinstance(message, Mapping) or role not in ("user", "assistant"):
            continue
        if role == "user":
            person = message
            continue
        if not references[position]:
            call_ids, said = call_ids_of(message), [digested(one) for one in (person, earlier, message)]
            found = fingerprint_of_digests(said[0][0], said[1][0], said[2][0], call_ids)
            if found:
                few = sum(characters for _, characters in said) < FEWEST_CHARACTERS
                yield position, found, few and not call_ids
        earlier = message
