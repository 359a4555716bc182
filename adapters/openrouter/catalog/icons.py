"""Reads which icon upstream's own pages show for a model: that of the provider that answers first."""

from collections.abc import Iterable, Mapping
from urllib.parse import urljoin

from adapters.openrouter.wire.fields import mapping, text
from ports.json_values import JsonObject

LONGEST = 2000
"""Characters of one URL."""
_NAMES = ("slug", "permaslug", "model_variant_slug", "model_variant_permaslug")


def icons_of(rows: Iterable[JsonObject], site: str) -> Mapping[str, str]:
    """Return absolute URLs of icons by model id; `site` is the origin that relative ones belong to.

    Rows without a readable icon are left out; of equal ids the first counts.
    """
    icons: dict[str, str] = {}
    for row in rows:
        endpoint = mapping(row.get("endpoint"))
        url = _absolute(text(mapping(mapping(endpoint.get("provider_info")).get("icon")).get("url")), site)
        if url:
            for named in (row, endpoint):
                for name in _NAMES:
                    if slug := text(named.get(name)):
                        icons.setdefault(slug, url)
    return icons


def _absolute(url: str, site: str) -> str:
    if not url or len(url) > LONGEST:
        return ""
    try:
        return urljoin(f"{site}/", url)
    except ValueError:
        return ""
