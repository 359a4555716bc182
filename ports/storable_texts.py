"""Characters that databases refuse."""

REFUSED = "\x00\ud800-\udfff"
"""NUL, which PostgreSQL refuses, and lone surrogates, which no driver encodes; for a class of a regular expression."""
