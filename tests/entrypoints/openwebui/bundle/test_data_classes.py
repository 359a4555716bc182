"""Data classes of the single file behave as those of the standard library, which the same modules use elsewhere."""

import copy
import dataclasses
import importlib
import inspect
import pickle
import threading
from collections.abc import Callable
from typing import Any

import pytest

from entrypoints.openwebui.bundle import data_classes
from entrypoints.openwebui.bundle.build import ENTRY
from entrypoints.openwebui.bundle.collect import reachable_sources
from tests.entrypoints.openwebui.bundle.small_tree import REPOSITORY

Made = dict[str, Any]

SOURCE = '''
from abc import ABC, abstractmethod
from typing import ClassVar, Generic, TypeVar

T = TypeVar("T")

@dataclass(frozen=True, slots=True)
class Plain:
    """Three ways to give a value."""
    a: int
    b: str = "b"
    c: list[int] = field(default_factory=list)

@dataclass(frozen=True, slots=True)
class Child(Plain):
    d: float = 0.5
    b: str = "other"

@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    first: int = 1
    second: int

@dataclass(frozen=True, slots=True)
class Mixed:
    a: int
    b: int = field(default=2, kw_only=True)
    hidden: int = field(default=3, repr=False, compare=False)
    unhashed: list[int] = field(default_factory=list, hash=False)

@dataclass(slots=True)
class Counter:
    count: int = 0
    seen: set[int] = field(default_factory=set, init=False)
    start: int = field(default=7, init=False)
    late: int = field(init=False)
    def __post_init__(self):
        self.late = self.count + 1

@dataclass(frozen=True)
class Open:
    a: int
    b: tuple[int, ...] = ()

class Below(Open):
    pass

@dataclass(frozen=True, slots=True)
class Written:
    a: int
    LIMIT: ClassVar[int] = 3
    def __init__(self, a):
        object.__setattr__(self, "a", a * 2)
    def __repr__(self):
        return "written"
    def __eq__(self, other):
        return True
    def __hash__(self):
        return 4

@dataclass(frozen=True, slots=True)
class Same:
    a: int
    def __eq__(self, other):
        return True

@dataclass(slots=True, eq=False)
class Unlike:
    a: int = 1

@dataclass(frozen=True, slots=True)
class Empty:
    pass

@dataclass(frozen=True, slots=True)
class One(Generic[T]):
    self_: T

@dataclass(frozen=True, slots=True)
class Checked:
    a: int
    def __post_init__(self):
        if self.a < 0:
            raise ValueError("a is negative")

@dataclass(frozen=True, order=True)
class Ordered:
    a: int

class Abstract(ABC):
    @property
    @abstractmethod
    def a(self): ...

@dataclass(frozen=True, slots=True)
class Concrete(Abstract):
    a: int
'''

TRIED: dict[str, Callable[[Made], object]] = {
    "positions": lambda m: m["Plain"](1, "x", [2]),
    "names": lambda m: m["Plain"](c=[1], a=2),
    "defaults are made anew": lambda m: m["Plain"](1).c is m["Plain"](1).c,
    "inherited": lambda m: (m["Child"](1), m["Child"](1, "x", [], 2.0), m["Child"].__slots__),
    "a child is no parent": lambda m: m["Child"](1) == m["Plain"](1),
    "names only": lambda m: m["Named"](second=2),
    "names only, by position": lambda m: m["Named"](1, 2),
    "mixed": lambda m: (m["Mixed"](1, hidden=4), m["Mixed"](1, 4, b=5), hash(m["Mixed"](1))),
    "compared in part": lambda m: (m["Mixed"](1, 9) == m["Mixed"](1), m["Mixed"](1, b=9) == m["Mixed"](1)),
    "one too few": lambda m: m["Plain"](),
    "one too many": lambda m: m["Plain"](1, "b", [], 4),
    "unknown name": lambda m: m["Plain"](1, z=4),
    "made after": lambda m: m["Counter"](4),
    "changed": lambda m: changed(m["Counter"](4), "count", 5),
    "unknown attribute": lambda m: changed(m["Counter"](4), "other", 5),
    "not hashable": lambda m: hash(m["Counter"]()),
    "not hashable inside": lambda m: hash(m["Plain"](1)),
    "hashable": lambda m: hash(m["Open"](1, (2,))) == hash((1, (2,))),
    "frozen": lambda m: changed(m["Plain"](1), "a", 5),
    "frozen, unknown name": lambda m: changed(m["Open"](1), "z", 5),
    "frozen, deleted": lambda m: delattr(m["Plain"](1), "a"),
    "frozen below": lambda m: changed(m["Below"](1), "a", 5),
    "more below": lambda m: vars(changed(m["Below"](1), "z", 5)),
    "own methods": lambda m: (m["Written"](2).a, m["Written"](2), m["Written"](2) == 3, hash(m["Written"](1))),
    "of the class": lambda m: (m["Written"].LIMIT, [one.name for one in dataclasses.fields(m["Written"])]),
    "own equality": lambda m: (m["Same"](1) == m["Same"](2), hash(m["Same"](1)) == hash((1,))),
    "by identity": lambda m: (m["Unlike"]() == m["Unlike"](), hash(m["Unlike"]()) != 0),
    "empty": lambda m: (m["Empty"](), m["Empty"]() == m["Empty"](), hash(m["Empty"]())),
    "generic": lambda m: (m["One"](3), m["One"](float("nan")) == m["One"](float("nan"))),
    "rejected": lambda m: m["Checked"](-1),
    "ordered": lambda m: sorted([m["Ordered"](2), m["Ordered"](1)]),
    "concrete": lambda m: m["Concrete"](1),
    "itself inside": lambda m: inside(m["Plain"](1)),
    "equal": lambda m: (m["Plain"](1) == m["Plain"](1), m["Plain"](1) == m["Plain"](2), m["Plain"](1) == 3),
    "replaced": lambda m: (dataclasses.replace(m["Child"](1), a=2), dataclasses.replace(m["Checked"](1), a=-1)),
    "copied": lambda m: (copy.copy(m["Plain"](1)), copy.deepcopy(m["Child"](1)), copy.copy(m["Counter"](3))),
    "state": lambda m: m["Plain"](1).__getstate__(),
    "as a dictionary": lambda m: dataclasses.asdict(m["Child"](1)),
    "matched": lambda m: (m["Plain"].__match_args__, m["Mixed"].__match_args__),
    "doc": lambda m: m["Plain"].__doc__,
}  # fmt: skip


