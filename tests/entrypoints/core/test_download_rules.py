"""From settings to what may be downloaded."""

import pytest

from domain.egress.downloads import DownloadLimits
from domain.egress.targets import EgressRules
from entrypoints.core.download_policy import download_limits_of, egress_rules_of
from entrypoints.settings import Settings

LISTED = Settings(
    allowed_private_hosts="Files.Internal, 10.0.0.7:8443\n[fd12::7]",
    allow_insecure_http_hosts="plain.example:8080",
    allowed_download_ports="8443, 9000,",
)


def test_the_defaults_allow_https_to_public_addresses_only():
    assert egress_rules_of(Settings()) == EgressRules()


def test_lists_count_for_nothing_while_their_switch_says_no():
    assert egress_rules_of(LISTED) == EgressRules(ports=frozenset({8443, 9000}))


def test_lists_count_once_their_switch_allows_them():
    settings = Settings(
        enable_ssrf_protection=False,
        allow_insecure_http=True,
        allowed_private_hosts=LISTED.allowed_private_hosts,
        allow_insecure_http_hosts=LISTED.allow_insecure_http_hosts,
    )
    assert egress_rules_of(settings) == EgressRules(
        frozenset({"files.internal", "10.0.0.7:8443", "[fd12::7]"}), frozenset({"plain.example:8080"})
    )


def test_switching_protection_off_without_a_list_allows_nothing_more():
    assert egress_rules_of(Settings(enable_ssrf_protection=False, allow_insecure_http=True)) == EgressRules()


@pytest.mark.parametrize("megabytes", [1, 50])
def test_limits_come_from_the_settings_and_agree_with_the_core(megabytes):
    assert download_limits_of(Settings(remote_file_max_size_mb=megabytes)).size == megabytes * 1024 * 1024
    assert download_limits_of(Settings()) == DownloadLimits()
