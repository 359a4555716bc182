"""The arguments of a function call: upstream takes nothing but the text of a JSON object."""

import json

NONE = "{}"


def object_text(arguments: object) -> str:
    """Return `arguments` as they are if they are the text of a JSON object; otherwise what upstream accepts.

    An object is written as text. Anything else, a text cut off included, becomes an object without keys: sent as it
    is, it would make every later request of the chat fail. Source: OpenRouter API reference, input items.
    """
    try:
        if isinstance(arguments, dict):
            return json.dumps(arguments, ensure_ascii=False)
        if isinstance(arguments, str) and isinstance(json.loads(arguments), dict):
            return arguments
    except (ValueError, TypeError, RecursionError):
        pass
    return NONE
