"""Leases within one process."""

from datetime import datetime, timedelta
from threading import Lock

from ports.leases import Lease, LeasesUnavailable, least_fence


class MemoryLeases:
    """Implements Leases for the tasks and threads of one process; at most `most` unexpired leases."""

    def __init__(self, *, most: int = 1_000) -> None:
        self._leases: dict[str, Lease] = {}
        self._most = most
        self._fence = 0
        self._lock = Lock()

    async def take(self, name: str, owner: str, now: datetime, seconds: float) -> Lease | None:
        """Grant, extend or refuse the lease."""
        until = now + timedelta(seconds=seconds)
        with self._lock:
            held = self._leases.get(name)
            if held is not None and held.expires_at > now:
                if held.owner != owner:
                    return None
                fence, until = held.fence, max(held.expires_at, until)
            else:
                self._make_room(now)
                self._fence = max(self._fence + 1, least_fence(now))
                fence = self._fence
            taken = self._leases[name] = Lease(name, owner, fence, until)
            return taken

    async def release(self, lease: Lease) -> None:
        """Delete the lease unless another owner holds it by now."""
        with self._lock:
            held = self._leases.get(lease.name)
            if held is not None and (held.owner, held.fence) == (lease.owner, lease.fence):
                del self._leases[lease.name]

    def _make_room(self, now: datetime) -> None:
        if len(self._leases) >= self._most:
            self._leases = {name: held for name, held in self._leases.items() if held.expires_at > now}
        if len(self._leases) >= self._most:
            raise LeasesUnavailable("full")
