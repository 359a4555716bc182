"""How each maker refuses thinking that was sent back, items of a history that it does not take, and long prompts.

The words are those of the makers' errors in public reports, in our own examples.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from entrypoints.simulator.payload import Json


@dataclass(frozen=True, slots=True)
class Words:
    """One maker's error: its message, and its code if it has one."""

    message: str
    code: str | None = None


THINKING = {
    "openai": Words(
        "The encrypted content gAAA...Rg== could not be verified. Reason: Encrypted content could not be decrypted or "
        "parsed.",
        "invalid_encrypted_content",
    ),
    "organisation": Words(
        "The encrypted content could not be verified. Reason: Encrypted content organization_id did not match the "
        "target organization."
    ),
    "missing": Words("Item with id 'rs_0a18' not found. Items are not persisted when `store` is set to false."),
    "lonely": Words("Item 'rs_0a18' of type 'reasoning' was provided without its required following item."),
    "azure": Words("The encrypted content for item rs_0a18 could not be verified."),
    "anthropic": Words("messages.1.content.0: Invalid `signature` in `thinking` block"),
    "unsigned": Words("messages.1.content.0.thinking.signature: Field required"),
    "modified": Words(
        "messages.1.content.1: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be "
        "modified. These blocks must remain as they were in the original response."
    ),
    "bedrock": Words("ValidationException: ***.***.content.0: Invalid `signature` in `thinking` block"),
    "google": Words("Unable to submit request because Thought signature is not valid."),
    "corrupted": Words("Corrupted thought signature."),
    "xai": Words("Could not decrypt the provided encrypted_content."),
    "groq": Words("'messages.1' : for 'role:assistant' property 'reasoning_details' is unsupported"),
}
ITEMS = {
    "openai": Words("No tool call found for function call output with call_id call_1."),
    "unknown": Words("Invalid value: 'function_call'. Supported values are: 'message' and 'reasoning'."),
    "anthropic": Words(
        "messages.2: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1."
    ),
    "google": Words("Function call is missing a thought_signature in functionCall parts."),
    "mistral": Words("Not the same number of function calls and responses"),
    "deepseek": Words("The `reasoning_content` in the thinking mode must be passed back to the API."),
    "mute": Words("Bad Request"),
}


LENGTHS = {
    "openrouter": Words(
        "This endpoint's maximum context length is {limit} tokens. However, you requested about {prompt} tokens "
        "({prompt} of text input, 0 in the output). Please reduce the length of either one, or use the "
        '"middle-out" transform to compress your prompt automatically.'
    ),
    "openai": Words(
        "Your input exceeds the context window of this model. Please adjust your input and try again.",
        "context_length_exceeded",
    ),
    "azure": Words(
        "This model's maximum context length is {limit} tokens. However, your messages resulted in {prompt} tokens. "
        "Please reduce the length of the messages.",
        "context_length_exceeded",
    ),
    "anthropic": Words("prompt is too long: {prompt} tokens > {limit} maximum"),
    "bedrock": Words("Input is too long for requested model."),
    "google": Words(
        "The input token count ({prompt}) exceeds the maximum number of tokens allowed ({limit}).", "INVALID_ARGUMENT"
    ),
    "xai": Words("This model's maximum prompt length is {limit} but the request contains {prompt} tokens."),
    "mistral": Words(
        "Prompt contains {prompt} tokens and 0 draft tokens, too large for model with {limit} maximum context length"
    ),
    "moonshot": Words("Invalid request: Your request exceeded model token limit: {limit} (requested: {prompt})"),
    "alibaba": Words("Range of input length should be [1, {limit}]"),
    "zhipu": Words("Prompt exceeds max length", "1261"),
}


def thoughts_in(body: Json) -> Iterator[str]:
    """Iterate over the readable texts of all thinking that a request sends back, at either endpoint."""
    items = body.get("input")
    for item in items if isinstance(items, list) else ():
        if item.get("type") == "reasoning":
            yield from (part.get("text", "") for part in (*(item.get("summary") or ()), *(item.get("content") or ())))
    for message in body.get("messages") or ():
        yield str(message.get("reasoning") or "")
        yield from (
            str(part.get("summary") or part.get("text") or "") for part in message.get("reasoning_details") or ()
        )


def calls_in(body: Json) -> bool:
    """Return whether a request sends calls of earlier answers back as calls, before the last message of a person."""
    items = body.get("input")
    entries = items if isinstance(items, list) else body.get("messages") or []
    asked = max((place for place, entry in enumerate(entries) if entry.get("role") == "user"), default=-1)
    return any(entry.get("type") == "function_call" or entry.get("tool_calls") for entry in entries[:asked])


def turns_in(body: Json) -> int:
    """Count the answers of the model that a request sends back."""
    items = body.get("input")
    entries = items if isinstance(items, list) else body.get("messages") or []
    return sum(entry.get("role") == "assistant" for entry in entries)
