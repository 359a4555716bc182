"""Put a record into the archive of its message."""

from adapters.records.archive import MOST_FILE, ArchiveUnreadable, archive_of, read, written
from adapters.records.folders import FolderVanished, locked, opened_folder, opened_root, read_file, write_file
from adapters.records.names import MOST_BESIDE, place_of
from adapters.records.options import StoreOptions
from ports.transcripts import Record


def keep(record: Record, options: StoreOptions) -> None:
    """Store a record behind those of earlier turns of its message. Raises OSError, ImportError without a library."""
    try:
        _store(record, options)
    except (FolderVanished, FileNotFoundError):  # empty folders are removed
        _store(record, options)


def _store(record: Record, options: StoreOptions) -> None:
    place, form = place_of(record), options.form
    with (
        opened_root(options.root, make=True) as root,
        opened_folder(root, place.user, make=True) as user,
        opened_folder(user, place.chat, make=True) as chat,
        locked(chat),
    ):
        for number in range(1, MOST_BESIDE + 1):
            try:
                earlier = read_file(chat, place.file(number), MOST_FILE)
                before = None if earlier is None else read(earlier, form.password)
            except (OSError, ArchiveUnreadable):  # nothing is overwritten that cannot be read
                continue
            write_file(chat, place.file(number), written(archive_of(record, form.log_format, before), form))
            return
    raise OSError(0, "files of the same name cannot be read")
