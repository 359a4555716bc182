"""Run the simulator for synchronous code, with an event loop in a thread of its own."""

import asyncio
import threading
from types import TracebackType
from typing import Self

from entrypoints.simulator.records import RequestRecord
from entrypoints.simulator.server import DEFAULT_KEYS, GENERATION_DELAY, Simulator, running_simulator


class SimulatorThread:
    """A context manager that serves inside its block; for the arguments see `running_simulator`."""

    def __init__(
        self,
        port: int = 0,
        keys: frozenset[str] = DEFAULT_KEYS,
        *,
        generation_delay: float = GENERATION_DELAY,
    ) -> None:
        self._port, self._keys, self._delay = port, keys, generation_delay
        self._ready = threading.Event()
        self._simulator: Simulator | None = None
        self._failure: Exception | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="simulator", daemon=True)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as failure:  # noqa: BLE001 - the edge of the thread: `__enter__` raises it in the caller's
            self._failure = failure
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        async with running_simulator(self._port, self._keys, generation_delay=self._delay) as simulator:
            self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
            self._simulator = simulator
            self._ready.set()
            await self._stop.wait()

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    @property
    def simulator(self) -> Simulator:
        """Return the running simulator. Raises RuntimeError outside of the context."""
        if self._simulator is None:
            raise RuntimeError("the simulator is not running")
        return self._simulator

    @property
    def url(self) -> str:
        """Return the base URL."""
        return self.simulator.url

    @property
    def records(self) -> list[RequestRecord]:
        """Return the records so far; the simulator's thread still updates those of running requests."""
        return self.simulator.records

    def set_override(self, model: str, scenario: str | None) -> None:
        """Make a catalog model play a scenario, see `Simulator.set_override`."""
        self.simulator.set_override(model, scenario)
