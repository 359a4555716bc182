"""Icons of models: found in upstream's list, downloaded under the rules for downloads, once, and bounded."""

from collections.abc import Mapping

from adapters.memory.fetcher import MemoryFetcher, Scripted
from domain.egress.downloads import DownloadLimits
from domain.egress.targets import EgressRules
from domain.services.fetch_icons import ICON_BYTES, LIST_SECONDS, FetchIcons, IconSource
from domain.services.fetch_remote import FetchRemote
from ports.catalog import CatalogError, Model
from ports.fetcher import HopAnswer
from ports.responses import Route
from tests.doubles.catalog import ScriptedCatalog
from tests.doubles.clock import FakeClock
from tests.doubles.icon_pictures import ScriptedPictures
from tests.doubles.telemetry import RecordedTelemetry

PNG = b"\x89PNG\r\n\x1a\n"
SMALL, LARGE, SVG = PNG + b"small", PNG + bytes(ICON_BYTES), b"<svg/>"
DATA = "data:image/png;base64,iVBORw0KGgpzbWFsbA=="
A, B, INSIDE = "https://icons.example/a.png", "https://icons.example/b.png", "https://127.0.0.1/images/a.png"
MODELS = (Model("maker/a", "A"), Model("maker/b", "B"), Model("maker/c", "C"))
SOURCE = IconSource(Route("https://upstream.example/api/v1", "key"), EgressRules(), DownloadLimits())


class World:
    """The use case over scripted answers."""

    def __init__(
        self,
        icons: Mapping[str, str] | Exception,
        answers: Mapping[str, Scripted],
        drawn: Mapping[bytes, bytes] | None = None,
    ) -> None:
        self.catalog, self.clock, self.telemetry = ScriptedCatalog(()), FakeClock(), RecordedTelemetry()
        self.catalog.icons = icons
        self.pictures = ScriptedPictures(drawn)
        names = {"icons.example": [["93.184.215.14"]]}
        self.fetcher = MemoryFetcher(names, {url: [each] for url, each in answers.items()})
        self.icons = FetchIcons(
            catalog=self.catalog,
            remote=FetchRemote(self.fetcher, self.clock, self.telemetry),
            pictures=self.pictures,
            clock=self.clock,
            telemetry=self.telemetry,
        )

    async def found(self, source: IconSource = SOURCE) -> Mapping[str, str]:
        return await self.icons.icons_of(MODELS, source)


async def test_models_get_their_icons_as_data_and_those_without_one_get_none():
    world = World({"maker/a": A, "maker/b": B}, {A: HopAnswer(200, SMALL), B: HopAnswer(404)})
    assert await world.found() == {"maker/a": DATA}


async def test_an_icon_is_downloaded_once_for_all_models_and_all_syncs():
    world = World({"maker/a": A, "maker/b": A}, {A: HopAnswer(200, SMALL)})
    assert await world.found() == await world.found() == {"maker/a": DATA, "maker/b": DATA}
    assert len(world.fetcher.asked) == 1


async def test_an_icon_that_is_gone_is_not_asked_for_again_and_one_that_may_come_is():
    world = World({"maker/a": A, "maker/b": B}, {A: HopAnswer(404), B: HopAnswer(503)})
    assert await world.found() == {}
    assert await world.found() == {}
    assert [hop.url for hop in world.fetcher.asked] == [A, B, B]
    assert len(world.telemetry.named("file_not_downloaded")) == 3


async def test_the_list_is_read_again_after_a_day_or_for_another_upstream():
    world = World({"maker/a": A}, {A: HopAnswer(200, SMALL)})
    await world.found()
    await world.found()
    assert world.catalog.icons_asked == 1
    world.clock.advance(LIST_SECONDS)
    await world.found()
    assert world.catalog.icons_asked == 2
    await world.found(IconSource(Route("https://other.example", "k"), EgressRules(), DownloadLimits()))
    assert world.catalog.icons_asked == 3


async def test_an_upstream_without_such_a_list_costs_one_line_in_the_log():
    world = World(CatalogError("HTTP 404", status=404), {})
    assert await world.found() == {}
    assert await world.found() == {}
    assert world.telemetry.only("icons_not_listed").values == {"error": "HTTP 404"}


async def test_an_icon_at_an_address_inside_is_not_downloaded():
    world = World({"maker/a": INSIDE, "maker/b": "http://169.254.169.254/x"}, {INSIDE: HopAnswer(200, SMALL)})
    assert await world.found() == {}
    assert world.fetcher.asked == []


async def test_the_configured_upstream_itself_may_be_inside():
    icon = "http://127.0.0.1:8900/images/a.png"
    world = World({"maker/a": icon, "maker/b": INSIDE}, {icon: HopAnswer(200, SMALL), INSIDE: HopAnswer(200, SMALL)})
    source = IconSource(Route("http://127.0.0.1:8900/api/v1", "k"), EgressRules(), DownloadLimits())
    assert await world.found(source) == {"maker/a": DATA}


async def test_pictures_that_are_too_large_or_svg_are_redrawn():
    world = World(
        {"maker/a": A, "maker/b": B},
        {A: HopAnswer(200, LARGE), B: HopAnswer(200, SVG)},
        {LARGE: SMALL, SVG: SMALL},
    )
    assert await world.found() == {"maker/a": DATA, "maker/b": DATA}
    assert world.pictures.asked == [250, 250]


async def test_pictures_that_cannot_be_redrawn_or_stay_too_large_are_left_out_with_one_line_each():
    world = World({"maker/a": A, "maker/b": B}, {A: HopAnswer(200, LARGE), B: HopAnswer(200, SVG)}, {LARGE: LARGE})
    assert await world.found() == {}
    assert await world.found() == {}
    assert len(world.telemetry.named("icon_not_usable")) == 2


async def test_an_icon_has_at_most_two_megabytes_and_is_tried_once():
    world = World({"maker/a": A}, {A: HopAnswer(503)})
    await world.found()
    assert [hop.limit for hop in world.fetcher.asked] == [2 * 1024 * 1024]
