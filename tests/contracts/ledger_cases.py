"""Entries of the ledger for its contract, and for tests that keep one: started, settled, estimated, void."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from ports.ledger import CostSource, Entry, EntryState

DAY = datetime(2026, 11, 30, 12, tzinfo=UTC)
HOUR, MOMENT = timedelta(hours=1), timedelta(microseconds=1)
STARTED = Entry("ns", "turn", 1, 1, DAY, user_id="ann", chat_id="chat", message_id="message", requested_model="a/b")
ENDED = replace(
    STARTED,
    state=EntryState.SETTLED,
    kind="title_generation",
    endpoint="responses",
    key_id="0123456789ab",
    answering_model="a/b-2026",
    provider="P",
    generation_id="gen-1",
    input_tokens=9175,
    output_tokens=277,
    cached_tokens=3,
    cache_write_tokens=9172,
    reasoning_tokens=135,
    is_byok=True,
    cost=Decimal("0.025706"),
    upstream_cost=Decimal("1.1"),
    cost_source=CostSource.UPSTREAM,
    settled_at=DAY + HOUR,
)
GUESSED = replace(STARTED, state=EntryState.ESTIMATED, cost=Decimal("0.1"), settled_at=DAY)
VOID = replace(STARTED, state=EntryState.VOID, cost=Decimal(0), cost_source=CostSource.FREE, settled_at=DAY)
