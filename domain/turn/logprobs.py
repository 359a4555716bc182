"""The probabilities of an answer's tokens, as upstream reports them with its text.

Both endpoints use one form for an entry, that of OpenAI's API reference, `logprobs.content`.
"""

from domain.turn.output_items import OutputItem, objects, text_of
from domain.turn.steps import ShowLogprobs
from ports.json_values import JsonObject

TOKENS_OF_OUTPUT = 50
"""The most tokens in one output: a long text, each token with twenty others, makes megabytes."""


def shown_logprobs(slot: OutputItem, part: JsonObject, number: int) -> list[ShowLogprobs]:
    """Return the probabilities of a finished part of a message, the `number`th; unusable entries are left out.

    If something was left out of the text, none are returned: they would reveal it.
    """
    listed, text = part.get("logprobs"), text_of(part, "text")
    if not listed or not text or slot.shown(("text", number)) != text:
        return []
    tokens = tuple(entry for one in objects(listed) if (entry := _entry(one)))
    return [
        ShowLogprobs(slot.segment, tokens[at : at + TOKENS_OF_OUTPUT]) for at in range(0, len(tokens), TOKENS_OF_OUTPUT)
    ]


def without_logprobs(part: JsonObject) -> JsonObject:
    """Return a part without its probabilities: they are for the reader, and can be many times its text."""
    return {**part, "logprobs": []} if part.get("logprobs") else part


def _entry(one: JsonObject) -> JsonObject:
    token, logprob, octets, top = one.get("token"), one.get("logprob"), one.get("bytes"), one.get("top_logprobs")
    if not isinstance(token, str) or isinstance(logprob, bool) or not isinstance(logprob, int | float):
        return {}
    return {
        "token": token,
        "logprob": logprob,
        "bytes": octets if isinstance(octets, list) else None,
        "top_logprobs": top if isinstance(top, list) else [],
    }
