"""The records of turns as the settings of each call want them: stored, stored elsewhere, or not at all."""

import asyncio
from functools import partial
from pathlib import Path

from adapters.records.options import ArchiveForm, StoreOptions
from adapters.records.zip_transcripts import ZipTranscripts
from domain.request.turn_request import Person
from domain.services.background_tasks import BackgroundTasks
from entrypoints.settings import Settings
from ports.telemetry import Telemetry
from ports.transcripts import Record, Transcript, Transcripts

SWITCH, PASSWORD, FOLDER = "SESSION_LOG_STORE_ENABLED", "SESSION_LOG_ZIP_PASSWORD", "SESSION_LOG_DIR"


class RequestRecords:
    """Implements Transcripts; opens the store with the first turn that wants it. Belongs to one event loop.

    A turn that began before the settings changed is stored as the newest ones say. `folder`: where relative paths
    begin; None: only absolute ones are used.
    """

    def __init__(self, folder: Path | None, telemetry: Telemetry) -> None:
        self._folder, self._telemetry = folder, telemetry
        self._settings: Settings | None = None
        self._options: StoreOptions | None = None
        self._emails = True
        self._store: ZipTranscripts | None = None
        self._closing = BackgroundTasks()
        self._warned: set[tuple[str, str]] = set()
        self.most_entries = 0

    def wanted(self, settings: Settings, person: Person) -> Transcripts | None:
        """Return what keeps the record of a turn; None if there shall be none."""
        if settings is not self._settings:
            self._follow(settings)
        if self._store is None or person.temporary:  # law 14
            return None
        if not person.user_id:
            self._warn(SWITCH, "a request names no person")
            return None
        return self

    def accept(self, transcript: Transcript) -> None:
        """Keep a finished transcript."""
        if self._store is not None:
            self._store.accept(transcript)

    async def aclose(self) -> None:
        """Write what waits."""
        self._close()
        self._settings = self._options = None
        await self._closing.drained()

    # --- details ------------------------------------------------------------------------------------------

    def _follow(self, settings: Settings) -> None:
        """Open another store if the settings name another one."""
        self._settings = settings
        options = self._options_of(settings) if settings.session_log_store_enabled else None
        if (options, settings.session_log_redact_emails) == (self._options, self._emails):
            return
        self._close()
        self._options, self._emails = options, settings.session_log_redact_emails
        if options is not None:
            self.most_entries = options.most_entries
            self._store = ZipTranscripts(options, partial(_rendered, emails=self._emails), self._telemetry)

    def _options_of(self, settings: Settings) -> StoreOptions | None:
        password, named = settings.session_log_zip_password, Path(settings.session_log_dir.strip())
        if not password:
            self._warn(PASSWORD, "it cannot be decrypted" if password.unreadable else "it is empty")
            return None
        if not named.name or "\0" in str(named) or (self._folder is None and not named.is_absolute()):
            self._warn(FOLDER, "it names no folder")
            return None
        form = ArchiveForm(
            password.reveal().encode("utf-8", "surrogatepass"),
            settings.session_log_zip_compression,
            settings.session_log_zip_compresslevel,
            settings.session_log_format,
        )
        return StoreOptions(
            self._folder / named if self._folder is not None else named,
            form,
            settings.session_log_retention_days,
            settings.session_log_cleanup_interval_seconds,
            settings.session_log_max_lines,
        )

    def _warn(self, setting: str, reason: str) -> None:
        """Log once why nothing is stored."""
        if (setting, reason) not in self._warned:
            self._warned.add((setting, reason))
            self._telemetry.event("warning", "records_not_kept", setting=setting, reason=reason)

    def _close(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            self._closing.begin(asyncio.to_thread(store.close), "openrouter-pipe-close-records")


def _rendered(transcript: Transcript, *, emails: bool) -> Record:
    """Render in the thread of the store, which imports what that takes."""
    from domain.services.render_record import rendered

    return rendered(transcript, emails=emails)
