"""The host's secret, with which the forms of the function encrypt what they store."""

import sys
from collections.abc import Mapping

from entrypoints.settings_secret import StoreSecret

HOST_SECRET = "WEBUI_SECRET_KEY"  # noqa: S105 - a name
_PUBLIC = "t0p-s3cr3t"
_SHORTEST = 16  # characters


def secret_of_host() -> object:
    """Return what the host has as its secret, whatever that is; None without the host."""
    return getattr(sys.modules.get("open_webui.env"), HOST_SECRET, None)


def host_secret(environ: Mapping[str, str]) -> StoreSecret:
    """Return the host's secret from the environment or the host; empty if it is missing, public or too short."""
    for secret in (environ.get(HOST_SECRET), secret_of_host()):
        if isinstance(secret, str) and len(secret) >= _SHORTEST and secret != _PUBLIC:
            return StoreSecret(HOST_SECRET, secret)
    return StoreSecret(HOST_SECRET)
