"""The secrets that a request carries for servers beyond upstream, such as the token of an MCP server."""

import re
from collections.abc import Iterable, Iterator, Mapping

from domain.redaction.known import names_a_secret, secrets_in_url

MOST_READ, MOST_SECRETS, LONGEST = 2_000, 32, 4_096
"""Values that are read, secrets that are returned, and characters of one."""
MOST_SIGNS = 400
"""Characters of all secrets that are neither letters nor digits: to find each in any spelling costs 0.15 ms."""
_CREDENTIAL = re.compile(r"authorization|cookie|auth$", re.IGNORECASE)
_HEADERS = frozenset({"headers", "extra_headers"})
_HARMLESS = frozenset({"accept", "accept-language", "content-type", "user-agent", "mcp-protocol-version"})
"""Headers whose values are ordinary words."""


def secrets_in_request(values: Iterable[object]) -> tuple[str, ...]:
    """Return the secret texts in JSON values: credentials by the name of their key, headers, passwords in URLs.

    Of `Bearer <token>` the token is returned too, which an error may quote alone. The first values come first: beyond
    the bounds those of later ones are left out.
    """
    found: dict[str, None] = {}
    signs = 0
    for secret in _secrets(values):
        if not secret or secret in found:
            continue
        signs += sum(not sign.isalnum() for sign in secret)
        if signs > MOST_SIGNS or len(found) == MOST_SECRETS:
            break
        found[secret] = None
    return tuple(found)


def _secrets(values: Iterable[object]) -> Iterator[str]:
    for key, text in _texts(values):
        if key is not None:
            yield text.strip()
            yield text.strip().rpartition(" ")[2]
        if "://" in text:
            yield from secrets_in_url(text)


def _texts(values: Iterable[object]) -> Iterator[tuple[str | None, str]]:
    """Yield every text of bounded length, with its key if that names a secret."""
    waiting: list[tuple[str | None, bool, object]] = [(None, False, value) for value in reversed(tuple(values))]
    for _ in range(MOST_READ):
        if not waiting:
            return
        key, is_header, value = waiting.pop()
        if isinstance(value, str):
            if len(value) <= LONGEST:
                yield key, value
        elif isinstance(value, Mapping):
            entries = list(value.items())[:MOST_READ][::-1]
            waiting += [(_secret(name, is_header), name in _HEADERS, entry) for name, entry in entries]
        elif isinstance(value, list | tuple):
            waiting += [(key, is_header, entry) for entry in value[:MOST_READ][::-1]]


def _secret(name: object, is_header: bool) -> str | None:
    """Return the name of a key if its text is secret."""
    if not isinstance(name, str):
        return None
    if is_header:
        return None if name.lower() in _HARMLESS else name
    return name if _CREDENTIAL.search(name) or names_a_secret(name) else None
