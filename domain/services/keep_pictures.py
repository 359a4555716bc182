"""Store the pictures of a turn in the host, between the driver and whoever presents its outputs.

Pictures arrive as megabytes of base64. They are read, and decoded, in a thread. A reader who can open files of the host
gets a picture as such a file; any other gets it as a data URL. The same picture is stored once, and shown once in the
text. What a picture waits for delays only what follows it: the words before it are on their way. Files that tools
return as data are stored the same way.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from domain.services.store_budget import within
from domain.tools.steps import ShowCallResult
from domain.turn.statuses import FileNotStored, PictureNotStored
from domain.turn.steps import Output, ShowImage, ShowStatus
from ports.clock import Clock
from ports.encoded import declared_in, decoded, digest_of
from ports.files import FileNotSaved, Files, NewFile
from ports.offload import Offload
from ports.pictures import LONGEST_PICTURE, EncodedPicture, read_picture
from ports.responses import Limits
from ports.telemetry import Telemetry
from ports.toolbox import ToolFile

PICTURED = frozenset({ShowImage, ShowCallResult})
"""The outputs that may bring pictures."""

SAVE_SECONDS = 10.0
"""How long the reader waits for one picture to be stored."""
AFTER_A_HANG = 0.1
"""Part of that time for later pictures of the turn, once the host did not answer in time."""
MOST_STORED = 100
"""Pictures and files that are stored for one turn; further pictures are shown as data."""
LONGEST_STORED = Limits().event_bytes
"""Most characters of a picture that is stored: as many as one event of upstream may have."""
DRAWN, OF_TOOL = "generated-image", "tool-image"
_ENDINGS = {"jpeg": "jpg"}


class KeepPictures:
    """The pictures of one turn. `files`: where they are stored, None to store none. `seconds`: see SAVE_SECONDS."""

    def __init__(
        self,
        files: Files | None,
        clock: Clock,
        offload: Offload,
        telemetry: Telemetry,
        error_id: str,
        seconds: float = SAVE_SECONDS,
    ) -> None:
        self._files, self._clock, self._offload = files, clock, offload
        self._telemetry, self._error_id = telemetry, error_id
        self._seconds = self._patience = seconds
        self._shown: dict[str, None] = {}  # addresses and digests of pictures in the text
        self._saved: dict[str, str] = {}  # the address of each stored picture, by digest

    async def kept(self, output: Output) -> list[Output]:
        """Return what is shown for an output: its pictures stored, or else readable as data; nothing for a repetition.

        Raises nothing but CancelledError.
        """
        if isinstance(output, ShowImage):
            return await self._drawn(output)
        return await self._returned(output) if isinstance(output, ShowCallResult) else [output]

    async def _drawn(self, output: ShowImage) -> list[Output]:
        if output.url.startswith("https://"):
            return [output] if self._is_new(output.url) else []
        picture = await self._read(output.url)
        if picture is None:
            return [replace(output, url="")]
        if not self._is_new(picture.digest):
            return []
        address = await self._stored(picture, DRAWN)
        if address:
            return [replace(output, url=address)]
        data = await self._offload.run(picture.data_url, size=picture.size)
        shown = replace(output, url=data if len(data) <= LONGEST_PICTURE else "", checked=True)
        return [shown] if self._files is None else [ShowStatus(PictureNotStored()), shown]

    async def _returned(self, output: ShowCallResult) -> list[Output]:
        """Store what a tool returned as data. The model still gets the pictures themselves."""
        images, files = output.result.images, output.result.files
        if self._files is None or not any(map(_is_data, (*images, *(file.url for file in files)))):
            return [output]
        addresses = [await self._image(url) for url in images]
        kept = [file for file in [await self._file(file) for file in files] if file is not None]
        shown = tuple(dict.fromkeys(address or url for address, url in zip(addresses, images, strict=True)))
        notes = [ShowStatus(PictureNotStored())] if not all(addresses) else []
        notes += [ShowStatus(FileNotStored())] if len(kept) < len(files) else []
        return [*notes, replace(output, result=replace(output.result, images=shown, files=tuple(kept)))]

    async def _image(self, url: str) -> str:
        """Return the address of an image that a tool returned; "" if it is data and not stored."""
        if not _is_data(url):
            return url
        picture = await self._read(url)
        return "" if picture is None else await self._stored(picture, OF_TOOL)

    async def _file(self, file: ToolFile) -> ToolFile | None:
        """Return a file that a tool returned under its address; None if it is data and not stored."""
        if not _is_data(file.url):
            return file
        mime, start = declared_in(file.url)
        digest = await self._offload.run(partial(digest_of, file.url, start), size=len(file.url))
        content = partial(decoded, file.url, start)
        address = await self._save(digest, file.name, mime, content, len(file.url))
        return replace(file, url=address) if address else None

    async def _read(self, text: str) -> EncodedPicture | None:
        longest = LONGEST_PICTURE if self._files is None else LONGEST_STORED
        return await self._offload.run(partial(read_picture, text, longest), size=len(text))

    async def _stored(self, picture: EncodedPicture, name: str) -> str:
        """Return the address of a picture in the host; "" if it is not stored."""
        name = f"{name}-{picture.digest[:12]}.{_ENDINGS.get(picture.kind, picture.kind)}"
        return await self._save(picture.digest, name, f"image/{picture.kind}", picture.content, picture.size)

    async def _save(self, digest: str, name: str, mime: str, content: Callable[[], bytes], size: int) -> str:
        """Return the address of what has this digest, decoding and storing it first if that is new; "" on failure."""
        known = self._saved.get(digest, "")
        if known or self._files is None or len(self._saved) >= MOST_STORED:
            return known
        try:
            async with within(self._clock, self._patience):
                new = NewFile(name, mime, await self._offload.run(content, size=size))
                saved = await self._files.save(new)
        except FileNotSaved as error:
            return self._not_stored(error.reason)
        except TimeoutError:
            self._patience = self._seconds * AFTER_A_HANG
            return self._not_stored("timeout")
        except Exception as defect:  # noqa: BLE001 - a host that fails must not take the picture from the reader
            return self._not_stored(type(defect).__name__)
        self._saved[digest] = saved.url
        return saved.url

    def _not_stored(self, reason: str) -> str:
        self._telemetry.event("warning", "file_not_stored", error_id=self._error_id, reason=reason[:200])
        return ""

    def _is_new(self, name: str) -> bool:
        known = name in self._shown
        self._shown[name] = None
        return not known


def _is_data(url: str) -> bool:
    return url.startswith("data:")
