"""Large files through the whole core: peak memory in multiples of their size, the longest stall, and other streams.

`python -m benchmarks.large_files [KIND ...]` prints the table alone. `... serve` is upstream for the large requests, a
process of its own that returns the digest of the file it got; `... measure KIND UPSTREAM SIMULATOR FOLDER` measures one
kind in a fresh process. Each round runs twice, with the large file and without it, while a stream of words arrives from
the simulator. "Own" stalls leave out what other processes of the machine kept this one from running.
"""

import asyncio
import gc
import json
import subprocess
import sys
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import astuple, dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from threading import Event
from types import SimpleNamespace
from typing import Any

from adapters.openwebui.stored_bytes import PROVIDER, Wanted, read_stored
from benchmarks.report import Broken, Line, absolute, difference, headings, verdict
from benchmarks.rounds import BARE, OURS, Samples, alternating, longest
from domain.request.intake import AttachedFile
from domain.request.turn_request import Person
from domain.services.list_models import Listing
from domain.turn.steps import Ended, Output, ShowImage, ShowText
from entrypoints.core.caller_request import CallerRequest
from entrypoints.core.open_core import Core, open_core
from entrypoints.devhost.upstream import ROOT, SIMULATOR_KEY, running_simulator
from entrypoints.settings import Settings
from entrypoints.settings_rows import Secret
from ports.file_addresses import file_address, file_id_of
from ports.files import FileFacts, NewFile, SavedFile, StoredFile
from tests.doubles.stalls import measured_stalls

PDF, PICTURE, MEBIBYTE = 50_000_000, 20_000_000, 1024 * 1024
ROUNDS = 5
AT_MOST_TIMES, AT_MOST_MS, DRAWN_TIMES = 3.0, 50.0, 3.0
WORDS = "sim/deltas-20000-rate-200"
FILE_ID = "00000000-0000-4000-8000-000000000001"
PIECE = MEBIBYTE
SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Kind:
    """One measurement: what it is called, the model that is asked, and the bytes of its file."""

    title: str
    model: str
    size: int
    times: float = AT_MOST_TIMES


KINDS = {
    "host-file": Kind("PDF of 50 MB, a file of the host", "large/read", PDF),
    "data-url": Kind("PDF of 50 MB, a data URL", "large/read", PDF),
    "other-head": Kind("PDF of 50 MB, a data URL of another type", "large/read", PDF),
    "wrapped": Kind("PDF of 50 MB, base64 in lines", "large/read", PDF),
    "picture": Kind("picture of 20 MB, a data URL", "large/read", PICTURE),
    "chat-file": Kind("PDF of 50 MB, a file of the host, chat completions", "large/read", PDF),
    "drawn-20": Kind("drawn picture, an event of 20 MiB, stored", "large/draw-20", 20 * MEBIBYTE, DRAWN_TIMES),
    "drawn-30": Kind("drawn picture, an event of 30 MiB, stored", "large/draw-30", 30 * MEBIBYTE, DRAWN_TIMES),
}


