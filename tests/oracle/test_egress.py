"""The rules for downloads refuse at least what two independent guards refuse."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

import pytest
from AntiSSRF._ipaddr import IPAddress
from AntiSSRF.antissrf_policy import AntiSSRFPolicy, PolicyConfigOptions
from AntiSSRF.ipaddress_ranges import IPAddressRanges
from hypothesis import given, settings
from hypothesis import strategies as st
from ssrfguard import Policy
from ssrfguard._registry import TABLE
from ssrfguard.errors import SSRFGuardError

from domain.egress.addresses import Standing, standing
from domain.egress.targets import EgressRules, UrlFlaw, checked_url
from tests.drills.fetch_spellings import FORBIDDEN

MICROSOFT = AntiSSRFPolicy(PolicyConfigOptions.EXTERNAL_ONLY_LATEST)
GUARD = Policy()
NETWORKS = sorted(
    {ip_network(each) for each in IPAddressRanges.recommended_latest} | {block.network for block in TABLE}, key=str
)


def refused_by_any(address: str) -> bool:
    """Whether one of the two guards refuses an address."""
    return not GUARD.permits_address(address) or not MICROSOFT._is_network_connection_allowed([IPAddress(address)])


def edges() -> list[str]:
    """The addresses at and beside the edges of every network that one of the guards knows."""
    found = set()
    for network in NETWORKS:
        kind = IPv4Address if network.version == 4 else IPv6Address
        for number in (int(network.network_address), int(network.broadcast_address)):
            found |= {
                str(kind(near)) for near in (number - 1, number, number + 1) if 0 <= near < 1 << kind(0).max_prefixlen
            }
    return sorted(found)


@pytest.mark.parametrize("address", edges())
def test_at_the_edges_of_every_network_nothing_refused_is_public(address):
    assert not (refused_by_any(address) and standing(address) is Standing.PUBLIC)


@given(st.integers(0, 2**32 - 1))
def test_no_ipv4_address_that_is_refused_is_public(number):
    address = str(IPv4Address(number))
    assert not (refused_by_any(address) and standing(address) is Standing.PUBLIC)


@settings(max_examples=300)
@given(st.one_of(st.ip_addresses(v=6), st.integers(0, 2**125 - 1).map(lambda low: IPv6Address((1 << 125) | low))))
def test_no_ipv6_address_that_is_refused_is_public(address):
    assert not (refused_by_any(str(address)) and standing(str(address)) is Standing.PUBLIC)


@given(st.sampled_from(NETWORKS).flatmap(lambda each: st.ip_addresses(network=str(each))))
def test_no_address_in_a_network_that_is_refused_is_public(address):
    assert not (refused_by_any(str(address)) and standing(str(address)) is Standing.PUBLIC)


@pytest.mark.parametrize("url", [url.replace("{port}", "443") for url in FORBIDDEN])
def test_every_url_that_a_guard_refuses_is_refused(url):
    try:
        GUARD.check_url(url)
    except SSRFGuardError:
        assert isinstance(checked_url(url, EgressRules()), UrlFlaw)


def test_the_guards_are_real():
    assert refused_by_any("10.0.0.1")
    assert refused_by_any("168.63.129.16")
    assert not refused_by_any("93.184.215.14")
    assert ip_address("2606:4700::1111") in IPv6Network("2000::/3")
    assert not refused_by_any("2606:4700::1111")
