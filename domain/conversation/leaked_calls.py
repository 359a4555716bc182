"""Calls of tools that a model's server left in the text of an answer, in the form in which the model was trained.

Servers turn these forms into calls; now and then one fails to, and the person reads markup while no tool runs. A text
is read as calls only if it ends with them, outside of code and quotes, and each names an offered tool and has arguments
that can be read. Everything else stays text. Sources of the forms: the chat templates of Qwen, Hermes, GLM, Kimi,
DeepSeek, MiniMax, Mistral, Llama and gpt-oss, and public reports of calls in `content`.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from json import JSONDecoder, dumps

from domain.conversation.call_names import meant
from domain.conversation.lenient_json import UnreadableJson, read_json

LONGEST = 128 * 1024
"""Characters of calls in a text; a longer text stays text."""
_NAMED_WITHIN = 400
"""Characters from the beginning within which the first tool is named."""
_MOST_BEGINNINGS = 20
_MOST_CALLS = 50
_BAR, _SPACE = "[|\uff5c]{1,2}", "[_\u2581 ]"  # DeepSeek writes full-width bars, and a block for a blank
_NAMESPACE = rf"(?:\w{{1,20}}:|{_BAR}DSML{_BAR})?"
"""What may stand before the name of a tag."""


def _token(words: str) -> str:
    return rf"<{_BAR}{words.replace('_', _SPACE)}{_BAR}>"


_BEGINNINGS = (
    "<function=",
    rf"<{_NAMESPACE}(?:function_calls|tool_calls?|invoke name=)",
    _token("tool_calls?_section_begin"),
    _token("tool_calls?_begin"),
    _token("python_tag"),
    r"\[TOOL_CALLS\]",
    r"<\|start\|>assistant",
    r"<\|channel\|>(?:commentary|analysis)",
)
_BEGINNING = re.compile("|".join(_BEGINNINGS))
_STARTS = (
    "<tool_call>",
    "<function=",
    "<function_calls>",
    "<invoke name=",
    "<minimax:tool_call>",
    "[TOOL_CALLS]",
    "<|start|>assistant",
    "<|channel|>commentary",
    "<|channel|>analysis",
    *(f"<{bar}{words}" for bar in ("|", "||", "\uff5c", "\uff5c\uff5c") for words in ("tool", "python_tag", "DSML")),
)
"""Beginnings, or what tells them apart: pieces of them are held until the rest has come."""
_LONGEST_BEGINNING = 30
_NAMESPACE_BEGINS = re.compile(r"<\w{0,20}(?::[a-z_ ]{0,15})?")
_AROUND = re.compile(
    rf"\s+|</?{_NAMESPACE}(?:function_calls|tool_calls?)>"
    rf"|{_token('tool_calls?(?:_section)?_(?:begin|end)')}|{_token('python_tag')}|\[TOOL_CALLS\]"
    rf"|{_token('end_of_sentence')}|<\|(?:im_end|eot_id|eom_id|call|end|endoftext)\|>|</s>|;"
)
"""What stands around calls and says nothing of them."""
_NAME = r"([\w.:/-]{1,80})"
_TAGGED = re.compile(rf"<function=\"?{_NAME}\"?>\s*|<{_NAMESPACE}invoke name=\"{_NAME}\">\s*")
_END_TAG = re.compile(rf"\s*</{_NAMESPACE}(?:function|invoke)>")
_PARAMETER = re.compile(
    rf"\s*<{_NAMESPACE}parameter(?:=| name=)\"?([^\">]{{1,200}})\"?(?: string=\"(true|false)\")?>"
    rf"(.*?)</{_NAMESPACE}parameter>",
    re.DOTALL,
)
_PAIR = re.compile(r"\s*<arg_key>([^<]{1,200})</arg_key>\s*<arg_value>(.*?)</arg_value>", re.DOTALL)
_MARKUP = re.compile(rf"<{_NAMESPACE}parameter(?:=| name=)|</?arg_(?:key|value)>")
"""What in a value says that its end is missing."""
_PAIRED = re.compile(rf"{_NAME}(?=\s*(?:<arg_key>|</tool_call>))")
_SECTION = re.compile(
    rf"(?:function\s*{_token('tool_sep')})?{_NAME}\s*"
    rf"(?:{_token('tool_sep')}|{_token('tool_call_argument_begin')}|\[ARGS\]|(?=\{{)|\n?```(?:json)?\n)\s*"
)
_CHANNEL = re.compile(
    rf"(?:<\|start\|>assistant)?\s*(?:to={_NAME})?\s*<\|channel\|>(?:commentary|analysis)\s*(?:to={_NAME})?"
    r"\s*(?:<\|constrain\|>)?\s*(?:json|code)?\s*<\|message\|>\s*"
)
_WORDS = re.compile(r"[\w.:/-]*\s*[^\w\s.:/<\[{;`|-]|[\w.:/-]+\s+\w|\w{81}")
"""What shows at the end of readable calls that no further call follows: words or signs of prose, a long name."""
_AFTER_SECTION = re.compile(r"\s*```")
_OBJECT = re.compile(r"(?=[\[{])")
_NAMES = re.compile(
    rf"<function=\"?{_NAME}|invoke name=\"{_NAME}|\"name\"\s*:\s*\"{_NAME}\""
    rf"|<\|(?:start\|>assistant|channel\|>\w+)\s*to={_NAME}"
    rf"|(?:<tool_call>|begin{_BAR}>|\[TOOL_CALLS\]|tool{_SPACE}sep{_BAR}>)\s*(?!function\b){_NAME}"
)
_DECODER = JSONDecoder(strict=False)


@dataclass(frozen=True, slots=True)
class LeakedCall:
    """A call read from text; `arguments` is the text of a JSON object."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Leak:
    """The calls at the end of a text, and how many characters stand before them."""

    begins: int
    calls: tuple[LeakedCall, ...]


