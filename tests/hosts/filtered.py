"""A filter function in a running host, active for all models while a block runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from entrypoints.devhost.admin import HostAdmin

SOURCE = Path(__file__).parent / "filters" / "redacting.py"
FILTER_ID = "redacting"


@asynccontextmanager
async def redacting_filter(admin: HostAdmin) -> AsyncIterator[None]:
    """Install the filter, make it global, and delete it after the block."""
    await admin.install_function(FILTER_ID, SOURCE.read_text("utf-8"))
    await admin.request("POST", f"/api/v1/functions/id/{FILTER_ID}/toggle/global")
    try:
        yield
    finally:
        await admin.delete_function(FILTER_ID)
