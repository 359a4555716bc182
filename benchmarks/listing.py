"""The model list from memory, as the host asks for it at every page load."""

import time
from statistics import median

from adapters.memory.telemetry import MemoryTelemetry
from adapters.process.clock import SystemClock
from benchmarks.report import Broken, Line, absolute
from domain.services.list_models import ListModels
from entrypoints.openwebui.model_list import ModelList
from entrypoints.openwebui.pipe import Pipe
from entrypoints.openwebui.request import route_of
from entrypoints.settings_snapshot import snapshot
from ports.catalog import Model
from ports.responses import Route

MODELS, CALLS = 400, 2_000
AT_MOST_MS = 1.0


class _Catalog:
    """Implements Catalog with models made up here."""

    async def fetch(self, route: Route) -> tuple[Model, ...]:
        """Return the models."""
        del route
        return tuple(_model(number) for number in range(MODELS))

    async def fetch_zero_retention(self, route: Route) -> frozenset[str]:
        return frozenset()

    async def check_key(self, route: Route) -> None:
        """Accept any key."""
        del route


async def measure_listing() -> list[Line]:
    """Measure one warm call: settings read from the valves, entries from memory."""
    listed = ListModels(catalog=_Catalog(), clock=SystemClock(), telemetry=MemoryTelemetry())
    models, valves = ModelList(listed), Pipe.Valves(API_KEY="sk-or-v1-any", BASE_URL="http://127.0.0.1:1/api/v1")
    settings, _ = snapshot(valves, None, {})
    await listed.loaded(route_of(settings), settings.model_catalog_refresh_seconds)
    took = []
    for _ in range(CALLS):
        began = time.perf_counter()
        entries = models.entries(snapshot(valves, None, {})[0])
        took.append(time.perf_counter() - began)
    await listed.aclose()
    if len(entries) != MODELS:
        raise Broken(f"the model list has {len(entries)} entries of {MODELS}")
    return [absolute(f"pipes() warm, {MODELS} models", median(took) * 1000, "ms", AT_MOST_MS)]


def _model(number: int) -> Model:
    return Model(f"vendor-{number % 40}/model-{number}", f"Vendor {number % 40}: Model {number}")
