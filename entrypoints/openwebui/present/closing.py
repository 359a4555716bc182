"""What ends an answer in every form of page: the usage for the host, and the line of time, cost and tokens."""

from dataclasses import dataclass

from domain.turn.steps import End
from entrypoints.openwebui.present.wishes import Wishes
from entrypoints.sentences.usage import closing_line
from entrypoints.sentences.usage_labels import WORDS
from ports.usage import Usage


@dataclass(frozen=True, slots=True)
class Closing:
    """`usage`: what the host is to store for this request, None for nothing; `line`: the last status line."""

    usage: Usage | None
    line: str


def closing_of(end: End, wishes: Wishes) -> Closing:
    """Settle the bill of the answer; once per request."""
    bill = wishes.bill
    usage, whole = bill.for_host(end), bill.settled(end)
    line = closing_line(
        whole,
        show_usage=wishes.parts.usage is not None,
        estimated_cost=bill.estimated,
        labels=wishes.parts.usage or WORDS,
        vocabulary=wishes.vocabulary,
    )
    return Closing(usage, line)