def measure_large_files(names: Sequence[str] = ()) -> Iterator[Line]:
    """Measure each kind, all of them by default, in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.large_files"]
    with _upstream(command) as upstream, running_simulator() as simulator, TemporaryDirectory() as folder:
        for name in names or KINDS:
            yield from _lines(KINDS[name], _measured([*command, "measure", name, upstream, simulator, folder]))


def _measured(command: list[str]) -> "Samples[Figures]":
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)
    if done.returncode:
        raise Broken(f"{command[-4]}: {(done.stderr.strip() or 'no output').splitlines()[-1]}")
    samples = json.loads(done.stdout.splitlines()[-1])
    return {side: [Figures(*figures) for figures in found] for side, found in samples.items()}


def _lines(kind: Kind, samples: "Samples[Figures]") -> Iterator[Line]:
    ours, bare = samples[OURS], samples[BARE]

    def compared(what: str, figure: Callable[[Figures], float], at_most: float | None = None) -> Line:
        pairs = list(zip(ours, bare, strict=True))
        more = median(figure(one) - figure(other) for one, other in pairs)
        sides = median(map(figure, ours)), median(map(figure, bare))
        return difference(f"{kind.title}: {what}", *sides, "ms", at_most, more=more)

    peak = max(figures.peak for figures in ours)
    yield absolute(f"{kind.title}: peak memory in its size", peak, "x", kind.times)
    yield compared("longest stall, own", lambda figures: figures.own, AT_MOST_MS)
    yield compared("longest stall", lambda figures: figures.stall)
    yield compared("longest gap of another stream", lambda figures: figures.gap, AT_MOST_MS)
    yield compared("nine of ten gaps of it", lambda figures: figures.usual)


# --- upstream ---------------------------------------------------------------------------------------------


@contextmanager
def _upstream(command: list[str]) -> Iterator[str]:
    with subprocess.Popen([*command, "serve"], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield str(process.stdout and process.stdout.readline()).strip()
        finally:
            process.terminate()


async def _serve() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = next((int(line.split(":")[1]) for line in head.split("\r\n") if line.startswith("content-le")), 0)
            body = await reader.readexactly(length)
        except asyncio.IncompleteReadError:  # a connection that is closed without a request
            writer.close()
            return
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        for event in _chunks(body) if "/chat/completions" in head else _events(body):
            writer.write(b"data: " + json.dumps(event).encode() + b"\n\n")
            await writer.drain()
        writer.write(b"data: [DONE]\n\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, limit=MEBIBYTE)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api/v1", flush=True)
    await server.serve_forever()


def _events(body: bytes) -> Iterator[dict[str, Any]]:
    drawn = body.find(b"large/draw-")
    if drawn >= 0:
        size = int(body[drawn + 11 : drawn + 13]) * MEBIBYTE
        item = {"type": "image_generation_call", "id": "i_1", "status": "completed", "result": _drawn(size)}
        yield {"type": "response.output_item.done", "output_index": 0, "item": item}
    else:
        said = {"output_index": 0, "item_id": "i_1", "content_index": 0, "delta": _digest_in(body)}
        yield {"type": "response.output_text.delta", **said}
    usage = {"input_tokens": 1, "output_tokens": 1}
    yield {
        "type": "response.completed",
        "response": {"id": "gen-1", "status": "completed", "output": [], "usage": usage},
    }


def _chunks(body: bytes) -> Iterator[dict[str, Any]]:
    delta = {"role": "assistant", "content": _digest_in(body)}
    yield {"id": "gen-1", "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    usage = {"prompt_tokens": 1, "completion_tokens": 1}
    yield {"id": "gen-1", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": usage}


def _digest_in(body: bytes) -> str:
    """Return the digest of the file in a request; "none" if there is none."""
    start = body.find(b";base64,") + len(b";base64,")
    if start < len(b";base64,"):
        return "none"
    return sha256(b64decode(body[start : body.find(b'"', start)], validate=True)).hexdigest()


def _drawn(size: int) -> str:
    """Return base64 that begins as a PNG does; nothing else of it is a picture."""
    head = "iVBORw0KGgo"
    return head + "A" * ((size - 64) // 4 * 4 - len(head))


# --- the files --------------------------------------------------------------------------------------------


class DiskFiles:
    """The host's files in a folder: read with the adapter's code for the host's storage, in a thread."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.saved = folder, 0
        sys.modules[PROVIDER] = SimpleNamespace(  # type: ignore[assignment]
            Storage=SimpleNamespace(get_file=lambda path: path), UPLOAD_DIR=str(folder)
        )

    def id_of(self, address: str) -> str:
        """Return the id of a file in the folder."""
        return file_id_of(address, ())

    async def ceiling(self) -> int | None:
        """Return None: no limit."""
        return None

    async def facts(self, file_id: str) -> FileFacts:
        """Return the facts of a file."""
        return FileFacts(file_id, "report.pdf", "application/pdf", (self._folder / file_id).stat().st_size)

    async def read(self, file_id: str, limit: int) -> StoredFile:
        """Return a file."""
        facts = await self.facts(file_id)
        wanted = Wanted(str(self._folder / file_id), facts.size, limit, PIECE)
        return StoredFile(facts, await asyncio.to_thread(read_stored, wanted, Event()))

    async def save(self, file: NewFile) -> SavedFile:
        """Write a file."""
        self.saved += 1
        await asyncio.to_thread((self._folder / "saved").write_bytes, file.content)
        return SavedFile(FILE_ID, file_address(FILE_ID))