def changed(instance: object, name: str, value: object) -> object:
    setattr(instance, name, value)
    return instance


def inside(instance: Any) -> object:
    instance.c.append(instance)
    return instance


def made_with(decorator: object) -> Made:
    namespace: Made = {"dataclass": decorator, "field": dataclasses.field, "__name__": "made_here"}
    exec(SOURCE, namespace)
    return namespace


def outcome(tried: Callable[[Made], object], made: Made) -> str:
    try:
        return repr(tried(made))
    except Exception as error:  # noqa: BLE001 - whatever the standard library raises
        return f"{type(error).__name__}: {error}"


@pytest.mark.parametrize("name", TRIED)
def test_classes_do_the_same_as_those_of_the_standard_library(name: str) -> None:
    usual, deferred = made_with(dataclasses.dataclass), made_with(data_classes.dataclass)

    expected = outcome(TRIED[name], usual)

    assert [outcome(TRIED[name], deferred) for _ in range(2)] == [expected, expected]  # the first use differs inside


def test_two_threads_may_make_the_first_instance_together() -> None:
    made = made_with(data_classes.dataclass)
    begin, results = threading.Barrier(8), []

    def make() -> None:
        begin.wait()
        results.append(made["Child"](1, d=2.0))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results == [made["Child"](1, d=2.0)] * 8


@data_classes.dataclass(frozen=True, slots=True)
class SentHere:
    """Stands at the top level, where pickle finds it."""

    a: int
    b: tuple[int, ...] = ()


def test_instances_can_be_pickled() -> None:
    assert pickle.loads(pickle.dumps(SentHere(1, (2,)))) == SentHere(1, (2,))


def test_each_data_class_of_the_service_takes_the_same_arguments() -> None:
    kinds = [kind for name in sorted(_modules()) for kind in vars(importlib.import_module(name)).values()]
    classes = [kind for kind in dict.fromkeys(map(_class, kinds)) if kind is not None]
    differing = []
    for kind in classes:
        parameters = kind.__dataclass_params__
        written = data_classes._written_init(kind, parameters.frozen)
        own = "__init__" in vars(kind) and vars(kind)["__init__"].__code__.co_filename != "<string>"
        if not own and _arguments(written) != _arguments(kind.__init__):
            differing.append(kind)

    assert len(classes) > 300
    assert differing == []


def _modules() -> set[str]:
    paths = reachable_sources(REPOSITORY, ENTRY)
    return {path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in paths}


def _class(kind: object) -> Any:
    return kind if isinstance(kind, type) and dataclasses.is_dataclass(kind) else None


def _arguments(function: Any) -> list[tuple[str, object, bool]]:
    parameters = list(inspect.signature(function).parameters.values())[1:]
    return [(one.name, one.kind, one.default is inspect.Parameter.empty) for one in parameters]
