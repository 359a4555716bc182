"""Where a connection to an address ends: only public addresses are reached, metadata services and tunnels never."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.egress.addresses import Standing, standing
from tests.tables import each

METADATA = [
    *("169.254.169.254", "169.254.170.2", "169.254.0.23", "168.63.129.16", "100.100.100.200", "192.0.0.192"),
    *("fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fd00:c1::a9fe:a9fe", "fd00:42::42", "fd00:a9fe:a9fe::1"),
    *("fe80::a9fe:a9fe", "100.96.0.96", "100.80.80.80"),
]
TUNNELS = [
    *("::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "::8.8.8.8", "::ffff:0:127.0.0.1", "64:ff9b::a9fe:a9fe"),
    *("64:ff9b::8.8.8.8", "64:ff9b:1::a00:1", "2002:7f00:1::1", "2002:808:808::1", "2001:0:4136:e378::1"),
    *("2001:470::5efe:7f00:1", "2606:4700::200:5efe:a00:1"),
]
NO_DESTINATIONS = [
    *("0.0.0.0", "0.1.2.3", "192.0.0.1", "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.175.48.1"),
    *("198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *("::", "100::1", "100:0:0:1::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:30::1", "2001:db8::1"),
    *("2620:4f:8000::1", "3ffe::1", "3fff::1", "4000::1", "5f00::1", "8000::1", "fe80::1", "fec0::1", "ff02::1"),
]
PRIVATE = [
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.0.1",
    "172.31.0.1",
    "192.168.1.1",
    "::1",
    "fc00::1",
    "fd12::1",
]
PUBLIC = [
    *("1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1"),
    *(
        "192.0.1.1",
        "198.17.0.1",
        "198.20.0.1",
        "203.0.112.1",
        "223.255.255.1",
        "2001:4860:4860::8888",
        "2606:4700::1111",
    ),
    *("2400::1", "2a00:1450::1", "3000::1"),
]


@each("address", [*METADATA, *TUNNELS, *NO_DESTINATIONS])
def test_an_address_that_no_file_comes_from_is_never_reached(address):
    assert standing(address) is Standing.FORBIDDEN


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_inside_a_network_is_private(address):
    assert standing(address) is Standing.PRIVATE


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_internet_is_public(address):
    assert standing(address) is Standing.PUBLIC


@pytest.mark.parametrize(
    "text",
    [
        *("", "localhost", "127.1", "0177.0.0.1", "0x7f.0.0.1", "2130706433", "127.0.0.01", "127.0.0.1 ", "[::1]"),
        *("fe80::1%eth0", "::1%1", "fd12::1%lo", "2606:4700::1111%1", "1.1.1.1/32", "\uff11.1.1.1", "1.1.1.1:80"),
    ],
)
def test_a_text_that_is_no_plain_address_is_never_reached(text):
    assert standing(text) is Standing.FORBIDDEN


@given(st.integers(0, 2**32 - 1))
def test_no_way_to_write_an_ipv4_address_in_ipv6_is_public(number):
    inside = IPv4Address(number)
    wrapped = [
        int(IPv6Address("::ffff:0:0")) | number,
        number,
        int(IPv6Address("::ffff:0:0:0")) | number,
        int(IPv6Address("64:ff9b::")) | number,
        int(IPv6Address("64:ff9b:1::")) | number,
        int(IPv6Address("2002::")) | number << 80,
        int(IPv6Address("2001::")) | number ^ 0xFFFFFFFF,
        int(IPv6Address("2001:470:1f0b::5efe:0:0")) | number,
    ]
    found = {str(IPv6Address(each)): standing(str(IPv6Address(each))) for each in wrapped}
    assert [text for text, stands in found.items() if stands is not Standing.FORBIDDEN and text != "::1"] == [], inside


@given(st.integers(0, 2**128 - 1))
def test_outside_the_assigned_space_nothing_of_ipv6_is_public(number):
    address = IPv6Address(number)
    if address not in IPv6Network("2000::/3"):
        assert standing(str(address)) is not Standing.PUBLIC


@given(st.integers(0, 2**32 - 1))
def test_what_the_standard_library_calls_private_is_not_public(number):
    address = IPv4Address(number)
    if address.is_private or address.is_multicast or address.is_reserved or address in IPv4Network("100.64.0.0/10"):
        assert standing(str(address)) is not Standing.PUBLIC
