"""The arguments of a function call: upstream accepts only the text of a JSON object."""

import json

NONE = "{}"


def object_text(arguments: object) -> str:
    """Return `arguments` unchanged if they are the text of a JSON object; otherwise what upstream accepts.

    An object is serialised. Anything else, including truncated text, becomes an empty object: sent unchanged, it would
    make every later request of the chat fail. Source: OpenRouter API reference, input items.
    """
    try:
        if isinstance(arguments, dict):
            return json.dumps(arguments, ensure_ascii=False)
        if isinstance(arguments, str) and isinstance(json.loads(arguments), dict):
            return arguments
    except (ValueError, TypeError, RecursionError):
        pass
    return NONE
