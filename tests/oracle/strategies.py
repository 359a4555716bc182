"""Chat-completions bodies as clients send them, for hypothesis and for drills."""

from copy import deepcopy
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.oracle.drawing.conversation import messages
from tests.oracle.drawing.histories import TOOL, history
from tests.oracle.drawing.parameters import parameters

T = TypeVar("T")
Body = dict[str, Any]


def bodies(model_slug: str) -> st.SearchStrategy[Body]:
    """Draw bodies for one model: every kind of message, part and parameter, valid, at its limit, and invalid."""
    drawn_body = st.builds(
        lambda some, said: {**some, "model": model_slug, "messages": said}, some=parameters, said=messages
    )
    return drawn_body.map(deepcopy)


def long_histories(model_slug: str, length: int = 500) -> st.SearchStrategy[Body]:
    """Draw bodies with exactly `length` messages, including tool rounds, and an offered tool."""
    return st.builds(
        lambda number, some: {
            "tools": [deepcopy(TOOL)],
            **deepcopy(some),
            "model": model_slug,
            "messages": history(number, length),
        },
        number=st.integers(0, 2**32 - 1),
        some=parameters,
    )


def drawn(strategy: st.SearchStrategy[T], count: int, from_seed: int) -> list[T]:
    """Draw `count` values outside a test; the same seed gives the same values."""
    found: list[T] = []

    @seed(from_seed)
    @settings(
        max_examples=count,
        database=None,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(value: T) -> None:
        found.append(value)

    collect()
    return found[:count]
