"""Check the upstream address: TLS only, except for this machine and hosts the operator named."""

import ipaddress
from enum import Enum
from functools import lru_cache
from urllib.parse import urlsplit


class AddressFlaw(Enum):
    """Why an address is rejected."""

    NO_URL = "no_url"
    NO_HOST = "no_scheme_or_host"
    USER_INFO = "user_info"
    EXTRAS = "query_fragment_or_spaces"
    PLAIN_HTTP = "plain_http"


class InvalidBaseUrl(ValueError):
    """The address is rejected: `flaw` says why; `host` is the host it names, empty if none."""

    def __init__(self, flaw: AddressFlaw, host: str = "") -> None:
        super().__init__(flaw.value)
        self.flaw, self.host = flaw, host


@lru_cache(maxsize=64)  # turns use the same few addresses
def checked_base_url(url: str, insecure_hosts: frozenset[str] = frozenset()) -> str:
    """Return the address without trailing slashes. Raises InvalidBaseUrl if keys must not be sent to it.

    `https` is always allowed; plain `http` only for loopback addresses and for hosts in `insecure_hosts` (lower case,
    exact match). User-info, query and fragment are rejected.
    """
    cleaned = url.strip().rstrip("/")
    try:
        parts = urlsplit(cleaned)
        host, _port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise InvalidBaseUrl(AddressFlaw.NO_URL) from None
    if parts.scheme not in ("https", "http") or not host:
        raise InvalidBaseUrl(AddressFlaw.NO_HOST)
    if parts.username is not None or parts.password is not None:
        raise InvalidBaseUrl(AddressFlaw.USER_INFO)
    if any(letter in "?#" or letter.isspace() for letter in cleaned):
        raise InvalidBaseUrl(AddressFlaw.EXTRAS)
    if parts.scheme == "http" and not is_loopback(host) and host not in insecure_hosts:
        raise InvalidBaseUrl(AddressFlaw.PLAIN_HTTP, host)
    return cleaned


def is_loopback(host: str) -> bool:
    """Return whether `host` is this machine: `localhost` or a loopback address in standard notation."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
