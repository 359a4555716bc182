"""Recognise more kinds with puremagic, where it is installed: documents, and the true kind of what cannot be sent."""

from collections.abc import Callable
from functools import cached_property
from importlib import import_module

from adapters.sniff.first_bytes import FirstBytes

_READ = 4096
"""Bytes of the beginning that are given to puremagic."""


class MagicSniffer:
    """Implements Sniffer: the common kinds by their first bytes, all others by puremagic, which is optional."""

    def __init__(self) -> None:
        self._common = FirstBytes()

    def mime(self, content: bytes, name: str) -> str:
        """Return the MIME type."""
        return self._common.mime(content, name) or self._by_magic(bytes(content[:_READ]), name)

    def _by_magic(self, content: bytes, name: str) -> str:
        if self._magic is None or not content:
            return ""
        try:
            return self._magic(content, True, name or None)
        except Exception:  # noqa: BLE001 - it raises for what it does not recognise, and names may be anything
            return ""

    @cached_property
    def _magic(self) -> Callable[[bytes, bool, str | None], str] | None:
        """Load puremagic with the first file that needs it."""
        try:
            found: Callable[[bytes, bool, str | None], str] = import_module("puremagic").from_string
        except (ImportError, AttributeError):
            return None
        return found
