"""What each maker of models refuses in the names and ids of calls, in the words of its API.

Sources: the makers' public references and the errors that their users report. OpenAI limits ids to 64 characters,
Anthropic and Mistral restrict their characters, Mistral also their length; Google restricts names.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from entrypoints.simulator.payload import Json
from entrypoints.simulator.refusals.verdicts import Provider

LONGEST = 64
_PLAIN = re.compile(r"[a-zA-Z0-9_-]+")
_PLAIN_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_GOOGLE_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}")
_MISTRAL_ID = re.compile(r"[a-zA-Z0-9]{9}")


@dataclass(frozen=True, slots=True)
class Named:
    """A call or the output of one in a history; `name` is empty for outputs, `place` is the position of the item."""

    place: int
    call_id: str
    name: str = ""


def check_names_and_ids(named: Iterable[Named], provider: Provider) -> None:
    """Raise Refusal for a name or an id that the maker of the provider's model refuses."""
    check = _MAKERS.get(provider.author)
    if check is not None:
        for one in named:
            check(one, provider)


def named_items(items: Iterable[Json]) -> list[Named]:
    """Return the calls and outputs among the input items of POST /responses."""
    kinds = ("function_call", "function_call_output")
    listed = enumerate(items)
    return [Named(i, item["call_id"], item.get("name", "")) for i, item in listed if item.get("type") in kinds]


def named_messages(messages: Iterable[Json]) -> list[Named]:
    """Return the calls and outputs of chat messages."""
    found: list[Named] = []
    for place, message in enumerate(messages):
        calls = message.get("tool_calls") or ()
        found += [Named(place, call["id"], call["function"]["name"]) for call in calls]
        if message["role"] == "tool":
            found.append(Named(place, message["tool_call_id"]))
    return found


def _openai(one: Named, provider: Provider) -> None:
    field = f"input[{one.place}].call_id"
    size = len(one.call_id)
    if not size:
        provider.refuse(
            f"Invalid '{field}': empty string. Expected a string with minimum length 1, but got an empty string "
            "instead.",
            param=field,
            code="empty_string",
        )
    if size > LONGEST:
        provider.refuse(
            f"Invalid '{field}': string too long. Expected a string with maximum length {LONGEST}, but got a string "
            f"with length {size} instead.",
            param=field,
            code="string_above_max_length",
        )
    field = f"input[{one.place}].name"
    if one.name and not _PLAIN_NAME.fullmatch(one.name):
        provider.refuse(
            f"Invalid '{field}': string does not match pattern. Expected a string that matches the pattern "
            "'^[a-zA-Z0-9_-]+$'.",
            param=field,
            code="invalid_value",
        )


def _anthropic(one: Named, provider: Provider) -> None:
    block = f"messages.{one.place}.content.0"
    if not _PLAIN.fullmatch(one.call_id):
        field = "tool_use.id" if one.name else "tool_result.tool_use_id"
        provider.refuse(f"{block}.{field}: String should match pattern '^[a-zA-Z0-9_-]+$'")
    if one.name and not _PLAIN_NAME.fullmatch(one.name):
        provider.refuse(f"{block}.tool_use.name: String should match pattern '^[a-zA-Z0-9_-]{{1,64}}$'")


def _google(one: Named, provider: Provider) -> None:
    if one.name and not _GOOGLE_NAME.fullmatch(one.name):
        provider.refuse(
            f"GenerateContentRequest.contents[{one.place}].parts[0].function_call.name: Invalid function name. Must "
            "start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, 0-9), underscores (_), dots (.), "
            "colons (:), or dashes (-), with a maximum length of 64."
        )


def _mistral(one: Named, provider: Provider) -> None:
    if not _MISTRAL_ID.fullmatch(one.call_id):
        provider.refuse(
            f"Tool call id was {one.call_id} but must be a-z, A-Z, 0-9, with a length of 9.",
            code="3280",
        )
    if one.name and not _PLAIN_NAME.fullmatch(one.name):
        provider.refuse(
            f"Function name was {one.name} but must be a-z, A-Z, 0-9, or contain underscores and dashes, with a "
            "maximum length of 64.",
            code="3280",
        )


_MAKERS: dict[str, Callable[[Named, Provider], None]] = {
    "openai": _openai,
    "anthropic": _anthropic,
    "google": _google,
    "mistralai": _mistral,
}
