"""Whether an active filter of the host reads the stream of a chat.

The host runs the filters of a request before it calls the pipe, so their objects are loaded. If none of all loaded
functions has the hook, nothing else is asked. Source: the hosts' `utils/filter.py`, 0.6.28 to 0.12.4.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from adapters.openwebui.host_functions import called
from ports.telemetry import Telemetry

FILTERS = "open_webui.utils.filter"


async def filters_read_stream(request: Any, metadata: object, telemetry: Telemetry) -> bool:
    """Return whether a filter that is active for the chat's model has a `stream` hook.

    If the host cannot say so, a warning is logged and the answer is True where a loaded function has the hook: a filter
    that hides something must not be skipped.
    """
    loaded = getattr(getattr(getattr(request, "app", None), "state", None), "FUNCTIONS", None)
    if not isinstance(loaded, Mapping):
        return False
    reading = {name for name, function in list(loaded.items()) if callable(getattr(function, "stream", None))}
    if not reading:
        return False
    try:
        of = metadata if isinstance(metadata, Mapping) else {}
        active = await _active(request, of.get("model"), list(of.get("filter_ids") or ()))
    except Exception as error:  # noqa: BLE001 - the host's code and its filters may raise anything
        telemetry.event("warning", "filters_not_known", error=type(error).__name__)
        return True
    return not reading.isdisjoint(active)


async def _active(request: Any, model: object, chosen: list[str]) -> list[str]:
    return [str(name) for name in await called(import_module(FILTERS).get_sorted_filter_ids, request, model, chosen)]
