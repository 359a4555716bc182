"""What the answers in a history are recognised by: the turns they name, else fingerprints of what was said."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from domain.conversation.fingerprint import digest_of, fingerprint_of_digests, visible_text
from domain.conversation.references import references_in
from ports.json_values import JsonObject


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of one history, read once.

    `references`: the turns each message names, the strongest first; nothing for messages that are no answers.
    `fingerprints`: places of answers that name no turn, and their fingerprints; None: not looked for, which costs more.
    """

    references: tuple[tuple[str, ...], ...] = ()
    fingerprints: tuple[tuple[int, str], ...] | None = None


def marks_of(messages: Sequence[object], *, by_fingerprint: bool = False) -> Marks:
    """Read the marks of a history."""
    marks = Marks(tuple(references_in(message) if is_answer(message) else () for message in messages))
    return with_fingerprints(marks, messages) if by_fingerprint else marks


def with_fingerprints(marks: Marks, messages: Sequence[object]) -> Marks:
    """Return the marks with the fingerprints, if they are not there."""
    if marks.fingerprints is not None:
        return marks
    return replace(marks, fingerprints=tuple(_fingerprints(messages, marks.references)))


def is_answer(message: object) -> bool:
    """Tell whether a message is an assistant's or a tool's."""
    return isinstance(message, Mapping) and message.get("role") in ("assistant", "tool")


def call_ids_of(message: object) -> list[str]:
    """Return the ids of the calls of an assistant's message."""
    calls = message.get("tool_calls") if isinstance(message, Mapping) else None
    ids = (call.get("id") for call in calls if isinstance(call, Mapping)) if isinstance(calls, list | tuple) else ()
    return [call_id for call_id in ids if isinstance(call_id, str)]


def _fingerprints(messages: Sequence[object], references: Sequence[tuple[str, ...]]) -> Iterator[tuple[int, str]]:
    person: JsonObject = {}
    earlier: JsonObject = {}
    digests: dict[int, str] = {}  # by identity; most answers name their turn, and nothing has to be digested for them

    def digested(message: JsonObject) -> str:
        if id(message) not in digests:
            digests[id(message)] = digest_of(visible_text(message))
        return digests[id(message)]

    for position, message in enumerate(messages):
        role = message.get("role") if isinstance(message, Mapping) else None
        if not isinstance(message, Mapping) or role not in ("user", "assistant"):
            continue
        if role == "user":
            person = message
            continue
        if not references[position]:
            led = digested(person), digested(earlier)
            found = fingerprint_of_digests(*led, digested(message), call_ids_of(message))
            if found:
                yield position, found
        earlier = message
