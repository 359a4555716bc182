"""Reject well-formed histories of POST /responses that providers reject (openrouter_api 3, 7.2)."""

import re
from collections.abc import Callable, Iterator

import orjson

from entrypoints.simulator.payload import Json
from entrypoints.simulator.refusals.receivers import check_names_and_ids, named_items
from entrypoints.simulator.refusals.verdicts import Provider
from entrypoints.simulator.seals import sealed, signature

TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_PREFIXES = {"function_call": "fc", "reasoning": "rs", "message": "msg"}
_PICTURE = re.compile(r"data:image/(?:png|jpe?g|webp|gif)[;,]")
_CALLS = {
    **{
        f"{kind}_call": f"{kind}_call_output"
        for kind in ("function", "custom_tool", "local_shell", "shell", "apply_patch")
    },
    "tool_search_call": "tool_search_output",
    "mcp_approval_request": "mcp_approval_response",
}
_KEYS = {"local_shell_call_output": "id", "mcp_approval_request": "id", "mcp_approval_response": "approval_request_id"}
"""The key that names the call, where it is not `call_id`."""

Rule = Callable[[list[Json], Provider], None]


def check_history(items: list[Json], provider: Provider) -> None:
    """Raise Refusal for a history that `provider` would reject."""
    for rule in _RULES:
        rule(items, provider)


def _unique_ids(items: list[Json], provider: Provider) -> None:
    seen = set[str]()
    for item in items:
        identifier = item.get("id")
        if identifier and identifier in seen:
            provider.refuse(f"Duplicate item found with id {identifier}. Remove duplicate items from your input.")
        if identifier:
            seen.add(identifier)


def _id_prefixes(items: list[Json], provider: Provider) -> None:
    for index, item in enumerate(items):
        prefix = _PREFIXES.get(item.get("type", "message"))
        identifier = item.get("id")
        if prefix and identifier and not identifier.startswith(prefix):
            field = f"input[{index}].id"
            provider.refuse(
                f"Invalid '{field}': '{identifier}'. Expected an ID that begins with '{prefix}'.", param=field
            )


def _outputs_follow_calls(items: list[Json], provider: Provider) -> None:
    called, answered = set[str](), set[str]()
    for item in items:
        kind, call_id = item.get("type"), _call_id(item)
        if kind in _CALLS:
            if call_id in called:
                provider.refuse(f"Duplicate tool call id {call_id}.")
            called.add(call_id)
        elif kind in _CALLS.values():
            if call_id not in called:
                provider.refuse(f"No tool call found for function call output with call_id {call_id}.")
            if call_id in answered:
                provider.refuse(f"More than one output found for tool call {call_id}.")
            answered.add(call_id)


def _calls_have_outputs(items: list[Json], provider: Provider) -> None:
    """Require an output for every call, except for calls at the very end."""
    last = max((i for i, item in enumerate(items) if item.get("type") not in {*_CALLS, "reasoning"}), default=-1)
    answered = {_call_id(item) for item in items if item.get("type") in _CALLS.values()}
    for item in items[: last + 1]:
        if item.get("type") in _CALLS and _call_id(item) not in answered:
            provider.refuse(f"No tool output found for function call {_call_id(item)}.")


def _call_id(item: Json) -> str:
    return str(item.get(_KEYS.get(item.get("type", ""), "call_id"), ""))


def _call_contents(items: list[Json], provider: Provider) -> None:
    for index, item in enumerate(items):
        if item.get("type") != "function_call":
            continue
        if not TOOL_NAME.fullmatch(item["name"]):
            provider.refuse(
                f"Invalid 'input[{index}].name': string does not match pattern '^[a-zA-Z0-9_-]{{1,64}}$'.",
                param=f"input[{index}].name",
            )
        if not _is_object(item["arguments"]):
            provider.refuse(f"Invalid 'input[{index}].arguments': expected the text of a JSON object.")


def _names_and_ids(items: list[Json], provider: Provider) -> None:
    check_names_and_ids(named_items(items), provider)


def _is_object(text: str) -> bool:
    try:
        return isinstance(orjson.loads(text), dict)
    except orjson.JSONDecodeError:
        return False


def _reasoning_is_intact(items: list[Json], provider: Provider) -> None:
    for item in items:
        if item.get("type") != "reasoning":
            continue
        blob = item.get("encrypted_content")
        if blob and blob != sealed(provider.model, item["id"]):
            provider.refuse(
                f"The encrypted content for item {item['id']} could not be verified. "
                "Reason: Encrypted content could not be decrypted or parsed.",
                code="invalid_encrypted_content",
            )
        if item.get("content") and provider.signs_thinking:
            _signed(item, provider)


def _signed(item: Json, provider: Provider) -> None:
    thought = "".join(part["text"] for part in item["content"])
    given = item.get("signature")
    if not given:
        provider.refuse("messages: thinking.signature: Field required")
    if given != signature(provider.model, thought):
        provider.refuse("messages: Invalid `signature` in `thinking` block")


def _reasoning_is_followed(items: list[Json], provider: Provider) -> None:
    following: list[Json] = [*items[1:], {}]
    for item, successor in zip(items, following, strict=True):
        if item.get("type") != "reasoning":
            continue
        if not _is_of_an_answer(successor):
            provider.refuse(
                f"Item '{item['id']}' of type 'reasoning' was provided without its required following item."
            )


def _is_of_an_answer(item: Json) -> bool:
    """Return whether a model writes such items: texts, thinking, calls, and items of tools that upstream runs."""
    kind = item.get("type", "message")
    return item.get("role") == "assistant" if kind == "message" else kind not in _CALLS.values()


def _media_are_readable(items: list[Json], provider: Provider) -> None:
    for part in parts_of(items):
        kind = part.get("type")
        url = part.get("image_url")
        if kind == "input_image" and isinstance(url, str) and url.startswith("data:") and not _PICTURE.match(url):
            provider.refuse("The image format is not supported.", error_type="unsupported_image_format")
        if kind == "input_image" and not url and not part.get("file_id"):
            provider.refuse("An image needs a URL or data.", error_type="invalid_image")
        if kind == "input_audio" and str(part["input_audio"]["data"]).startswith("data:"):
            provider.refuse("Invalid 'input_audio.data': expected bare base64 without a data URL prefix.")


def _texts_are_not_empty(items: list[Json], provider: Provider) -> None:
    if provider.refuses_empty_text and any(
        part.get("type") in {"input_text", "output_text"} and not part["text"] for part in parts_of(items)
    ):
        provider.refuse("messages: text content blocks must be non-empty")


def parts_of(items: list[Json]) -> Iterator[Json]:
    """Iterate over the content parts of all messages and tool outputs."""
    for item in items:
        for content in (item.get("content"), item.get("output")):
            if isinstance(content, list):
                yield from content


_RULES: tuple[Rule, ...] = (
    _unique_ids,
    _id_prefixes,
    _outputs_follow_calls,
    _calls_have_outputs,
    _names_and_ids,
    _call_contents,
    _reasoning_is_intact,
    _reasoning_is_followed,
    _media_are_readable,
    _texts_are_not_empty,
)
