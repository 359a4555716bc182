"""The core as a process without any host uses it: opens it, lists models, answers turns, prints what it got as JSON.

Run as a module with upstream's URL and a database file, or "" for memory. Any import of a module with Open WebUI in
its name fails.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

MODEL, QUESTION, FURTHER = "sim/thinking", "Why is the sky blue?", "And at night?"


class NoHost(MetaPathFinder):
    """Refuses to import anything of Open WebUI."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if "openwebui" in fullname.lower() or "open_webui" in fullname.lower():
            raise AssertionError(f"the core imports {fullname}")
        return None


async def answers(url: str, file: str) -> dict[str, Any]:
    """Ask, then ask again with the first answer in the history, as a client of the API does."""
    from domain.request.turn_request import Person
    from entrypoints.core.caller_request import CallerHistory, CallerRequest
    from entrypoints.core.open_core import open_core
    from entrypoints.core.storage_location import IN_MEMORY, sqlite_location
    from entrypoints.openai.chunks import ChunkPresenter
    from entrypoints.openai.completion import collect, completion
    from entrypoints.openai.completions_body import CompletionsBody, read_completions_body
    from entrypoints.openai.frames import ChunkHead
    from entrypoints.settings import Settings
    from entrypoints.settings_rows import Secret

    settings = Settings(api_key=Secret("sk-or-v1-simulator"), base_url=url)
    head = ChunkHead("chatcmpl-1", MODEL, 1)

    def asked(*messages: dict[str, Any]) -> CallerRequest:
        body = read_completions_body({"model": MODEL, "messages": [*messages], "stream": "false"})
        assert isinstance(body, CompletionsBody)
        return CallerRequest(
            body.model, tuple(body.messages), body.parameters(), person=Person("ann"), history=CallerHistory("gateway")
        )

    async with open_core(settings, sqlite_location(Path(file)) if file else IN_MEMORY) as core:
        listing = await core.models.offered(settings)
        known = await core.models.listing(settings)
        question = {"role": "user", "content": QUESTION}
        first = completion(head, await collect(core.turn(asked(question), settings, known)(None)))
        await core.drained()
        answer = {"role": "assistant", "content": first["choices"][0]["message"]["content"]}
        presenter, chunks = ChunkPresenter(head, own_done=True), []
        further = asked(question, answer, {"role": "user", "content": FURTHER})
        async for output in core.turn(further, settings, known)(None):
            chunks += [frame.payload for frame in presenter.present(output)]
    return {"listing": type(listing).__name__, "models": len(known.models), "first": first, "chunks": chunks}


if __name__ == "__main__":
    sys.meta_path.insert(0, NoHost())
    told = asyncio.run(answers(*sys.argv[1:]))
    assert not [name for name in sys.modules if "openwebui" in name or "open_webui" in name]
    assert "redis" not in sys.modules  # nobody asked for it
    print(json.dumps(told))
