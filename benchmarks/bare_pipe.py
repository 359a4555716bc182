"""
title: Bare pipe
version: 1.0
description: The minimum a competent developer writes by hand; the real function is measured against it.
"""

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
from pydantic import BaseModel, Field


class Pipe:
    class Valves(BaseModel):
        BASE_URL: str = Field(default="https://openrouter.ai/api/v1")
        API_KEY: str = Field(default="")
        MODELS: str = Field(default="openai/gpt-4o-mini", description="Model slugs, separated by commas")

    def __init__(self) -> None:
        self.valves = self.Valves()
        self.session: aiohttp.ClientSession | None = None

    def pipes(self) -> list[dict[str, str]]:
        slugs = [slug.strip() for slug in self.valves.MODELS.split(",")]
        return [{"id": slug, "name": slug} for slug in slugs if slug]

    async def pipe(self, body: dict[str, Any]) -> Any:
        request = {
            "model": body["model"].split(".", 1)[1],
            "stream": bool(body.get("stream")),
            "input": [
                {"type": "message", "role": message["role"], "content": message["content"]}
                for message in body["messages"]
            ],
        }
        if body.get("tools"):  # the host's own tools, some thirty in every chat of its page
            request["tools"] = [{"type": "function", **tool["function"]} for tool in body["tools"]]
        if request["stream"]:
            return self.stream(request)
        async with self.post(request) as response:
            answer = await response.json()
        text = "".join(
            part.get("text", "")
            for item in answer.get("output", [])
            if item["type"] == "message"
            for part in item["content"]
        )
        message = {"role": "assistant", "content": text}
        return {
            "id": answer.get("id"),
            "object": "chat.completion",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        }

    async def stream(self, request: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        async with self.post(request) as response:
            async for line in response.content:
                line = line.strip()
                if not line.startswith(b"data: ") or line == b"data: [DONE]":
                    continue
                event = json.loads(line[6:])
                if event.get("type") == "response.output_text.delta":
                    yield self.chunk({"content": event["delta"]}, None)
        yield self.chunk({}, "stop")

    def post(self, request: dict[str, Any]) -> Any:
        if self.session is None:
            self.session = aiohttp.ClientSession()
        headers = {"Authorization": f"Bearer {self.valves.API_KEY}"}
        return self.session.post(f"{self.valves.BASE_URL}/responses", json=request, headers=headers)

    def chunk(self, delta: dict[str, Any], finish_reason: str | None) -> dict[str, Any]:
        return {
            "object": "chat.completion.chunk",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}],
        }
