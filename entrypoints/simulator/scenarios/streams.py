"""Answers that differ in how they arrive: many deltas, at a rate, late, after thinking, or in unusual frames."""

from collections.abc import Sequence
from decimal import Decimal

from entrypoints.simulator.bills import Tokens
from entrypoints.simulator.payload import Json
from entrypoints.simulator.pictures import png_base64
from entrypoints.simulator.scenarios.ask import Ask
from entrypoints.simulator.scenarios.echoes import echo, words_of
from entrypoints.simulator.scenarios.moves import (
    Begin,
    Comments,
    Cut,
    Decline,
    Finish,
    HangUp,
    Move,
    Noise,
    NumberedWords,
    Picture,
    Say,
    Script,
    Think,
    Told,
)

BEFORE, AFTER = "Here is the bridge:", "It is red."
"""What `sim/drawing` says before and after its picture."""
BIG_SIDE = 1120
"""Side of the big picture in pixels, which makes 5 MB of base64."""

USAGE = Tokens(input=1000, cached=400, written=100, output=250, reasoning=150)
"""The token counts that `sim/usage` always reports."""

TOLD = Told(
    fields={
        "service_tier": "priority",
        "alignment": {
            "calls": [
                {"call": 1, "outcome": "allowed", "rules": [{"applicable": True, "broken": False, "probability": 0.1}]},
                {"call": 2, "outcome": "unavailable", "reason": "time_limit"},
            ]
        },
        "safeguard_results": [
            {
                "type": "dangerous_tool_use",
                "status": {
                    "type": "available",
                    "tool_uses": {
                        "call_1": {"type": "evaluated", "outcome": "flagged", "explanation": "[No secrets] It asked."},
                        "call_2": {"type": "skipped"},
                    },
                },
            }
        ],
    },
    pipeline=(
        {"type": "guardrail", "name": "armor", "cost_usd": 0.0001, "data": {"matched": "words of the prompt"}},
        {"type": "server_tools", "name": "web_search", "summary": "searched twice"},
    ),
    tools_used={"web_search_requests": 2, "tool_calls_requested": 3, "tool_calls_executed": 3},
    tools_cost=Decimal("0.0125"),
)
"""What `sim/facts` always says about its answer."""

THOUGHT = "Two readings are possible. The second one fits the question better."
ANSWER = "The second reading is right."
SOURCES = (
    ("https://example.com/bridges", "Bridges of the world", "Red bridges are rare."),
    ("https://example.org/rust?page=2", "On rust", "Rust is red."),
)


def deltas(count: int, rate: float | None, thoughts: int, frames: int | None = None) -> Script:
    """Send `thoughts` numbered words of thinking, then `count` of text; each write has at most `frames` deltas."""
    thinking: tuple[Move, ...] = (Think(NumberedWords(thoughts, "t"), rate),) if thoughts else ()
    return (*thinking, Say(NumberedWords(count), rate, frames=frames), Finish())


def thinking(ask: Ask, *, raw: bool) -> Script:
    """Think, then answer."""
    del ask
    return (Think(words_of(THOUGHT), raw=raw), Say(words_of(ANSWER)), Finish())


def reasoning_only(ask: Ask) -> Script:
    """Think, and send no answer."""
    del ask
    return (Think(words_of(THOUGHT)), Finish())


def empty(ask: Ask) -> Script:
    """Complete with a message that has no text."""
    del ask
    return (Say(()), Finish())


def refusal(ask: Ask) -> Script:
    """Decline to answer."""
    del ask
    return (Decline(words_of("I can not help with that.")), Finish())


def slow_start(ask: Ask, seconds: float) -> Script:
    """Send comments for `seconds`, then echo."""
    return (Comments(seconds), *echo(ask))


def cut(count: int) -> Script:
    """Reset the connection after `count` deltas, in the middle of the message."""
    said: tuple[Move, ...] = (Say(NumberedWords(count), closes=False),) if count else (Begin(),)
    return (*said, Cut())


RESET: Script = (Cut(),)
"""Reset the connection after the request was read, before any response."""


def no_terminal(count: int) -> Script:
    """Send the whole answer and close its items, but send no terminal event."""
    return (Say(NumberedWords(count)), HangUp(done=True))


def no_done(count: int) -> Script:
    """Stop in the middle of the message and close the connection cleanly."""
    return (Say(NumberedWords(count), closes=False), HangUp(done=False))


def big_line(ask: Ask) -> Script:
    """Send a picture as one event of 5 MB; the terminal response has an empty copy of it."""
    del ask
    return (Picture(png_base64(BIG_SIDE)), Say(words_of("Here is the picture.")), Finish())


def drawing(ask: Ask) -> Script:
    """Draw a picture between two texts, and the same once more."""
    del ask
    picture = Picture(png_base64(8))
    return (Say(words_of(BEFORE)), picture, picture, Say(words_of(AFTER)), Finish())


def only_terminal(ask: Ask) -> Script:
    """Send the text only in the terminal response."""
    del ask
    return (Begin(), Finish(late_text="This text comes late."))


def usage(ask: Ask) -> Script:
    """Answer with fixed token counts."""
    del ask
    return (Think(words_of(THOUGHT)), Say(words_of(ANSWER)), Finish(tokens=USAGE))


def facts(ask: Ask) -> Script:
    """Answer with everything that the last event can say about an answer."""
    del ask
    return (Say(words_of(ANSWER)), Finish(tokens=USAGE, told=TOLD))


def citations(ask: Ask) -> Script:
    """Answer with citations; the indexes of the second one lie outside the text, as upstream sometimes sends them."""
    del ask
    text = "A red bridge may be rusty."
    return (Say(words_of(text), citations=_citations(len(text))), Finish())


def _citations(length: int) -> tuple[Json, ...]:
    spans = ((2, 12), (length, length + 40))
    return tuple(
        {
            "type": "url_citation",
            "url": url,
            "title": title,
            "start_index": start,
            "end_index": end,
            "content": content,
        }
        for (url, title, content), (start, end) in zip(SOURCES, spans, strict=True)
    )


def garbage(ask: Ask) -> Script:
    """Send comments, bad JSON and unknown events between valid frames; the valid text is `w0` to `w8`."""
    del ask
    words: Sequence[str] = NumberedWords(9)
    return (
        Noise(b"\xef\xbb\xbf: a comment after a byte order mark\n\n\n\n"),
        Say(words[0:2], closes=False),
        Noise(b": \n\n: OPENROUTER PROCESSING\n\n:\n\n"),
        Noise(b'data: {"type":"response.output_text.delta","delta":\n\n'),
        Say(words[2:4], closes=False, framing="crlf"),
        Noise(b"data: not json at all\n\ndata:\n\ndata: null\n\ndata: [1,2]\n\n"),
        Noise(b'data: {"type":"keep_alive"}\n\ndata: {"type":"response.from_the_future","delta":"no"}\n\n'),
        Say(words[4:6], closes=False, framing="split"),
        Noise(b"event: ping\nid: 7\nretry: 3000\nunknown field\n\nid\n\n\r\n\r\n"),
        Say(words[6:8], closes=False, framing="crlf"),
        Say(words[8:9]),
        Finish(),
    )
