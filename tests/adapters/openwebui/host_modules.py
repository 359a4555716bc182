"""Stand-ins for the host's modules, as far as model rows need them; tests/hosts uses the real ones."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace
from typing import Any

PACKAGES = ("models", "internal", "tools")


class Dumped(SimpleNamespace):
    """A value with `model_dump`, as the host's forms have."""

    def model_dump(self, *, exclude_defaults: bool = False) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if not (exclude_defaults and value is None)}


class OldForm:
    """The form of a host that stores access in the row itself."""

    model_fields = dict.fromkeys(("id", "base_model_id", "name", "meta", "params", "access_control", "is_active"))

    def __init__(self, **values: Any) -> None:
        assert values.keys() <= self.model_fields.keys()
        self.values = values


class NewForm(OldForm):
    """The form of a host that stores grants in a table of their own."""

    model_fields = dict.fromkeys(
        ("id", "base_model_id", "name", "meta", "params", "access_grants", "is_active", "commit_message")
    )


def stored(row_id: str = "pipe.a/b", **other: Any) -> Any:
    """Return a row as the host's functions return it."""
    access = {"read": {"group_ids": ["g"]}}
    row = {"name": "B", "user_id": "", "base_model_id": None, "is_active": False, "access_control": access}
    meta, params = Dumped(description="x", knowledge=None), Dumped(temperature=1)
    return SimpleNamespace(**{"id": row_id, "meta": meta, "params": params, **row, **other})


class InTurn:
    """Answers returned one after the other; the last one repeats."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)

    def next(self) -> Any:
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


@dataclass
class Host:
    """The scripted answers (exceptions are raised, functions called, `InTurn` played), and the received arguments."""

    answers: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)
    default_metadata: Any = None
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    threads: set[int] = field(default_factory=set)

    def answer(self, name: str, *given: Any) -> Any:
        self.threads.add(threading.get_ident())
        self.calls.append((name, *given))
        answer = self.answers.get(name, [] if name == "bases" else None)
        if isinstance(answer, InTurn):
            answer = answer.next()
        if isinstance(answer, Exception):
            raise answer
        return answer(*given) if callable(answer) else answer

    def sent(self, name: str) -> list[Any]:
        """Return the arguments of the last call of a function."""
        return next(list(call[1:]) for call in reversed(self.calls) if call[0] == name)

    def modules(self, *, coroutines: bool, form: type[OldForm], names: tuple[str, ...]) -> dict[str, ModuleType]:
        """Return the modules by name; `names` are the functions that exist."""
        make = self._coroutine if coroutines else self._function
        models = ModuleType("open_webui.models.models")
        functions = SimpleNamespace(**{name: make(name) for name in names})
        vars(models).update(Models=functions, ModelForm=form, Model=SimpleNamespace(__table__=_Table()))
        database, switches = ModuleType("open_webui.internal.db"), ModuleType("open_webui.config")
        vars(database).update(get_db=self._session, get_async_db_context=self._async_session)
        environment = ModuleType("open_webui.env")
        vars(environment).update(self.environment)
        packages = [ModuleType(name) for name in ("open_webui", *(f"open_webui.{one}" for one in PACKAGES))]
        vars(packages[-1]).update(__path__=[])
        found = {module.__name__: module for module in (*packages, models, database, switches, environment)}
        if self.default_metadata is not None:
            vars(switches).update(DEFAULT_MODEL_METADATA=self.default_metadata)
        return found

    def _function(self, name: str) -> Callable[..., Any]:
        return lambda *given: self.answer(name, *given)

    def _coroutine(self, name: str) -> Callable[..., Any]:
        async def call(*given: Any) -> Any:
            await asyncio.sleep(0)
            return self.answer(name, *given)

        return call

    def _found(self, query: tuple[str, str]) -> Any:
        return SimpleNamespace(scalars=lambda: self.answer(*query))

    @contextmanager
    def _session(self) -> Any:
        yield SimpleNamespace(execute=self._found)

    @asynccontextmanager
    async def _async_session(self) -> Any:
        async def execute(query: tuple[str, str]) -> Any:
            return self._found(query)

        yield SimpleNamespace(execute=execute)


class _Table:
    """Enough of a table to build the queries; a query is its scripted answer and its prefix."""

    @dataclass(frozen=True)
    class _Column:
        answer: str

        def startswith(self, prefix: str, *, autoescape: bool) -> tuple[str, str]:
            assert autoescape
            return self.answer, prefix

    def __init__(self) -> None:
        self.c = SimpleNamespace(id=self._Column("query"), base_model_id=self._Column("bases"))

    def select(self) -> "_Table":
        return self

    def with_only_columns(self, column: object) -> "_Table":
        assert column in vars(self.c).values()
        return self

    def where(self, condition: tuple[str, str]) -> tuple[str, str]:
        return condition
