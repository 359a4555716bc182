"""`dataclass` as the standard library's, with methods that need no compiling until the first instance is made.

The standard library compiles up to six methods for each class: 0.4 ms, and 450 classes are half of the time that a load
takes. Most of them are never instantiated. `build` lets the carried modules import this module in its place.
"""

import dataclasses
from collections.abc import Callable, Iterator
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
    A frozen class takes no notice of a `__setattr__` that it inherits from a class that is no data class.
    """

    def made(cls: type[Any]) -> type[Any]:
        covered = options.keys() <= _KNOWN and not any(map(_is_init_var, _annotations(cls)))
        finished = _made(cls, **options) if covered else dataclasses.dataclass(**options)(cls)
        _complete_bases(finished)
        return finished

    return made if cls is None else made(cls)


def __getattr__(name: str) -> Any:
    """Return what a carried module imports beside `dataclass`, from the standard library."""
    return getattr(dataclasses, name)


def _annotations(cls: type[Any]) -> Iterator[object]:
    """Yield the annotations of a class's own fields and of those that it inherits."""
    yield from vars(cls).get("__annotations__", {}).values()
    for base in cls.__bases__:
        yield from (one.type for one in getattr(base, "__dataclass_fields__", {}).values())


def _is_init_var(kind: object) -> bool:
    return "InitVar" in kind if isinstance(kind, str) else isinstance(kind, dataclasses.InitVar)


def _made(
    cls: type[Any], *, eq: bool = True, frozen: bool = False, kw_only: bool = False, slots: bool = False
) -> type[Any]:
    methods: dict[str, object] = {"__repr__": _repr}
    if eq:
        methods["__eq__"] = _eq
        given = vars(cls).get("__hash__", _UNSET)
        if given is _UNSET or (given is None and "__eq__" in vars(cls)):  # Python sets None beside an __eq__
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


def _complete_bases(cls: type[Any]) -> None:
    """Let a class inherit, or call, methods that know the fields of their own class: those all classes share do not."""
    for name, (shared, written) in _SHARED.items():
        if vars(cls).get(name) is not shared:
            for base in cls.__mro__[1:]:
                _replace(base, name, written)


def _replace(cls: type[Any], name: str, written: Callable[[type[Any]], object]) -> None:
    """Replace a method that all classes share, if it is the class's own; two threads may both do it."""
    if vars(cls).get(name) is _SHARED[name][0]:
        setattr(cls, name, written(cls))


@recursive_repr()
def _repr(self: object) -> str:
    return _shown(self, type(self))


def _written_repr(cls: type[Any]) -> Callable[[object], str]:
    return recursive_repr()(lambda self: _shown(self, cls))


def _shown(self: object, cls: type[Any]) -> str:
    shown = (f"{one.name}={getattr(self, one.name)!r}" for one in fields(cls) if one.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _eq(self: object, other: object) -> bool:
    """Compare by what takes its place at the first call."""
    _replace(type(self), "__eq__", _written_eq)
    return _written_eq(type(self))(self, other)


def _written_eq(cls: type[Any]) -> Callable[[object, object], bool]:
    values = _reader(cls, lambda one: one.compare)

    def __eq__(self: object, other: object) -> bool:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    return __eq__


def _hash(self: object) -> int:
    """Hash by what takes its place at the first call."""
    _replace(type(self), "__hash__", _written_hash)
    return _written_hash(type(self))(self)


def _written_hash(cls: type[Any]) -> Callable[[object], int]:
    values = _reader(cls, lambda one: one.compare if one.hash is None else one.hash)

    def __hash__(self: object) -> int:
        return hash(values(self))

    return __hash__


def _reader(
    cls: type[Any], wanted: Callable[[dataclasses.Field[object]], bool]
) -> Callable[[object], tuple[object, ...]]:
    """Return what reads the wanted fields of an instance as a tuple."""
    names = [one.name for one in fields(cls) if wanted(one)]
    return attrgetter(*names) if len(names) > 1 else lambda self: tuple(getattr(self, name) for name in names)


_SHARED: dict[str, tuple[object, Callable[[type[Any]], object]]] = {
    "__repr__": (_repr, _written_repr),
    "__eq__": (_eq, _written_eq),
    "__hash__": (_hash, _written_hash),
}


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


def _first_init(cls: type[Any], frozen: bool) -> Callable[..., None]:
    written: list[Callable[..., None]] = []

    def __init__(self: object, /, *args: object, **values: object) -> None:
        """Take the place of the real one until the first call; two threads may both write it, to the same effect."""
        if not written:  # what was put in the place of this one meanwhile may call it
            written.append(_written_init(cls, frozen))
            if cls.__init__ is __init__:
                cls.__init__ = written[0]
        written[0](self, *args, **values)

    return __init__


def _written_init(cls: type[Any], frozen: bool) -> Callable[..., None]:
    """Compile `__init__`; a frozen class sets each field through the descriptor of its slot, where there is one."""
    known = fields(cls)
    own = _prefix({one.name for one in known})
    this = "self" if all(one.name != "self" for one in known) else f"{own}self"
    given: dict[str, object] = {f"{own}unset": _UNSET, f"{own}set": object.__setattr__}
    positional: list[str] = []
    named: list[str] = []
    body: list[str] = []
    for at, one in enumerate(known):
        parameter, value, slot = one.name, one.name if one.init else "", _slot_of(cls, one.name)
        if one.default_factory is not MISSING:
            given[f"{own}default_{at}"] = one.default_factory
            parameter, made = f"{one.name}={own}unset", f"{own}default_{at}()"
            value = f"{made} if {one.name} is {own}unset else {one.name}" if one.init else made
        elif one.default is not MISSING:
            given[f"{own}default_{at}"] = one.default
            parameter = f"{one.name}={own}default_{at}"
            if "__slots__" in vars(cls):  # else the class itself has the default
                value = value or f"{own}default_{at}"
        if one.init:
            (named if one.kw_only else positional).append(parameter)
        if value and frozen and slot:
            given[f"{own}set_{at}"] = slot
            body.append(f"{own}set_{at}({this}, {value})")
        elif value:
            body.append(f"{own}set({this}, {one.name!r}, {value})" if frozen else f"{this}.{one.name} = {value}")
    if hasattr(cls, "__post_init__"):
        body.append(f"{this}.__post_init__()")
    parameters = ", ".join([this, *positional, *(["*", *named] if named else [])])
    text = (
        f"def write({', '.join(given)}):\n def __init__({parameters}):\n  {'; '.join(body) or 'pass'}\n return __init__"
    )
    written: dict[str, Any] = {}
    exec(_compiled(text), {}, written)  # noqa: S102 - names of fields, as in the standard library
    init: Callable[..., None] = written["write"](**given)
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    return init


def _prefix(names: set[str]) -> str:
    """Return what no name of a field begins with, for all other names."""
    own = "_"
    while any(name.startswith(own) for name in names):
        own += "_"
    return own


def _compiled(text: str) -> CodeType:
    """Compile a text, or take the code that the loader of the single file has kept."""
    keeping = getattr(globals().get("__loader__"), "compiled", None)
    return keeping(text) if keeping else compile(text, "<generated>", "exec", dont_inherit=True)


def _slot_of(cls: type[Any], name: str) -> Any:
    """Return what sets a slot of a class, its own or inherited; None if the class holds no such thing by this name."""
    held = next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)
    return getattr(held, "__set__", None)
