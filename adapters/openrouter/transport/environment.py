"""Reads certificates and proxies from the process environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from os import environ
from pathlib import Path
from ssl import SSLContext, create_default_context
from urllib.request import getproxies, proxy_bypass

from yarl import URL

from ports.telemetry import Telemetry

BUNDLE_VARIABLE = "REQUESTS_CA_BUNDLE"
PROXY_SCHEMES = ("http", "https")


@dataclass(frozen=True, slots=True)
class Environment:
    """The TLS context and the proxies by scheme (may contain a password); read once per pool."""

    tls: SSLContext
    proxies: Mapping[str, str] = field(repr=False)

    def proxy_for(self, url: URL) -> str | None:
        """Return the proxy for `url`; may query the operating system, so call it in a thread."""
        proxy = self.proxies.get(url.scheme) or self.proxies.get("all")
        host = url.host or ""
        if not proxy or proxy_bypass(host if ":" in host else f"{host}:{url.port}"):
            return None
        return proxy


def read_environment(telemetry: Telemetry) -> Environment:
    """Build the TLS context and collect the proxies. Slow (reads the certificate store): call it in a thread.

    SSL_CERT_FILE and SSL_CERT_DIR replace the system's certificates (OpenSSL reads them itself); those of
    REQUESTS_CA_BUNDLE are trusted in addition.
    """
    return Environment(_tls(telemetry), _proxies(telemetry))


def _tls(telemetry: Telemetry) -> SSLContext:
    context = create_default_context()
    context.set_alpn_protocols(("http/1.1",))
    bundle = environ.get(BUNDLE_VARIABLE)
    if bundle:
        try:
            if Path(bundle).is_dir():
                context.load_verify_locations(capath=bundle)
            else:
                context.load_verify_locations(cafile=bundle)
        except (OSError, ValueError) as error:
            cause = type(error).__name__
            telemetry.event("warning", "certificates_unreadable", variable=BUNDLE_VARIABLE, cause=cause)
    return context


def _proxies(telemetry: Telemetry) -> Mapping[str, str]:
    usable = {}
    for scheme, address in getproxies().items():
        if scheme not in (*PROXY_SCHEMES, "all"):
            continue
        full = address if "://" in address else f"http://{address}"
        if full.split("://", 1)[0].lower() in PROXY_SCHEMES:
            usable[scheme] = full
        else:
            telemetry.event("warning", "proxy_unsupported", scheme=full.split("://", 1)[0][:20])
    return usable
