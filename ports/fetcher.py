"""Downloads over HTTP, one hop at a time: the core judges each address before anything connects to it.

An adapter resolves names, and reads from exactly the address it is given. Redirects, retries and what may be reached
are the core's affair (`domain/egress`, `domain/services/fetch_remote`).
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol, runtime_checkable


class HopFlaw(Enum):
    """How one hop failed."""

    UNRESOLVED = "unresolved"
    """The name has no address. Trouble of the resolver itself is UNREACHABLE or TIMED_OUT."""
    UNREACHABLE = "unreachable"
    """No connection, or a broken one."""
    UNTRUSTED = "untrusted"
    """No certificate that is valid for the host."""
    TIMED_OUT = "timed_out"
    TOO_LARGE = "too_large"
    """The answer exceeds the limit, as sent or once decompressed."""
    UNREADABLE = "unreadable"
    """The answer is no valid HTTP, or is compressed in a way that cannot be read."""


class HopFailed(Exception):
    """One hop failed. `detail` is for the log: it contains no secret."""

    def __init__(self, flaw: HopFlaw, detail: str = "") -> None:
        super().__init__(f"{flaw.value}: {detail}" if detail else flaw.value)
        self.flaw, self.detail = flaw, detail


@dataclass(frozen=True, slots=True)
class Hop:
    """One request: `url` is asked for, at `address` only (an IP address, checked by the core).

    `host` and `port` are those of the URL: the name goes into TLS and the Host header, never into a second lookup.
    `limit`: most bytes of the answer's body, also once decompressed; `seconds`: for the whole hop. `body`: JSON that is
    sent; None asks for a file.
    """

    url: str = field(repr=False)
    host: str
    port: int
    address: str
    limit: int
    seconds: float
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class HopAnswer:
    """An answer of any status. `content` is empty for all but 2xx. Header values as sent, "" where absent."""

    status: int
    content: bytes = field(default=b"", repr=False)
    mime: str = ""
    location: str = field(default="", repr=False)
    retry_after: str = ""
    disposition: str = ""


@runtime_checkable
class Fetcher(Protocol):
    """Resolves names and runs single requests. Safe to use from many tasks of one event loop."""

    async def resolve(self, host: str, port: int, seconds: float) -> tuple[str, ...]:
        """Return all addresses of a name, each once, as plain IP texts. Raises HopFailed."""
        ...

    async def get(self, hop: Hop) -> HopAnswer:
        """Run one GET, or a POST of the body, without credentials, cookies or redirects. Raises HopFailed.

        The connection goes to `hop.address` and is closed afterwards. A proxy of the environment is only used if it is
        asked to connect to that address.
        """
        ...
