"""Log when a key changes: the operator's, a person's own, or the one that encrypts what is stored of chats.

Only ids of keys are known here. Processes share the id that was used last by compare-and-swap, so that one of them logs
a change. It is kept for two days after its last use, as all such texts are: a key that was not used for longer is
logged like one that was never seen before, with an empty old id.
"""

from collections import deque
from dataclasses import dataclass
from enum import Enum

from domain.breakers.keys import key_of
from domain.breakers.policy import FORGET_AFTER_SECONDS
from domain.recent import Recent
from domain.services.owned_tasks import OwnedTasks
from domain.services.store_budget import within
from ports.breaker_state import BreakerState, BreakerStateUnavailable
from ports.clock import Clock
from ports.telemetry import Telemetry

MOST_OWNERS = 1_000
"""Owners of keys that one process remembers."""
STORE_SECONDS, MOST_TRIES = 10.0, 20
CONFIRM_SECONDS = FORGET_AFTER_SECONDS / 4
"""How often the shared id of a key in use is written anew, so that it is not forgotten."""


class Whose(Enum):
    """Whose key it is. STORAGE: it encrypts what is stored of chats."""

    OPERATOR = "operator"
    PERSON = "person"
    STORAGE = "storage"


@dataclass(frozen=True, slots=True)
class KeyOwner:
    """The owner of one key: within a namespace the operator, the storage, or the person with this id."""

    namespace: str
    whose: Whose
    user_id: str = ""


@dataclass(frozen=True, slots=True)
class _Used:
    key_id: str
    until: float
    shared: bool


@dataclass(frozen=True, slots=True)
class _Use:
    """That a key is used, after the one `before` that this process has seen; `shared`: other processes may know."""

    owner: KeyOwner
    before: str
    key_id: str
    shared: bool


class AuditKeys:
    """The use case; belongs to one event loop. `state` is shared by all processes where there is a database."""

    def __init__(self, state: BreakerState, clock: Clock, telemetry: Telemetry) -> None:
        self._state, self._clock, self._telemetry = state, clock, telemetry
        self._tasks = OwnedTasks(telemetry)
        self._used = Recent[KeyOwner, _Used](MOST_OWNERS)
        self._uses: deque[_Use] = deque(maxlen=MOST_OWNERS)
        self._works = False

    def uses(self, owner: KeyOwner, key_id: str, *, shared: bool = True) -> None:
        """Note which key is used; an empty id: none any more. Costs microseconds unless the key has changed.

        Not `shared`: nothing may be stored, as in a temporary chat, so this process alone remembers it.
        """
        used, now = self._used.get(owner), self._clock.monotonic()
        if used is None and not key_id:
            return  # this process has never seen a key of theirs
        if used is not None and used.key_id == key_id:
            known = now < used.until and (used.shared or not shared)
            if known or not key_id:
                return
        self._used[owner] = _Used(key_id, now + CONFIRM_SECONDS, shared)
        self._uses.append(_Use(owner, used.key_id if used is not None else "", key_id, shared))
        if not self._works:
            self._works = True
            self._tasks.own(self._work(), "openrouter-pipe-audit-keys", apart=True)

    async def drained(self) -> None:
        """Return once every change is logged."""
        await self._tasks.drained()

    # --- details ------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        """Log changes in their order. If the store fails, what this process has seen counts."""
        try:
            works = True
            while self._uses:
                use = self._uses.popleft()
                known = await self._known(use) if works and use.shared else None
                works = works and (known is not None or not use.shared)
                old = (use.before or use.key_id) if known is None else known
                if old != use.key_id:
                    self._log(use.owner, old, use.key_id)
        finally:
            self._works = False

    async def _known(self, use: _Use) -> str | None:
        """Store the id of a key in use; return the one before, None if the store fails.

        It is the same one if another process was faster and has logged the change.
        """
        owner, now = use.owner, self._clock.now()
        key = key_of("key_in_use", owner.namespace, owner.whose.value, owner.user_id)
        try:
            async with within(self._clock, STORE_SECONDS):
                for _ in range(MOST_TRIES):
                    text, version = await self._state.load(key)
                    known, noted_at = _read(text)
                    is_noted = known == use.key_id and 0 <= now.timestamp() - noted_at < CONFIRM_SECONDS
                    if is_noted or await self._state.store(key, f"{use.key_id} {now.timestamp():.0f}", version, now):
                        return known
        except (BreakerStateUnavailable, TimeoutError):
            return None
        return use.key_id

    def _log(self, owner: KeyOwner, old: str, new: str) -> None:
        values = {"whose": owner.whose.value, "old_key_id": old, "new_key_id": new}
        if owner.user_id:
            values["user_id"] = owner.user_id
        self._telemetry.event("info", "key_changed", **values)


def _read(text: str) -> tuple[str, float]:
    """Return the id of a key and when it was noted, seconds of the wall clock."""
    key_id, _, noted_at = text.partition(" ")
    return key_id, float(noted_at) if noted_at.isdecimal() else 0.0
