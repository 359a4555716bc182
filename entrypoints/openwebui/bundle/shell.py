"""What the pipe does before the service exists: hold stored settings, load the code, say why it cannot.

Standard library and pydantic only. In the single file this text stands in the shell itself.
"""

import asyncio
import importlib
import json
import logging
import os
import re
import secrets
import sys
import threading
import time
import traceback
import weakref
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from pydantic import JsonValue, TypeAdapter, ValidationError

# <what the shell needs: imported here, written out in the single file>
from entrypoints.openwebui.bundle.forms import host_version

# </what the shell needs>

_LOG = logging.getLogger("openrouter_pipe")
_REQUIRED = {"dependency_injector": "dependency-injector", "structlog": "structlog"}  # module: package
_LOADER = "EmbeddedModules"  # the class of what each load in use has in sys.meta_path
_LONGEST_REASON, _SHORTEST_SECRET = 200, 8  # characters
_RETRY_SECONDS = 10.0  # how long a failed load is remembered before the next call tries again


class Service(Protocol):
    """What the shell needs from the code behind it."""

    async def pipes(self, valves: object) -> list[dict[str, str]]: ...

    async def pipe(self, call: dict[str, object]) -> object: ...


# <the code behind the shell: imported here, carried in the single file>
def service_class() -> Callable[[str, Callable[[], None]], Service]:
    """Import the service. Slow: never called on the event loop."""
    from entrypoints.openwebui.service import PipeService

    return PipeService


def forget_code() -> None:
    """Let go of the code that nobody has used, or that nobody uses any more."""


def redactor() -> Callable[[str], str]:
    """Import what masks the secrets of the environment. Raises what a damaged file raises."""
    from domain.redaction.known import known, secrets_in_environment

    return known(secrets_in_environment(os.environ)).mask


# </the code behind the shell>


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the service cannot be had, for people to read; the id is also in the log."""

    sentence: str
    error_id: str


class Core:
    """The service of one pipe: loaded at the first call, once, in a thread of its own, whoever waits for it.

    Where a function in use was saved again, loading begins at once: the next chat is not far.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loading: Future[Service | Failure] | None = None
        self._service: Service | None = None
        self._retry_at = 0.0
        self._forgetting: weakref.finalize[[], Core] | None = None
        if _saved_again():
            with suppress(RuntimeError):  # no more threads: the first call tries again
                self._begun()
            self._forgetting = weakref.finalize(self, forget_code)  # replaced before anybody called
            self._forgetting.atexit = False

    async def service(self) -> Service | Failure:
        """Return the service, at once when it is loaded; a failure holds for a few seconds, then a call tries again."""
        if self._forgetting is not None:
            self._forgetting.detach()  # from here on the service itself lets go of its code
            self._forgetting = None
        if self._service is not None:
            return self._service
        return await asyncio.wrap_future(self._begun())

    def _begun(self) -> Future[Service | Failure]:
        with self._lock:
            failed = self._loading is not None and self._loading.done() and self._service is None
            if self._loading is None or (failed and time.monotonic() >= self._retry_at):
                loading: Future[Service | Failure] = Future()
                loading.set_running_or_notify_cancel()  # from here on no waiter can cancel it for the others
                threading.Thread(target=self._load, args=(loading,), name="openrouter-pipe-load", daemon=True).start()
                self._loading = loading
            return self._loading

    def _load(self, loading: Future[Service | Failure]) -> None:
        error_id = secrets.token_hex(8)
        outcome: Service | Failure = Failure("OpenRouter cannot start: its code failed to load.", error_id)
        try:
            outcome = _loaded_service(error_id)
        except BaseException as error:  # noqa: BLE001 - a thread's edge: waiting callers must get the error, whatever it is
            reason, trace = _masked(error)
            _LOG.error("[%s] the code of the pipe failed to load\n%s", error_id, trace)
            outcome = Failure(f"OpenRouter cannot start: its code failed to load ({reason}).", error_id)
        finally:
            if isinstance(outcome, Failure):
                self._retry_at = time.monotonic() + _RETRY_SECONDS
            else:
                self._service = outcome
            loading.set_result(outcome)


