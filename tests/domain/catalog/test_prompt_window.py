"""How many tokens a prompt may have, by the catalog."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalog.prompt_window import Window, window_of
from ports.catalog import Model
from tests.examples import examples


@pytest.mark.parametrize(
    ("window", "limit", "tokens"),
    [
        (Window(200_000, 64_000), None, 136_000),
        (Window(200_000, 64_000), 8_000, 192_000),
        (Window(200_000), None, 200_000),
        (Window(163_840, 163_840), None, 81_920),
        (Window(8_192, 4_096), 8_000, 4_096),
    ],
)
def test_the_prompt_gets_what_the_answer_leaves_or_half(window: Window, limit: int | None, tokens: int) -> None:
    assert window.prompt(limit) == tokens


@pytest.mark.parametrize("model", [None, *(Model("a/b", "B", context_length=tokens) for tokens in (None, 0, 1, 1_023))])
def test_a_model_whose_context_nobody_states_has_no_window(model: Model | None) -> None:
    assert window_of(model) is None


def test_the_window_of_a_model_is_what_the_catalog_states() -> None:
    assert window_of(Model("a/b", "B", context_length=9_000, max_completion_tokens=1_000)) == Window(9_000, 1_000)


@given(st.integers(1, 10**7), st.one_of(st.none(), st.integers(0, 10**8)), st.one_of(st.none(), st.integers(0, 10**8)))
@examples(200)
def test_any_figures_leave_a_prompt_within_the_context(context: int, ceiling: int | None, limit: int | None) -> None:
    assert context // 8 <= Window(context, ceiling).prompt(limit) <= context
