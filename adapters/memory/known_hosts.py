"""Host identities in the memory of one process."""


class MemoryKnownHosts:
    """Implements KnownHosts; namespaces are few, as each is an installed function."""

    def __init__(self) -> None:
        self._identities: dict[str, str] = {}

    async def known(self, namespace: str) -> str:
        """Return the note."""
        return self._identities.get(namespace, "")

    async def note(self, namespace: str, identity: str) -> None:
        """Replace the note."""
        self._identities[namespace] = identity
