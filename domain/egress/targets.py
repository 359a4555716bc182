"""Which URLs may be downloaded: what a URL names, and whether all addresses of its host may be reached.

A URL is taken apart once, and put together again from the checked parts, so that no two readers can take it for
different addresses. Source of the odd spellings: RFC 3986, the URL standard, and what resolvers accept.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from ipaddress import ip_address
from urllib.parse import quote, urljoin, urlsplit

from domain.egress.addresses import Standing, standing
from domain.egress.base_url import is_host, is_ip

LONGEST_URL = 8192
"""Signed links to storage services have up to about 4,000 characters; servers take requests of 8 KiB."""
_PORTS = {"https": 443, "http": 80}
_AUTHORITY = re.compile(r"(?:\[([0-9a-f:]+)\]|([0-9a-z_.-]+))(?::([0-9]{1,5})?)?", re.IGNORECASE | re.ASCII)
_UNSAFE = re.compile(r"[\s\\]")
_AS_WRITTEN = "%/?:@!$&'()*+,;=[]-._~"
"""Characters of a path or query that are not percent-encoded."""
_LOCAL_ENDINGS = (".localhost", ".local", ".localdomain", ".internal", ".home.arpa")
"""Names of this machine and of private networks end like that. Source: RFC 6761, RFC 6762, RFC 8375, ICANN."""
_METADATA_NAMES = frozenset(
    {
        "instance-data",
        "instance-data.ec2.internal",
        "metadata",
        "metadata.goog",
        "metadata.google.internal",
        "metadata.packet.net",
        "metadata.platformequinix.com",
        "metadata.tencentyun.com",
    }
)


class UrlFlaw(Enum):
    """Why a URL is not downloaded."""

    NO_URL = "no_url"
    """Not `https://host/...`, too long, or with characters that no URL has."""
    USER_INFO = "user_info"
    BAD_HOST = "impossible_host"
    """No name and no address in the usual notation."""
    PLAIN_HTTP = "plain_http"
    PORT = "port"
    NOT_PUBLIC = "not_public"
    """The host is, or has, an address that may not be reached."""


@dataclass(frozen=True, slots=True)
class EgressRules:
    """What the operator allows for downloads beyond `https` to public addresses.

    Hosts are exact, in lower case: `name`, or `name:port`, which allows the port too; IPv6 addresses in brackets.
    `private_hosts` may have private addresses, `http_hosts` may be asked over plain http; `ports` are allowed for all.
    """

    private_hosts: frozenset[str] = frozenset()
    http_hosts: frozenset[str] = frozenset()
    ports: frozenset[int] = frozenset()

    def trusting(self, base_url: str) -> "EgressRules":
        """Return the rules with the origin of an address that the operator configured allowed as it stands."""
        parts = _taken_apart(base_url)
        if isinstance(parts, UrlFlaw):
            return self
        scheme, host, port, _ = parts
        own = {_with_port(host, port)}
        http_hosts = self.http_hosts | own if scheme == "http" else self.http_hosts
        return EgressRules(self.private_hosts | own, http_hosts, self.ports)


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that may be asked once the addresses of its host are checked. `url` has no fragment.

    `literal`: the host is an IP address.
    """

    url: str = field(repr=False)
    host: str
    port: int
    literal: bool = False


def checked_url(url: str, rules: EgressRules) -> Target | UrlFlaw:
    """Return what a URL names, or why it is not downloaded."""
    parts = _taken_apart(url)
    if isinstance(parts, UrlFlaw):
        return parts
    scheme, host, port, rest = parts
    if scheme == "http" and not _listed(rules.http_hosts, host, port):
        return UrlFlaw.PLAIN_HTTP
    named = _with_port(host, port)
    if port not in (_PORTS[scheme], *rules.ports) and named not in rules.http_hosts | rules.private_hosts:
        return UrlFlaw.PORT
    target = Target(
        f"{scheme}://{named if port != _PORTS[scheme] else _bracketed(host)}{rest}", host, port, is_ip(host)
    )
    stands = standing(host) if target.literal else _standing_of_name(host)
    return target if _admitted(stands, target, rules) else UrlFlaw.NOT_PUBLIC


def addresses_admitted(target: Target, addresses: Sequence[str], rules: EgressRules) -> bool:
    """Return whether a host may be reached at its addresses: if there are any, and each of them passes."""
    return bool(addresses) and all(_admitted(standing(address), target, rules) for address in addresses)


def next_url(target: Target, location: str) -> str:
    """Return the absolute URL of a redirect, unchecked; "" if the location cannot be read."""
    if len(location) > LONGEST_URL or not location or _UNSAFE.search(location):
        return ""
    try:
        return urljoin(target.url, location)
    except ValueError:
        return ""


def _taken_apart(url: str) -> tuple[str, str, int, str] | UrlFlaw:
    """Return scheme, host (lower case, no brackets), port, and the path with the query, percent-encoded."""
    if len(url) > LONGEST_URL or not url.isprintable() or _UNSAFE.search(url):
        return UrlFlaw.NO_URL
    try:
        parts = urlsplit(url)
    except ValueError:
        return UrlFlaw.BAD_HOST
    if parts.scheme not in _PORTS or not parts.netloc:
        return UrlFlaw.NO_URL
    if "@" in parts.netloc:
        return UrlFlaw.USER_INFO
    found = _AUTHORITY.fullmatch(parts.netloc)
    host = (found[1] or found[2]).lower() if found else ""
    if found is None or not is_host(host) or host.endswith(".") or (found[1] is None) is (":" in host):
        return UrlFlaw.BAD_HOST
    port = int(found[3] or _PORTS[parts.scheme])
    if not 0 < port < 65536:
        return UrlFlaw.PORT
    path, query = (quote(part, safe=_AS_WRITTEN) for part in (parts.path or "/", parts.query))
    return parts.scheme, str(ip_address(host)) if is_ip(host) else host, port, f"{path}?{query}" if query else path


def _admitted(stands: Standing, target: Target, rules: EgressRules) -> bool:
    if stands is Standing.PRIVATE:
        return _listed(rules.private_hosts, target.host, target.port)
    return stands is Standing.PUBLIC


def _standing_of_name(name: str) -> Standing:
    """Return what a name says about its addresses; a name of one label belongs to a private network."""
    if name in _METADATA_NAMES:
        return Standing.FORBIDDEN
    local = "." not in name or name.endswith(_LOCAL_ENDINGS)
    return Standing.PRIVATE if local else Standing.PUBLIC


def _listed(hosts: frozenset[str], host: str, port: int) -> bool:
    return not hosts.isdisjoint((host, _bracketed(host), _with_port(host, port)))


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _with_port(host: str, port: int) -> str:
    return f"{_bracketed(host)}:{port}"
