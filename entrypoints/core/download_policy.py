"""Turn `Settings` into the rules and limits of downloads."""

from domain.egress.downloads import DownloadLimits
from domain.egress.targets import EgressRules
from domain.limits import MEBIBYTE
from domain.services.fetch_icons import IconSource
from entrypoints.core.policy import NO_ORIGIN, Origin, hosts, names, route_of
from entrypoints.settings import Settings
from entrypoints.settings_derived import once


@once
def egress_rules_of(settings: Settings) -> EgressRules:
    """Return where files may be downloaded from, beyond `https` to public addresses."""
    return EgressRules(
        private_hosts=frozenset() if settings.enable_ssrf_protection else hosts(settings.allowed_private_hosts),
        http_hosts=hosts(settings.allow_insecure_http_hosts) if settings.allow_insecure_http else frozenset(),
        ports=frozenset(int(port) for port in names(settings.allowed_download_ports) if port.isdecimal()),
    )


@once
def download_limits_of(settings: Settings) -> DownloadLimits:
    """Return the bounds of one download. A lower limit of the host's own for uploads is not known here."""
    return DownloadLimits(
        size=settings.remote_file_max_size_mb * MEBIBYTE,
        retries=settings.remote_download_max_retries,
        first_wait=settings.remote_download_initial_retry_delay_seconds,
        seconds=settings.remote_download_max_retry_time_seconds,
    )


def icon_source_of(settings: Settings, origin: Origin = NO_ORIGIN) -> IconSource | None:
    """Return where icons of models come from, None if the operator wants none."""
    if not settings.update_model_images:
        return None
    return IconSource(route_of(settings, origin), egress_rules_of(settings), download_limits_of(settings))
