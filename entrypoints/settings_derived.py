"""What follows from settings alone is computed once for each value of `Settings`, and dropped with it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

MOST = 64
"""Results kept for one value: beside it, arguments are few, but some change from time to time."""

_NOTHING = object()


class Derived:
    """The base of `Settings`: holds what was made of a value, which is frozen, as long as the value itself."""

    __slots__ = ("_made",)
    _made: dict[object, Any]


S = TypeVar("S", bound="Derived")  # by name: the caches of `typing` keep the variable, and with it a class
P = ParamSpec("P")
T = TypeVar("T")


def once(make: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """Keep the results of a function of settings and of hashable arguments; whoever gets one must not change it."""

    @wraps(make)
    def kept(settings: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        key = (make, args, *kwargs.items()) if kwargs else (make, args)
        made = getattr(settings, "_made", None)
        if made is None:
            made = {}
            object.__setattr__(settings, "_made", made)
        elif (known := made.get(key, _NOTHING)) is not _NOTHING:  # one look: another thread may drop all of them
            found: T = known
            return found
        if len(made) >= MOST:
            made.clear()
        made[key] = result = make(settings, *args, **kwargs)
        return result

    return kept
