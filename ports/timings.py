"""Stations of a request, for the timing log: where its time goes.

Code anywhere marks stations; whoever opened a scope for the request receives them. Without a scope, a mark costs one
look-up of a context variable.
"""

from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeVar, runtime_checkable
from weakref import ref

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Station:
    """One event of the log: `event` is enter, exit or mark; `label` names the station in snake_case.

    `elapsed`: seconds since the matching enter, for exits only.
    """

    event: str
    label: str
    elapsed: float | None = None


@runtime_checkable
class TimingScope(Protocol):
    """Receives the stations of one request. Never blocks and never raises."""

    def perf(self) -> float:
        """Return the seconds of the clock that stations are measured with."""
        ...

    def record(self, station: Station) -> None:
        """Take one station."""
        ...


_SCOPE: ContextVar["ref[TimingScope] | None"] = ContextVar("openrouter_pipe_timing", default=None)
"""A weak reference: a cancelled timer of the event loop holds its context, and with it this value, until it is due."""


def _scope() -> TimingScope | None:
    held = _SCOPE.get()
    return None if held is None else held()


@contextmanager
def timing_scope(scope: TimingScope | None) -> Iterator[None]:
    """Send what runs inside, and the tasks that it starts, to `scope` for as long as the caller holds it."""
    token = _SCOPE.set(None if scope is None else ref(scope))
    try:
        yield
    finally:
        _SCOPE.reset(token)


async def scoped(scope: TimingScope | None, work: Awaitable[T]) -> T:
    """Await `work` inside a scope."""
    if scope is None:
        return await work
    with timing_scope(scope):
        return await work


def timing_mark(label: str) -> None:
    """Record that a station was reached."""
    scope = _scope()
    if scope is not None:
        scope.record(Station("mark", label))


@contextmanager
def timing(label: str) -> Iterator[None]:
    """Record when a piece of work begins and ends, however it ends."""
    scope = _scope()
    if scope is None:
        yield
        return
    began = scope.perf()
    scope.record(Station("enter", label))
    try:
        yield
    finally:
        scope.record(Station("exit", label, scope.perf() - began))


def timed(label: str) -> Callable[[Callable[P, Coroutine[Any, Any, T]]], Callable[P, Coroutine[Any, Any, T]]]:
    """Decorate a coroutine function: each call is one piece of work with this label."""

    def decorated(function: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
        @wraps(function)
        async def run(*args: P.args, **kwargs: P.kwargs) -> T:
            if _SCOPE.get() is None:
                return await function(*args, **kwargs)
            with timing(label):
                return await function(*args, **kwargs)

        return run

    return decorated
