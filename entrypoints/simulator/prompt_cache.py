"""The prompt cache of a provider: how many tokens of a request it has seen before, at the beginning, and what it keeps.

Most providers keep every beginning in blocks of 128 tokens, from 1024 tokens on. Claude keeps only what ends at a mark,
of which it takes the last four; a request finds what was kept at most twenty content blocks before one of its marks,
and system messages are read before all others, wherever they stand (openrouter_api 8).
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson

from entrypoints.simulator.payload import Json

FEWEST_TOKENS, BLOCK_TOKENS = 1024, 128
MOST_MARKS, LOOK_BACK = 4, 20
BYTES_PER_TOKEN = 4
MOST_KEPT = 200_000
MARKS = frozenset({"prompt_cache_breakpoint", "cache_control"})


@dataclass(frozen=True, slots=True)
class Seen:
    """The share of a prompt that came from the cache, and the share that was newly kept at a price."""

    read: float = 0.0
    written: float = 0.0


UNSEEN = Seen()


@dataclass(frozen=True, slots=True)
class Block:
    """One content block without its mark."""

    text: bytes
    marked: bool


class PromptCache:
    """What providers keep of the newest requests; `whose` separates models and accounts."""

    def __init__(self) -> None:
        self._kept: OrderedDict[bytes, None] = OrderedDict()

    def look_up(self, whose: str, body: Json, *, marks_only: bool) -> Seen:
        """Return what was seen before of a request, and keep it. `marks_only`: the provider caches as Claude does."""
        blocks = list(blocks_of(body, system_first=marks_only))
        total = sum(len(block.text) for block in blocks)
        seen = self._marked(whose, blocks) if marks_only else self._automatic(whose, blocks)
        return Seen(*(part / total for part in seen)) if total else UNSEEN

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()

    def _automatic(self, whose: str, blocks: list[Block]) -> tuple[int, int]:
        text, size, longest = b"".join(block.text for block in blocks), BLOCK_TOKENS * BYTES_PER_TOKEN, 0
        digest = blake2b(whose.encode(), digest_size=16)
        for start in range(0, len(text) - size + 1, size):
            digest.update(text[start : start + size])
            end = start + size
            if self._keep(digest.digest()) and longest == start:
                longest = end
        return (longest if longest >= FEWEST_TOKENS * BYTES_PER_TOKEN else 0), 0

    def _marked(self, whose: str, blocks: list[Block]) -> tuple[int, int]:
        digest, lengths, names, total = blake2b(whose.encode(), digest_size=16), list[int](), list[bytes](), 0
        for block in blocks:
            digest.update(block.text)
            total += len(block.text)
            lengths.append(total)
            names.append(digest.digest())
        marked = [at for at, block in enumerate(blocks) if block.marked][-MOST_MARKS:]
        within = {at for mark in marked for at in range(max(0, mark - LOOK_BACK), mark + 1)}
        found = max((lengths[at] for at in within if names[at] in self._kept), default=0)
        worth = [at for at in marked if lengths[at] >= FEWEST_TOKENS * BYTES_PER_TOKEN]
        for at in worth:
            self._keep(names[at])
        return found, max([lengths[at] - found for at in worth], default=0)

    def _keep(self, name: bytes) -> bool:
        """Keep a beginning; return whether it was kept already."""
        known = name in self._kept
        self._kept[name] = None
        self._kept.move_to_end(name)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return known


def blocks_of(body: Json, *, system_first: bool) -> Iterator[Block]:
    """Iterate over the content blocks of a request of either endpoint: tools, instructions, then the history."""
    for tool in body.get("tools") or ():
        yield _block("tool", tool)
    if body.get("instructions"):
        yield _block("system", body["instructions"])
    given: Any = body.get("input", body.get("messages") or [])
    items: list[Json] = [{"role": "user", "content": given}] if isinstance(given, str) else given
    if system_first:
        items = sorted(items, key=lambda item: item.get("role") not in {"system", "developer"})
    blocks = [block for item in items for block in _of_item(item)]
    if blocks and body.get("cache_control"):
        blocks[-1] = Block(blocks[-1].text, marked=True)
    yield from blocks


def _of_item(item: Json) -> Iterator[Block]:
    content, role = item.get("content"), str(item.get("role") or item.get("type"))
    parts = content if isinstance(content, list) and "role" in item else ()
    for part in parts:
        yield _block(role, part)
    rest = {key: value for key, value in item.items() if not (parts and key == "content")}
    if not parts or rest.keys() - {"role", "type", "id", "status"}:
        yield _block(role, rest)


def _block(role: str, value: object) -> Block:
    bare, marked = value, False
    if isinstance(value, dict):
        bare = {key: part for key, part in value.items() if key not in MARKS}
        marked = len(bare) != len(value)
    return Block(role.encode() + orjson.dumps(bare), marked)
