"""What the ledger does for one turn."""

from dataclasses import dataclass
from datetime import UTC, tzinfo


@dataclass(frozen=True, slots=True)
class Bookkeeping:
    """Under which `namespace` the ledger books the attempts of a turn; empty: it does not.

    `sums_chat`, `sums_month`: the person wants to know what the chat has cost, and what they have spent in this month
    of a time zone.
    """

    namespace: str = ""
    sums_chat: bool = False
    sums_month: bool = False
    zone: tzinfo = UTC
