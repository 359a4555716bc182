"""Data classes of the single file behave as those of the standard library, which the same modules use elsewhere."""

import copy
import dataclasses
import importlib
import inspect
import pickle
import threading
from collections.abc import Callable, Mapping
from types import CodeType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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

@dataclass(frozen=True, eq=False)
class Inheriting(Open):
    c: int = 0

@dataclass(frozen=True, slots=True)
class Calling(Open):
    c: int = 0
    def __repr__(self):
        return Open.__repr__(self)
    def __eq__(self, other):
        return Open.__eq__(self, other)
    def __hash__(self):
        return Open.__hash__(self)

class CallingBelow(Open):
    def __repr__(self):
        return super().__repr__()

@dataclass(frozen=True)
class Unhashed:
    a: int
    __hash__ = None

@dataclass
class Shared:
    a: int = field(default=3, init=False)

@dataclass(frozen=True, slots=True)
class Names:
    _self: int
    _set: int = 1
    _unset: list[int] = field(default_factory=list)
    _set_0: int = 3
    _default_1: int = 4
    self: int = 5
    args: int = 6
    values: int = 7

@dataclass
class Taking:
    a: int
    b: InitVar[int] = 3
    def __post_init__(self, b):
        self.a += b

@dataclass
class TakingToo(Taking):
    c: int = 4
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
    "inherits equality": lambda m: m["Inheriting"](1, (), 2) == m["Inheriting"](1),
    "inherits its hash": lambda m: hash(m["Inheriting"](1)) == hash((1, ())),
    "calls equality": lambda m: (m["Calling"](1, (), 2) == m["Calling"](1), hash(m["Calling"](1)) == hash((1, ()))),
    "calls the text": lambda m: (m["Calling"](1, c=2), m["CallingBelow"](1), m["Inheriting"](1, c=2)),
    "is never hashable": lambda m: hash(m["Unhashed"](1)),
    "of the class, not of the instance": lambda m: (m["Shared"]().a, vars(m["Shared"]())),
    "awkward names": lambda m: m["Names"](0, self=8, args=9, values=10),
    "awkward names, none given": lambda m: m["Names"](),
    "only for the beginning": lambda m: (m["Taking"](1), m["Taking"](1, b=2)),
    "inherited, only for the beginning": lambda m: (m["TakingToo"](1), m["TakingToo"](1, 2, 3), m["TakingToo"](1, b=2)),
    "wrapped before the first": lambda m: vars(wrapped(m["Open"])(1)),
    "called for another before the first": lambda m: m["Open"].__init__(m["Below"](1), 2),
}  # fmt: skip


def changed(instance: object, name: str, value: object) -> object:
    setattr(instance, name, value)
    return instance


def wrapped(kind: Any) -> Any:
    real = kind.__init__

    def init(self: object, *args: object) -> None:
        real(self, *args)
        vars(self)["more"] = 1

    kind.__init__ = init
    return kind


def inside(instance: Any) -> object:
    instance.c.append(instance)
    return instance


def made_with(decorator: object, source: str = SOURCE) -> Made:
    namespace: Made = {
        "dataclass": decorator,
        "field": dataclasses.field,
        "InitVar": dataclasses.InitVar,
        "__name__": "here",
    }
    exec(source, namespace)
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


KINDS = st.sampled_from(
    (
        "",
        " = 2",
        " = field(default_factory=list)",
        " = field(default=3, init=False)",
        " = field(default_factory=tuple, init=False)",
        " = field(init=False)",
        " = field(default=4, kw_only=True)",
        " = field(kw_only=True)",
        " = field(default=5, compare=False)",
        " = field(default=6, repr=False, hash=False)",
    )
)
FIELDS = st.dictionaries(st.sampled_from(("a", "b", "c", "_set", "self")), KINDS, max_size=4)
OWN = st.sampled_from(("", "def __eq__(self, other): return super().__eq__(other)", "def __post_init__(self): pass"))
SWITCHES = st.fixed_dictionaries({"eq": st.booleans(), "frozen": st.booleans(), "kw_only": st.booleans()})
GIVEN = st.tuples(st.integers(0, 4), st.sets(st.sampled_from(("a", "b", "c", "_set", "self", "z")), max_size=3))


