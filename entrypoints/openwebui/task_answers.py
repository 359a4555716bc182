"""Background tasks of this host by name, and what it reads as "nothing to say" for them: no error becomes a title."""

import json

MERGED_ANSWER = "moa_response_generation"
"""The one task a person reads as an answer; it is treated like a chat."""

_NEUTRAL: dict[str, object] = {
    "title_generation": {"title": "Chat"},
    "tags_generation": {"tags": ["General"]},
    "follow_up_generation": {"follow_ups": []},
    "query_generation": {"queries": []},
    "image_prompt_generation": {"prompt": ""},
    "autocomplete_generation": {"text": ""},
}


def neutral_answer(task: str) -> str:
    """Return what the host can read as "nothing to say" for a task; empty for one whose form is unknown."""
    neutral = _NEUTRAL.get(task)
    return "" if neutral is None else json.dumps(neutral)
