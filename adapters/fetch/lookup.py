"""Looks names up with the operating system."""

import socket

from ports.fetcher import HopFailed, HopFlaw

_NO_ADDRESS = frozenset(
    getattr(socket, name) for name in ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY") if hasattr(socket, name)
)


def look_up(host: str, port: int) -> tuple[str, ...]:
    """Return all addresses of a name, each once, in the system's order of preference. Blocks; raises HopFailed."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno in _NO_ADDRESS:
            raise HopFailed(HopFlaw.UNRESOLVED) from error
        raise HopFailed(HopFlaw.UNREACHABLE, "names cannot be looked up") from error
    except UnicodeError as error:
        raise HopFailed(HopFlaw.UNRESOLVED, "no name") from error
    except OSError as error:
        raise HopFailed(HopFlaw.UNREACHABLE, "names cannot be looked up") from error
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))
