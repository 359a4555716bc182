"""Finished pieces of work for a distributed trace."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol, runtime_checkable

Attribute = str | int | float | bool | Decimal


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of work that has just ended after `seconds`; `failed` says with what, empty if it did not fail.

    `attributes` contain no texts of prompts or answers and no ids of people.
    """

    name: str
    seconds: float
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    failed: str = ""


@runtime_checkable
class Spans(Protocol):
    """Accepts spans; each belongs to the trace of the task that reports it. Never blocks and never raises."""

    def ended(self, span: Span) -> None:
        """Take a span."""
        ...
