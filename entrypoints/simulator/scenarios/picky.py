"""Models that refuse a part of the request, as makers do, and answer once it is gone."""

from entrypoints.simulator.answers import Answer, common, from_provider
from entrypoints.simulator.payload import Json
from entrypoints.simulator.scenarios.ask import Ask
from entrypoints.simulator.scenarios.echoes import echo, words_of
from entrypoints.simulator.scenarios.makers import ITEMS, LENGTHS, THINKING, Words, calls_in, thoughts_in, turns_in
from entrypoints.simulator.scenarios.moves import Break, Fail, Script, Think
from entrypoints.simulator.scenarios.orders import tools

PROVIDER = "Simulator"
RARE = ("trace", "prompt", "safety_identifier", "provider.options")
"""Fields that `picky_fields` refuses."""
EARLY, LATER = "An early thought. ", "A later thought. "


def foreign_thinking(ask: Ask, maker: str, way: str) -> Script | Answer:
    """Think and echo; refuse the thinking of a chat's first answer, as if it came from another account.

    `way`: "" as an HTTP error, "failed" as a failed response, "event" as an error event of the stream.
    """
    if any(EARLY.strip() in thought for thought in thoughts_in(ask.body)):
        return _refused(THINKING[maker], way)
    return (Think(words_of(LATER if turns_in(ask.body) else EARLY)), *echo(ask))


def plain_history(ask: Ask, maker: str, way: str) -> Script | Answer:
    """Make the calls that the prompt orders; refuse calls of earlier answers in any form but text."""
    return _refused(ITEMS[maker], way) if calls_in(ask.body) else tools(ask)


def narrow(ask: Ask, most: int, maker: str, way: str) -> Script | Answer:
    """Make the calls that the prompt orders; refuse a prompt of more than `most` tokens, which the catalog hides."""
    if ask.prompt.input_tokens <= most:
        return tools(ask)
    words = LENGTHS[maker]
    said = words.message.format(limit=most, prompt=ask.prompt.input_tokens)
    return _refused(Words(said, words.code), way)


def poor(ask: Ask, most: int) -> Script | Answer:
    """Echo, but only for a limit of at most `most` output tokens: the balance affords no more."""
    names = ("max_output_tokens", "max_completion_tokens", "max_tokens")
    limit = next((int(ask.body[name]) for name in names if ask.body.get(name) is not None), None)
    if limit is not None and limit <= most:
        return echo(ask)
    message = (
        "This request requires more credits, or fewer max_tokens. You requested up to "
        f"{limit or 65536} tokens, but can only afford {most}. To increase, add more credits"
    )
    return common(402, message, {"provider_name": None})


def picky_tools(ask: Ask) -> Script | Answer:
    """Make the calls that the prompt orders; refuse a pattern in a schema, and any tool called cursed."""
    for place, tool in enumerate(ask.prompt.tools):
        if tool.name.startswith("cursed") or _has_pattern(tool.parameters):
            return from_provider(
                400,
                PROVIDER,
                f"Invalid schema for function '{tool.name}': a pattern with lookaround is not supported.",
                param=f"tools[{place}].parameters",
                code="invalid_function_parameters",
            )
    return tools(ask)


def without_tools(ask: Ask) -> Script | Answer:
    """Echo; refuse tools although the catalog lists them, as where the preferences leave a provider without them."""
    if not ask.prompt.tools:
        return echo(ask)
    return common(404, f'No endpoints found that support tool use. Try disabling "{ask.prompt.tools[0].name}".')


def without_system(ask: Ask) -> Script | Answer:
    """Echo; refuse instructions and system messages, as Google does for Gemma."""
    messages = [*(ask.body.get("input") or ()), *(ask.body.get("messages") or ())]
    if ask.body.get("instructions") or any(one.get("role") in ("system", "developer") for one in messages):
        message = "Developer instruction is not enabled for models/gemma-3-27b-it"
        return from_provider(400, PROVIDER, message)
    return echo(ask)


def picky_pictures(ask: Ask) -> Script | Answer:
    """Echo; refuse every picture, as a provider does that cannot read it."""
    return from_provider(400, PROVIDER, "Could not process image") if "image" in ask.prompt.media else echo(ask)


def picky_fields(ask: Ask) -> Script | Answer:
    """Echo; refuse the fields that few providers take, one in each answer, by path."""
    for path in RARE:
        value: object = ask.body
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if value:
            return from_provider(400, PROVIDER, f"Unknown parameter: '{path}'.", param=path, code="unknown_parameter")
    return echo(ask)


def daily_event() -> Script:
    """Fail with a flat error event that names only in words that the free requests of the day are used up."""
    message = "Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day"
    return (Break("flat", message, code="rate_limit_exceeded"),)


def _refused(words: Words, way: str) -> Script | Answer:
    if way == "failed":
        return (Fail(words.message, code=words.code or "server_error", error_type="invalid_request", status=400),)
    if way == "event":
        return (Break("flat", words.message, code=words.code or "server_error"),)
    return from_provider(400, PROVIDER, words.message, code=words.code)


def _has_pattern(schema: object) -> bool:
    if isinstance(schema, list):
        return any(map(_has_pattern, schema))
    if not isinstance(schema, dict):
        return False
    fields: Json = schema
    return isinstance(fields.get("pattern"), str) or any(map(_has_pattern, fields.values()))
