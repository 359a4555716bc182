"""The name of a downloaded file: one visible line without folders.

Source: RFC 6266 and RFC 8187 for `Content-Disposition`; names without quotes and raw bytes are read as browsers do.
"""

import re
from urllib.parse import unquote, urlsplit

from domain.egress.lines import visible_line

LONGEST_NAME = 120
_LONGEST_HEADER = 4096
_EXTENDED = re.compile(r";\s*filename\*\s*=\s*(utf-8|iso-8859-1)'[\w-]*'([^\s;]+)", re.IGNORECASE | re.ASCII)
_QUOTED = re.compile(r';\s*filename\s*=\s*"((?:[^"\\]|\\.)*)"', re.IGNORECASE)
_BARE = re.compile(r";\s*filename\s*=\s*([^\s;\"]+)", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[<>:"|?*]+')


def file_name(disposition: str, url: str) -> str:
    """Return the name in a `Content-Disposition`, else the last part of the URL's path; "" if there is none."""
    return clean_name(_declared(disposition[:_LONGEST_HEADER])) or clean_name(unquote(urlsplit(url).path))


def clean_name(name: str) -> str:
    """Return a name without folders, as one visible line of at most LONGEST_NAME characters with its ending.

    Characters that file systems reserve become `_`; a name of dots is none.
    """
    last = re.split(r"[/\\]", name.encode("utf-8", "replace").decode())[-1]
    line = _FORBIDDEN.sub("_", visible_line(last)).strip(" .")
    if len(line) <= LONGEST_NAME:
        return line
    stem, dot, ending = line.rpartition(".")
    if not dot or len(ending) > 10:
        return line[:LONGEST_NAME]
    return f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}"


def _declared(disposition: str) -> str:
    header = f";{disposition}"
    if found := _EXTENDED.search(header):
        return unquote(found[2], encoding=found[1], errors="replace")
    if found := _QUOTED.search(header):
        return _decoded(re.sub(r"\\(.)", r"\1", found[1]))
    found = _BARE.search(header)
    return _decoded(found[1]) if found else ""


def _decoded(name: str) -> str:
    """Return a name without percent-encoding, which some servers put into the plain form too."""
    return unquote(name) if "%" in name else name
