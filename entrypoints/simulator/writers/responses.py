"""Write the event stream and the response object of POST /responses (openrouter_api 5.2)."""

from collections.abc import Iterator, Sequence

from entrypoints.simulator.bills import responses_usage
from entrypoints.simulator.frames import DONE, frame
from entrypoints.simulator.payload import Json
from entrypoints.simulator.scenarios.moves import Break, Call, Decline, Fail, Finish, HangUp, Work
from entrypoints.simulator.seals import sealed, signature
from entrypoints.simulator.writers.facts import PICTURE_TOKENS, Facts, Tally, minted
from entrypoints.simulator.writers.items import ItemFrames
from entrypoints.simulator.writers.logprobs import logprobs, wanted_tops
from entrypoints.simulator.writers.response_object import response_object

ARGUMENT_PIECE = 8
"""Characters of one delta of arguments."""
NATIVE_IDS = {
    "custom_tool_call": "ctc",
    "local_shell_call": "lsh",
    "shell_call": "sh",
    "apply_patch_call": "apc",
    "computer_call": "cu",
    "mcp_approval_request": "mcpr",
    "tool_search_call": "tsc",
}
"""How ids of the items of native calls begin."""


class ResponsesWriter(ItemFrames):
    """Writes the events of one answer; completed items are collected in `output`."""

    def __init__(self, facts: Facts) -> None:
        super().__init__()
        self.tally = Tally(facts)
        self._facts = facts
        self._begun = False
        self._ending: tuple[int, Json] | None = None
        self._empty_copies: set[int] = set()
        self._tops = wanted_tops(facts)
        self._logprobs: list[Json] = []

    def comment(self) -> bytes:
        """Return this endpoint's comment frame."""
        return b": \n\n"

    def begin(self) -> bytes:
        """Write the events before the first item; a second call writes nothing."""
        if self._begun:
            return b""
        self._begun = True
        created = self._event("response.created", response=response_object(self._facts, "in_progress"))
        return created + self._event("response.in_progress", response=response_object(self._facts, "in_progress"))

    def _terminal_response(self, status: str, **changes: object) -> Json:
        copies = [
            {**item, "result": ""} if index in self._empty_copies else item for index, item in enumerate(self.output)
        ]
        usage = responses_usage(self.tally.tokens, self.tally.cost, self.tally.told.tools_used)
        finished = self._facts.created_at if status == "completed" else None
        last = {**changes, **self.tally.last_fields}
        return response_object(self._facts, status, output=copies, usage=usage, completed_at=finished, **last)

    def open_message(self) -> bytes:
        """Open the message of the answer unless it is open."""
        if self._open is not None:
            return b""
        item_id = minted("msg_tmp")
        written = self.begin() + self._added(self._message(item_id, "in_progress", []))
        written += self._part("added", item_id, {"type": "output_text", "text": "", "annotations": []})
        template = self._template("response.output_text.delta", item_id, "content_index", logprobs=True)
        self._open = (item_id, template)
        return written

    def say(self, pieces: Sequence[str]) -> bytes:
        """Write deltas of the open message."""
        self.tally.said(pieces)
        if self._tops is None:
            return self._deltas(pieces)
        entries = logprobs(pieces, self._tops)
        return b"".join(self._with_logprobs(piece, entry) for piece, entry in zip(pieces, entries, strict=True))

    def close_message(self, citations: Sequence[Json], status: str) -> bytes:
        """Write the annotations and the events that end the open message."""
        item_id, text = self._close()
        place: Json = {"output_index": len(self.output), "item_id": item_id, "content_index": 0}
        written = b"".join(
            self._event(
                "response.output_text.annotation.added",
                **place,
                annotation_index=number,
                annotation=citation,
            )
            for number, citation in enumerate(citations)
        )
        more = {"logprobs": self._logprobs} if self._logprobs else {}
        part = {"type": "output_text", "text": text, "annotations": list(citations), **more}
        written += self._event("response.output_text.done", **place, text=text, logprobs=self._logprobs)
        self._logprobs = []
        written += self._part("done", item_id, part)
        return written + self._done(self._message(item_id, status, [part]))

    def _with_logprobs(self, piece: str, entry: Json) -> bytes:
        assert self._open is not None
        self._written.append(piece)
        self._logprobs.append(entry)
        place: Json = {"output_index": len(self.output), "item_id": self._open[0], "content_index": 0}
        return self._event("response.output_text.delta", **place, delta=piece, logprobs=[entry])

    def decline(self, move: Decline) -> bytes:
        """Write a complete message that is a refusal."""
        item_id, text = minted("msg_tmp"), "".join(move.pieces)
        written = self.begin() + self._added(self._message(item_id, "in_progress", []))
        written += self._part("added", item_id, {"type": "refusal", "refusal": ""})
        self._open = (item_id, self._template("response.refusal.delta", item_id, "content_index"))
        self.tally.said(move.pieces)
        written += self._deltas(move.pieces)
        self._close()
        place: Json = {"output_index": len(self.output), "item_id": item_id, "content_index": 0}
        written += self._event("response.refusal.done", **place, refusal=text)
        part = {"type": "refusal", "refusal": text}
        return written + self._part("done", item_id, part) + self._done(self._message(item_id, "completed", [part]))

    def open_thought(self, *, raw: bool) -> bytes:
        """Open a reasoning item."""
        item_id = minted("rs_tmp")
        written = self.begin() + self._added(
            {"type": "reasoning", "id": item_id, "status": "in_progress", "summary": []}
        )
        if raw:
            kind, index = "response.reasoning_text.delta", "content_index"
            written += self._part("added", item_id, {"type": "reasoning_text", "text": ""})
        else:
            kind, index = "response.reasoning_summary_text.delta", "summary_index"
            written += self._summary_part("added", item_id, "")
        self._open = (item_id, self._template(kind, item_id, index))
        return written

    def _summary_part(self, what: str, item_id: str, text: str) -> bytes:
        place: Json = {"output_index": len(self.output), "item_id": item_id, "summary_index": 0}
        part = {"type": "summary_text", "text": text}
        return self._event(f"response.reasoning_summary_part.{what}", **place, part=part)

    def think(self, pieces: Sequence[str]) -> bytes:
        """Write deltas of the open reasoning item."""
        self.tally.thought(pieces)
        return self._deltas(pieces)

    def close_thought(self, *, raw: bool) -> bytes:
        """Write the events that end the open reasoning item; encrypted content only if `include` requests it."""
        item_id, text = self._close()
        item: Json = {"type": "reasoning", "id": item_id, "status": "completed", "summary": []}
        place: Json = {"output_index": len(self.output), "item_id": item_id}
        if raw:
            part = {"type": "reasoning_text", "text": text}
            written = self._event("response.reasoning_text.done", **place, content_index=0, text=text)
            written += self._part("done", item_id, part)
            item |= {"content": [part], "signature": signature(self._facts.model, text)}
            item["format"] = "anthropic-claude-v1"
        else:
            written = self._event("response.reasoning_summary_text.done", **place, summary_index=0, text=text)
            written += self._summary_part("done", item_id, text)
            item |= {"summary": [{"type": "summary_text", "text": text}], "format": "openai-responses-v1"}
            if self._facts.prompt.encrypted:
                item["encrypted_content"] = sealed(self._facts.model, item_id)
        return written + self._done(item)

    def call(self, move: Call) -> bytes:
        """Write a complete function call."""
        item_id = minted("fc_tmp")
        item: Json = {"type": "function_call", "id": item_id, "call_id": minted("call"), "name": move.name}
        written = self.begin() + self._added({**item, "status": "in_progress", "arguments": ""})
        place: Json = {"output_index": len(self.output), "item_id": item_id}
        pieces = [move.arguments[i : i + ARGUMENT_PIECE] for i in range(0, len(move.arguments), ARGUMENT_PIECE)]
        self.tally.said(pieces)
        for piece in pieces:
            written += self._event("response.function_call_arguments.delta", **place, delta=piece)
        written += self._event(
            "response.function_call_arguments.done", **place, name=move.name, arguments=move.arguments
        )
        return written + self._done({**item, "status": "completed", "arguments": move.arguments})

    def native(self, item: Json) -> bytes:
        """Write a complete call of another kind than a function; only a custom tool's input comes in pieces."""
        kind = str(item["type"])
        prefix = NATIVE_IDS.get(kind, "fc")
        whole: Json = {"id": minted(prefix), **item, "status": "completed"}
        if kind == "mcp_approval_request":
            whole.pop("status")
        else:
            whole["call_id"] = minted("call")
        place: Json = {"output_index": len(self.output), "item_id": whole["id"]}
        text = str(item.get("input", ""))
        opening = {**whole, "input": ""} if "input" in item else whole
        written = self.begin() + self._added({**opening, "status": "in_progress"})
        pieces = [text[i : i + ARGUMENT_PIECE] for i in range(0, len(text), ARGUMENT_PIECE)]
        self.tally.said(pieces)
        for piece in pieces:
            written += self._event("response.custom_tool_call_input.delta", **place, delta=piece)
        if pieces:
            written += self._event("response.custom_tool_call_input.done", **place, input=text)
        return written + self._done(whole)

    def picture(self, base64: str) -> bytes:
        """Write a picture item: its `done` event has status `generating`, the terminal response an empty copy of it."""
        item: Json = {"type": "image_generation_call", "id": minted("ig_tmp"), "status": "in_progress"}
        written = self.begin() + self._added({**item, "result": None})
        place: Json = {"output_index": len(self.output), "item_id": item["id"]}
        for stage in ("in_progress", "generating", "completed"):
            written += self._event(f"response.image_generation_call.{stage}", **place)
        self.tally.text += PICTURE_TOKENS
        self._empty_copies.add(len(self.output))
        return written + self._done({**item, "status": "generating", "result": base64})

    def work(self, move: Work) -> Iterator[bytes]:
        """Write the frames of one item of a server tool or a native tool, one by one."""
        item_id = minted("st_tmp")
        self.tally.text += 1
        if move.late:
            self.output.append({**move.item, "id": item_id})
            return
        yield self.begin() + self._added({**move.opening, "id": item_id})
        place: Json = {"output_index": len(self.output), "item_id": item_id}
        for kind, fields in move.events:
            yield self._event(f"response.{kind}", **place, **fields)
        yield self._done({**move.item, "id": item_id})

    def finish(self, move: Finish) -> bytes:
        """Write the regular end, complete or incomplete."""
        self.tally.fixed, self.tally.told = move.tokens, move.told
        if move.late_text:
            part = {"type": "output_text", "text": move.late_text, "annotations": []}
            self.output.append(self._message(minted("msg_tmp"), "completed", [part]))
            self.tally.said(move.late_text.split())
        reasons = {"max_output_tokens": "length", "content_filter": "content_filter"}
        called = any(item["type"] in {"function_call", *NATIVE_IDS} for item in self.output)
        self.tally.finish_reason = reasons.get(move.reason or "", "tool_calls" if called else "stop")
        if move.reason:
            details = {"reason": move.reason}
            return self._end("incomplete", 200, incomplete_details=details)
        return self._end("completed", 200)

    def fail(self, move: Fail) -> bytes:
        """Write a failed response."""
        self.tally.finish_reason = "error"
        error: Json = {"code": move.code, "message": move.message}
        if move.metadata:
            error["metadata"] = move.metadata
        return self._end("failed", move.status, error=error, error_type=move.error_type)

    def _end(self, status: str, http_status: int, **changes: object) -> bytes:
        written = self.begin()
        response = self._terminal_response(status, **changes)
        self._ending = (http_status, response)
        return written + self._event(f"response.{status}", response=response) + DONE

    def break_off(self, move: Break) -> bytes:
        """Write an error event; nothing follows it, not even `[DONE]`."""
        self.tally.finish_reason = "error"
        metadata = {"error_type": "provider_unavailable"}
        error: Json = {"code": move.status, "message": move.message, "metadata": metadata}
        self._ending = (move.status, {"error": error})
        if move.shape == "frame":
            return frame({"error": error, "choices": []})
        if move.shape == "nested":
            nested = {"type": move.code, "code": None, "message": move.message, "param": None}
            return frame({"type": "error", "error": nested, "sequence_number": self._sequence})
        return self._event("error", code=move.code, message=move.message, param=None)

    def hang_up(self, move: HangUp) -> bytes:
        """End the stream without a terminal event."""
        return DONE if move.done else b""

    def result(self) -> tuple[int, Json]:
        """Return HTTP status and body of the same answer for a request that does not stream."""
        if self._ending is None:
            return 200, self._terminal_response("completed")
        status, body = self._ending
        if status == 200:
            text = "".join(
                part["text"]
                for item in self.output
                if item["type"] == "message"
                for part in item["content"]
                if "text" in part
            )
            return status, {**body, "output": self.output, "output_text": text}
        return status, body
