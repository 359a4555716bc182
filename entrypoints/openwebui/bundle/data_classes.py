"""`dataclass` as the standard library's, with methods that need no compiling until the first instance is made.

The standard library compiles up to six methods for each class: 0.4 ms, and 450 classes are half of the time that a load
takes. Most of them are never instantiated. `build` lets the carried modules import this module in its place.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError, asdict, field, fields, is_dataclass, replace
from operator import attrgetter
from reprlib import recursive_repr
from types import CodeType
from typing import Any

__all__ = ["MISSING", "FrozenInstanceError", "asdict", "dataclass", "field", "fields", "is_dataclass", "replace"]

_KNOWN = {"eq", "frozen", "kw_only", "slots"}
_UNSET = object()  # the default of an argument whose value a factory makes


def dataclass(cls: type[Any] | None = None, /, **options: bool) -> Any:
    """Make a data class; what these methods do not cover is left to the standard library.

    Different on purpose: the class and `__init__` have no generated docstring and no annotations. The parameters that
    the standard library remembers say `frozen=False`, so a class with other options cannot inherit from a frozen one.
    """

    def made(cls: type[Any]) -> type[Any]:
        covered = options.keys() <= _KNOWN and not any(map(_is_init_var, vars(cls).get("__annotations__", {}).values()))
        return _made(cls, **options) if covered else dataclasses.dataclass(**options)(cls)

    return made if cls is None else made(cls)


def _is_init_var(kind: object) -> bool:
    return "InitVar" in kind if isinstance(kind, str) else isinstance(kind, dataclasses.InitVar)


def _made(
    cls: type[Any], *, eq: bool = True, frozen: bool = False, kw_only: bool = False, slots: bool = False
) -> type[Any]:
    methods: dict[str, object] = {"__repr__": _repr}
    if eq:
        methods["__eq__"] = _eq
        if vars(cls).get("__hash__") is None:  # not written by the class: Python sets None beside an __eq__
            setattr(cls, "__hash__", _hash if frozen else None)  # noqa: B010 - mypy takes no None
    if frozen:
        methods |= {"__setattr__": _setattr, "__delattr__": _delattr}
    if frozen and slots:
        methods |= {"__getstate__": _getstate, "__setstate__": _setstate}
    for name in methods.keys() - vars(cls).keys():
        setattr(cls, name, methods[name])
    if cls.__doc__ is None:
        cls.__doc__ = cls.__name__  # or the standard library writes one, from a signature, which is slow
    made = dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=kw_only, slots=slots)(cls)
    if "__init__" not in vars(made):
        made.__init__ = _first_init(made, frozen)
    return made


@recursive_repr()
def _repr(self: Any) -> str:
    shown = (f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _eq(self: object, other: object) -> bool:
    """Compare by what takes its place at the first call."""
    values = _reader(type(self), lambda one: one.compare)

    def eq(self: object, other: object) -> bool:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    _replace(type(self), "__eq__", _eq, eq)
    return eq(self, other)


def _hash(self: object) -> int:
    """Hash by what takes its place at the first call."""
    values = _reader(type(self), lambda one: one.compare if one.hash is None else one.hash)

    def hashed(self: object) -> int:
        return hash(values(self))

    _replace(type(self), "__hash__", _hash, hashed)
    return hashed(self)


def _reader(
    cls: type[Any], wanted: Callable[[dataclasses.Field[object]], bool]
) -> Callable[[object], tuple[object, ...]]:
    """Return what reads the wanted fields of an instance as a tuple."""
    names = [one.name for one in fields(cls) if wanted(one)]
    return attrgetter(*names) if len(names) > 1 else lambda self: tuple(getattr(self, name) for name in names)


def _replace(cls: type[Any], name: str, old: object, new: object) -> None:
    """Replace a method of the class itself, not one that it inherits."""
    if vars(cls).get(name) is old:
        setattr(cls, name, new)


def _setattr(self: Any, name: str, value: object) -> None:
    if "__dataclass_fields__" in vars(type(self)) or name in self.__dataclass_fields__:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")
    object.__setattr__(self, name, value)


def _delattr(self: Any, name: str) -> None:
    if "__dataclass_fields__" in vars(type(self)) or name in self.__dataclass_fields__:
        raise FrozenInstanceError(f"cannot delete field {name!r}")
    object.__delattr__(self, name)


def _getstate(self: Any) -> list[object]:
    return [getattr(self, one.name) for one in fields(self)]


def _setstate(self: Any, state: list[object]) -> None:
    for one, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, one.name, value)


def _first_init(cls: type[Any], frozen: bool) -> object:
    def __init__(self: object, /, *args: object, **values: object) -> None:
        """Take the place of the real one until the first call; two threads may both write it, to the same effect."""
        if cls.__init__ is __init__:
            cls.__init__ = _written_init(cls, frozen)
        cls.__init__(self, *args, **values)

    return __init__


def _written_init(cls: type[Any], frozen: bool) -> object:
    """Compile `__init__`; a frozen class sets each field through the descriptor of its slot, where there is one."""
    given: dict[str, object] = {"_unset": _UNSET, "_set": object.__setattr__}
    positional: list[str] = []
    named: list[str] = []
    body: list[str] = []
    for at, one in enumerate(fields(cls)):
        setter = getattr(_in_class(cls, one.name), "__set__", None) if frozen else None
        given |= {f"_set_{at}": setter} if setter else {}
        unset = f"_set(_self, {one.name!r}, {{}})" if frozen else f"_self.{one.name} = {{}}"
        target = f"_set_{at}(_self, {{}})" if setter else unset
        parameter, value = one.name, one.name if one.init else ""
        if one.default_factory is not MISSING:
            given[f"_default_{at}"] = one.default_factory
            parameter, made = f"{one.name}=_unset", f"_default_{at}()"
            value = f"{made} if {one.name} is _unset else {one.name}" if one.init else made
        elif one.default is not MISSING:
            given[f"_default_{at}"] = one.default
            parameter, value = f"{one.name}=_default_{at}", value or f"_default_{at}"
        if one.init:
            (named if one.kw_only else positional).append(parameter)
        if value:
            body.append(target.format(value))
    if hasattr(cls, "__post_init__"):
        body.append("_self.__post_init__()")
    parameters = ", ".join(["_self", *positional, *(["*", *named] if named else [])])
    text = (
        f"def write({', '.join(given)}):\n def __init__({parameters}):\n  {'; '.join(body) or 'pass'}\n return __init__"
    )
    written: dict[str, Any] = {}
    exec(_compiled(text), {}, written)  # noqa: S102 - names of fields, as in the standard library
    made = written["write"](**given)
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made


def _compiled(text: str) -> CodeType:
    """Compile a text, or take the code that the loader of the single file has kept."""
    keeping = getattr(globals().get("__loader__"), "compiled", None)
    return keeping(text) if keeping else compile(text, "<generated>", "exec", dont_inherit=True)


def _in_class(cls: type[Any], name: str) -> object:
    """Return what a class holds under a name, unbound, its own or inherited; None if there is nothing."""
    return next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)
