"""Delete the rows of chats that the host has deleted, with a brake: a host that lost its chats must not cost ours.

A table of chats that is empty, new or another installation's looks as if everybody had deleted everything. So the
host's identity is noted per namespace, and a pass that would take too many chats takes none until an administrator
confirms it. Rows that nobody reads any more end by age all the same: that needs no host.
"""

from collections.abc import Awaitable, Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from ports.chats import Chats, ChatsUnavailable
from ports.known_hosts import KnownHosts
from ports.retention import RetainedRows

T = TypeVar("T")
BATCH, CHATS_ASKED = 200, 50
SETTLED = timedelta(hours=1)  # a chat younger than that may not be in the host's database yet
MOST_CHATS, MOST_SHARE = 20, 10
"""So many chats may always go in one pass, and so many of more: one in MOST_SHARE."""
CHATS_IN_A_PASS = 10_000
"""What one pass deletes at most; the next ones go on."""
CODE_DIGITS = 8

OTHER_HOST, NEW_HOST, TOO_MANY = "another host", "host without people", "too many chats"


@dataclass(frozen=True, slots=True)
class Swept:
    """Rows of one kind; `count_as` names them in the tally."""

    rows: RetainedRows
    count_as: str


@dataclass(frozen=True, slots=True)
class Held:
    """Why nothing was deleted: `chats` of `known` chats are not in the host. `confirm` is the confirming value."""

    reason: str
    chats: int
    known: int
    confirm: str = ""


class Paused(Protocol):
    """Does a piece of work, then pauses."""

    async def __call__(self, work: Awaitable[T]) -> T:
        """Return what the work returns."""
        ...


@dataclass(frozen=True, slots=True)
class ChatSweep:
    """The sweep of one namespace.

    `confirmed` is the value an administrator gave, empty for none. `hold` prolongs the lease or raises; `count` gets
    how many rows went.
    """

    chats: Chats
    hosts: KnownHosts
    namespace: str
    confirmed: str
    paused: Paused
    hold: Callable[[], Awaitable[None]]
    count: Callable[[str, int], None]

    async def sweep(self, swept: Collection[Swept], now: datetime) -> Held | None:
        """Delete what is to be deleted, unless too much would go: then delete nothing and return why.

        A host that cannot answer ends the sweep. Raises what the stores raise.
        """
        try:
            identity = await self.chats.identity()
            surveys = [await self._survey(one.rows, now - SETTLED) for one in swept]
            held = await self._judge(identity, surveys)
            if held is not None:
                return held
            for one, survey in zip(swept, surveys, strict=True):
                for asked in _pages(survey.gone[:CHATS_IN_A_PASS]):
                    await self._delete(one, asked)
        except ChatsUnavailable:
            pass  # no conclusions
        return None

    # --- details ------------------------------------------------------------------------------------------

    async def _judge(self, identity: str, surveys: "Collection[_Survey]") -> Held | None:
        gone = len({chat_id for survey in surveys for chat_id in survey.gone})
        known = max((survey.known for survey in surveys), default=0)
        noted = await self.hosts.known(self.namespace)
        confirmed = _confirms(self.confirmed, identity, gone, known)
        code = f"{identity[:CODE_DIGITS]}-{gone}"
        if gone and not identity:
            return Held(NEW_HOST, gone, known)
        if gone and noted and noted != identity and not confirmed:
            return Held(OTHER_HOST, gone, known, code)
        if gone > _allowed(known) and not confirmed:
            return Held(TOO_MANY, gone, known, code)
        if identity and noted != identity:
            await self.hosts.note(self.namespace, identity)
        return None

    async def _survey(self, rows: RetainedRows, settled: datetime) -> "_Survey":
        """Ask the host about every chat with rows."""
        known, gone, after = 0, list[str](), ""
        while page := await self.paused(rows.chats(self.namespace, after, CHATS_ASKED)):
            after = page[-1].chat_id
            asked = [chat.chat_id for chat in page if chat.newest < settled and ":" not in chat.chat_id]
            there = await self.chats.existing(asked) if asked else frozenset()
            known += len(asked)
            gone += [chat_id for chat_id in asked if chat_id not in there]
            await self.hold()
        return _Survey(known, tuple(gone))

    async def _delete(self, swept: Swept, asked: Collection[str]) -> None:
        """Delete the rows of those chats that still do not exist, a batch at a time."""
        there = await self.chats.existing(asked)
        for chat_id in asked:
            while chat_id not in there and (
                done := await self.paused(swept.rows.delete_chat(self.namespace, chat_id, BATCH))
            ):
                self.count(swept.count_as, done)
                await self.hold()


@dataclass(frozen=True, slots=True)
class _Survey:
    """How many chats have rows, and which of them the host does not have."""

    known: int
    gone: tuple[str, ...]


def _allowed(known: int) -> int:
    return max(MOST_CHATS, known // MOST_SHARE)


def _confirms(confirmed: str, identity: str, gone: int, known: int) -> bool:
    """Return whether a value confirms this: it names this host and so many chats, or nearly so many."""
    code, _, most = confirmed.strip().rpartition("-")
    if not identity or code != identity[:CODE_DIGITS] or not (most.isascii() and most.isdigit()):
        return False
    return gone <= int(most[:9]) + _allowed(known)


def _pages(chat_ids: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(chat_ids), CHATS_ASKED):
        yield chat_ids[start : start + CHATS_ASKED]
