"""Read one medium from where it is, judge its bytes, and make the part in which it goes upstream.

Large work is done in threads and in pieces. Of a medium no more than its bytes and their base64 is held at once.
"""

from dataclasses import dataclass, field, replace
from hashlib import sha256

from domain.conversation.attachments import Attachment, Source
from domain.conversation.left_out import Flaw
from domain.conversation.media_kinds import Medium, default_name
from domain.conversation.resolved_parts import ResolvedPart
from domain.conversation.sound_media import HEAD, flaw_in, head_for, kind_of, part_of
from domain.egress.downloads import DownloadFlaw, DownloadLimits, NotDownloaded
from domain.egress.targets import EgressRules, UrlFlaw, checked_url
from domain.request.intake import Intake
from domain.services.fetch_remote import FetchRemote
from domain.services.stored_media import StoredMedia
from ports.encoded import WrongBase64, bytes_in, decoded, decoded_leniently, encoded, head_of
from ports.files import FileFlaw, FileNotSaved, Files, FileUnavailable, NewFile
from ports.offload import Offload
from ports.sniffer import Sniffer
from ports.telemetry import Telemetry

Read = ResolvedPart | Flaw | None
"""The part; why there is none; or None to leave the caller's part as it is."""

_FILE_FLAWS = {
    FileFlaw.MISSING: Flaw.NOT_FOUND,
    FileFlaw.FORBIDDEN: Flaw.NOT_FOUND,
    FileFlaw.TOO_LARGE: Flaw.TOO_LARGE,
    FileFlaw.UNREADABLE: Flaw.UNREADABLE,
}
_DOWNLOAD_FLAWS = {
    DownloadFlaw.BAD_ADDRESS: Flaw.NOT_ALLOWED,
    DownloadFlaw.BLOCKED: Flaw.NOT_ALLOWED,
    DownloadFlaw.PLAIN_HTTP: Flaw.NOT_ALLOWED,
    DownloadFlaw.TOO_LARGE: Flaw.TOO_LARGE,
}