def _masked(error: BaseException) -> tuple[str, str]:
    """Return an error as one line for people and as a traceback for the log, both without secrets."""
    try:
        mask = redactor()
    except Exception:  # noqa: BLE001 - the code that masks may be what failed to load
        mask = _without_environment
    reason = mask(f"{type(error).__name__}: {error}")
    return reason[:_LONGEST_REASON], mask("".join(traceback.format_exception(error)))


def _without_environment(text: str) -> str:
    """Mask every value of the environment and the user of every URL: for want of the code that knows better."""
    for value in sorted(os.environ.values(), key=len, reverse=True):
        if len(value) >= _SHORTEST_SECRET:
            text = text.replace(value, "\u2026")
    return re.sub(r"//[^/\s@]*:\S*@", "//\u2026@", text)


def _saved_again() -> bool:
    """Return whether code of a pipe is in use in this process, in a host that uses what it made for a save.

    Hosts before 0.12 run the file once for the save and again for the next request.
    """
    return host_version() >= (0, 12) and any(type(one).__name__ == _LOADER for one in sys.meta_path)


def _loaded_service(error_id: str) -> Service | Failure:
    missing = _missing_packages()
    if not missing:
        return service_class()(_function_hint(__name__), forget_code)
    sentence = _missing_sentence(missing)
    _LOG.error("[%s] %s", error_id, sentence)
    return Failure(sentence, error_id)


def _missing_packages() -> list[str]:
    importlib.invalidate_caches()  # a package may have been installed since the last try
    missing = []
    for module, package in _REQUIRED.items():
        try:
            importlib.import_module(module)
        except ImportError:
            missing.append(package)
    return missing


def _missing_sentence(packages: list[str]) -> str:
    noun, verb = ("package", "is") if len(packages) == 1 else ("packages", "are")
    return (
        f"OpenRouter cannot start: the Python {noun} {' and '.join(packages)} {verb} missing. "
        f'Run "pip install {" ".join(packages)}" in the environment of Open WebUI.'
    )


def _function_hint(module_name: str) -> str:
    """Guess the function's id before the first call tells it, "" if there is no telling; it may be wrong."""
    match = re.fullmatch(r"function_(.+?)(?:_[0-9a-f]{32})?", module_name)
    return match[1] if match else ""


def unexpected(error: Exception) -> Failure:
    """Log an error nobody caught, without its text, which may quote what was sent; return what may be shown."""
    error_id, name = secrets.token_hex(8), type(error).__name__
    _LOG.error("[%s] unexpected %s\n%s", error_id, name, "".join(traceback.format_tb(error.__traceback__)))
    return Failure(f"OpenRouter met an unexpected error of its own ({name}).", error_id)


_FLAG: TypeAdapter[bool] = TypeAdapter(bool)


def wants_stream(body: Mapping[str, object]) -> bool:
    """Return whether a request asks for a stream; the code behind the shell reads flags the same way."""
    try:
        return _FLAG.validate_python(body.get("stream"))
    except ValidationError:
        return False


def refused(failure: Failure, *, stream: bool, task: bool) -> object:
    """Return what tells the caller, in the form of an OpenAI error, why there is no answer.

    Streams get one chunk and their end. Others get status 503 where the host lets one through; background tasks a plain
    object. Without the host's web framework there is only the object, or its events.
    """
    message = f"{failure.sentence} (error {failure.error_id})"
    error: dict[str, JsonValue] = {
        "error": {"message": message, "type": "service_unavailable", "param": None, "code": 503}
    }
    try:
        responses = importlib.import_module("starlette.responses")
    except ImportError:
        return _events(error) if stream else error
    if stream:  # the host passes a response on as it is; it would end any other stream a second time
        return responses.StreamingResponse(_events(error), media_type="text/event-stream")
    return error if task else responses.StreamingResponse(iter([json.dumps(error)]), 503, media_type="application/json")


async def _events(error: dict[str, JsonValue]) -> AsyncIterator[str]:
    end: dict[str, JsonValue] = {"choices": [{"index": 0, "delta": {}, "finish_reason": "error"}]}
    for chunk in (error, {"object": "chat.completion.chunk", **end}):
        yield f"data: {json.dumps(chunk)}\n\n"
    yield "data: [DONE]\n\n"
