"""Log when a key changes: the operator's, a person's own, or the one that encrypts what is stored of chats.

Only ids of keys are known here. Processes share the id that was used last by compare-and-swap, so that one of them logs
a change. It is kept for two days after its last use, as all such texts are: a key that was not used for longer is
logged like one that was never seen before, with an empty old id.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass
from enum import Enum

from domain.breakers.keys import key_of
from domain.breakers.policy import FORGET_AFTER_SECONDS
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


class AuditKeys:
    """The use case; belongs to one event loop. `state` is shared by all processes where there is a database."""

    def __init__(self, state: BreakerState, clock: Clock, telemetry: Telemetry) -> None:
        self._state, self._clock, self._telemetry = state, clock, telemetry
        self._tasks = OwnedTasks(telemetry)
        self._used: OrderedDict[KeyOwner, _Used] = OrderedDict()
        self._uses: deque[tuple[KeyOwner, str, str]] = deque(maxlen=MOST_OWNERS)
        self._works = False

    def uses(self, owner: KeyOwner, key_id: str) -> None:
        """Note which key is used; an empty id: none any more. Costs microseconds unless the key has changed."""
        used, now = self._used.get(owner), self._clock.monotonic()
        if used is None and not key_id:
            return  # this process has never seen a key of theirs
        if used is not None and used.key_id == key_id and (now < used.until or not key_id):
            return
        self._used[owner] = _Used(key_id, now + CONFIRM_SECONDS)
        self._used.move_to_end(owner)
        if len(self._used) > MOST_OWNERS:
            self._used.popitem(last=False)
        self._uses.append((owner, used.key_id if used is not None else "", key_id))
        if not self._works:
            self._works = True
            self._tasks.own(self._work(), "openrouter-pipe-audit-keys")

    async def drained(self) -> None:
        """Return once every change is logged."""
        await self._tasks.drained()

    # --- details ------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        """Log changes in their order. If the store fails, what this process has seen counts."""
        try:
            works = True
            while self._uses:
                owner, before, key_id = self._uses.popleft()
                known = await self._known(owner, key_id) if works else None
                works = known is not None
                old = (before or key_id) if known is None else known
                if old != key_id:
                    self._log(owner, old, key_id)
        finally:
            self._works = False

    async def _known(self, owner: KeyOwner, key_id: str) -> str | None:
        """Store the id of a key in use; return the one before, None if the store fails.

        It is the same one if another process was faster and has logged the change.
        """
        key = key_of("key_in_use", owner.namespace, owner.whose.value, owner.user_id)
        try:
            async with within(self._clock, STORE_SECONDS):
                for _ in range(MOST_TRIES):
                    known, version = await self._state.load(key)
                    if await self._state.store(key, key_id, version, self._clock.now()):
                        return known
        except (BreakerStateUnavailable, TimeoutError):
            return None
        return key_id

    def _log(self, owner: KeyOwner, old: str, new: str) -> None:
        values = {"whose": owner.whose.value, "old_key_id": old, "new_key_id": new}
        if owner.user_id:
            values["user_id"] = owner.user_id
        self._telemetry.event("info", "key_changed", **values)
