"""The host's forms: in step with the table, small enough, and unable to refuse what is stored."""

import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from entrypoints.openwebui.pipe import Pipe
from entrypoints.settings import SETTINGS, Settings
from entrypoints.settings_generate import ROOT, form_rows, run, user_valves_fields, valves_fields
from entrypoints.settings_rows import Secret
from entrypoints.settings_snapshot import snapshot

FORMS: tuple[type[BaseModel], ...] = (Pipe.Valves, Pipe.UserValves)
NAMES = sorted({*Pipe.Valves.model_fields, *Pipe.UserValves.model_fields, "GONE_SINCE_LAST_YEAR"})
TEXT = st.text(alphabet=st.characters(), max_size=20)  # half surrogate pairs included
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**30),
    st.floats(),
    TEXT,
    st.text(string.digits + "+-.e_ ", max_size=6),
    st.sampled_from(["inherit", "true", "High", "", "null", "9" * 5000, "https://x.example", "MAX_SSE_EVENT_MB=1\nx"]),
)
FORM_LIMIT = 60  # fields of the administrator's form
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3))
STORED = st.dictionaries(st.sampled_from(NAMES) | TEXT, JSON, max_size=12)


def assert_usable(made: Settings) -> None:
    for row in SETTINGS:
        value = getattr(made, row.attribute)
        if row.nullable and value is None:
            continue
        if row.kind == "choice":
            assert value in row.choices
            continue
        kind: Any = {"bool": bool, "int": int, "float": float, "str": str, "secret": Secret}[row.kind]
        assert type(value) is kind
        if row.kind in {"int", "float"}:
            assert row.rule.low is None or value >= row.rule.low
            assert row.rule.high is None or value <= row.rule.high
            assert abs(value) <= 1_000_000_000


@settings(max_examples=300, deadline=None)
@given(STORED, STORED)
def test_any_stored_json_gives_forms_and_usable_settings(stored: dict[str, Any], own: dict[str, Any]) -> None:
    valves, user_valves = Pipe.Valves(**stored), Pipe.UserValves(**own)

    made, problems = snapshot(valves, user_valves, {})

    assert_usable(made)
    assert all(problem.text.encode() for problem in problems)
    valves.model_dump_json()


@settings(max_examples=200, deadline=None)
@given(STORED, STORED)
def test_any_json_gives_usable_settings_without_a_form(stored: dict[str, object], own: dict[str, object]) -> None:
    assert_usable(snapshot(stored, own, {})[0])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("stored", [None, [], "text", 7, {1: 2}, {"": None}])
def test_a_form_is_made_even_of_something_that_is_no_mapping(form: type[BaseModel], stored: object) -> None:
    assert form.model_validate(stored).model_fields_set == set()


def test_a_stored_value_of_another_type_keeps_the_default_in_the_form_and_is_remarked() -> None:
    valves = Pipe.Valves.model_validate({"MAX_CONCURRENT_REQUESTS": "many", "MODEL_ID": "a/b"})

    _, (problem,) = snapshot(valves, None, {})

    assert (valves.MAX_CONCURRENT_REQUESTS, valves.MODEL_ID) == (200, "a/b")
    assert (problem.name, problem.given, problem.used) == ("MAX_CONCURRENT_REQUESTS", "'many'", "200")


def test_what_the_form_cannot_hold_but_a_person_meant_still_counts() -> None:
    valves = Pipe.Valves.model_validate(
        {"REASONING_EFFORT": "HIGH", "API_KEY": 12345, "HTTP_TOTAL_TIMEOUT_SECONDS": "none"}
    )

    made, problems = snapshot(valves, Pipe.UserValves.model_validate({"ENABLE_REASONING": False}), {})

    assert (made.reasoning_effort, made.api_key, made.enable_reasoning) == ("high", Secret("12345"), False)
    assert problems == ()


def test_an_emptied_box_is_stored_as_not_set() -> None:
    valves = Pipe.Valves.model_validate({"MODEL_ID": "", "API_KEY": None, "MAX_CONCURRENT_REQUESTS": ""})

    assert valves.model_dump(exclude_unset=True) == {}
    assert valves.MODEL_ID == "auto"


def test_what_an_older_host_stores_with_all_defaults_leaves_room_for_the_environment() -> None:
    stored = Pipe.Valves().model_dump()

    made, problems = snapshot(Pipe.Valves(**stored), Pipe.UserValves().model_dump(), {"OPENROUTER_API_KEY": "k"})

    assert made.api_key.reveal() == "k"
    assert made == snapshot(None, None, {"OPENROUTER_API_KEY": "k"})[0]
    assert problems == ()


