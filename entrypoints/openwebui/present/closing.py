"""What ends an answer in every form of page: the usage for the host, and the line of time, cost and tokens."""

from dataclasses import dataclass
from typing import Any

from domain.turn.steps import End
from entrypoints.openai.frames import usage_object
from entrypoints.openwebui.present.wishes import Wishes
from entrypoints.sentences.usage import closing_line


@dataclass(frozen=True, slots=True)
class Closing:
    """`usage`: what the host is to store for this request, None for nothing; `line`: the last status line."""

    usage: dict[str, Any] | None
    line: str


def closing_of(end: End, wishes: Wishes) -> Closing:
    """Settle the bill of the answer; once per request."""
    told, whole = wishes.bill.for_host(end), wishes.bill.settled(end)
    return Closing(
        usage_object(told) if told.usage is not None else None,
        closing_line(whole, wishes.parts.usage, wishes.vocabulary),
    )
