"""What people may choose for themselves: every row that allows it, in every form in which a host hands it over."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.openwebui.pipe import Pipe
from entrypoints.openwebui.settings_memory import SettingsMemory
from entrypoints.settings import SETTINGS, Settings
from entrypoints.settings_rows import Setting
from entrypoints.settings_snapshot import snapshot

ROWS = tuple(row for row in SETTINGS if row.rule.user and not row.rule.personal)
PERSONAL = {row.name for row in SETTINGS if row.rule.personal}
OTHERS = tuple(row for row in SETTINGS if not row.rule.user)
every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)

FORMS: dict[str, Callable[[dict[str, Any]], object]] = {
    "the form": lambda own: Pipe.UserValves(**own),
    "a mapping": lambda own: own,
    "an object": lambda own: SimpleNamespace(**own),
}
every_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


def values_of(row: Setting) -> tuple[Any, ...]:
    """Return all values of a row that people can choose, the default first; such rows have few."""
    values = row.choices or (True, False)
    return (row.default, *(value for value in values if value != row.default))


def written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def loosest(row: Setting) -> Any:
    """Return a value of the administrator's that people may replace by another."""
    return row.rule.strictest_first[-1] if row.rule.strictest_first else row.default


def another(row: Setting) -> Any:
    """Return a value that people may choose instead of it."""
    return next(value for value in values_of(row) if value != loosest(row))


def admin(*rows: Setting) -> dict[str, Any]:
    """Return valves with values of the administrator's for some rows; rows without a field stand in the box."""
    lines = [f"{row.name}={written(loosest(row))}" for row in rows if row.rule.advanced]
    return {"ADVANCED": "\n".join(lines), **{row.name: loosest(row) for row in rows if not row.rule.advanced}}


def all_others() -> dict[str, Any]:
    """Return valves in which every row that people may replace differs from its default, where it can."""
    chosen = {row: next(value for value in reversed(values_of(row))) for row in ROWS}
    lines = [f"{row.name}={written(value)}" for row, value in chosen.items() if row.rule.advanced]
    return {
        "ADVANCED": "\n".join(lines),
        **{row.name: value for row, value in chosen.items() if not row.rule.advanced},
    }


def test_people_may_choose_what_the_documents_say() -> None:
    assert {row.name for row in ROWS} == {
        "LANGUAGE",
        "THINKING_OUTPUT_MODE",
        "SHOW_TOOL_CARDS",
        "SHOW_FINAL_USAGE_STATUS",
        "SHOW_CHAT_COST",
        "SHOW_MY_SPEND",
        "ENABLE_REASONING",
        "REASONING_EFFORT",
        "REASONING_SUMMARY_MODE",
        "ENABLE_ANTHROPIC_INTERLEAVED_THINKING",
        "PERSIST_REASONING_TOKENS",
        "PERSIST_TOOL_RESULTS",
        "TOOL_EXECUTION_MODE",
        "REQUEST_ZDR",
    }
    assert {"OWN_API_KEY"} == PERSONAL
    assert set(Pipe.UserValves.model_fields) == {row.name for row in ROWS} | PERSONAL


@every_form
@every_row
def test_a_persons_own_value_counts(row: Setting, form: Callable[[dict[str, Any]], object]) -> None:
    made, problems = snapshot(admin(row), form({row.name: written(another(row))}), {})
    assert getattr(made, row.attribute) == another(row)
    assert problems == ()


@pytest.mark.parametrize(
    "filled",
    [
        Pipe.UserValves(),
        Pipe.UserValves(**Pipe.UserValves().model_dump()),
        Pipe.UserValves().model_dump(),
        Pipe.UserValves.model_construct(),
        SimpleNamespace(**Pipe.UserValves().model_dump()),
    ],
    ids=["empty", "filled", "dumped", "constructed", "foreign"],
)
def test_a_filled_form_of_defaults_replaces_nothing(filled: object) -> None:
    assert snapshot(all_others(), filled, {}) == snapshot(all_others(), None, {})


@pytest.mark.parametrize("garbage", [None, [], "REASONING_EFFORT", 7, object(), {1: 2}, b"x", Pipe, {"valves": {}}])
def test_garbage_instead_of_a_form_replaces_nothing(garbage: object) -> None:
    assert snapshot(all_others(), garbage, {}) == snapshot(all_others(), None, {})


