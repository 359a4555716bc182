"""Which IP addresses downloads may connect to.

Written from IANA's registries of special-purpose addresses, because the standard library's own verdict changes between
patch releases of Python and calls tunnels into the private network global. Sources: the IANA IPv4 and IPv6
Special-Purpose Address Registries (RFC 6890, RFC 8190), the IPv4 and IPv6 multicast registries, the IPv6 address space
registry, and the documentation of cloud providers for their metadata services.
"""

from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network


class Standing(Enum):
    """Where a connection to an address would end."""

    PUBLIC = "public"
    PRIVATE = "private"
    """In a private network or on this machine: only if the operator names the host."""
    FORBIDDEN = "forbidden"
    """A metadata service, a tunnel into IPv4, or an address that no file is downloaded from: never."""


_PRIVATE = (
    ("10.0.0.0/8", "private use, RFC 1918"),
    ("100.64.0.0/10", "shared address space, RFC 6598"),
    ("127.0.0.0/8", "loopback, RFC 1122"),
    ("172.16.0.0/12", "private use, RFC 1918"),
    ("192.168.0.0/16", "private use, RFC 1918"),
    ("::1/128", "loopback, RFC 4291"),
    ("fc00::/7", "unique local, RFC 4193"),
)
_METADATA = (
    ("169.254.0.0/16", "link local, RFC 3927: AWS, Azure, Google, Oracle, OpenStack and most others"),
    ("168.63.129.16/32", "Azure, a public address"),
    ("100.100.100.200/32", "Alibaba Cloud"),
    ("100.96.0.96/32", "Volcano Engine"),
    ("100.80.80.80/32", "UCloud"),
    ("192.0.0.192/32", "Oracle Cloud, classic"),
    ("fd00:ec2::/32", "AWS: metadata, time, names, pod identity"),
    ("fd20:ce::/32", "Google Cloud"),
    ("fd00:c1::/32", "Oracle Cloud"),
    ("fd00:42::/32", "Scaleway"),
    ("fd00:a9fe:a9fe::/48", "Akamai (Linode)"),
)
_SPECIAL = (
    ("0.0.0.0/8", "this network, unspecified, RFC 791"),
    ("192.0.0.0/24", "IETF protocol assignments, RFC 6890"),
    ("192.0.2.0/24", "documentation, RFC 5737"),
    ("192.31.196.0/24", "AS112, RFC 7535"),
    ("192.52.193.0/24", "AMT, RFC 7450"),
    ("192.88.99.0/24", "6to4 relay anycast, RFC 7526"),
    ("192.175.48.0/24", "AS112 direct delegation, RFC 7534"),
    ("198.18.0.0/15", "benchmarking, RFC 2544"),
    ("198.51.100.0/24", "documentation, RFC 5737"),
    ("203.0.113.0/24", "documentation, RFC 5737"),
    ("224.0.0.0/4", "multicast, RFC 5771"),
    ("240.0.0.0/4", "reserved, limited broadcast, RFC 1112, RFC 919"),
    ("::/96", "unspecified, IPv4-compatible, RFC 4291"),
    ("::ffff:0:0/96", "IPv4-mapped, RFC 4291"),
    ("::ffff:0:0:0/96", "IPv4-translated, RFC 2765"),
    ("64:ff9b::/96", "NAT64, RFC 6052"),
    ("64:ff9b:1::/48", "NAT64 for local use, RFC 8215"),
    ("100::/64", "discard only, RFC 6666"),
    ("100:0:0:1::/64", "dummy prefix, RFC 9780"),
    ("2001::/23", "IETF protocol assignments: Teredo, benchmarking, AMT, AS112, ORCHID, drone tags, RFC 2928"),
    ("2001:db8::/32", "documentation, RFC 3849"),
    ("2002::/16", "6to4, RFC 3056"),
    ("2620:4f:8000::/48", "AS112 direct delegation, RFC 7534"),
    ("3ffe::/16", "returned by the 6bone, RFC 3701"),
    ("3fff::/20", "documentation, RFC 9637"),
    ("5f00::/16", "segment routing, RFC 9602"),
    ("fe80::/10", "link local, RFC 4291"),
    ("fec0::/10", "site local, RFC 3879"),
    ("ff00::/8", "multicast, RFC 4291"),
)
_Network = IPv4Network | IPv6Network
_Address = IPv4Address | IPv6Address


def _networks(*tables: tuple[tuple[str, str], ...]) -> tuple[_Network, ...]:
    return tuple(ip_network(network) for table in tables for network, _ in table)


_NEVER, _INSIDE = _networks(_METADATA, _SPECIAL), _networks(_PRIVATE)
_LOOPBACK_6 = IPv6Address("::1")  # inside a range that is never reached
_UNICAST = IPv6Network("2000::/3")
"""All IPv6 addresses that are assigned to anybody; the rest of the space is reserved."""
_ISATAP = (0x00005EFE, 0x02005EFE)
"""The second half of an IPv6 address, before an IPv4 address that is tunnelled to. Source: RFC 5214, 6.1."""


def standing(text: str) -> Standing:
    """Return where a connection to an IP address ends; a text that is none, or has a zone, is forbidden."""
    try:
        address = ip_address(text)
    except ValueError:
        return Standing.FORBIDDEN
    if "%" in text:
        return Standing.FORBIDDEN
    if address == _LOOPBACK_6 or (_within(address, _INSIDE) and not _within(address, _NEVER)):
        return Standing.PRIVATE
    return Standing.FORBIDDEN if _within(address, _NEVER) or not _assigned(address) else Standing.PUBLIC


def _within(address: _Address, networks: tuple[_Network, ...]) -> bool:
    return any(address in network for network in networks)


def _assigned(address: _Address) -> bool:
    """Return whether an address lies where addresses are assigned, and tunnels to no IPv4 address."""
    if isinstance(address, IPv4Address):
        return True
    return address in _UNICAST and (int(address) >> 32) & 0xFFFFFFFF not in _ISATAP
