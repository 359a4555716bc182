"""A model list that loads when the test allows it."""

import asyncio
from collections.abc import Mapping

from ports.catalog import Model
from ports.responses import Route


class ScriptedCatalog:
    """Implements Catalog: each fetch waits for `gate`, if set, then returns the next answer; the last one repeats.

    The key check waits for `key_gate`. `zero_retention`: the ids of models with zero retention, or an error to raise.
    `pictures`: the models that only draw, or an error to raise, once `pictures_gate` is set.
    """

    def __init__(
        self,
        *answers: tuple[Model, ...] | Exception,
        gate: asyncio.Event | None = None,
        key_gate: asyncio.Event | None = None,
    ) -> None:
        self._answers = list(answers)
        self._gate, self._key_gate = gate, key_gate
        self.asked: list[Route] = []
        self.zero_retention: frozenset[str] | Exception = frozenset()
        self.pictures: tuple[Model, ...] | Exception = ()
        self.pictures_gate: asyncio.Event | None = None
        self.icons: Mapping[str, str] | Exception = {}
        self.icons_asked = 0

    async def fetch(self, route: Route) -> tuple[Model, ...]:
        """Return or raise the next answer."""
        self.asked.append(route)
        if self._gate is not None:
            await self._gate.wait()
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def fetch_pictures(self, route: Route) -> tuple[Model, ...]:
        """Return or raise `pictures`."""
        if self.pictures_gate is not None:
            await self.pictures_gate.wait()
        if isinstance(self.pictures, Exception):
            raise self.pictures
        return self.pictures

    async def fetch_zero_retention(self, route: Route) -> frozenset[str]:
        """Return or raise `zero_retention`."""
        if isinstance(self.zero_retention, Exception):
            raise self.zero_retention
        return self.zero_retention

    async def fetch_icons(self, route: Route) -> Mapping[str, str]:
        """Return or raise `icons`; `icons_asked` counts the calls."""
        self.icons_asked += 1
        if isinstance(self.icons, Exception):
            raise self.icons
        return self.icons

    async def check_key(self, route: Route) -> None:
        """Accept every key."""
        if self._key_gate is not None:
            await self._key_gate.wait()
