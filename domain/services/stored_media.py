"""Remember which links and which bytes are stored in the host as files of whom, so that each is stored once.

Links that failed lately are remembered too: a dead one would delay each later message of its chat. All of it is in the
memory of the process: after a restart a link is downloaded and stored once more.
"""

from hashlib import sha256

from domain.conversation.left_out import Flaw
from domain.recent import Recent
from ports.clock import Clock

MOST_KNOWN = 10_000
FAILED_SECONDS = 600.0
"""How long a link that failed counts as dead."""


class StoredMedia:
    """File ids by link and by content, each for one person. Belongs to one event loop; the oldest are forgotten."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known = Recent[bytes, str](MOST_KNOWN)
        self._failed = Recent[bytes, tuple[Flaw, float]](MOST_KNOWN)

    def of_link(self, user_id: str, url: str) -> str:
        """Return the id of the file that was made of a link, "" if there is none."""
        return self._found(_key("link", user_id, url))

    def of_bytes(self, user_id: str, digest: str) -> str:
        """Return the id of the file with this content."""
        return self._found(_key("bytes", user_id, digest))

    def remember(self, user_id: str, file_id: str, *, url: str = "", digest: str = "") -> None:
        """Note that a file is the content of a link, or has the content with this digest."""
        for kind, value in (("link", url), ("bytes", digest)):
            if value:
                self._known[_key(kind, user_id, value)] = file_id

    def forget(self, user_id: str, url: str) -> None:
        """Forget a link: its file is gone."""
        gone = self._known.pop(_key("link", user_id, url), "")
        for key in [key for key, file_id in self._known.items() if file_id == gone]:
            del self._known[key]

    def failed(self, user_id: str, url: str, flaw: Flaw) -> None:
        """Note why a link could not be sent just now."""
        self._failed[_key("link", user_id, url)] = (flaw, self._clock.monotonic() + FAILED_SECONDS)

    def failure(self, user_id: str, url: str) -> Flaw | None:
        """Return why a link could not be sent lately, None if it could or was not tried."""
        flaw, until = self._failed.get(_key("link", user_id, url), (None, 0.0))
        return flaw if self._clock.monotonic() < until else None

    def _found(self, key: bytes) -> str:
        if key in self._known:
            self._known.move_to_end(key)
        return self._known.get(key, "")


def _key(kind: str, user_id: str, value: str) -> bytes:
    return sha256(f"{kind}\0{user_id}\0{value}".encode("utf-8", "replace")).digest()