def _content(name: str, size: int) -> bytes:
    draw = Random(size)
    if name == "picture":
        head, end = b"\x89PNG\r\n\x1a\n", b"\0\0\0\0IEND\xaeB`\x82"
    else:
        head, end = b"%PDF-1.7\n", b"\n%%EOF\n"
    block = draw.randbytes(MEBIBYTE)
    body = block * (size // MEBIBYTE + 1)
    return head + body[: size - len(head) - len(end)] + end


def _asked(name: str, kind: Kind, folder: Path) -> tuple[CallerRequest, str]:
    """Return the request, and the digest of its file; what a caller sends is made here and not measured."""
    question: dict[str, Any] = {"type": "text", "text": "What is this?"}
    asked = CallerRequest(kind.model, person=Person("ann", chat_id="c1", message_id="m1"), opens_files=True)
    if kind.model != "large/read":
        return replace(asked, messages=({"role": "user", "content": [question]},)), ""
    content = _content(name, kind.size)
    digest = sha256(content).hexdigest()
    if name in ("host-file", "chat-file"):
        (folder / FILE_ID).write_bytes(content)
        attached = (AttachedFile(FILE_ID, "report.pdf", "application/pdf"),)
        return replace(asked, messages=({"role": "user", "content": "What is this?"},), attached=attached), digest
    text = b64encode(content).decode()
    if name == "wrapped":
        text = "\n".join(text[at : at + 76 * 1000] for at in range(0, len(text), 76 * 1000))
    if name == "picture":
        part: dict[str, Any] = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{text}"}}
    else:
        kept = "application/pdf" if name == "data-url" else "application/octet-stream"
        file = {"filename": "report.pdf", "file_data": f"data:{kept};base64,{text}"}
        part = {"type": "file", "file": file}
    return replace(asked, messages=({"role": "user", "content": [question, part]},)), digest


# --- measuring --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Figures:
    """One round: the peak in multiples of the file's size; the rest in ms."""

    peak: float
    stall: float
    own: float
    gap: float
    usual: float


@dataclass(slots=True)
class _Words:
    """A stream of words beside: when each piece came, and how long after the one before."""

    gaps: list[tuple[float, float]] = field(default_factory=list)
    flows: asyncio.Event = field(default_factory=asyncio.Event)


async def _measure(name: str, upstream: str, simulator: str, folder: Path) -> dict[str, list[tuple[float, ...]]]:
    kind = KINDS[name]
    chat: dict[str, Any] = {"default_llm_endpoint": "chat_completions"} if name == "chat-file" else {}
    settings = Settings(api_key=Secret(SIMULATOR_KEY), base_url=upstream, base64_max_size_mb=64, **chat)
    beside = Settings(api_key=Secret(SIMULATOR_KEY), base_url=simulator)
    asked, digest = _asked(name, kind, folder)
    files, took = DiskFiles(folder), 1.0

    async with open_core(settings) as core:

        async def one(side: str) -> Figures:
            nonlocal took
            gc.collect()
            async with _streaming_words(core, beside) as words, _memory() as seen:
                began, before = time.perf_counter(), _own_memory()
                async with measured_stalls() as stalls:
                    if side == OURS:
                        outputs = core.turn(asked, settings, Listing(), files=files)(None)
                        _check(kind, digest, [_short(output) async for output in outputs])
                    else:
                        await asyncio.sleep(took)
                ended = time.perf_counter()
                took = ended - began if side == OURS else took
                gaps = sorted(length for end, length in words.gaps if began <= end)
                usual = gaps[len(gaps) * 9 // 10] if gaps else 0.0
                gap = longest(words.gaps, began, ended)
                figures = (stalls.longest, stalls.own, gap, usual)
                return Figures((max(seen) - before) / kind.size, *(1000 * figure for figure in figures))

        await one(BARE)  # loads and connects everything
        samples = await alternating(ROUNDS, one)
    return {side: [astuple(figures) for figures in found] for side, found in samples.items()}


def _short(output: Output) -> Output:
    """Return an output without what it holds of a picture: a reader passes it on."""
    return replace(output, url=output.url[:64]) if isinstance(output, ShowImage) else output


def _check(kind: Kind, digest: str, outputs: list[Output]) -> None:
    """Raise Broken unless upstream got the file, or the reader a stored picture."""
    ended = next((output.end for output in outputs if isinstance(output, Ended)), None)
    if ended is None or ended.fault is not None:
        raise Broken(f"{kind.title}: {ended.fault if ended else 'no end'}")
    said = "".join(output.text for output in outputs if isinstance(output, ShowText))
    drawn = [output.url for output in outputs if isinstance(output, ShowImage)]
    if said != digest or (not digest and drawn != [file_address(FILE_ID)]):
        raise Broken(f"{kind.title}: {said or drawn} arrived")


@asynccontextmanager
async def _streaming_words(core: Core, settings: Settings) -> AsyncIterator[_Words]:
    """Read another stream while the body runs."""
    words = _Words()
    question = ({"role": "user", "content": "hi"},)
    asked = CallerRequest(WORDS, question, person=Person("ben", chat_id="c2", message_id="m2"))

    async def read() -> None:
        last = time.perf_counter()
        async for output in core.turn(asked, settings, Listing())(None):
            if isinstance(output, Ended):
                return
            now = time.perf_counter()
            words.gaps.append((now, now - last))
            last = now
            if len(words.gaps) == 20:
                words.flows.set()

    reading = asyncio.create_task(read())
    try:
        async with asyncio.timeout(30):
            await words.flows.wait()
        yield words
        if reading.done():
            raise Broken("the words ended too early")
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await core.drained()


@asynccontextmanager
async def _memory() -> AsyncIterator[list[int]]:
    """Note the memory of the process all the time."""
    seen, over = [0], threading.Event()

    def watch() -> None:
        while not over.wait(0.002):
            seen.append(_own_memory())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def _own_memory() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon:")) * 1024


def _main() -> None:
    if all(name in KINDS for name in sys.argv[1:]):
        print(headings())
        lines = []
        for line in measure_large_files(sys.argv[1:]):
            print(line.text(), flush=True)
            lines.append(line)
        print(verdict(lines))
    elif sys.argv[1] == "serve":
        asyncio.run(_serve())
    else:
        name, upstream, simulator, folder = sys.argv[2:]
        print(json.dumps(asyncio.run(_measure(name, upstream, simulator, Path(folder)))))


if __name__ == "__main__":
    _main()
