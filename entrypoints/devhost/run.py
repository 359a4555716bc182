"""Start the newest Open WebUI with the function installed: `python -m entrypoints.devhost.run [BUNDLE]`.

Environment variables: PORT (default 8080), DATA (a folder, default `.run/data`), OPENROUTER_API_KEY. CHECK=1 sends one
message over HTTP and one as the browser does, prints both answers and exits.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.browser import BrowserSession
from entrypoints.devhost.chat import stream_chat
from entrypoints.devhost.environments import SUPPORTED_HOSTS
from entrypoints.devhost.failures import DevhostError
from entrypoints.devhost.progress import say
from entrypoints.devhost.run_options import RunOptions, read_options
from entrypoints.devhost.server import HostServer
from entrypoints.devhost.upstream import ROOT, Upstream, chosen_upstream

FUNCTION_ID = "openrouter"
BUNDLE = ROOT / "dist" / "openrouter_pipe.py"
PREFERRED = ("sim/echo", "openai/gpt-4o-mini", "google/gemini-2.5-flash-lite")
QUESTION = "Say in one short sentence that everything works."
MODEL_SECONDS = 60.0


def run(options: RunOptions) -> None:
    """Start the host; return after a check, or else when the host ends or Ctrl-C is pressed."""
    source = _read_bundle(options.bundle)
    with chosen_upstream() as upstream:
        settings = {"BYPASS_MODEL_ACCESS_CONTROL": "true", **upstream.environment}
        server = HostServer(
            SUPPORTED_HOSTS[0], folder=options.folder, port=options.port, login=False, settings=settings
        )
        with server:
            asyncio.run(_prepare(server.url, source, upstream, check=options.check))
            if not options.check:
                say(f"\n  Open WebUI with {upstream.name}: {server.url}\n  Ctrl-C stops it.\n")
                _wait(server)


def main() -> int:
    """Run and return the exit status: 0, or 1 after printing one line that names the failure."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts background jobs with SIGINT ignored
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        run(read_options(sys.argv[1:], os.environ))
    except DevhostError as error:
        print(f"✗ {error}", file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        say("· stopped")
    return 0


async def _prepare(url: str, source: str, upstream: Upstream, *, check: bool) -> None:
    async with HostAdmin(url) as admin:
        await admin.sign_in()
        say("· installing the function")
        await admin.install_function(FUNCTION_ID, source, name="OpenRouter")
        await admin.change_valves(FUNCTION_ID, upstream.valves)
        say("· waiting for the model list")
        await admin.wait_for_model(_is_real, seconds=MODEL_SECONDS)
        models = [model_id for model_id in await admin.model_ids() if _is_real(model_id)]
        say(f"· {len(models)} models are ready")
        if check:
            await _check(admin, _preferred(models))


async def _check(admin: HostAdmin, model: str) -> None:
    reply = await stream_chat(admin, model, QUESTION)
    if reply.errors or not reply.text.strip():
        raise DevhostError(f"the answer over HTTP failed: {reply.errors[0] if reply.errors else 'it is empty'}")
    say(f"✓ {model} over HTTP: {reply.text.strip()}")
    async with BrowserSession(admin) as page:
        turn = await page.send(QUESTION, model=model)
    if turn.shown.error or not turn.stored_text:
        raise DevhostError(f"the answer in the browser failed: {turn.shown.error or 'it is empty'}")
    say(f"✓ {model} as the browser does: {turn.stored_text}")


def _read_bundle(given: Path | None) -> str:
    if given is None:
        say("· building the bundle")
        command = [sys.executable, "-m", "entrypoints.openwebui.bundle", "--output", str(BUNDLE)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise DevhostError(f"the bundle cannot be built: {_last_line(done.stderr)}")
    path = given or BUNDLE
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise DevhostError(f"cannot read {path}: {error.strerror}") from error


def _is_real(model_id: str) -> bool:
    """Return whether a list entry is a model, not the entry shown while there are none: only models have an author."""
    return model_id.startswith(f"{FUNCTION_ID}.") and "/" in model_id


def _preferred(models: Sequence[str]) -> str:
    wanted = (f"{FUNCTION_ID}.{slug}" for slug in PREFERRED)
    return next((model for model in wanted if model in models), models[0])


def _wait(server: HostServer) -> None:
    while server.is_running():
        time.sleep(0.5)
    raise DevhostError(f"Open WebUI ended by itself: {_last_line(server.log_text())}")


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it printed nothing"


def _interrupt(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise KeyboardInterrupt


if __name__ == "__main__":
    raise SystemExit(main())
