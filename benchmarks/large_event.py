"""One very large event: its peak memory in multiples of its size, and the longest stall of the loop.

`python -m benchmarks.large_event serve MIB` is upstream; `... KIND ADDRESS MIB` measures, in a process of its own, the
whole pipe as an API client uses it, without a host.
"""

import asyncio
import gc
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.report import Broken, Line, absolute
from entrypoints.devhost.upstream import ROOT
from entrypoints.openwebui.pipe import Pipe
from ports.pictures import LONGEST_PICTURE

MIB = 30
KINDS = ("text", "emoji", "whole text", "picture", "arguments")
AT_MOST_TIMES, AT_MOST_MS = 5.0, 50.0
MEBIBYTE = 1024 * 1024
PLACE = {"output_index": 0, "item_id": "i_1", "content_index": 0}


def measure_large_event() -> Iterator[Line]:
    """Measure each kind of event in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.large_event"]
    with subprocess.Popen([*command, "serve", str(MIB)], cwd=ROOT, stdout=subprocess.PIPE, text=True) as upstream:
        try:
            address = str(upstream.stdout and upstream.stdout.readline()).strip()
            for kind in KINDS:
                done = subprocess.run(
                    [*command, kind, address, str(MIB)],
                    cwd=ROOT,
                    capture_output=True,
                    text=True,
                    timeout=120,
                    check=False,
                )
                if done.returncode:
                    raise Broken(f"{kind} of {MIB} MiB: {(done.stderr.strip() or 'no output').splitlines()[-1]}")
                what = f"one event of {_sent(kind, MIB * MEBIBYTE) // MEBIBYTE} MiB, {kind}"
                peak, stall = json.loads(done.stdout.splitlines()[-1])
                yield absolute(f"{what}: peak in its own size", peak, "x", AT_MOST_TIMES)
                yield absolute(f"{what}: longest stall, own", stall, "ms", AT_MOST_MS)
        finally:
            upstream.terminate()


# --- upstream ---------------------------------------------------------------------------------------------


def _events(kind: str, size: int) -> list[dict[str, Any]]:
    text = ("word " * (size // 5 + 1))[:size]
    delta = {"type": "response.output_text.delta", **PLACE, "delta": "a"}
    call = {"type": "function_call", "id": "i_1", "call_id": "c_1", "name": "t", "status": "completed"}
    message = {"type": "message", "id": "i_1", "role": "assistant", "status": "completed"}
    image = {"type": "image_generation_call", "id": "i_1", "status": "completed"}
    large = {
        "text": {**delta, "delta": text},
        "emoji": {**delta, "delta": text[: size - 4] + "\U0001f600"},
        "whole text": {**PLACE, "type": "response.output_item.done", "item": {**message, "content": [_said(text)]}},
        "picture": {**PLACE, "type": "response.output_item.done", "item": {**image, "result": _picture(size)}},
        "arguments": {**PLACE, "type": "response.output_item.done", "item": {**call, "arguments": _quoted(text)}},
    }[kind]
    ended = {"id": "gen-1", "status": "completed", "output": [], "usage": {"input_tokens": 1, "output_tokens": 1}}
    return [large, {"type": "response.completed", "response": ended}]


def _said(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": []}


def _picture(size: int) -> str:
    """Return base64 that begins as a PNG does; nothing else of it is a picture."""
    head = "iVBORw0KGgo"
    return head + "A" * (_sent("picture", size) - len(head))


def _sent(kind: str, size: int) -> int:
    """Return the characters of an event: a picture may have fewer than other texts, as a data URL."""
    return min(size, LONGEST_PICTURE - 64) // 4 * 4 if kind == "picture" else size


def _quoted(text: str) -> str:
    return json.dumps({"text": text})


async def _serve(size: int) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(
            (int(line.split(":")[1]) for line in head.split("\r\n") if line.lower().startswith("content-le")), 0
        )
        asked = json.loads(await reader.readexactly(length)) if length else {}
        kind = str(asked.get("model", "")).removeprefix("large/").replace("-", " ")
        if kind not in KINDS:
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
            for event in _events(kind, size):
                writer.write(b"data: " + json.dumps(event, ensure_ascii=False).encode() + b"\n\n")
                await writer.drain()
            writer.write(b"data: [DONE]\n\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api/v1", flush=True)
    await server.serve_forever()


# --- the pipe ---------------------------------------------------------------------------------------------


async def _measured(kind: str, address: str, size: int) -> tuple[float, float]:
    pipe: Any = Pipe()
    pipe.valves.BASE_URL, pipe.valves.API_KEY = address, "sk-or-v1-nobody"
    async for _ in await _asked(pipe, "nothing"):
        pass  # a first request loads and connects everything
    gc.collect()
    before, gaps, seen = _own_memory(), [0.0], [0]
    over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(seen, over), daemon=True)
    ticker = asyncio.create_task(_tick(gaps))
    watcher.start()
    length, size = 0, _sent(kind, size)
    async for chunk in await _asked(pipe, kind.replace(" ", "-")):
        length += len(chunk)  # a line of the stream: most of it are the characters that arrived
    del chunk
    await asyncio.sleep(0.3)
    ticker.cancel()
    over.set()
    watcher.join()
    if length < size - 4:  # the emoji is one character of four bytes
        raise Broken(f"{length} of {size} characters arrived")
    return (max(seen) - before) / size, max(gaps) * 1000


async def _asked(pipe: Any, kind: str) -> Any:
    body = {"model": f"any.large/{kind}", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
    return await pipe.pipe(body, __user__={"id": "u", "role": "user"})


async def _tick(gaps: list[float]) -> None:
    """Note the gaps, without what other processes of the machine kept this one from running."""
    last, busy_before = time.perf_counter(), time.process_time()
    while True:
        await asyncio.sleep(0.001)
        now, busy = time.perf_counter(), time.process_time()
        gaps.append(min(now - last, busy - busy_before))
        last, busy_before = now, busy


def _watch(seen: list[int], over: threading.Event) -> None:
    while not over.wait(0.001):
        seen.append(_own_memory())


def _own_memory() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon:")) * 1024


def _main() -> None:
    if sys.argv[1] == "serve":
        asyncio.run(_serve(int(sys.argv[2]) * MEBIBYTE))
        return
    kind, address, mib = sys.argv[1:]
    print(json.dumps(asyncio.run(_measured(kind, address, int(mib) * MEBIBYTE))))


if __name__ == "__main__":
    _main()
