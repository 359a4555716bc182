"""Lone surrogates: JSON can write them, UTF-8 cannot encode them, so they are replaced before a text leaves."""

import re

_LONE = re.compile("[\ud800-\udfff]")


def without_surrogates(text: str) -> str:
    """Return a text in which the replacement character stands for each lone surrogate."""
    return _LONE.sub("\ufffd", text)
