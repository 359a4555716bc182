"""Time zones by their names."""

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo


def time_zone(name: str) -> tzinfo | None:
    """Return a time zone by its name; None if there is none, or the server has no such data."""
    if name.strip().upper() in ("", "UTC"):
        return UTC
    try:
        return ZoneInfo(name.strip())
    except (LookupError, ValueError, OSError):
        return None
