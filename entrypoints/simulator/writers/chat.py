"""Write the chunks and the completion object of POST /chat/completions (openrouter_api 11)."""

from collections.abc import Iterator, Sequence

from entrypoints.simulator.bills import chat_usage
from entrypoints.simulator.frames import DONE, DeltaTemplate, frame
from entrypoints.simulator.payload import Json
from entrypoints.simulator.scenarios.moves import Break, Call, Decline, Fail, Finish, HangUp, Work
from entrypoints.simulator.seals import sealed, signature
from entrypoints.simulator.writers.facts import PICTURE_TOKENS, Facts, Tally, minted
from entrypoints.simulator.writers.logprobs import logprobs, wanted_tops

ARGUMENT_PIECE = 8
"""Characters of one delta of arguments."""

_MARK = "\x00"
_REASONS = {"max_output_tokens": "length", "content_filter": "content_filter"}


class ChatWriter:
    """Writes the chunks of one answer, and builds the complete message meanwhile."""

    def __init__(self, facts: Facts) -> None:
        self.tally = Tally(facts)
        self._facts = facts
        self._message: Json = {"role": "assistant", "content": None, "refusal": None, "reasoning": None}
        self._text: list[str] = []
        self._thought: list[str] = []
        self._details: list[Json] = []
        self._raw = False
        self._error: tuple[int, Json] | None = None
        self._content = self._template()
        self._tops = wanted_tops(facts)
        self._logprobs: list[Json] = []

    def _chunk(self, choices: list[Json], **fields: object) -> Json:
        return {
            "id": self._facts.generation_id,
            "object": "chat.completion.chunk",
            "created": self._facts.created_at,
            "model": self._facts.model,
            "provider": self._facts.provider,
            "choices": choices,
            **fields,
        }

    def _delta(self, delta: Json, finish_reason: str | None = None) -> Json:
        choice: Json = {"index": 0, "delta": {"role": "assistant", "content": "", **delta}}
        choice |= {"finish_reason": finish_reason, "native_finish_reason": finish_reason, "logprobs": None}
        return self._chunk([choice])

    def _with_logprobs(self, piece: str, entry: Json) -> Json:
        chunk = self._delta({"content": piece})
        chunk["choices"][0]["logprobs"] = {"content": [entry], "refusal": None}
        return chunk

    def _template(self) -> DeltaTemplate:
        head, _, tail = frame(self._delta({"content": _MARK})).partition(b'"\\u0000"')
        return DeltaTemplate(head, b"", tail)

    def comment(self) -> bytes:
        """Return this endpoint's comment frame."""
        return b": OPENROUTER PROCESSING\n\n"

    def begin(self) -> bytes:
        """Write a comment, because chat streams have no event before the first content."""
        return self.comment()

    def open_message(self) -> bytes:
        """Write a first chunk with only the role, as many providers do."""
        return b"" if self._text else frame(self._delta({}))

    def say(self, pieces: Sequence[str]) -> bytes:
        """Write text deltas."""
        self.tally.said(pieces)
        self._text.append("".join(pieces))
        if self._tops is None:
            return self._content.plain(pieces)
        entries = logprobs(pieces, self._tops)
        self._logprobs += entries
        return b"".join(frame(self._with_logprobs(piece, entry)) for piece, entry in zip(pieces, entries, strict=True))

    def close_message(self, citations: Sequence[Json], status: str) -> bytes:
        """Write the annotations, nested as in chat completions; `status` is ignored, since messages have none here."""
        del status
        if not citations:
            return b""
        nested = [
            {
                "type": citation["type"],
                citation["type"]: {name: value for name, value in citation.items() if name != "type"},
            }
            for citation in citations
        ]
        self._message["annotations"] = nested
        return frame(self._delta({"annotations": nested}))

    def decline(self, move: Decline) -> bytes:
        """Write a refusal."""
        self.tally.said(move.pieces)
        self._message["refusal"] = "".join(move.pieces)
        return b"".join(frame(self._delta({"refusal": piece})) for piece in move.pieces)

    def open_thought(self, *, raw: bool) -> bytes:
        """Store which kind of thinking follows; writes nothing."""
        self._raw = raw
        return b""

    def think(self, pieces: Sequence[str]) -> bytes:
        """Write deltas of thinking, both as `reasoning` text and as `reasoning_details`."""
        self.tally.thought(pieces)
        self._thought.extend(pieces)
        return b"".join(
            frame(self._delta({"reasoning": piece, "reasoning_details": [self._detail(piece)]})) for piece in pieces
        )

    def _detail(self, text: str) -> Json:
        if self._raw:
            return {"type": "reasoning.text", "text": text, "format": "anthropic-claude-v1", "index": 0}
        return {"type": "reasoning.summary", "summary": text, "format": "openai-responses-v1", "index": 0}

    def close_thought(self, *, raw: bool) -> bytes:
        """Write the signature or the encrypted content, in a chunk of its own."""
        text, model = "".join(self._thought), self._facts.model
        whole = self._detail(text)
        if raw:
            last: Json = {**self._detail(""), "signature": signature(model, text)}
            self._details = [{**whole, "signature": last["signature"]}]
        else:
            item_id = minted("rs_tmp")
            last = {"type": "reasoning.encrypted", "data": sealed(model, item_id), "id": item_id}
            last |= {"format": "openai-responses-v1", "index": 0}
            self._details = [whole, last]
        self._message |= {"reasoning": text, "reasoning_details": self._details}
        return frame(self._delta({"reasoning_details": [last]}))

    def call(self, move: Call) -> bytes:
        """Write a tool call: first the name, then the arguments in pieces."""
        call: Json = {"id": minted("call"), "type": "function", "function": {"name": move.name, "arguments": ""}}
        calls: list[Json] = self._message.setdefault("tool_calls", [])
        index = len(calls)
        calls.append({**call, "index": index, "function": {"name": move.name, "arguments": move.arguments}})
        pieces = [move.arguments[i : i + ARGUMENT_PIECE] for i in range(0, len(move.arguments), ARGUMENT_PIECE)]
        self.tally.said(pieces)
        written = frame(self._delta({"content": None, "tool_calls": [{"index": index, **call}]}))
        for piece in pieces:
            part = {"index": index, "function": {"arguments": piece}}
            written += frame(self._delta({"content": None, "tool_calls": [part]}))
        return written

    def native(self, item: Json) -> bytes:
        """Write nothing: chat completions has no form for such calls, and takes no such tools."""
        del item
        return b""

    def picture(self, base64: str) -> bytes:
        """Write a picture as a data URL."""
        self.tally.text += PICTURE_TOKENS
        image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{base64}"}, "index": 0}
        self._message["images"] = [image]
        return frame(self._delta({"images": [image]}))

    def work(self, move: Work) -> Iterator[bytes]:
        """Write nothing: chat completions show no items of tools that upstream runs."""
        del move
        self.tally.text += 1
        return iter(())

    def finish(self, move: Finish) -> bytes:
        """Write the finish chunk, the usage chunk without choices, and `[DONE]`."""
        self.tally.fixed, self.tally.told = move.tokens, move.told
        reason = "tool_calls" if "tool_calls" in self._message else "stop"
        self.tally.finish_reason = _REASONS.get(move.reason or "", reason)
        last: Json = {}
        if move.late_text:
            self.tally.said(move.late_text.split())
            self._text.append(move.late_text)
            last = {"content": move.late_text}
        written = frame(self._delta(last, self.tally.finish_reason))
        return written + frame(self._chunk([], usage=self._usage(), **self.tally.last_fields)) + DONE

    def _usage(self) -> Json:
        return chat_usage(self.tally.tokens, self.tally.cost, self.tally.told.tools_used)

    def fail(self, move: Fail) -> bytes:
        """Write a chunk that contains an error and ends the choice."""
        return self._broken(move.status, move.message, move.error_type, framed=False, more=move.metadata) + DONE

    def break_off(self, move: Break) -> bytes:
        """Write a chunk with an error, or a frame that contains only the error."""
        return self._broken(move.status, move.message, "provider_unavailable", framed=move.shape == "frame")

    def _broken(self, status: int, message: str, error_type: str, *, framed: bool, more: Json | None = None) -> bytes:
        self.tally.finish_reason = "error"
        error: Json = {"code": status, "message": message, "metadata": {"error_type": error_type, **(more or {})}}
        self._error = (status, {"error": error})
        if framed:
            return frame({"error": error, "choices": []})
        return frame({**self._delta({}, "error"), "error": error})

    def hang_up(self, move: HangUp) -> bytes:
        """End the stream without a finish reason."""
        return DONE if move.done else b""

    def result(self) -> tuple[int, Json]:
        """Return HTTP status and body of the same answer for a request that does not stream."""
        if self._error is not None:
            return self._error
        text = "".join(self._text)
        calls = "tool_calls" in self._message
        choice: Json = {
            "index": 0,
            "message": {**self._message, "content": None if calls and not text else text},
            "finish_reason": self.tally.finish_reason,
            "native_finish_reason": self.tally.finish_reason,
            "logprobs": {"content": self._logprobs, "refusal": None} if self._logprobs else None,
        }
        completion = self._chunk([choice], usage=self._usage())
        return 200, completion | {
            "object": "chat.completion",
            "system_fingerprint": None,
            **self.tally.last_fields,
        }
