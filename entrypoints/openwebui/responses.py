"""Answers in the form of the host's web framework: what the host passes on to its caller without a change.

Source: the host's `functions.py`, the same from 0.6 to 0.12. Of a stream it takes the iterator, and neither adds a
finish reason nor `[DONE]`, which it does (from 0.9 on) after an async generator. Of an answer in one piece it takes the
response whole, with its status and headers.
"""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from entrypoints.openai.stream import Payload

EVENT_STREAM = "text/event-stream"


def event_stream(events: AsyncIterator[Payload]) -> object:
    """Return finished events as a response; without the host's web framework the events themselves."""
    try:
        from starlette.responses import StreamingResponse
    except ImportError:
        return events
    return StreamingResponse(events, media_type=EVENT_STREAM)


def error_response(error: dict[str, Any], status: int, headers: Mapping[str, str]) -> object:
    """Return an error with an HTTP status; without the host's web framework the error object itself."""
    try:
        from starlette.responses import StreamingResponse
    except ImportError:
        return error

    async def body() -> AsyncIterator[bytes]:
        yield json.dumps(error).encode()

    return StreamingResponse(body(), status_code=status, headers=dict(headers), media_type="application/json")
