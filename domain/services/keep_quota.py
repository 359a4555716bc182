"""Keep what one person stores within a quota: beyond it that person's oldest data goes.

Adding up all rows of a person costs a query, so it is done once per process and then only after enough was written.
"""

from collections.abc import Awaitable, Callable

from domain.conversation.bounded_ids import cache_key
from domain.recent import Recent
from domain.services.store_budget import StoreHealth, StoreTrouble
from ports.telemetry import Telemetry

BATCH = 200
STEPS_AT_ONCE = 50
"""Batches that one turn deletes at most; the next turn goes on."""
SHARE = 20
"""A person's rows are added up again after a SHARE-th of the quota was written."""
PEOPLE_KNOWN = 10_000
FAILED, REACHED = "conversation_memory_failed", "storage_quota_reached"

Trim = Callable[[int], Awaitable[int]]


class KeepQuota:
    """The use case over one store; belongs to one event loop. Raises nothing but cancellation.

    `failed` and `reached` name the events of the log.
    """

    def __init__(
        self, store: StoreHealth, telemetry: Telemetry, *, failed: str = FAILED, reached: str = REACHED
    ) -> None:
        self._store, self._telemetry = store, telemetry
        self._failed, self._name = failed, reached
        self._written = Recent[bytes, int](PEOPLE_KNOWN)  # bytes since the last query, by person
        self._reported = Recent[bytes, None](PEOPLE_KNOWN)

    async def written(self, trim: Trim, namespace: str, user_id: str, *, size: int, most_bytes: int) -> None:
        """Count what was written, `size` bytes, and delete what is beyond `most_bytes`, 0 for no limit.

        `trim` deletes a batch of up to so many rows and returns how many.
        """
        person = cache_key(namespace, user_id)
        since = self._written.pop(person, None)
        if not most_bytes:
            return
        if since is None or since + size >= most_bytes // SHARE:
            deleted = await self._trim(trim)
            since, size = 0, 0
            if deleted:
                self._report(person, namespace, user_id, deleted)
        self._written[person] = since + size

    async def _trim(self, trim: Trim) -> int:
        deleted = 0
        for _ in range(STEPS_AT_ONCE):
            try:
                async with self._store.watched(self._failed, writes=True, doing="trim"):
                    done = await trim(BATCH)
            except StoreTrouble:
                break
            deleted += done
            if not done:
                break
        return deleted

    def _report(self, person: bytes, namespace: str, user_id: str, deleted: int) -> None:
        """Log once per person and process that data goes."""
        if person not in self._reported:
            self._telemetry.event("warning", self._name, namespace=namespace, user_id=user_id, rows=deleted)
        self._reported[person] = None