def has_beginning(text: str) -> bool:
    """Return whether something in a text looks like the beginning of calls, quoted or not."""
    return _BEGINNING.search(text) is not None


def quoting(text: str) -> str:
    """Return a short text after which the same is in code or in quotes as after this one."""
    body = text.rstrip("`")
    ticks = len(text) - len(body)
    line = body[body.rfind("\n") + 1 :].lstrip()
    opened = "```\n" if body.count("```") % 2 else ""
    begun = ">" if line.startswith(">") else "x" if line else ""
    return opened + begun + "`" * (ticks if ticks <= 6 else 6 + ticks % 6)


def beginnings(text: str, since: int = 0) -> Iterator[int]:
    """Yield where calls may begin, outside of code and quotes; a bounded number of places."""
    for number, found in enumerate(_BEGINNING.finditer(text, since)):
        if number == _MOST_BEGINNINGS:
            return
        at = found.start()
        quoted = text[at - 1 : at] == "`" or text[text.rfind("\n", 0, at) + 1 : at].lstrip().startswith(">")
        if not quoted and text.count("```", 0, at) % 2 == 0:
            yield at


def may_begin(text: str) -> int:
    """Return where a text ends with what may become the beginning of calls, else its length."""
    at = max(text.rfind("<"), text.rfind("["))
    if at < 0 or len(text) - at > _LONGEST_BEGINNING or text[at - 1 : at] == "`":
        return len(text)
    end = text[at:]
    may_be = any(start.startswith(end) or end.startswith(start) for start in _STARTS)
    return at if may_be or _NAMESPACE_BEGINS.fullmatch(end) else len(text)


def names_tool(text: str, offered: Collection[str]) -> bool | None:
    """Return whether a text that begins like calls names an offered tool first; None while that is unknown."""
    named = _NAMES.search(text, 0, _NAMED_WITHIN)
    if named is None:
        return None if len(text) < _NAMED_WITHIN else False
    if named.end() == len(text):
        return None  # the name may go on
    return _offered(next(filter(None, named.groups())), offered) != ""


def goes_on(text: str) -> bool:
    """Return whether a text that begins like calls may still become calls: no words stand where none may be."""
    at, _ = _read(text, 0)
    opened = _TAGGED.match(text, at)
    return _WORDS.match(text, opened.end() if opened else at) is None


def leak_in(text: str, offered: Collection[str]) -> Leak | None:
    """Return the calls that a complete text ends with; None if there are none, or anything else follows.

    A call that cannot be read ends the search: what looks like a call inside it may be its argument.
    """
    if not offered:
        return None
    for begins in beginnings(text):
        fits = len(text) - begins <= LONGEST
        ended, calls = _read(text, begins) if fits else (0, [])
        if calls and ended == len(text):
            named = tuple(LeakedCall(_offered(call.name, offered), call.arguments) for call in calls)
            return Leak(begins, named) if len(calls) <= _MOST_CALLS and all(call.name for call in named) else None
        begun = text[begins : begins + LONGEST]
        if names_tool(begun, offered) and goes_on(begun):
            return None
    return None


