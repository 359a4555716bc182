"""Alerts reach the operator's URL, in order, a few times if need be, and never a private address."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC

import pytest

from adapters.memory.fetcher import MemoryFetcher
from domain.budgets.accounts import dues_of
from domain.budgets.rule import Payer
from domain.budgets.verdict import Alert
from domain.egress.targets import EgressRules
from domain.request.spending import Spending
from domain.services.alert_spending import CLOSE_SECONDS, MOST_WAITING, WAITS, AlertSpending
from domain.services.fetch_remote import FetchRemote
from ports.fetcher import HopAnswer
from tests.domain.services.budgeted import MONTHLY, usd
from tests.doubles.clock import FakeClock, settled
from tests.doubles.telemetry import RecordedTelemetry

URL = "https://alerts.example/hook?token=secret"
PRIVATE = [("10.0.0.9",)]


class World:
    """An alert, and a host that gets it."""

    def __init__(self, *statuses: int, addresses=None) -> None:
        self.clock, self.log = FakeClock(), RecordedTelemetry()
        names = {"alerts.example": addresses or [("93.184.216.34",)]}
        self.fetcher = MemoryFetcher(names, {URL: [HopAnswer(status) for status in statuses]})
        self.alerts = AlertSpending(
            FetchRemote(self.fetcher, self.clock, self.log), self.clock, self.log, lambda _: "words"
        )
        (due,) = dues_of([MONTHLY], Payer("ann-id"), "a/b", self.clock.now(), UTC)
        self.alert = Alert(due, 80, usd("81.5"), usd("100"))

    async def send(self, count: int = 1, **changes) -> None:
        for _ in range(count):
            self.alerts.alert(self.alert, replace(Spending("ns", webhook=URL), **changes))
        await settled()
        for wait in WAITS:
            self.clock.advance(wait)
            await settled()
        await self.alerts.aclose()


async def test_an_alert_names_the_budget_and_nobody():
    world = World(204)
    await world.send()
    [hop] = world.fetcher.asked
    assert json.loads(hop.body or b"") == {
        "event": "budget_alert",
        "text": "words",
        "budget": "Monthly",
        "percent": 80,
        "unit": "usd",
        "spent": "81.5",
        "limit": "100",
        "period": "month",
        "begins_at": "2026-03-01T00:00:00+00:00",
        "ends_at": "2026-04-01T00:00:00+00:00",
    }
    assert b"ann" not in (hop.body or b"ann")


async def test_a_host_that_fails_is_asked_again_a_few_times():
    world = World(500)
    await world.send()
    assert len(world.fetcher.asked) == 1 + len(WAITS)
    assert world.log.only("budget_alert_lost").values == {"reason": "status 500"}


async def test_a_host_that_recovers_gets_the_alert_once():
    world = World(503, 200)
    await world.send()
    assert (len(world.fetcher.asked), world.log.named("budget_alert_lost")) == (2, [])


async def test_no_private_address_is_reached_unless_the_operator_allows_the_host():
    world = World(200, addresses=PRIVATE)
    await world.send()
    assert (world.fetcher.asked, len(world.log.named("budget_alert_lost"))) == ([], 1)
    allowed = World(200, addresses=PRIVATE)
    await allowed.send(webhook_rules=EgressRules(private_hosts=frozenset({"alerts.example"})))
    assert len(allowed.fetcher.asked) == 1


@pytest.mark.parametrize("url", ["http://alerts.example/hook", "file:///etc/passwd", "https://127.0.0.1/", "words"])
async def test_no_other_address_is_tried(url):
    world = World(200)
    await world.send(webhook=url)
    assert (world.fetcher.asked, world.fetcher.looked_up) == ([], [])


async def test_without_a_url_an_alert_is_a_line_in_the_log():
    world = World(200)
    await world.send(webhook="")
    assert world.log.only("budget_alert").values == {"budget": "Monthly", "percent": 80}


async def test_what_waits_is_bounded():
    world = World(200)
    await world.send(MOST_WAITING + 20)
    assert len(world.fetcher.asked) == MOST_WAITING
    assert len(world.log.named("budget_alert_lost")) == 20
    assert all("secret" not in str(line.values) for line in world.log.lines)


async def test_an_alert_of_the_last_moment_is_sent_before_the_core_closes():
    world = World(204)
    world.alerts.alert(world.alert, Spending("ns", webhook=URL))
    await world.alerts.aclose()
    assert (len(world.fetcher.asked), world.log.named("budget_alert_lost")) == (1, [])


async def test_an_alert_that_waits_for_another_try_has_it_before_the_core_closes():
    world = World(503, 204)
    world.alerts.alert(world.alert, Spending("ns", webhook=URL))
    await settled()
    await world.alerts.aclose()
    assert (len(world.fetcher.asked), world.log.named("budget_alert_lost")) == (2, [])


async def test_a_host_that_fails_does_not_keep_the_core_from_closing_and_the_loss_is_logged():
    world = World(503)
    for _ in range(2):
        world.alerts.alert(world.alert, Spending("ns", webhook=URL))
    await world.alerts.aclose()
    assert (len(world.fetcher.asked), len(world.log.named("budget_alert_lost"))) == (2, 2)


class HangingRemote(FetchRemote):
    """A host that takes the connection and never answers."""

    async def send(self, *_: object) -> str:
        await asyncio.get_running_loop().create_future()
        return ""


async def test_a_host_that_hangs_keeps_the_core_from_closing_for_a_moment_only():
    world = World()
    alerts = AlertSpending(
        HangingRemote(world.fetcher, world.clock, world.log), world.clock, world.log, lambda _: "words"
    )
    alerts.alert(world.alert, Spending("ns", webhook=URL))
    closing = asyncio.get_running_loop().create_task(alerts.aclose())
    await settled()
    world.clock.advance(CLOSE_SECONDS)
    await closing
    assert world.log.only("budget_alert_lost").values == {"reason": "closed"}
