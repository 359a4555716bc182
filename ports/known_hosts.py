"""Which host a namespace's rows belong to: noted once, so that another host's chats never decide about them."""

from typing import Protocol, runtime_checkable


class KnownHostsUnavailable(Exception):
    """The note cannot be read or written. `reason` contains no data."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"known hosts: {reason}")
        self.reason = reason


@runtime_checkable
class KnownHosts(Protocol):
    """Stores one host identity per namespace. Safe to use from many tasks and processes at once."""

    async def known(self, namespace: str) -> str:
        """Return the identity that was noted last, empty if none was. Raises KnownHostsUnavailable."""
        ...

    async def note(self, namespace: str, identity: str) -> None:
        """Replace the identity of a namespace. Raises KnownHostsUnavailable."""
        ...