def _read(text: str, at: int) -> tuple[int, list[LeakedCall]]:
    """Return where the calls from a place on end, or what cannot be read begins, and the calls until there."""
    calls: list[LeakedCall] = []
    while (at := _skipped(text, at)) < len(text):
        before = len(calls)
        for begins, read in _FORMS:
            if (found := begins.match(text, at)) and (ended := read(text, found, calls)):
                at = ended
                break
            del calls[before:]
        else:
            break
    return at, calls


def _skipped(text: str, at: int) -> int:
    while found := _AROUND.match(text, at):
        at = found.end()
    return at


def _offered(name: str, offered: Collection[str]) -> str:
    found = meant(name, offered)
    return found if found in offered else ""


# --- the forms: each adds its calls and returns where they end, 0 if the text is something else ----------------


def _tagged(text: str, found: re.Match[str], calls: list[LeakedCall]) -> int:
    """Read `<function=name>` and `<invoke name="name">`, with parameters or one JSON object."""
    at, arguments = found.end(), dict[str, object]()
    if text[at : at + 1] == "{":
        value, at = _json(text, at)
        if not isinstance(value, dict):
            return 0
        arguments = value
    else:
        while parameter := _PARAMETER.match(text, at):
            name, is_text, value = parameter.groups()
            if _MARKUP.search(value):
                return 0
            value = value.removeprefix("\n").removesuffix("\n")
            arguments[name.strip()] = _value(value) if is_text == "false" else value
            at = parameter.end()
    end = _END_TAG.match(text, at)
    calls.append(_call(found[1] or found[2], arguments))
    return end.end() if end else 0


def _paired(text: str, found: re.Match[str], calls: list[LeakedCall]) -> int:
    """Read `name<arg_key>...</arg_key><arg_value>...</arg_value>` inside `<tool_call>`, the form of GLM."""
    at, arguments = found.end(), dict[str, object]()
    while pair := _PAIR.match(text, at):
        if _MARKUP.search(pair[2]):
            return 0
        arguments[pair[1].strip()] = pair[2]
        at = pair.end()
    calls.append(_call(found[1], arguments))
    return at


def _sectioned(text: str, found: re.Match[str], calls: list[LeakedCall]) -> int:
    """Read a name, a separator and one JSON object, as Kimi, DeepSeek, Mistral and gpt-oss write it."""
    value, at = _json(text, found.end())
    if not isinstance(value, dict):
        return 0
    calls.append(_call(next(filter(None, found.groups()), ""), value))
    fence = _AFTER_SECTION.match(text, at)
    return fence.end() if fence else at


def _objects(text: str, found: re.Match[str], calls: list[LeakedCall]) -> int:
    """Read `{"name": ..., "arguments": ...}`, or a list of these."""
    value, at = _json(text, found.end())
    for one in value if isinstance(value, list) else [value]:
        call = one.get("function", one) if isinstance(one, dict) else None
        if not isinstance(call, dict) or not isinstance(name := call.get("name"), str):
            return 0
        arguments = next((call[key] for key in ("arguments", "parameters", "input") if key in call), None)
        if isinstance(arguments, str):
            arguments = _value(arguments)
        if arguments is not None and not isinstance(arguments, dict):
            return 0
        calls.append(_call(name, arguments or {}))
    return at if value else 0


_FORMS: tuple[tuple[re.Pattern[str], Callable[[str, re.Match[str], list[LeakedCall]], int]], ...] = (
    (_TAGGED, _tagged),
    (_OBJECT, _objects),
    (_SECTION, _sectioned),
    (_CHANNEL, _sectioned),
    (_PAIRED, _paired),
)


def _json(text: str, at: int) -> tuple[object, int]:
    try:
        value, end = _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError):
        return None, at
    return value, end


def _value(text: str) -> object:
    try:
        return read_json(text)
    except UnreadableJson:
        return text


def _call(name: str, arguments: Mapping[str, object]) -> LeakedCall:
    return LeakedCall(name, dumps(arguments, ensure_ascii=False))
