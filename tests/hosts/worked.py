"""A host with two workers on one PostgreSQL and one Redis, and an address for each worker."""

import asyncio
import secrets
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from os import kill
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.client import Account
from entrypoints.devhost.server import HostServer
from entrypoints.devhost.waiting import deadline
from entrypoints.devhost.workers import WorkerAddress, worker_pids
from entrypoints.simulator.records import RequestRecord
from entrypoints.simulator.threads import SimulatorThread
from tests.doubles.redis_server import running_redis
from tests.hosts.conftest import ADMIN
from tests.hosts.installed import FUNCTION_ID, READY_SECONDS, InstalledHost
from tests.hosts.test_host_postgres import new_database

RESTART_SECONDS = 240.0


@dataclass(frozen=True)
class Worker(InstalledHost):
    """One of the workers, at an address of its own."""

    address: WorkerAddress | None = None

    @property
    def url(self) -> str:
        assert self.address is not None
        return self.address.url


@dataclass(frozen=True)
class Workers:
    """Both workers, and their database."""

    server: HostServer
    one: Worker
    other: Worker
    database: URL

    @property
    def both(self) -> tuple[Worker, Worker]:
        return self.one, self.other

    def query(self, statement: str, **values: object) -> list[Any]:
        """Query the database directly, or change it."""
        engine = create_engine(self.database.set(drivername="postgresql+psycopg"))
        try:
            with engine.begin() as connection:
                done = connection.execute(text(statement), values)
                return list(done.all()) if done.returns_rows else []
        finally:
            engine.dispose()

    def lines(self, *words: str) -> list[str]:
        """Return the lines of both workers' logs that contain all words."""
        return [line for line in self.server.log_text().splitlines() if all(word in line for word in words)]

    def logged(self, event: str, name: str) -> str:
        """Return a value of the newest line of an event."""
        return self.lines(event)[-1].partition(f"{name}=")[2].split()[0]

    @property
    def calls(self) -> list[RequestRecord]:
        """Return upstream's records of the requests for answers."""
        return [record for record in self.one.simulator.records if record.path.endswith("/responses")]

    def billed(self, records: Iterable[RequestRecord]) -> Decimal:
        """Return the sum of upstream's bills for requests."""
        known = self.one.simulator.simulator.bills
        bills = [known.find(record.generation_id or "", time.monotonic()) for record in records]
        return sum((bill.cost.total for bill in bills if bill is not None), Decimal(0))

    def counters(self) -> dict[str, Decimal]:
        """Return what is spent of each budget, in USD if it is money."""
        rows = self.query("SELECT account, spent FROM openrouter_pipe_budget_account")
        return {row.account: Decimal(row.spent).scaleb(-10) for row in rows}

    def kill(self, worker: Worker) -> None:
        """Kill a worker; the host starts another one in its place."""
        assert worker.address is not None
        kill(worker.address.pid, signal.SIGKILL)

    async def replaced(self, worker: Worker) -> None:
        """Wait until the new worker in the place of a killed one answers at its address."""
        assert worker.address is not None
        known = {one.address.pid for one in self.both if one.address is not None}
        async with deadline(RESTART_SECONDS, "no new worker answered"):
            while not (fresh := set(worker_pids(self.server)) - known):
                await asyncio.sleep(0.2)
            (worker.address.pid,) = fresh
            while not await _answers(worker):
                await asyncio.sleep(0.2)


@contextmanager
def two_workers(version: str, source: str, valves: dict[str, str]) -> Iterator[Workers]:
    """Run the host with the function installed; both workers load it for the first time at the same moment."""
    with ExitStack() as stack:
        redis, upstream = stack.enter_context(running_redis()), stack.enter_context(SimulatorThread(generation_delay=0))
        database = new_database()
        settings = {
            "DATABASE_URL": database.render_as_string(hide_password=False),
            "WEBUI_SECRET_KEY": secrets.token_hex(32),
            "REDIS_URL": redis,
            "WEBSOCKET_MANAGER": "redis",
            "WEBSOCKET_REDIS_URL": redis,
            "ENABLE_WEBSOCKET_SUPPORT": "true",
        }
        server = stack.enter_context(HostServer(version, settings=settings, workers=2))
        addresses = [stack.enter_context(WorkerAddress(server, pid)) for pid in worker_pids(server)]
        account = asyncio.run(_signed_up(addresses[0].url))
        one, other = (Worker(server, account, upstream, source, address=address) for address in addresses)
        workers = Workers(server, one, other, database)
        asyncio.run(_installed(workers, {**one.valves, **valves}))
        yield workers


async def _signed_up(url: str) -> Account:
    async with HostAdmin(url) as admin:
        return await admin.sign_up(**ADMIN)


async def _installed(workers: Workers, valves: dict[str, str]) -> None:
    one, other = workers.both
    async with HostAdmin(one.url, one.admin) as here, HostAdmin(other.url, one.admin) as there:
        await here.install_function(FUNCTION_ID, one.source)
        await here.set_valves(FUNCTION_ID, valves)
        await asyncio.gather(*(admin.wait_for_model(_is_ours, seconds=READY_SECONDS) for admin in (here, there)))


async def _answers(worker: Worker) -> bool:
    try:
        async with HostAdmin(worker.url, worker.admin) as admin:
            await admin.models()
    except Exception:  # noqa: BLE001 - any failure means: not yet
        return False
    return True


def _is_ours(model_id: str) -> bool:
    return model_id.startswith(f"{FUNCTION_ID}.sim/")
