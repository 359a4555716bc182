"""Media resolved with everything in memory: files of the host, a network of scripted answers."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from adapters.memory.fetcher import MemoryFetcher
from adapters.memory.files import MemoryFiles, MemoryShelf
from adapters.sniff.first_bytes import FirstBytes
from domain.conversation.items import items_of
from domain.egress.downloads import DownloadLimits
from domain.request.intake import AttachedFile, Intake
from domain.request.turn_request import Person, TurnRequest
from domain.services.check_turn import Checked
from domain.services.fetch_remote import FetchRemote
from domain.services.read_media import MediaPorts
from domain.services.resolve_attachments import Resolution, ResolveAttachments
from ports.catalog import Model
from ports.fetcher import HopAnswer, HopFailed
from ports.files import NewFile
from tests.domain.services.stage import ROUTE
from tests.doubles.clock import FakeClock
from tests.doubles.offload import InlineOffload
from tests.doubles.telemetry import RecordedTelemetry

EVERYTHING = Model("maker/all", "All", input_modalities=frozenset({"text", "image", "file", "audio", "video"}))
ONE_TRY = DownloadLimits(retries=0)
PUBLIC = "93.184.215.14"


class Room:
    """One person's media. `answers`: what each URL of host `a.example` answers."""

    def __init__(
        self,
        answers: Mapping[str, Sequence[HopAnswer | HopFailed]] | None = None,
        *,
        user: str = "ann",
        ceiling: int | None = None,
    ) -> None:
        self.clock, self.log, self.offload = FakeClock(), RecordedTelemetry(), InlineOffload()
        self.fetcher = MemoryFetcher({"a.example": [[PUBLIC]], "inside.example": [["10.0.0.7"]]}, answers)
        self.shelf, self.user = MemoryShelf(ceiling=ceiling), user
        fetch = FetchRemote(self.fetcher, self.clock, self.log)
        self.resolve = ResolveAttachments(MediaPorts(FirstBytes(), self.offload, self.log, fetch), self.clock)

    def put(self, content: bytes, name: str = "", mime: str = "", owner: str = "ann") -> str:
        """Store a file in the host."""
        return self.shelf.put(owner, NewFile(name, mime, content))

    @property
    def stored(self) -> list[str]:
        """The names of all files in the host."""
        return [kept.facts.name for kept in self.shelf._files.values()]

    async def resolved(
        self,
        *messages: object,
        model: Model | None = EVERYTHING,
        intake: Intake | None = None,
        temporary: bool = False,
        with_host: bool = True,
        attached: tuple[AttachedFile, ...] = (),
        turns: int = 0,
    ) -> Resolution:
        """Resolve the media of a turn."""
        person = Person(self.user, "chat-1", temporary=temporary)
        request = TurnRequest("maker/all", messages, ROUTE, person=person, attached=attached)
        request = replace(request, intake=intake or Intake(download=ONE_TRY))
        request = replace(request, prompting=replace(request.prompting, history_turns=turns))
        files = MemoryFiles(self.shelf, self.user) if with_host else None
        return await self.resolve.resolve(Checked(request, "maker/all", model, ROUTE), files, "err-1")

    async def parts(self, *messages: object, **given: Any) -> list[dict[str, Any]]:
        """The parts of the last message as they go upstream."""
        resolution = await self.resolved(*messages, **given)
        return parts_in(resolution)[-1]


def parts_in(resolution: Resolution) -> list[list[dict[str, Any]]]:
    """The parts of each message of a person, as they go upstream."""
    items = items_of(resolution.checked.request.messages, resolution.checked.model)
    return [list(item["content"]) for item in items if item["role"] == "user"]


def names_of(resolution: Resolution) -> list[tuple[str, str]]:
    """Names and flaws of what the person is told."""
    return [(one.name, one.flaw.name) for one in resolution.notice.left] if resolution.notice else []
