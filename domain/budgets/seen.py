"""What this process has seen of the counters lately: it decides nothing but when a turn waits for what."""

from collections.abc import Iterable
from math import inf

from domain.budgets.accounts import Due
from domain.budgets.amounts import Amounts
from domain.recent import Recent
from ports.budgets import Balance

SECONDS, MOST = 60.0, 5_000
MANY = 100
"""A budget with room for so many turns will not refuse the next one."""


class SeenBalances:
    """The balances of the last minute, and the counters that refused a turn in it. `now` is monotonic, in seconds."""

    def __init__(self) -> None:
        self._seen = Recent[str, tuple[float, Balance, bool]](MOST)

    def note(self, balances: Iterable[Balance], now: float, *, held: bool) -> None:
        """Remember balances; `held`: they admitted a turn."""
        for balance in balances:
            self._put(balance, now, refused=not held and self._refuses(balance.account, now))

    def refused(self, account: str, now: float) -> None:
        """Remember that a counter has no room."""
        _, balance, _ = self._seen.get(account, (0.0, Balance(account), True))
        self._put(balance, now, refused=True)

    def may_refuse(self, dues: Iterable[Due], now: float) -> bool:
        """Return whether one of the counters refused a turn a moment ago."""
        return any(self._refuses(due.account, now) for due in dues)

    def has_plenty(self, dues: Iterable[Due], amounts: Amounts, now: float) -> bool:
        """Return whether every budget has room for many such turns, as far as was seen a moment ago."""
        for due in dues:
            limit = min(_limit(due.rule.hard), _limit(due.rule.soft))
            until, balance, refused = self._seen.get(due.account, (0.0, Balance(due.account), True))
            known = until > now and not refused
            if limit != inf and not (known and balance.taken + MANY * due.claim(amounts).amount <= limit):
                return False
        return True

    # --- details ------------------------------------------------------------------------------------------

    def _refuses(self, account: str, now: float) -> bool:
        until, _, refused = self._seen.get(account, (0.0, None, False))
        return refused and until > now

    def _put(self, balance: Balance, now: float, *, refused: bool) -> None:
        self._seen[balance.account] = (now + SECONDS, balance, refused)


def _limit(limit: int | None) -> float:
    return inf if limit is None else limit
