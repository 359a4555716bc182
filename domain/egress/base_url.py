"""Check the upstream address: TLS only, except for this machine and hosts the operator named."""

import ipaddress
import re
from enum import Enum
from functools import lru_cache
from urllib.parse import urlsplit

_LONGEST_HOST, _LONGEST_LABEL = 253, 63
_LABEL = re.compile(r"[\w-]+")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")


class AddressFlaw(Enum):
    """Why an address is rejected."""

    NO_URL = "no_url"
    NO_HOST = "no_scheme_or_host"
    BAD_HOST = "impossible_host"
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
    if not is_host(host) or ("[" in parts.netloc and ":" not in host):
        raise InvalidBaseUrl(AddressFlaw.BAD_HOST, host[:_LONGEST_HOST])
    if parts.scheme == "http" and not is_loopback(host) and host not in insecure_hosts:
        raise InvalidBaseUrl(AddressFlaw.PLAIN_HTTP, host)
    return cleaned


def is_host(host: str) -> bool:
    """Return whether a name can be looked up or is an IP address: legal labels, and `xn--` ones that can be decoded.

    `host` is in lower case, an IPv6 address without brackets. A host that ends in a number is an IPv4 address in the
    usual notation: resolvers read `127.1` and `0x7f000001` as addresses too. Source: RFC 1123, RFC 5891, the URL
    standard (ends in a number); `_` is in use in containers.
    """
    if ":" in host:
        return is_ip(host)
    labels = host.removesuffix(".").split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return is_ip(host)
    try:
        written = [label.encode("ascii" if label.isascii() else "idna") for label in labels]
    except UnicodeError:
        return False
    fits = all(0 < len(label) <= _LONGEST_LABEL for label in written)
    legal = all(map(_LABEL.fullmatch, labels)) and all(map(_decodable, written))
    return fits and legal and sum(map(len, written)) + len(written) <= _LONGEST_HOST


def _decodable(label: bytes) -> bool:
    """Return whether a label is not encoded, or is encoded as RFC 3492 says, which all versions of IDNA share."""
    if not label.startswith(b"xn--"):
        return True
    try:
        text = label[4:].decode("punycode")
    except (UnicodeError, IndexError, ValueError, OverflowError):
        return False
    return not text.isascii() and text.isprintable() and not any(map(str.isspace, text))


def is_ip(host: str) -> bool:
    """Return whether `host` is an IP address in the usual notation, without brackets."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Return whether `host` is this machine: `localhost` or a loopback address in standard notation."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
