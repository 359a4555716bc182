"""The judges themselves: they reject invalid requests, accept valid ones, and never crash."""

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.oracle.right_shapes import RIGHT, entry_of
from tests.oracle.rules.facts import CATALOG
from tests.oracle.schema_judge import SCHEMA
from tests.oracle.spoiling import spoilt
from tests.oracle.strategies import bodies
from tests.oracle.verdict import JUDGES, verdict
from tests.oracle.wrong_conversations import WRONG_CONVERSATIONS
from tests.oracle.wrong_settings import WRONG_SETTINGS

WRONG = {**WRONG_SETTINGS, **WRONG_CONVERSATIONS}
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
SOME_MODELS = st.sampled_from([None, *CATALOG])


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_shape_is_refused_by_the_judges_that_must_notice(name: str) -> None:
    body = spoilt(WRONG[name])
    refusing = {judge for judge in JUDGES if JUDGES[judge](body, entry_of(body))}
    assert refusing >= WRONG[name].judges


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_shape_is_accepted_by_all_judges(name: str) -> None:
    assert verdict(RIGHT[name], entry_of(RIGHT[name])) == []


@pytest.mark.parametrize("entry", CATALOG, ids=lambda entry: entry["id"])
def test_a_bare_question_is_accepted_for_every_model_of_the_catalog(entry: dict[str, Any]) -> None:
    assert verdict({"model": entry["id"], "input": "Hello"}, entry) == []


def test_every_judge_refuses_some_wrong_shape() -> None:
    assert {judge for case in WRONG.values() for judge in case.judges} == set(JUDGES)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    changes=st.dictionaries(st.sampled_from(sorted(SCHEMA["$defs"]["ResponsesRequest"]["properties"])), ANY_JSON),
    entry=SOME_MODELS,
)
def test_the_judges_never_raise_whatever_value_a_key_has(changes: dict[str, Any], entry: Any) -> None:
    assert isinstance(verdict({**deepcopy(RIGHT["a short question"]), **changes}, entry), list)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=bodies("openai/gpt-4o-mini"), entry=SOME_MODELS)
def test_a_chat_body_is_refused_by_every_judge(body: dict[str, Any], entry: Any) -> None:
    assert all(judge(body, entry) for judge in JUDGES.values())


@pytest.mark.parametrize("name", [*RIGHT, *WRONG])
def test_the_faster_walk_through_the_schema_reaches_the_verdict_of_the_plain_library(name: str) -> None:
    body = RIGHT[name] if name in RIGHT else spoilt(WRONG[name])
    assert Draft202012Validator(SCHEMA).is_valid(body) == (not JUDGES["schema"](body, None))


@pytest.mark.parametrize("judge", ["schema", "rules"])
def test_a_complaint_names_the_place(judge: str) -> None:
    body = deepcopy(RIGHT["every medium"])
    body["input"][0]["content"][1]["detail"] = "ultra"
    (complaint,) = JUDGES[judge](body, entry_of(body))
    assert "input[0].content[1].detail" in complaint


def test_a_body_survives_being_judged_unchanged() -> None:
    body = RIGHT["parallel tools, one answering with a picture"]
    before = json.dumps(body)
    verdict(body, entry_of(body))
    assert json.dumps(body) == before
