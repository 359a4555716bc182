"""The store of a drill: rows of turns as stored, and the ways they get damaged."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from domain.conversation.record import Row, TurnRecord, record_of, rows_of
from tests.domain.conversation.fingerprints import fingerprint_of_turn

DAMAGES = ("missing", "undecryptable", "duplicated", "foreign")


@dataclass
class Stored:
    """The rows of one turn and their owner."""

    owner: str
    model: str
    fingerprint: str
    rows: tuple[Row, ...]


@dataclass
class Store:
    """One store for all chats of a history. `turns` by turn id."""

    reasoning: bool = True
    tools: bool = True
    turns: dict[str, Stored] = field(default_factory=dict)

    def keep(self, owner: str, asked: Sequence[object], record: TurnRecord) -> None:
        record = replace(record, fingerprint=fingerprint_of_turn(asked, record.items))
        rows = rows_of(record, reasoning=self.reasoning, tools=self.tools)
        if rows:
            self.turns[record.turn_id] = Stored(owner, record.model, record.fingerprint, rows)

    def forget_thinking(self, turn_ids: Collection[str]) -> None:
        for turn_id in turn_ids:
            if turn_id in self.turns:
                stored = self.turns[turn_id]
                stored.rows = tuple(row for row in stored.rows if row.kind != "reasoning")

    def recall(self, owner: str, turn_ids: Collection[str], fingerprints: Collection[str]) -> tuple[TurnRecord, ...]:
        found = {
            turn_id: stored
            for turn_id, stored in self.turns.items()
            if stored.owner == owner
            and (turn_id in turn_ids or (stored.fingerprint and stored.fingerprint in fingerprints))
        }
        records = (record_of(name, one.model, one.fingerprint, one.rows) for name, one in found.items())
        return tuple(record for record in records if record is not None)


def damaged(store: Store, how: str, rng: Random) -> Store:
    """Return a copy of a store in which about a third of all turns are damaged."""
    copy = Store(store.reasoning, store.tools)
    for turn_id, stored in store.turns.items():
        hit = rng.random() < 0.35
        copy.turns[turn_id] = _spoilt(stored, how, rng) if hit else stored
    return copy


def _spoilt(stored: Stored, how: str, rng: Random) -> Stored:
    rows = list(stored.rows)
    place = rng.randrange(len(rows))
    if how == "missing":
        rows = [row for row in rows if row.ordinal != place and rng.random() < 0.8]
    elif how == "undecryptable":
        cut = rows[place].payload[: rng.randrange(len(rows[place].payload))]
        rows[place] = replace(rows[place], payload=cut)
    elif how == "duplicated":
        other = replace(rows[place], ordinal=rng.randrange(len(rows)))
        rows = [*rows, *rng.choices(rows, k=3), *([other] if rng.random() < 0.5 else [])]
        rng.shuffle(rows)
    else:
        return replace(stored, owner="somebody else")
    return replace(stored, rows=tuple(rows))
