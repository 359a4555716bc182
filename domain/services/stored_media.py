"""Remember which links and which bytes are stored in the host as files of whom, so that each is stored once.

In the memory of the process: after a restart a link is downloaded and stored once more.
"""

from collections import OrderedDict
from hashlib import sha256

MOST_KNOWN = 10_000


class StoredMedia:
    """File ids by link and by content, each for one person. Belongs to one event loop; the oldest are forgotten."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, str] = OrderedDict()

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
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)

    def forget(self, user_id: str, url: str) -> None:
        """Forget a link: its file is gone."""
        gone = self._known.pop(_key("link", user_id, url), "")
        for key in [key for key, file_id in self._known.items() if file_id == gone]:
            del self._known[key]

    def _found(self, key: bytes) -> str:
        if key in self._known:
            self._known.move_to_end(key)
        return self._known.get(key, "")


def _key(kind: str, user_id: str, value: str) -> bytes:
    return sha256(f"{kind}\0{user_id}\0{value}".encode("utf-8", "replace")).digest()
