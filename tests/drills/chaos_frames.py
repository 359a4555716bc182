"""What the chaotic upstream says when it tells the truth: one answer in the frames of either endpoint."""

import json
from typing import Any

WORDS = [f"word{number}" for number in range(24)]
SENTENCE = " ".join(WORDS)
"""The only text any answer holds: whatever a reader is shown must be a beginning of it."""
PIECES = [word if number == 0 else f" {word}" for number, word in enumerate(WORDS)]
USAGE = {"input_tokens": 9, "output_tokens": 24, "total_tokens": 33, "cost": 0.0001}
DONE = b"data: [DONE]\n\n"

Json = dict[str, Any]


def frame(value: Json) -> bytes:
    """Return one event of a stream."""
    return b"data: " + json.dumps(value).encode() + b"\n\n"


class ResponsesVoice:
    """The frames of `/responses`."""

    def __init__(self, model: str, generation: str) -> None:
        self.model, self.generation = model, generation

    def opening(self) -> list[bytes]:
        """Return the frames before the first word."""
        item = {"type": "message", "id": "msg_1", "role": "assistant", "status": "in_progress", "content": []}
        part = {"type": "output_text", "text": "", "annotations": []}
        place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
        return [
            frame({"type": "response.created", "response": self._response("in_progress", [])}),
            frame({"type": "response.output_item.added", "output_index": 0, "item": item}),
            frame({"type": "response.content_part.added", **place, "part": part}),
        ]

    def words(self, count: int = len(PIECES)) -> list[bytes]:
        """Return the frames of the first words."""
        place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
        return [frame({"type": "response.output_text.delta", **place, "delta": piece}) for piece in PIECES[:count]]

    def closing(self) -> list[bytes]:
        """Return the frames that finish the message."""
        place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
        return [
            frame({"type": "response.output_text.done", **place, "text": SENTENCE}),
            frame({"type": "response.output_item.done", "output_index": 0, "item": self._message()}),
        ]

    def terminal(self) -> bytes:
        """Return the frame that ends the answer."""
        return frame({"type": "response.completed", "response": self._response("completed", [self._message()])})

    def empty(self) -> bytes:
        """Return the end of an answer without content."""
        return frame({"type": "response.completed", "response": self._response("completed", [])})

    def cut(self) -> bytes:
        """Return the end of an answer at its limit."""
        response = self._response("incomplete", [])
        response["incomplete_details"] = {"reason": "max_output_tokens"}
        return frame({"type": "response.incomplete", "response": response})

    def failure(self, kind: str) -> bytes:
        """Return the end of an answer that failed."""
        error = {"code": "server_error", "message": "The provider failed."}
        response = {**self._response("failed", []), "error": error, "error_type": kind}
        return frame({"type": "response.failed", "response": response})

    def call(self, name: str, arguments: str, number: int) -> list[bytes]:
        """Return a whole answer that calls a tool."""
        item = {"type": "function_call", "id": f"fc_{number}", "call_id": f"call_{number}", "name": name}
        done = {**item, "arguments": arguments, "status": "completed"}
        begun = {**item, "arguments": "", "status": "in_progress"}
        return [
            frame({"type": "response.created", "response": self._response("in_progress", [])}),
            frame({"type": "response.output_item.added", "output_index": 0, "item": begun}),
            frame({"type": "response.output_item.done", "output_index": 0, "item": done}),
            frame({"type": "response.completed", "response": self._response("completed", [done])}),
        ]

    def whole(self) -> Json:
        """Return the answer that is not streamed."""
        return self._response("completed", [self._message()])

    def _message(self) -> Json:
        text = {"type": "output_text", "text": SENTENCE, "annotations": []}
        return {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [text]}

    def _response(self, status: str, output: list[Json]) -> Json:
        usage = USAGE if status == "completed" else None
        return {
            "id": self.generation,
            "object": "response",
            "model": self.model,
            "status": status,
            "output": output,
            "usage": usage,
            "error": None,
            "incomplete_details": None,
        }


class ChatVoice:
    """The frames of `/chat/completions`."""

    def __init__(self, model: str, generation: str) -> None:
        self.model, self.generation = model, generation

    def opening(self) -> list[bytes]:
        """Return the frames before the first word."""
        return [self._chunk({"role": "assistant", "content": ""})]

    def words(self, count: int = len(PIECES)) -> list[bytes]:
        """Return the frames of the first words."""
        return [self._chunk({"content": piece}) for piece in PIECES[:count]]

    def closing(self) -> list[bytes]:
        """Return the frames that finish the message: none."""
        return []

    def terminal(self) -> bytes:
        """Return the frame that ends the answer."""
        return self._chunk({"content": ""}, "stop")

    def empty(self) -> bytes:
        """Return the end of an answer without content."""
        return self._chunk({}, "stop")

    def cut(self) -> bytes:
        """Return the end of an answer at its limit."""
        return self._chunk({}, "length")

    def failure(self, kind: str) -> bytes:
        """Return the end of an answer that failed."""
        error = {"code": 502, "message": "The provider failed.", "metadata": {"error_type": kind}}
        return frame({"error": error, "choices": []})

    def call(self, name: str, arguments: str, number: int) -> list[bytes]:
        """Return a whole answer that calls a tool."""
        function = {"name": name, "arguments": arguments}
        call = {"index": 0, "id": f"call_{number}", "type": "function", "function": function}
        return [self._chunk({"role": "assistant", "tool_calls": [call]}), self._chunk({}, "tool_calls")]

    def whole(self) -> Json:
        """Return the answer that is not streamed."""
        message = {"role": "assistant", "content": SENTENCE}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return {"id": self.generation, "object": "chat.completion", "model": self.model, "choices": [choice]}

    def _chunk(self, delta: Json, finish: str | None = None) -> bytes:
        head = {"id": self.generation, "object": "chat.completion.chunk", "created": 1, "model": self.model}
        return frame({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})


Voice = ResponsesVoice | ChatVoice


def voice_of(path: str, model: str, generation: str) -> Voice:
    """Return the voice of an endpoint."""
    return (ChatVoice if path.endswith("/chat/completions") else ResponsesVoice)(model, generation)