def test_the_form_and_the_snapshot_agree_on_every_default() -> None:
    assert snapshot(Pipe.Valves(), Pipe.UserValves(), {}) == (Settings(), ())


def test_secrets_do_not_show_in_a_forms_repr() -> None:
    valves = Pipe.Valves(API_KEY="sk-or-secret", ADVANCED="ZIP_PASSWORD=hunter2")

    assert "secret" not in repr(valves) + str(valves)
    assert "hunter2" not in repr(valves) + str(valves)


def test_the_form_is_small_and_made_of_plain_widgets() -> None:
    for form in FORMS:
        properties = form.model_json_schema()["properties"]
        assert len(properties) <= FORM_LIMIT
        for name, one in properties.items():
            assert one["description"], name
            plain = {"string", "integer", "number", "boolean"}
            assert one.get("type") in plain or "anyOf" in one, name


def test_the_form_has_a_field_for_each_row_that_is_not_advanced() -> None:
    assert [row.name for row in form_rows()] + ["ADVANCED"] == list(Pipe.Valves.model_fields)
    assert [row.name for row in SETTINGS if row.rule.user] == list(Pipe.UserValves.model_fields)


def test_a_text_in_the_table_fits_the_places_it_is_copied_to() -> None:
    for row in SETTINGS:
        assert row.rule.text.endswith("."), row.name
        assert not set(row.rule.text) & set('"\\|<>\n'), row.name


def test_the_generated_texts_are_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--check"]) == 0
    assert capsys.readouterr().out == ""


def test_a_generated_text_out_of_date_is_named_and_mended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shell, reference = tmp_path / "entrypoints/openwebui/pipe.py", tmp_path / "docs/settings.md"
    shell.parent.mkdir(parents=True)
    reference.parent.mkdir()
    current = (ROOT / "entrypoints/openwebui/pipe.py").read_text("utf-8")
    shell.write_text(current.replace(valves_fields(), "").replace(user_valves_fields(), ""), "utf-8")

    assert run(["--check"], tmp_path) == 1
    assert "entrypoints/openwebui/pipe.py: out of date" in capsys.readouterr().out
    assert run(["--write"], tmp_path) == 0
    assert shell.read_text("utf-8") == current
    assert reference.read_text("utf-8") == (ROOT / "docs/settings.md").read_text("utf-8")
    assert run(["--check"], tmp_path) == 0


@pytest.mark.parametrize(
    ("form", "name", "value"),
    [
        (Pipe.Valves, "HTTP_SOCK_READ_SECONDS", "soon"),
        (Pipe.Valves, "ZDR_MODELS_ONLY", "perhaps"),
        (Pipe.Valves, "LOG_LEVEL", "LOUD"),
        (Pipe.Valves, "API_KEY", ["a", "b"]),
        (Pipe.UserValves, "REASONING_EFFORT", "extreme"),
    ],
)
def test_a_value_of_a_wrong_type_is_stored_and_reported_with_its_field_and_the_value_used(form, name, value):
    saved = form(**{name: value, "MODEL_ID": "a/b"}).model_dump(exclude_unset=True)
    assert saved[name] == value

    valves, own = (form(**saved), None) if form is Pipe.Valves else (None, form(**saved))
    made, problems = snapshot(valves, own, {})

    (row,) = (row for row in SETTINGS if row.name == name)
    (problem,) = problems
    assert problem.name == name
    assert problem.text.startswith(name)
    assert problem.text.endswith(" is used.")
    assert getattr(made, row.attribute) == row.default
    assert not problem.mended


def test_every_bad_line_of_the_box_is_named():
    box = "MAX_QUEUED_REQUESTS=soon\nNO_SUCH_NAME=1\nmissing\nMODEL_ID=a/b\nMIN_COMPRESS_BYTES=-3"
    problems = [problem.text for problem in snapshot(Pipe.Valves(ADVANCED=box), None, {})[1]]
    assert [text for text in problems if "line" in text] == [
        "ADVANCED: line 2 does not name a setting.",
        "ADVANCED: line 3 is not of the form NAME=value.",
        "ADVANCED: line 4 sets MODEL_ID, which has a field of its own; the field is used.",
    ]
    assert {text.partition(":")[0] for text in problems} == {"ADVANCED", "MAX_QUEUED_REQUESTS", "MIN_COMPRESS_BYTES"}
