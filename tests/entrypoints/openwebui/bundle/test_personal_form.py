"""What a person can set: the host need not ask its database again where it has just read that nothing is stored."""

from typing import Any

import pytest

from entrypoints.openwebui.pipe import Pipe

FORM = Pipe.UserValves
OURS = "openrouter"


def get_function_params(
    function_module: object, params: object, pipe_id: object = OURS
) -> bool:  # the name and the variables of the host's own function
    """Return whether the host finds a form to fill, and asks its database for what the person has stored."""
    return isinstance(params, dict) and hasattr(function_module, "UserValves") and bool(pipe_id)


def person(settings: object) -> dict[str, Any]:
    return {"body": {}, "__user__": {"id": "ada", "settings": settings}}


@pytest.mark.parametrize(
    "settings",
    [
        None,
        {},
        {"ui": {"theme": "dark"}},
        {"functions": None},
        {"functions": {}},
        {"functions": {"valves": None}},
        {"functions": {"valves": {}}},
        {"functions": {"valves": {OURS: None}}},
        {"functions": {"valves": {OURS: {}}}},
        {"functions": {"valves": {"another": {"LANGUAGE": "de"}}}},
    ],
    ids=repr,
)
def test_nothing_is_asked_for_a_person_who_has_stored_nothing(settings: object) -> None:
    assert not get_function_params(Pipe(), person(settings))


@pytest.mark.parametrize(
    "settings",
    [
        {"functions": {"valves": {OURS: {"LANGUAGE": "de"}}}},
        {"functions": {"valves": {OURS: "encrypted by the host"}}},
        {"functions": {"valves": "encrypted by the host"}},
        {"functions": "another form"},
        "another form",
        [],
    ],
    ids=repr,
)
def test_what_a_person_has_stored_is_asked_for(settings: object) -> None:
    assert get_function_params(Pipe(), person(settings))


@pytest.mark.parametrize(
    "params", [{}, {"__user__": None}, {"__user__": {}}, {"__user__": {"id": "ada"}}, {"__user__": "ada"}], ids=repr
)
def test_a_host_that_hands_over_no_settings_asks_for_them(params: object) -> None:
    assert get_function_params(Pipe(), params)


def test_a_host_with_other_names_asks_for_them() -> None:
    def get_function_params(function_module: object, given: object) -> bool:
        return hasattr(function_module, "UserValves") and bool(given)

    assert get_function_params(Pipe(), person(None))
    assert globals()["get_function_params"](Pipe(), person(None), 7)


def test_everybody_else_finds_the_form() -> None:
    assert hasattr(Pipe(), "UserValves")
    assert Pipe.UserValves is FORM
    assert Pipe().UserValves().LANGUAGE == "inherit"
    assert "LANGUAGE" in Pipe().UserValves.model_json_schema()["properties"]
