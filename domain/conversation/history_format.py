"""How an entrypoint's callers write a history: what their answers contain beside the model's words and references.

The core asks a `HistoryFormat` and knows no host's tags. Each entrypoint passes its own with the turn.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from ports.json_values import JsonObject


class HistoryFormat(Protocol):
    """Reads the texts of answers as a caller returns them. Implementations are stateless and never raise."""

    @property
    def asking(self) -> frozenset[str]:
        """Return the names of the caller's tools that ask the person: what they return are the person's words."""
        ...

    def words_of(self, text: str, *, results: bool = False) -> str:
        """Return the words of an answer's text: without thinking, blocks, references and results the caller added.

        With `results`, results of tools stay in the text.
        """
        ...

    def without_references(self, text: str) -> str:
        """Return a text without references to turns; everything else stays."""
        ...

    def first_call_in(self, text: str) -> int | None:
        """Return the position at which an answer's text shows its first tool call; None if it shows none."""
        ...

    def turns_in(self, text: str) -> Iterator[str]:
        """Iterate over the ids of the turns that an answer's text names, the strongest reference first."""
        ...

    def turns_of_calls_in(self, text: str) -> Iterator[str]:
        """Iterate over the ids of the turns whose finished calls an answer's text shows."""
        ...

    def turn_in_detail(self, detail: JsonObject) -> str:
        """Return the id of the turn that an entry of a message's `reasoning_details` names; empty if it names none."""
        ...

    def changing_in(self, text: str) -> tuple[int, int] | None:
        """Return the span of a system prompt that the caller's host writes anew for each message; None if it has none.

        The span means the same at any place: it is enclosed by marks of its own.
        """
        ...


@dataclass(frozen=True, slots=True)
class PlainHistory:
    """The format of callers that return texts unchanged: nothing is stripped, and texts contain no references."""

    @property
    def asking(self) -> frozenset[str]:
        """Return no names."""
        return frozenset()

    def words_of(self, text: str, *, results: bool = False) -> str:
        """Return the text."""
        return text

    def without_references(self, text: str) -> str:
        """Return the text."""
        return text

    def first_call_in(self, text: str) -> int | None:
        """Return None."""
        return None

    def turns_in(self, text: str) -> Iterator[str]:
        """Return an empty iterator."""
        return iter(())

    def turns_of_calls_in(self, text: str) -> Iterator[str]:
        """Return an empty iterator."""
        return iter(())

    def turn_in_detail(self, detail: JsonObject) -> str:
        """Return an empty text."""
        return ""

    def changing_in(self, text: str) -> tuple[int, int] | None:
        """Return None."""
        return None


PLAIN = PlainHistory()