@dataclass(frozen=True, slots=True)
class MediaPorts:
    """What media are read with. Without `fetch` links are passed on."""

    sniffer: Sniffer
    offload: Offload
    telemetry: Telemetry
    fetch: FetchRemote | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose media are read: `files` are the person's in the host, None without a host; nothing of `temporary` stays.

    `newest`: position of the person's newest message.
    """

    user_id: str
    files: Files | None = None
    temporary: bool = False
    newest: int = 0


@dataclass(frozen=True, slots=True)
class _Judged:
    """Bytes that may go: their MIME type and, if they are to be stored, their digest."""

    mime: str
    digest: str = ""


@dataclass(frozen=True, slots=True)
class _Taken:
    """Bytes with what their source says of them, which is not believed."""

    content: bytes = field(repr=False)
    name: str = ""
    mime: str = ""


class MediaReader:
    """Reads the media of one turn."""

    def __init__(self, ports: MediaPorts, intake: Intake, owner: Owner, stored: StoredMedia, error_id: str) -> None:
        self._ports, self._intake, self._owner, self._stored = ports, intake, owner, stored
        self._error_id = error_id
        self._left = max(4 * intake.inline, intake.video)  # bytes that this turn may still send

    async def read(self, attachment: Attachment) -> Read:
        """Return what becomes of a medium: of its first source that can be sent, else why the first one cannot."""
        first: Flaw | None = None
        for source in attachment.sources:
            made = await self._from(attachment, source)
            if not isinstance(made, Flaw):
                return made
            first = first or made
        return first or Flaw.NO_SOURCE

    async def _from(self, attachment: Attachment, source: Source) -> Read:
        value, files = source.value, self._owner.files
        if value[:5].lower() == "data:":
            head = head_of(value)
            if head is None:
                return Flaw.WRONG_KIND if attachment.medium is Medium.IMAGE else Flaw.DAMAGED
            return await self._inline(attachment, value, head.start, head.mime)
        if source.bare:
            return await self._inline(attachment, value, 0, "")
        if files is not None and (file_id := files.id_of(value)):
            taken = await self._of_host(files, file_id, self._limit(attachment))
            return taken if isinstance(taken, Flaw) else await self._made(attachment, taken)
        if source.is_id and attachment.medium is Medium.FILE:
            return ResolvedPart({"type": "input_file", "filename": attachment.name or "file", "file_id": value})
        if value[:8].lower().startswith(("https://", "http://")):
            return await self._linked(attachment, value)
        return Flaw.NO_SOURCE

    # --- data in the message ------------------------------------------------------------------------------

    async def _inline(self, attachment: Attachment, text: str, start: int, declared: str) -> Read:
        limit = min(self._limit(attachment), self._left)
        if bytes_in(text, start) - 2 > limit:
            return Flaw.TOO_LARGE
        stores = attachment.medium is Medium.FILE and self._intake.save_data and self._may_store

        def judged() -> tuple[_Judged, str, bytes] | Flaw:
            piece = self._intake.piece
            content, as_usual = _decoded(text, start, piece)
            if content is None:
                return Flaw.DAMAGED
            facts = self._judge(attachment, _Taken(content, attachment.name, declared), stores=stores)
            if isinstance(facts, Flaw):
                return facts
            head = head_for(attachment.medium, facts.mime)
            same = as_usual and start == len(head) and text.startswith(head)
            return facts, text if same else encoded(content, head, piece), content if stores else b""

        outcome = await self._ports.offload.run(judged, size=len(text))
        if isinstance(outcome, Flaw):
            return outcome
        facts, whole, content = outcome
        del outcome
        self._left -= bytes_in(whole)
        name = attachment.name or default_name(facts.mime)
        if stores:
            await self._store(name, facts, content)
        return part_of(attachment.medium, facts.mime, whole, name, attachment.detail)

    # --- files of the host, and links ---------------------------------------------------------------------

    async def _of_host(self, files: Files, file_id: str, limit: int) -> _Taken | Flaw:
        try:
            file = await files.read(file_id, min(limit, self._left))
        except FileUnavailable as error:
            self._log("file_not_read", error.flaw.value, error.detail)
            return _FILE_FLAWS[error.flaw]
        return _Taken(file.content, file.facts.name, file.facts.mime)

    async def _linked(self, attachment: Attachment, url: str) -> Read:
        """Download a link, unless it is passed on: a video always is, because providers read those themselves."""
        is_sound = attachment.medium is Medium.AUDIO  # goes as data only
        fetch = self._ports.fetch
        keeps = self._intake.save_links and self._owner.files is not None
        if attachment.medium is Medium.VIDEO or fetch is None or not (keeps or is_sound):
            if is_sound:
                return Flaw.NO_SOURCE
            return None if self._is_public(url) else Flaw.NOT_ALLOWED
        limit = min(self._limit(attachment), self._left)
        known = await self._stored_before(url, limit)
        if known is not None:
            return await self._made(attachment, known)
        is_older = attachment.place[0] < self._owner.newest  # a dead link delays one message, not all that follow
        if is_older and (flaw := self._stored.failure(self._owner.user_id, url)) is not None:
            return flaw
        limits = await self._limits(limit, stores=keeps and self._may_store)
        made = await self._downloaded(fetch, attachment, url, limits, keeps=keeps)
        if isinstance(made, Flaw) and made is not Flaw.TOO_LARGE:  # that depends on the other media too
            self._stored.failed(self._owner.user_id, url, made)
        return made

    async def _downloaded(
        self, fetch: FetchRemote, attachment: Attachment, url: str, limits: DownloadLimits, *, keeps: bool
    ) -> Read:
        taken = await fetch.fetch(url, self._intake.rules, limits)
        if isinstance(taken, NotDownloaded):
            return _DOWNLOAD_FLAWS.get(taken.flaw, Flaw.NOT_DOWNLOADED)
        return await self._made(attachment, _Taken(taken.content, taken.name, taken.mime), url=url if keeps else "")

    async def _stored_before(self, url: str, limit: int) -> _Taken | None:
        """Return the file that an earlier turn made of a link."""
        files, user_id = self._owner.files, self._owner.user_id
        file_id = self._stored.of_link(user_id, url)
        if files is None or not file_id:
            return None
        taken = await self._of_host(files, file_id, limit)
        if isinstance(taken, Flaw):
            self._stored.forget(user_id, url)
            return None
        return taken

    async def _limits(self, limit: int, *, stores: bool) -> DownloadLimits:
        """Return the limits of a download: never more than is sent, nor than the host stores in one file."""
        files, limits = self._owner.files, self._intake.download
        ceiling = await files.ceiling() if files is not None and stores else None
        return replace(limits, size=max(1, min(limits.size, limit, ceiling or limit)))

    def _is_public(self, url: str) -> bool:
        rules = EgressRules(ports=self._intake.rules.ports)
        return url[:8].lower() == "https://" and not isinstance(checked_url(url, rules), UrlFlaw)

    async def _made(self, attachment: Attachment, taken: _Taken, *, url: str = "") -> Read:
        """Judge bytes, store those of a link, and encode them."""
        content, offload = taken.content, self._ports.offload
        stores = bool(url) and self._may_store
        if len(content) > self._left:
            return Flaw.TOO_LARGE
        self._left -= len(content)
        facts = await offload.run(lambda: self._judge(attachment, taken, stores=stores), size=len(content))
        if isinstance(facts, Flaw):
            return facts
        name = attachment.name or taken.name or default_name(facts.mime)
        if stores:
            await self._store(name, facts, content, url=url)
        head, piece = head_for(attachment.medium, facts.mime), self._intake.piece
        text = await offload.run(lambda: encoded(content, head, piece), size=len(content))
        return part_of(attachment.medium, facts.mime, text, name, attachment.detail)

    # --- details ------------------------------------------------------------------------------------------

    @property
    def _may_store(self) -> bool:
        return self._owner.files is not None and not self._owner.temporary

    def _limit(self, attachment: Attachment) -> int:
        return self._intake.video if attachment.medium is Medium.VIDEO else self._intake.inline

    def _judge(self, attachment: Attachment, taken: _Taken, *, stores: bool) -> _Judged | Flaw:
        """Return the kind of some bytes, or why they are not sent. In any thread."""
        content = taken.content
        seen = self._ports.sniffer.mime(content[:HEAD], attachment.name or taken.name)
        flaw = flaw_in(attachment.medium, content, seen, attachment.name or taken.name)
        if flaw is not None:
            return flaw
        mime = kind_of(content, seen, taken.mime)
        return _Judged(mime, sha256(content).hexdigest() if stores else "")

    async def _store(self, name: str, facts: _Judged, content: bytes, *, url: str = "") -> None:
        """Store bytes in the host, each content once; a failure only costs another download."""
        files, user_id = self._owner.files, self._owner.user_id
        file_id = self._stored.of_bytes(user_id, facts.digest)
        if files is not None and not file_id:
            try:
                saved = await files.save(NewFile(name, facts.mime, content))
            except FileNotSaved as error:
                self._log("file_not_saved", error.reason, "")
                return
            file_id = saved.file_id
        self._stored.remember(user_id, file_id, url=url, digest=facts.digest)

    def _log(self, event: str, reason: str, detail: str) -> None:
        self._ports.telemetry.event("info", event, error_id=self._error_id, reason=reason, detail=detail)


def _decoded(text: str, start: int, piece: int) -> tuple[bytes | None, bool]:
    """Return the bytes of base64, and whether it is spelled as usual; None for what is no base64."""
    try:
        return decoded(text, start, piece), True
    except WrongBase64:
        pass
    try:
        return decoded_leniently(text, start, piece), False
    except WrongBase64:
        return None, False
