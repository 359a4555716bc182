"""The one gate for every address that reaches a reader: links, pictures, files, frames.

An address that does not pass is not shown as a link; what is named by it stays, as text. Source of the odd spellings:
the URL standard (browsers drop tabs and newlines, read `\\` as `/`) and the pages' own way with texts that look like
addresses.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from domain.egress.lines import visible_line
from ports.encoded import declared_in
from ports.pictures import encoded_picture_kind

LONGEST_LINK, LONGEST_TITLE = 2048, 200
_SCHEMES = ("https://", "http://")
_FORBIDDEN = re.compile(r"[\s\"<>\\^`{|}]")
_HOST = re.compile(r"(?:[a-z0-9_-]+\.)*[a-z0-9_-]+\.?|[0-9a-f:.]+")
"""A name in ASCII (others are spelled xn--) or an address of IP."""
_BEGINNING = re.compile(r"^(?:https?:|[/\s])+", re.IGNORECASE)
_STORED = re.compile(r"/(?:api/v1/files/[\w-]{1,64}(?:/content)?|cache/(?:[\w-]+/){1,8}[\w-][\w.-]*)", re.ASCII)
"""Where hosts keep files: their own pages load these paths. Others could do something when they are loaded."""


@dataclass(frozen=True, slots=True)
class LinkGate:
    """Lets through `https`, and `http` to a host in `http_hosts` (lower case, exact). Each method returns "" else."""

    http_hosts: frozenset[str] = frozenset()

    def link(self, url: str) -> str:
        """Return the address if a reader may open it.

        Exactly `https://` and a host, without user-info, blanks, quotes, backslashes, control or invisible characters.
        """
        if len(url) > LONGEST_LINK or not url.startswith(_SCHEMES) or _FORBIDDEN.search(url) or not url.isprintable():
            return ""
        try:
            parts = urlsplit(url)
            host, _port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            return ""
        if "@" in parts.netloc or not _HOST.fullmatch(host) or not parts.netloc.isascii() or "%" in parts.netloc:
            return ""
        return url if parts.scheme == "https" or host in self.http_hosts else ""

    def picture(self, url: str) -> str:
        """Return the address of a picture: a link, a file of the host, or a data URL whose bytes are one."""
        if not url.startswith("data:"):
            return self.file(url)
        mime, start = declared_in(url)
        kind = encoded_picture_kind(mime, url, start)
        begin = f"data:image/{kind};base64,"
        if not kind:
            return ""
        return url if url.startswith(begin) else begin + url[start:]

    def file(self, url: str) -> str:
        """Return the address of a file: a link, or a path where the host stores files."""
        return url if _STORED.fullmatch(url) else self.link(url)


EVERY_HTTPS = LinkGate()


def title_of(title: str, url: str) -> str:
    """Return a title as one line of visible text, at most LONGEST_TITLE characters.

    Without a link (`url` is "") it does not begin like an address: pages make links of such titles.
    """
    line = visible_line(title[: 4 * LONGEST_TITLE])[:LONGEST_TITLE]
    return line if url else _BEGINNING.sub("", line)
