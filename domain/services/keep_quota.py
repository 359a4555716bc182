"""Keep what one person stores within a quota: beyond it the data of that person's oldest turns goes.

Adding up all rows of a person costs a query, so it is done once per process and then only after enough was written.
"""

from collections import OrderedDict

from domain.conversation.bounded_ids import cache_key
from domain.services.store_budget import StoreHealth, StoreTrouble
from ports.artifacts import TurnArtifacts
from ports.telemetry import Telemetry

BATCH = 200
STEPS_AT_ONCE = 50
"""Batches that one turn deletes at most; the next turn goes on."""
SHARE = 20
"""A person's rows are added up again after a SHARE-th of the quota was written."""
PEOPLE_KNOWN = 10_000
FAILED, REACHED = "conversation_memory_failed", "storage_quota_reached"


class KeepQuota:
    """The use case over one store; belongs to one event loop. Raises nothing but cancellation."""

    def __init__(self, store: StoreHealth, telemetry: Telemetry) -> None:
        self._store, self._telemetry = store, telemetry
        self._written: OrderedDict[bytes, int] = OrderedDict()  # bytes since the last query, by person
        self._reported: OrderedDict[bytes, None] = OrderedDict()

    async def written(
        self, artifacts: TurnArtifacts, namespace: str, user_id: str, *, size: int, most_bytes: int
    ) -> None:
        """Count what a turn wrote, `size` bytes, and delete what is beyond `most_bytes`, 0 for no limit."""
        person = cache_key(namespace, user_id)
        since = self._written.pop(person, None)
        if not most_bytes or not user_id:
            return
        if since is None or since + size >= most_bytes // SHARE:
            deleted = await self._trim(artifacts, namespace, user_id, most_bytes)
            since, size = 0, 0
            if deleted:
                self._report(person, namespace, user_id, deleted)
        self._written[person] = since + size
        if len(self._written) > PEOPLE_KNOWN:
            self._written.popitem(last=False)

    async def _trim(self, artifacts: TurnArtifacts, namespace: str, user_id: str, most_bytes: int) -> int:
        deleted = 0
        for _ in range(STEPS_AT_ONCE):
            try:
                async with self._store.watched(FAILED, writes=True, doing="trim"):
                    done = await artifacts.trim(namespace, user_id, most_bytes, BATCH)
            except StoreTrouble:
                break
            deleted += done
            if not done:
                break
        return deleted

    def _report(self, person: bytes, namespace: str, user_id: str, deleted: int) -> None:
        """Log once per person and process that data goes."""
        if person not in self._reported:
            self._telemetry.event("warning", REACHED, namespace=namespace, user_id=user_id, rows=deleted)
        self._reported[person] = None
        if len(self._reported) > PEOPLE_KNOWN:
            self._reported.popitem(last=False)
