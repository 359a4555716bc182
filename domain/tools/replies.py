"""The texts a model reads instead of a tool's result, or that replace its missing answer. All of them stand here.

Each is one short text: what happened to the call, and what the model can do now.
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
"""The answer if the model wrote nothing. The person reads it, and the next request sends it as the model's answer."""


def no_tool(name: str) -> str:
    """Report that no tool has this name."""
    return f"Error: there is no tool named {name[:80]!r}."


def invalid(problem: str) -> str:
    """Report that the arguments are invalid; `problem` says why."""
    return f"Error: {problem}. Correct them and call the tool again."


def skipped(name: str, seconds: int) -> str:
    """Report that a tool is paused for about `seconds` after repeated failures."""
    return (
        f"Not run: {name} failed repeatedly and is paused for about {seconds} s. "
        "Do without it, or tell the person to try again later."
    )


def call_overdue(seconds: float) -> str:
    """Report that a call took longer than `seconds`."""
    return f"Error: the tool did not finish within {seconds:g} s."


def round_over(seconds: float) -> tuple[str, str]:
    """Report that the `seconds` of a round are over: one text for a running call, one for a waiting call."""
    return _ended(f"the {seconds:g} s of this round are over")


def nothing_moved(seconds: float) -> tuple[str, str]:
    """Report that no call began or ended for `seconds`: one text for a running call, one for a waiting call."""
    return _ended(f"nothing moved for {seconds:g} s")


def left_out(size: int, tokens: int, room: int, room_tokens: int) -> str:
    """Report that an output of `size` characters is omitted because only `room` characters are left."""
    return (
        f"Output left out: it has {size:,} characters (about {tokens:,} tokens), and only {room:,} "
        f"characters (about {room_tokens:,} tokens) are left in this conversation. The tool did run. "
        "Ask for less: a narrower query, fewer fields or a smaller range."
    )


def no_text(kind: str) -> str:
    """Report that a tool returned a value of the type `kind`, which is not text."""
    return f"The tool handed back a value of type {kind}, which cannot be written as text."


def _ended(why: str) -> tuple[str, str]:
    return (
        f"Error: the tool was stopped before it finished: {why}.",
        f"Not run: {why}. Call it again if it is still needed.",
    )
