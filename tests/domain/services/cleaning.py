"""The cleanup with stores in memory."""

import asyncio
from datetime import timedelta

from adapters.memory.breaker_state import MemoryBreakerState
from adapters.memory.known_hosts import MemoryKnownHosts
from adapters.memory.leases import MemoryLeases
from adapters.memory.tool_runs import MemoryToolRuns
from domain.services.clean_artifacts import CleanableStore, CleanArtifacts, Retention
from ports.artifacts import Artifact
from ports.breaker_state import BreakerState
from tests.contracts.artifact_cases import HERE, ulid
from tests.doubles.artifacts import TroubledArtifacts
from tests.doubles.chats import MemoryChats
from tests.doubles.cipher import NamedKeyCipher
from tests.doubles.clock import START, FakeClock
from tests.doubles.ids import FakeIds
from tests.doubles.offload import InlineOffload
from tests.doubles.telemetry import RecordedTelemetry

PLAN = Retention(HERE, days=90, hours=1.0)
OLD, NEW = START - timedelta(days=91), START - timedelta(days=1)


class Place:
    """The use case and its stores; `workers` stand for processes that share everything but their names."""

    def __init__(self, *chats: str, key: str = "", leases: MemoryLeases | None = None, has_host: bool = True) -> None:
        self.clock, self.log, self.chats = FakeClock(), RecordedTelemetry(), MemoryChats(*chats)
        self.has_host = has_host
        self.artifacts = TroubledArtifacts(self.clock, lifetime=float("inf"))
        self.leases, self.tool_runs = leases or MemoryLeases(), MemoryToolRuns()
        self.cipher = NamedKeyCipher(key, "key-1")
        self.ids = FakeIds()
        self.hosts = MemoryKnownHosts()
        self.breakers: BreakerState = MemoryBreakerState()
        self.there = True
        self.cleaning = self.worker()

    def worker(self) -> CleanArtifacts:
        return CleanArtifacts(
            durable=self._durable,
            chats=self.chats if self.has_host else None,
            offload=InlineOffload(),
            clock=self.clock,
            ids=self.ids,
            telemetry=self.log,
        )

    async def _durable(self) -> CleanableStore | None:
        if not self.there:
            return None
        return CleanableStore(
            self.artifacts, self.artifacts, self.cipher, self.leases, self.tool_runs, self.breakers, self.hosts
        )

    async def put(self, *rows: Artifact) -> None:
        await self.artifacts.put(rows)

    async def clean(self, plan: Retention = PLAN) -> None:
        """Clean once, advancing the clock through the pauses."""
        await self.through(asyncio.create_task(self.cleaning.clean(plan)))

    async def through(self, *tasks: "asyncio.Task[None]") -> None:
        while not all(task.done() for task in tasks):
            self.clock.advance(0.1)
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)

    async def left(self, *turns: int, namespace: str = HERE) -> list[int]:
        """Return which of the turns are still stored."""
        ids = {ulid(turn): turn for turn in turns}
        rows = await self.artifacts.find(namespace, "ann", turn_ids=ids, fingerprints=[], limit=99_999)
        return sorted({ids[found.turn_id] for found in rows})

    def count(self, name: str) -> list[object]:
        return [line.values[name] for line in self.log.named("artifacts_cleaned")]
