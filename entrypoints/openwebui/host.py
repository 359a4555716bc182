"""Detect the host: by its features where possible, else by its version."""

import re
import sys
from dataclasses import dataclass
from types import ModuleType

NEWEST = (0, 12)


@dataclass(frozen=True, slots=True)
class Host:
    """`version` is (major, minor); `native_items`: its page understands items of the Responses API."""

    version: tuple[int, int] = NEWEST
    native_items: bool = True

    @property
    def sums_usage(self) -> bool:
        """Whether the host adds up the usage of the requests that it makes for one answer while it runs tools."""
        return self.version >= (0, 11)


def detect_host() -> Host:
    """Inspect the host's loaded modules; without a host, assume the newest version.

    Source: the output profiles, decision. Version 0.0.0 is a development build and counts as the newest.
    """
    environment = sys.modules.get("open_webui.env")
    version = _version(getattr(environment, "VERSION", ""))
    middleware = sys.modules.get("open_webui.utils.middleware")
    if isinstance(middleware, ModuleType):
        return Host(version, hasattr(middleware, "handle_responses_streaming_event"))
    return Host(version, version >= (0, 8))


def _version(text: object) -> tuple[int, int]:
    found = re.match(r"(\d+)\.(\d+)", text) if isinstance(text, str) else None
    version = (int(found[1]), int(found[2])) if found else (0, 0)
    return NEWEST if version == (0, 0) else version
