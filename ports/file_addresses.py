"""Which addresses name a file of the host itself.

Source: the host's own routes and pages, `/api/v1/files/<id>` and `/api/v1/files/<id>/content`; its ids are UUIDs.
"""

import re
from collections.abc import Collection

LONGEST_ADDRESS = 2048
"""Most characters of an address that is looked at."""

_ID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_OWN = re.compile(rf"/api/v1/files/({_ID})(?:/content)?")
_BARE = re.compile(_ID)
_ABSOLUTE = re.compile(r"(https?)://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:\d{1,5})?(/[^\s\\]*)?", re.IGNORECASE | re.ASCII)
_USUAL_PORTS = {"http": ":80", "https": ":443"}


def file_address(file_id: str) -> str:
    """Return the path at which the host's pages show a file."""
    return f"/api/v1/files/{file_id}/content"


def file_id_of(address: str, own: Collection[str]) -> str:
    """Return the id of the host's file that an address names; "" for every other address.

    `own`: where the host itself is reached, as `origin_of` returns it. The scheme does not count: a proxy in front of
    the host may have changed it.
    """
    if len(address) > LONGEST_ADDRESS:
        return ""
    if _BARE.fullmatch(address):
        return address
    path = address
    if not address.startswith("/"):
        absolute = origin_of(address)
        path = next((absolute.removeprefix(one) for one in own if one and absolute.startswith(f"{one}/")), "")
    found = _OWN.fullmatch(path)
    return found[1] if found else ""


def origin_of(url: str) -> str:
    """Return host, port and path of an http(s) URL without the usual port and a slash at its end; "" if it is none."""
    found = _ABSOLUTE.fullmatch(url) if len(url) <= LONGEST_ADDRESS else None
    if found is None:
        return ""
    scheme, host, port, path = found.groups(default="")
    shown_port = "" if port == _USUAL_PORTS[scheme.lower()] else port
    return f"{host.lower()}{shown_port}{path}".rstrip("/")
