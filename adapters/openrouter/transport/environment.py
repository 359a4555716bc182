"""Reads certificates and proxies from the process environment."""

import ssl
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from os import environ
from pathlib import Path
from ssl import SSLContext, create_default_context
from typing import cast
from urllib.request import getproxies, proxy_bypass

from yarl import URL

from ports.telemetry import Telemetry

BUNDLE_VARIABLE = "REQUESTS_CA_BUNDLE"
PROXY_SCHEMES = ("http", "https")
_SHARED = "tls"  # key in the state of the process


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


def read_environment(telemetry: Telemetry, shared: MutableMapping[str, object] | None = None) -> Environment:
    """Build the TLS context and collect the proxies. Slow (reads the certificate store): call it in a thread.

    SSL_CERT_FILE and SSL_CERT_DIR replace the system's certificates (OpenSSL reads them itself); those of
    REQUESTS_CA_BUNDLE are trusted in addition. `shared` is the state of the process: a new load takes over the context
    of the load before as long as no variable and no file of certificates has changed.
    """
    return Environment(_tls(telemetry, {} if shared is None else shared), _proxies(telemetry))


def _tls(telemetry: Telemetry, shared: MutableMapping[str, object]) -> SSLContext:
    stores = _certificate_stores()
    known = cast("tuple[object, SSLContext] | None", shared.get(_SHARED))
    if known is not None and known[0] == stores:
        return known[1]
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
            return context  # not shared: the next load reads it again, and warns again
    shared[_SHARED] = (stores, context)
    return context


def _certificate_stores() -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Return where certificates come from, each with what changes when it does: device, inode, size and time."""
    system = ssl.get_default_verify_paths()
    paths = (system.cafile, system.capath, environ.get(BUNDLE_VARIABLE), environ.get("SSLKEYLOGFILE"))
    return tuple((path or "", _version(path)) for path in paths)


def _version(path: str | None) -> tuple[int, ...]:
    try:
        found = Path(path or "").stat()
    except (OSError, ValueError):
        return ()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


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
