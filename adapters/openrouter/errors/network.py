"""Translates a failed attempt to the port's errors, including how far the request got."""

from errno import ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EPIPE
from ssl import SSLError

from aiohttp import (
    ClientConnectorCertificateError,
    ClientConnectorDNSError,
    ClientConnectorError,
    ClientHttpProxyError,
    ClientOSError,
    ClientPayloadError,
    ClientProxyConnectionError,
    ClientResponseError,
    ClientSSLError,
    ConnectionTimeoutError,
    InvalidURL,
    NonHttpUrlClientError,
    ServerDisconnectedError,
    ServerTimeoutError,
)

from ports.responses import InvalidRoute, Limits, Reach, ResponsesError, TimedOut, Unreachable, Unreadable

NO_ROUTE = (EHOSTUNREACH, ENETUNREACH)


def failure_of(error: Exception, reach: Reach, limits: Limits) -> ResponsesError:
    """Translate an error raised by aiohttp or the operating system; `reach` is how far the request is known to have
    got.

    A failure before the connection is established means "not sent", whatever `reach` is; so does a write that ended in
    a broken pipe, because its last bytes never left.
    """
    if isinstance(error, TimeoutError):
        return _timed_out(error, reach, limits)
    if isinstance(error, ClientHttpProxyError):
        return Unreachable(f"proxy: refused with HTTP {error.status}", reach=Reach.NOT_SENT)
    if isinstance(error, ClientConnectorError | ClientConnectorCertificateError):
        return Unreachable(_no_connection(error), reach=Reach.NOT_SENT)
    if isinstance(error, InvalidURL | NonHttpUrlClientError):
        return InvalidRoute("the base URL cannot be used")
    if isinstance(error, ClientResponseError) and reach is not Reach.STREAMING:
        return Unreadable("not valid HTTP")
    if reach is not Reach.STREAMING and _errno(error) == EPIPE:
        reach = Reach.NOT_SENT
    if isinstance(error, ValueError) and reach is Reach.NOT_SENT:
        return InvalidRoute("the base URL cannot be used")
    return Unreachable(_broken(error), reach=reach)


def _timed_out(error: TimeoutError, reach: Reach, limits: Limits) -> TimedOut:
    if isinstance(error, ConnectionTimeoutError):
        return TimedOut("connect", limits.connect, reach=Reach.NOT_SENT)
    if isinstance(error, ServerTimeoutError | StalledUpload):
        return TimedOut("read", limits.idle_read or 0.0, reach=reach)
    return TimedOut("total", limits.total or 0.0, reach=reach)


class StalledUpload(TimeoutError):
    """Upstream stopped reading the request body."""


def _no_connection(error: ClientConnectorError | ClientConnectorCertificateError) -> str:
    if isinstance(error, ClientConnectorCertificateError):
        return "TLS: certificate not trusted"
    if isinstance(error, ClientSSLError):
        return "TLS: no handshake"
    if isinstance(error, ClientConnectorDNSError):
        return "DNS: name not found"
    refusal = _refusal(error)
    return f"proxy: {refusal}" if isinstance(error, ClientProxyConnectionError) else refusal


def _refusal(error: ClientConnectorError) -> str:
    number = _errno(error)
    if number == ECONNREFUSED:
        return "refused"
    return "no route" if number in NO_ROUTE else "no connection"


def _errno(error: BaseException | None) -> int | None:
    """Return the first error number in the chain of causes."""
    for _ in range(5):
        if error is None:
            break
        if isinstance(error, OSError) and error.errno is not None:
            return error.errno
        error = error.__cause__ or error.__context__
    return None


def _broken(error: Exception) -> str:
    if isinstance(error, ServerDisconnectedError):
        return "closed without an answer"
    if isinstance(error, ClientPayloadError):
        return "answer cut off"
    if isinstance(error, SSLError) or isinstance(error.__cause__, SSLError):
        return "TLS: broken"
    if isinstance(error, ClientOSError | OSError):
        return "reset"
    return "closed by this side" if isinstance(error, RuntimeError) else "connection lost"