@given(FIELDS, FIELDS, OWN, SWITCHES, st.booleans(), st.booleans(), st.booleans(), GIVEN)
def test_any_class_and_its_child_do_the_same_as_those_of_the_standard_library(
    fields, more, own, switches, slots, child_slots, child_eq, arguments
):
    first = _class_text("First", fields, {**switches, "slots": slots})
    second = _class_text("Second(First)", more, {**switches, "slots": child_slots, "eq": child_eq}, own)
    third = "class Third(Second):\n pass\n"
    if own and child_slots:  # super() means a class that is replaced
        return
    try:
        usual = made_with(dataclasses.dataclass, first + second + third)
    except TypeError:
        return  # no such class
    deferred = made_with(data_classes.dataclass, first + second + third)
    for kind in ("Third", "First", "Second"):
        # frozen with slots, the standard library fails to refuse what is no field: super() of a class it replaced
        changes = () if switches["frozen"] and (slots or child_slots) else (_changed, _deleted)
        for tried in (_values, _arguments_of, _compared, _hashed, _copied, _replaced, *changes):
            assert _tried(tried, deferred[kind], arguments) == _tried(tried, usual[kind], arguments), (kind, tried)


def _class_text(name: str, fields: Mapping[str, str], options: Mapping[str, bool], own: str = "") -> str:
    given = ", ".join(f"{option}={value}" for option, value in options.items())
    lines = [f"{field}: int{kind}" for field, kind in fields.items()]
    return f"@dataclass({given})\nclass {name}:\n " + "\n ".join([*lines, own or "pass"]) + "\n"


def _tried(tried: Callable[[Any], object], kind: Any, arguments: tuple[int, set[str]]) -> str:
    count, names = arguments
    return outcome(lambda _: tried(lambda: kind(*range(10, 10 + count), **dict.fromkeys(sorted(names), 7))), {})


def _values(make: Any) -> object:
    made = make()
    return made, getattr(made, "__dict__", None), [getattr(made, one.name, "-") for one in dataclasses.fields(made)]


def _arguments_of(make: Any) -> object:
    return _arguments(type(make()).__init__)


def _compared(make: Any) -> object:
    one, other = make(), make()
    for field in dataclasses.fields(one):
        object.__setattr__(other, field.name, 99)
        if one != other:
            return field.name
    return one == other, one == 3


def _hashed(make: Any) -> object:
    one, other = make(), make()
    return hash(one) == hash(other), type(one).__hash__ is object.__hash__


def _changed(make: Any) -> object:
    return [outcome(lambda _, name=name: changed(make(), name, 1), {}) for name in ("a", "c", "z")]  # type: ignore[misc]


def _deleted(make: Any) -> object:
    return outcome(lambda _: delattr(make(), "a"), {})


def _copied(make: Any) -> object:
    return copy.copy(make()), copy.deepcopy(make()), make().__reduce_ex__(4)[2]


def _replaced(make: Any) -> object:
    return dataclasses.replace(make(), a=1)


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


def test_two_threads_may_compile_together(monkeypatch: pytest.MonkeyPatch) -> None:
    made = made_with(data_classes.dataclass)
    both, results = threading.Barrier(2), []
    compiled = data_classes._compiled

    def together(text: str) -> CodeType:
        both.wait(10)
        return compiled(text)

    monkeypatch.setattr(data_classes, "_compiled", together)
    threads = [threading.Thread(target=lambda at=at: results.append(made["Plain"](at))) for at in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(one.a for one in results) == [0, 1]
    assert made["Plain"](3).a == 3


def test_a_thread_that_comes_late_to_the_first_comparison_compares_the_same_fields() -> None:
    made = made_with(data_classes.dataclass)
    one, same, other = made["Child"](1, c=(), d=2.0), made["Child"](1, c=(), d=2.0), made["Child"](1, c=(), d=3.0)
    assert (one == same, one == other, hash(one) == hash(same)) == (True, False, True)

    late = data_classes._eq  # entered before the first thread put the real one in its place
    assert (late(one, same), late(one, other), data_classes._hash(one)) == (True, False, hash(one))
    assert made["Plain"](1, c=()) == made["Plain"](1, c=())


def test_what_modules_import_beside_data_classes_is_the_standard_librarys() -> None:
    for name in dataclasses.__all__:
        if name != "dataclass":
            assert getattr(data_classes, name) is getattr(dataclasses, name)
    with pytest.raises(ImportError):
        exec("from entrypoints.openwebui.bundle.data_classes import nothing_of_it", {})


@data_classes.dataclass(frozen=True, slots=True)
class SentHere:
    """Stands at the top level, where pickle finds it."""

    a: int
    b: tuple[int, ...] = ()


def test_instances_can_be_pickled() -> None:
    made: Any = SentHere
    assert pickle.loads(pickle.dumps(made(1, (2,)))) == made(1, (2,))


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
