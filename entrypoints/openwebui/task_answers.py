"""The host's background tasks by name, and an empty answer for each, so that no error becomes a title."""

import json

MERGED_ANSWER = "moa_response_generation"
"""The only task whose answer a person reads; it is treated like a chat."""

_NEUTRAL: dict[str, dict[str, object]] = {
    "title_generation": {"title": "Chat"},
    "tags_generation": {"tags": ["General"]},
    "follow_up_generation": {"follow_ups": []},
    "query_generation": {"queries": []},
    "image_prompt_generation": {"prompt": ""},
    "autocomplete_generation": {"text": ""},
}


def neutral_answer(task: str, *, titled: bool = True) -> str:
    """Return the text the host reads as an empty answer to a task; empty if the form of the task is unknown.

    Not `titled`: the title is empty too, and the host takes the first message of the chat for it.
    """
    neutral = _NEUTRAL.get(task)
    if neutral is not None and not titled:
        neutral = {name: "" if name == "title" else value for name, value in neutral.items()}
    return "" if neutral is None else json.dumps(neutral)
