"""Large tables of quick cases: one test tries them all, and its failure names every case that fails.

pytest takes half a millisecond for a test of its own, many times what such a case takes.
"""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from itertools import product
from reprlib import Repr
from typing import Any

import pytest

SHORT = Repr()
SHORT.maxstring = SHORT.maxother = 80


@dataclass(frozen=True, slots=True)
class Case:
    """One row of a table: its name in a failure, and the values of the test's parameters."""

    name: str
    values: dict[str, Any]


def each(
    names: str | tuple[str, ...], rows: Iterable[Any], ids: Iterable[object] | Callable[[Any], object] | None = None
) -> Callable[[Callable[..., None]], Callable[[], None]]:
    """Try a test with each row, as `pytest.mark.parametrize` does, in one test; several of these are combined.

    The test takes no fixtures: what they provide would be shared by all rows.
    """
    cases = list(_cases(names, list(rows), ids))

    def over(test: Callable[..., None]) -> Callable[[], None]:
        plain: Callable[..., None] = getattr(test, "tried", test)
        others: list[Case] = getattr(test, "cases", [Case("", {})])
        table = [
            Case(" · ".join(filter(None, (one.name, other.name))), one.values | other.values)
            for other, one in product(others, cases)
        ]

        @wraps(plain)
        def tries_all() -> None:
            assert table, "the table is empty"
            failures = [(case, error) for case in table if (error := _error(plain, case)) is not None]
            if failures:
                shown = "\n".join(f"  {case.name}: {type(error).__name__}: {error}" for case, error in failures)
                raise AssertionError(f"{len(failures)} of {len(table)} cases fail:\n{shown}") from failures[0][1]

        tries_all.tried, tries_all.cases = plain, table  # type: ignore[attr-defined]
        tries_all.__signature__ = inspect.Signature()  # type: ignore[attr-defined]
        return tries_all

    return over


def _cases(names: str | tuple[str, ...], rows: list[Any], ids: Any) -> Iterable[Case]:
    named = [*map(ids, rows)] if callable(ids) else rows if ids is None else list(ids)
    for row, name in zip(rows, named, strict=True):
        values = {names: row} if isinstance(names, str) else dict(zip(names, row, strict=True))
        yield Case(name if isinstance(name, str) and name else SHORT.repr(name), values)


def _error(test: Callable[..., None], case: Case) -> BaseException | None:
    try:
        test(**case.values)
    except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001  # whatever it is, the other cases are tried
        return error
    return None