@every_form
@every_row
@pytest.mark.parametrize("bad", ["gigantic", [1], {"a": 1}, 10**400, "\ud800", object()], ids=range(6))
def test_one_unusable_value_costs_only_itself(
    row: Setting, form: Callable[[dict[str, Any]], object], bad: object
) -> None:
    others = {other.name: written(another(other)) for other in ROWS if other is not row}
    made, problems = snapshot(admin(*ROWS), form({**others, row.name: bad}), {})
    assert getattr(made, row.attribute) == loosest(row)
    assert all(getattr(made, other.attribute) == another(other) for other in ROWS if other is not row)
    assert [problem.name for problem in problems] == [row.name]


@given(
    st.sampled_from(ROWS),
    st.lists(st.booleans(), min_size=7, max_size=7),
    st.sampled_from(["", " ", "\n"]),
    st.sampled_from(sorted(FORMS)),
)
def test_inherit_in_any_case_is_the_administrators_value(row: Setting, upper: list[bool], pad: str, form: str) -> None:
    word = "".join(letter.upper() if up else letter for letter, up in zip("inherit", upper, strict=True))
    made, problems = snapshot(all_others(), FORMS[form]({row.name: f"{pad}{word}{pad}"}), {})
    assert (made, problems) == snapshot(all_others(), None, {})


@every_form
@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_null_is_the_administrators_value(form: Callable[[dict[str, Any]], object], nothing: object) -> None:
    own = {row.name: nothing for row in ROWS}
    assert snapshot(all_others(), form(own), {}) == snapshot(all_others(), None, {})


@every_form
@pytest.mark.parametrize("spelled", [str, str.lower, "OTHER, {} ".format])
@every_row
def test_the_administrator_can_forbid_each(
    row: Setting, form: Callable[[dict[str, Any]], object], spelled: Callable[[str], str]
) -> None:
    valves = admin(row)
    valves["ADVANCED"] += f"\nLOCKED_USER_SETTINGS={spelled(row.name)}"
    made, problems = snapshot(valves, form({row.name: written(another(row))}), {})
    assert getattr(made, row.attribute) == loosest(row)
    assert problems == ()


@given(st.data())
def test_people_can_only_tighten_what_is_about_privacy(data: st.DataObject) -> None:
    row = data.draw(st.sampled_from([row for row in ROWS if row.rule.strictest_first]))
    order = row.rule.strictest_first
    theirs, own = data.draw(st.sampled_from(order)), data.draw(st.sampled_from(order))
    advanced = {"ADVANCED": f"{row.name}={written(theirs)}"} if row.rule.advanced else {row.name: theirs}
    made, _ = snapshot(advanced, {row.name: written(own)}, {})
    assert getattr(made, row.attribute) == min(theirs, own, key=order.index)


@pytest.mark.parametrize("allowed", [True, False])
def test_the_administrator_can_forbid_people_to_demand_zero_data_retention(allowed: bool) -> None:
    valves = {"ADVANCED": f"ALLOW_USER_ZDR_OVERRIDE={allowed}"}
    made, _ = snapshot(valves, {"REQUEST_ZDR": "true", "SHOW_TOOL_CARDS": "false"}, {})
    assert made.request_zdr is allowed
    assert made.show_tool_cards is False


def test_what_the_administrator_demands_holds_for_all_even_if_people_may_not() -> None:
    valves = {"ADVANCED": "ALLOW_USER_ZDR_OVERRIDE=false\nREQUEST_ZDR=true"}
    assert snapshot(valves, {"REQUEST_ZDR": "false"}, {})[0].request_zdr is True


NAMES = st.sampled_from([row.name for row in OTHERS]) | st.text(max_size=20)
VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.sampled_from(["DEBUG", "true", "none"])


@given(st.dictionaries(NAMES, VALUES, max_size=10))
def test_nothing_else_that_a_person_stores_changes_anything(stored: dict[str, Any]) -> None:
    own = {name: value for name, value in stored.items() if name not in {row.name for row in ROWS}}
    assert snapshot(None, own, {}) == (Settings(), ())
    assert snapshot(None, Pipe.UserValves(**own), {}) == (Settings(), ())


@pytest.mark.parametrize("level", ["DEBUG", "CRITICAL", ""])
def test_no_person_changes_what_is_logged(level: str) -> None:
    own = SimpleNamespace(LOG_LEVEL=level, ADVANCED=f"LOG_LEVEL={level}")
    assert snapshot({"LOG_LEVEL": "WARNING"}, own, {})[0].log_level == "WARNING"


@every_form
def test_the_memory_of_settings_tells_people_apart(form: Callable[[dict[str, Any]], object]) -> None:
    memory = SettingsMemory({})
    for _ in range(2):
        for value in (True, False):
            own = form({"SHOW_TOOL_CARDS": written(value)})
            assert memory.read(Pipe.Valves(), own)[0].show_tool_cards is value
        assert memory.read(Pipe.Valves(), None)[0].show_tool_cards is True
