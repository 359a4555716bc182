"""The upstream address: TLS only, except to this machine or to hosts an operator named."""

import ipaddress
from functools import lru_cache
from urllib.parse import urlsplit


class InvalidBaseUrl(ValueError):
    """The address must not be used; the message says why, without user-info or query."""


@lru_cache(maxsize=64)  # the same few addresses in every turn
def checked_base_url(url: str, insecure_hosts: frozenset[str] = frozenset()) -> str:
    """Return the address without trailing slashes; raise InvalidBaseUrl if keys must not be sent there.

    `https` everywhere; plain `http` only to loopback addresses or to a host in `insecure_hosts` (lower case,
    exact). No user-info, query or fragment.
    """
    cleaned = url.strip().rstrip("/")
    try:
        parts = urlsplit(cleaned)
        host, _port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise InvalidBaseUrl("it is not a URL") from None
    if parts.scheme not in ("https", "http") or not host:
        raise InvalidBaseUrl("it must start with https:// and name a host")
    if parts.username is not None or parts.password is not None:
        raise InvalidBaseUrl("it must not hold a user name or password")
    if any(letter in "?#" or letter.isspace() for letter in cleaned):
        raise InvalidBaseUrl("it must not hold a query, a fragment or spaces")
    if parts.scheme == "http" and not is_loopback(host) and host not in insecure_hosts:
        raise InvalidBaseUrl(f"plain http to {host} is not allowed; use https or name it in INSECURE_BASE_URL_HOSTS")
    return cleaned


def is_loopback(host: str) -> bool:
    """Tell whether `host` is this machine: `localhost` or a loopback address in its usual notation."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
