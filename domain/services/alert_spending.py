"""Tell operators that a budget is nearly spent, or spent: a log line, and a message to a URL of theirs.

Messages leave in one background task, in order; no turn waits for them, and a host that does not take them is asked a
few times.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from domain.budgets.amounts import dollars_of
from domain.budgets.verdict import Alert
from domain.request.spending import Spending
from domain.services.fetch_remote import FetchRemote
from domain.services.store_budget import within
from ports.budgets import Unit
from ports.clock import Clock
from ports.telemetry import Telemetry
from ports.turn_scope import of_no_turn

MOST_WAITING = 100
WAITS = (2.0, 10.0, 60.0)
"""Seconds before a message is sent again."""
CLOSE_SECONDS = 2.0
"""Seconds that messages have when the core closes."""


@dataclass(frozen=True, slots=True)
class _Message:
    alert: Alert
    spending: Spending


class AlertSpending:
    """The use case; belongs to one event loop. `words` says an alert in one sentence, for chats that show no more."""

    def __init__(self, remote: FetchRemote, clock: Clock, telemetry: Telemetry, words: Callable[[Alert], str]) -> None:
        self._remote, self._clock, self._telemetry, self._words = remote, clock, telemetry, words
        self._waiting: deque[_Message] = deque()
        self._task: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    def alert(self, alert: Alert, spending: Spending) -> None:
        """Log an alert, and send it soon if there is a URL for it."""
        rule = alert.due.rule
        self._telemetry.event("warning", "budget_alert", budget=rule.name, percent=alert.percent)
        if not spending.webhook:
            return
        if len(self._waiting) >= MOST_WAITING:
            self._telemetry.event("warning", "budget_alert_lost", reason="queue_full")
            return
        self._waiting.append(_Message(alert, spending))
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(
                self._send_all(), name="openrouter-pipe-budget-alerts", context=of_no_turn()
            )

    async def aclose(self) -> None:
        """Send what waits, once and for a moment at most, then stop: no later turn would cross the threshold again."""
        self._closing.set()
        task = self._task
        if task is None:
            return
        with suppress(TimeoutError):
            async with within(self._clock, CLOSE_SECONDS):
                await asyncio.wait((task,))
        if not task.done():
            task.cancel()
            await asyncio.wait((task,))
            self._telemetry.event("warning", "budget_alert_lost", reason="closed")

    async def _send_all(self) -> None:
        try:
            while self._waiting:
                await self._send(self._waiting.popleft())
        finally:
            self._task = None

    async def _send(self, message: _Message) -> None:
        spending, content = message.spending, _content(message.alert)
        body = json.dumps({**content, "text": self._words(message.alert)}).encode()
        failure = await self._remote.send(spending.webhook, spending.webhook_rules, body)
        for wait in WAITS:
            if not failure or self._closing.is_set():
                break
            with suppress(TimeoutError):
                async with within(self._clock, wait):
                    await self._closing.wait()
            failure = await self._remote.send(spending.webhook, spending.webhook_rules, body)
        if failure:
            self._telemetry.event("warning", "budget_alert_lost", reason=failure)


def _content(alert: Alert) -> dict[str, object]:
    """Return the message without its words."""
    rule, window = alert.due.rule, alert.due.window
    is_money = rule.unit is Unit.USD
    spent, limit = (f"{dollars_of(n):f}" if is_money else n for n in (alert.spent, alert.limit))
    return {
        "event": "budget_alert",
        "budget": rule.name,
        "percent": alert.percent,
        "unit": rule.unit.value,
        "spent": spent,
        "limit": limit,
        "period": rule.period.value,
        "begins_at": window.starts.isoformat(),
        "ends_at": window.ends.isoformat(),
    }
