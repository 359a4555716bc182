"""The arguments of a call as a text; some providers send the object itself."""

import json

from adapters.openrouter.wire.codec import STDLIB
from adapters.openrouter.wire.fields import text


def argument_text(arguments: object) -> str:
    """Return arguments as text; "" for what is neither a text nor an object."""
    if not isinstance(arguments, dict):
        return text(arguments)
    try:
        return STDLIB.dumps(arguments).decode()
    except ValueError:  # lone surrogates, or NaN and infinite numbers: to be judged by whoever reads the text
        return json.dumps(arguments)
