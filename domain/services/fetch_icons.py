"""Find and download the icons of models, for the host's model rows.

The list of icons comes from the configured upstream; each icon is a download like any other (law 9), except that
upstream's own origin is the operator's choice and may be private. An icon that fails costs one line in the log.
"""

import asyncio
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from domain.catalog.rows import icon_address
from domain.egress.downloads import Download, DownloadLimits
from domain.egress.targets import EgressRules
from domain.recent import Recent
from domain.services.fetch_remote import FetchRemote
from ports.catalog import Catalog, CatalogError, Model
from ports.clock import Clock
from ports.icon_pictures import IconPictures
from ports.pictures import picture_kind
from ports.responses import Route
from ports.telemetry import Telemetry

AT_ONCE = 10
DOWNLOAD_BYTES = 2 * 1024 * 1024
ICON_BYTES = 48 * 1024
"""Most bytes of an icon in a row (64 KiB as a data URL): lists of models carry it."""
PIXELS = 250
LIST_SECONDS = 24 * 3600.0
"""How long the list of icons is kept: it has several megabytes, and icons rarely change."""
MOST_KNOWN = 500
"""Icons that are remembered, by address."""


@dataclass(frozen=True, slots=True)
class IconSource:
    """Where icons come from: upstream, and the rules and limits of downloads."""

    route: Route
    rules: EgressRules
    limits: DownloadLimits


class FetchIcons:
    """The use case; belongs to one event loop, and remembers each icon as long as it lives."""

    def __init__(
        self, *, catalog: Catalog, remote: FetchRemote, pictures: IconPictures, clock: Clock, telemetry: Telemetry
    ) -> None:
        self._catalog, self._remote, self._pictures = catalog, remote, pictures
        self._clock, self._telemetry = clock, telemetry
        self._listed: tuple[str, float, Mapping[str, str]] | None = None  # base URL, when, addresses by model id
        self._known = Recent[str, str](MOST_KNOWN)  # data URLs by address; "" for an icon that cannot be used
        self._complaint = ""

    async def icons_of(self, models: Iterable[Model], source: IconSource) -> Mapping[str, str]:
        """Return data URLs of icons by model id, without those that are missing. Raises nothing but cancellation."""
        addresses = await self._addresses(source.route)
        wanted = {model.id: address for model in models if (address := icon_address(model, addresses))}
        places = asyncio.Semaphore(AT_ONCE)
        missing = sorted(set(wanted.values()) - self._known.keys())[:MOST_KNOWN]
        async with asyncio.TaskGroup() as tasks:
            for address in missing:
                tasks.create_task(self._fetch(address, source, places), name="openrouter-pipe-icon")
        return {model: icon for model, address in wanted.items() if (icon := self._known.get(address, ""))}

    # --- details ------------------------------------------------------------------------------------------

    async def _addresses(self, route: Route) -> Mapping[str, str]:
        """Return the addresses of icons by model id; none if upstream has no such list."""
        now = self._clock.monotonic()
        if self._listed is not None and self._listed[0] == route.base_url and now - self._listed[1] < LIST_SECONDS:
            return self._listed[2]
        try:
            addresses = await self._catalog.fetch_icons(route)
        except CatalogError as error:
            if str(error) != self._complaint:
                self._telemetry.event("info", "icons_not_listed", error=str(error))
            self._complaint = str(error)
            return {}
        self._listed, self._complaint = (route.base_url, now, addresses), ""
        return addresses

    async def _fetch(self, address: str, source: IconSource, places: asyncio.Semaphore) -> None:
        """Download one icon and remember it, unless its failure may pass: the next sync tries again."""
        limits = replace(source.limits, size=min(DOWNLOAD_BYTES, source.limits.size), retries=0)
        async with places:
            file = await self._remote.fetch(address, source.rules.trusting(source.route.base_url), limits)
            if not isinstance(file, Download):  # already logged
                if not file.passes:
                    self._known[address] = ""
                return
            icon = await self._data_url(file.content)
        if not icon:
            self._telemetry.event("info", "icon_not_usable", host=file.host, mime=file.mime, bytes=len(file.content))
        self._known[address] = icon

    async def _data_url(self, content: bytes) -> str:
        """Return a picture as a data URL of the kinds that hosts accept; "" for none, or one that stays too large."""
        if not picture_kind(content) or len(content) > ICON_BYTES:
            content = await self._pictures.png(content, PIXELS)
        kind = picture_kind(content)
        if not kind or len(content) > ICON_BYTES:
            return ""
        return f"data:image/{kind};base64,{b64encode(content).decode()}"
