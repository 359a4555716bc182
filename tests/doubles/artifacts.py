"""An artifact store that can fail."""

from collections.abc import Collection, Sequence
from datetime import datetime

from adapters.memory.artifacts import MemoryArtifacts
from ports.artifacts import RECALL_BYTES, Artifact, ArtifactsError


class TroubledArtifacts(MemoryArtifacts):
    """Implements ArtifactStore in memory; while `trouble` is set every call raises it. `finds` counts lookups."""

    trouble: ArtifactsError | None = None
    finds = 0

    async def put(self, rows: Sequence[Artifact]) -> None:
        self._raise()
        await super().put(rows)

    async def find(
        self,
        namespace: str,
        user_id: str,
        *,
        turn_ids: Collection[str],
        fingerprints: Collection[str],
        limit: int,
        most_bytes: int = RECALL_BYTES,
    ) -> tuple[Artifact, ...]:
        self.finds += 1
        self._raise()
        return await super().find(
            namespace, user_id, turn_ids=turn_ids, fingerprints=fingerprints, limit=limit, most_bytes=most_bytes
        )

    async def touch(self, namespace: str, turn_ids: Collection[str], at: datetime) -> None:
        self._raise()
        await super().touch(namespace, turn_ids, at)

    async def unbind(self, namespace: str, turn_ids: Collection[str]) -> None:
        self._raise()
        await super().unbind(namespace, turn_ids)

    async def delete(self, namespace: str, user_id: str, turn_ids: Collection[str], kinds: Collection[str]) -> int:
        self._raise()
        return await super().delete(namespace, user_id, turn_ids, kinds)

    async def delete_untouched(self, namespace: str, before: datetime, limit: int) -> int:
        self._raise()
        return await super().delete_untouched(namespace, before, limit)

    def _raise(self) -> None:
        if self.trouble is not None:
            raise self.trouble
