"""What a model reads in place of a tool's result, or is said in its place; no other module words such texts.

Each is one short text: what became of the call, and what the model can do now.
"""

NO_MORE_ROUNDS = "Not run: no more rounds of tools are allowed. Answer with what is known."
ARGUMENTS_LOST = "Error: the arguments of this call did not arrive. Call it again with all required ones."
TOO_MANY_IN_ROUND = "Not run: too many calls in one round. Ask for fewer at a time."
SERVER_FULL = "Not run: too many tools are running and waiting on this server. Try again later."
TURN_STOPPED = "Not completed: the turn was stopped."
FAILED = "Error: the tool failed."
NOT_STARTED = "Error: the tool could not be run."
STARTED_BEFORE = "This call was started before; it may have run, its result is unknown, and it was not run again."
NOT_RECORDED = (
    "Not run: it cannot be recorded now that this tool was started, and it must not run twice. "
    "Tell the person, and try again later."
)
IMAGE_SHOWN = "An image was made and shown to the person; it cannot be shown to you."
SILENT = "The tools have run, but the model wrote nothing after them."
"""The answer of a model that said nothing: the person reads it, and the next request carries it as the model's own."""


def no_tool(name: str) -> str:
    """Say that no tool has this name."""
    return f"Error: there is no tool named {name[:80]!r}."


def invalid(problem: str) -> str:
    """Say that the arguments cannot be used; `problem` says why."""
    return f"Error: {problem}. Correct them and call the tool again."


def skipped(name: str, seconds: int) -> str:
    """Say that a tool is left alone for about `seconds` after repeated failures."""
    return (
        f"Not run: {name} failed repeatedly and is left alone for about {seconds} s. "
        "Do without it, or tell the person to try again later."
    )


def call_overdue(seconds: float) -> str:
    """Say that a call took longer than `seconds`."""
    return f"Error: the tool did not finish within {seconds:g} s."


def round_over(seconds: float) -> tuple[str, str]:
    """Say that the `seconds` of a round are over: for a call that was running, for one that was not."""
    return _ended(f"the {seconds:g} s of this round are over")


def nothing_moved(seconds: float) -> tuple[str, str]:
    """Say that no call of a round has moved for `seconds`: for one that was running, for one that was not."""
    return _ended(f"nothing moved for {seconds:g} s")


def left_out(size: int, tokens: int, room: int, room_tokens: int) -> str:
    """Say that an output of `size` characters is left out because there is room for `room` only."""
    return (
        f"Output left out: it has {size:,} characters (about {tokens:,} tokens), and only {room:,} "
        f"characters (about {room_tokens:,} tokens) are left in this conversation. The tool did run. "
        "Ask for less: a narrower query, fewer fields or a smaller range."
    )


def no_text(kind: str) -> str:
    """Say that a tool returned a value of the type `kind`, which is no text."""
    return f"The tool handed back a value of type {kind}, which cannot be written as text."


def _ended(why: str) -> tuple[str, str]:
    return (
        f"Error: the tool was stopped before it finished: {why}.",
        f"Not run: {why}. Call it again if it is still needed.",
    )
