"""Budgets in the memory of one process."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock

from ports.budgets import HOLD_FOLLOWERS, Balance, Change, Claim, Granted, HoldState, Orphan

MOST_HOLDS = 10_000
KEPT, ACCOUNTS_KEPT = timedelta(days=1), timedelta(days=70)


@dataclass(slots=True)
class _Hold:
    state: HoldState
    claims: tuple[Claim, ...]
    holder: str
    expires_at: datetime


class MemoryBudgets:
    """Implements Budgets. Of more than `most` reservations the oldest that are settled are dropped."""

    def __init__(self, *, most: int = MOST_HOLDS) -> None:
        self._balances: dict[tuple[str, str], Balance] = {}
        self._ends: dict[tuple[str, str], datetime] = {}
        self._holds: dict[tuple[str, str], _Hold] = {}
        self._most = most
        self._lock = Lock()

    async def reserve(
        self, namespace: str, turn_id: str, claims: Collection[Claim], holder: str, until: datetime
    ) -> Granted:
        """Compare, then add."""
        with self._lock:
            balances = tuple(self._balance(namespace, claim.account) for claim in claims)
            if (namespace, turn_id) in self._holds:
                return Granted(held=True, balances=balances)
            if not all(balance.admits(claim) for balance, claim in zip(balances, claims, strict=True)):
                return Granted(held=False, balances=balances)
            for claim in claims:
                self._add(namespace, claim, reserved=claim.amount)
            held = tuple(replace(claim, limit=None) for claim in claims)
            self._hold(namespace, turn_id, _Hold(HoldState.PENDING, held, holder, until))
            return Granted(held=True, balances=tuple(self._balance(namespace, claim.account) for claim in claims))

    async def post(self, namespace: str, turn_id: str, charges: Collection[Claim]) -> tuple[Change, ...]:
        """Move what was reserved to what is spent."""
        with self._lock:
            hold = self._holds.get((namespace, turn_id))
            if hold is None:
                hold = _Hold(HoldState.PENDING, (), "", max(charge.ends_at for charge in charges))
                self._hold(namespace, turn_id, hold)
            before = {charge.account: self._balance(namespace, charge.account).spent for charge in charges}
            if not self._release(namespace, hold, HoldState.POSTED):
                return ()
            for charge in charges:
                self._add(namespace, charge, spent=charge.amount)
            after = {name: self._balance(namespace, name).spent for name in before}
            return tuple(Change(name, before[name], after[name]) for name in before)

    async def void(self, namespace: str, turn_id: str) -> None:
        """Subtract what was reserved."""
        with self._lock:
            hold = self._holds.get((namespace, turn_id))
            if hold is not None:
                self._release(namespace, hold, HoldState.VOIDED)

    async def extend(self, namespace: str, holder: str, until: datetime) -> int:
        """Search the reservations."""
        with self._lock:
            theirs = [hold for hold in self._pending(namespace) if hold.holder == holder]
            for hold in theirs:
                hold.expires_at = until
            return len(theirs)

    async def expire(self, namespace: str, now: datetime, limit: int) -> tuple[Orphan, ...]:
        """Count what is reserved as spent, and forget what is old."""
        with self._lock:
            for hold in [hold for hold in self._pending(namespace) if hold.expires_at <= now][:limit]:
                hold.state = HoldState.EXPIRED
                for claim in hold.claims:
                    self._add(namespace, claim, spent=claim.amount, reserved=-claim.amount)
            self._forget(namespace, now)
            found = [
                Orphan(key[1], hold.claims)
                for key, hold in self._holds.items()
                if key[0] == namespace and hold.state is HoldState.EXPIRED
            ]
            return tuple(found[:limit])

    async def read(self, namespace: str, accounts: Collection[str]) -> tuple[Balance, ...]:
        """Look them up."""
        with self._lock:
            return tuple(self._balance(namespace, account) for account in accounts)

    # --- details ------------------------------------------------------------------------------------------

    def _balance(self, namespace: str, account: str) -> Balance:
        return self._balances.get((namespace, account)) or Balance(account)

    def _add(self, namespace: str, claim: Claim, *, spent: int = 0, reserved: int = 0) -> None:
        now = self._balance(namespace, claim.account)
        changed = replace(now, spent=now.spent + spent, reserved=now.reserved + reserved)
        self._balances[namespace, claim.account] = changed
        self._ends[namespace, claim.account] = claim.ends_at

    def _release(self, namespace: str, hold: _Hold, state: HoldState) -> bool:
        if state not in HOLD_FOLLOWERS[hold.state]:
            return False
        for claim in hold.claims:
            spent = -claim.amount if hold.state is HoldState.EXPIRED else 0
            reserved = -claim.amount if hold.state is HoldState.PENDING else 0
            self._add(namespace, claim, spent=spent, reserved=reserved)
        hold.state = state
        return True

    def _pending(self, namespace: str) -> list[_Hold]:
        return [hold for key, hold in self._holds.items() if key[0] == namespace and hold.state is HoldState.PENDING]

    def _hold(self, namespace: str, turn_id: str, hold: _Hold) -> None:
        self._holds[namespace, turn_id] = hold
        if len(self._holds) > self._most:
            settled = (key for key, one in self._holds.items() if not HOLD_FOLLOWERS[one.state])
            if (oldest := next(settled, None)) is not None:
                del self._holds[oldest]

    def _forget(self, namespace: str, now: datetime) -> None:
        for key in [key for key, ends in self._ends.items() if key[0] == namespace and ends < now - ACCOUNTS_KEPT]:
            del self._ends[key], self._balances[key]
        settled = [key for key, hold in self._holds.items() if key[0] == namespace and not HOLD_FOLLOWERS[hold.state]]
        for key in settled:
            if self._holds[key].expires_at < now - KEPT:
                del self._holds[key]
