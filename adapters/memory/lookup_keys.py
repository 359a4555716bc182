"""Lookup keys in the memory of one process."""

from ports.cipher import Sealed


class MemoryLookupKeys:
    """Implements LookupKeys; namespaces are few, as each is an installed function."""

    def __init__(self) -> None:
        self._keys: dict[str, Sealed] = {}

    async def read(self, namespace: str) -> Sealed | None:
        """Return the key."""
        return self._keys.get(namespace)

    async def read_or_insert(self, namespace: str, sealed: Sealed) -> Sealed:
        """Return the key, or store one."""
        return self._keys.setdefault(namespace, sealed)

    async def reseal(self, namespace: str, before: Sealed, after: Sealed) -> bool:
        """Replace an unchanged key."""
        if self._keys.get(namespace) != before:
            return False
        self._keys[namespace] = after
        return True
