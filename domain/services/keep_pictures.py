"""Store the pictures of a turn in the host, between the driver and whoever presents its outputs.

Pictures arrive as megabytes of base64. They are read, and decoded, in a thread. A reader who can open files of the host
gets a picture as such a file; any other gets it as a data URL. The same picture is stored once, and shown once in the
text. What a picture waits for delays only what follows it: the words before it are on their way.
"""

import asyncio
from dataclasses import replace
from functools import partial

from domain.tools.steps import ShowCallResult
from domain.turn.statuses import PictureNotStored
from domain.turn.steps import Output, ShowImage, ShowStatus
from ports.files import FileNotSaved, Files, NewFile
from ports.offload import Offload
from ports.pictures import LONGEST_PICTURE, EncodedPicture, read_picture
from ports.telemetry import Telemetry

PICTURED = frozenset({ShowImage, ShowCallResult})
"""The outputs that may bring pictures."""

SAVE_SECONDS = 10.0
"""How long the reader waits for one picture to be stored."""
AFTER_A_HANG = 0.1
"""Part of that time for later pictures of the turn, once the host did not answer in time."""
MOST_STORED = 100
"""Pictures that are stored for one turn; further ones are shown as data."""
LONGEST_STORED = 32 * 1024 * 1024
"""Most characters of a picture that is stored: as many as one event of upstream may have."""
DRAWN, OF_TOOL = "generated-image", "tool-image"
_ENDINGS = {"jpeg": "jpg"}


class KeepPictures:
    """The pictures of one turn. `files`: where they are stored, None to store none. `seconds`: see SAVE_SECONDS."""

    def __init__(
        self, files: Files | None, offload: Offload, telemetry: Telemetry, error_id: str, seconds: float = SAVE_SECONDS
    ) -> None:
        self._files, self._offload, self._telemetry, self._error_id = files, offload, telemetry, error_id
        self._seconds = self._patience = seconds
        self._shown: set[str] = set()  # addresses and digests of pictures in the text
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
        """Store what a tool returned. The model still gets the pictures themselves."""
        images = list(output.result.images)
        if self._files is None or not any(url.startswith("data:") for url in images):
            return [output]
        failed = False
        for position, url in enumerate(images):
            picture = await self._read(url) if url.startswith("data:") else None
            address = await self._stored(picture, OF_TOOL) if picture is not None else ""
            images[position] = address or url
            failed = failed or (picture is not None and not address)
        shown = replace(output, result=replace(output.result, images=tuple(dict.fromkeys(images))))
        return [ShowStatus(PictureNotStored()), shown] if failed else [shown]

    async def _read(self, text: str) -> EncodedPicture | None:
        longest = LONGEST_PICTURE if self._files is None else LONGEST_STORED
        return await self._offload.run(partial(read_picture, text, longest), size=len(text))

    async def _stored(self, picture: EncodedPicture, name: str) -> str:
        """Return the address of a picture in the host; "" if it is not stored."""
        known = self._saved.get(picture.digest, "")
        if known or self._files is None or len(self._saved) >= MOST_STORED:
            return known
        try:
            async with asyncio.timeout(self._patience):
                content = await self._offload.run(picture.content, size=picture.size)
                ending = _ENDINGS.get(picture.kind, picture.kind)
                new = NewFile(f"{name}-{picture.digest[:12]}.{ending}", f"image/{picture.kind}", content)
                saved = await self._files.save(new)
        except FileNotSaved as error:
            return self._not_stored(error.reason)
        except TimeoutError:
            self._patience = self._seconds * AFTER_A_HANG
            return self._not_stored("timeout")
        except Exception as defect:  # noqa: BLE001 - a host that fails must not take the picture from the reader
            return self._not_stored(type(defect).__name__)
        self._saved[picture.digest] = saved.url
        return saved.url

    def _not_stored(self, reason: str) -> str:
        self._telemetry.event("warning", "picture_not_stored", error_id=self._error_id, reason=reason[:200])
        return ""

    def _is_new(self, name: str) -> bool:
        known = name in self._shown
        self._shown.add(name)
        return not known
