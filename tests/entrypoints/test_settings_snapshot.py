"""Stored values, whatever they are, become settings a call can work with."""

import copy
import dataclasses
import pickle

import pytest

from entrypoints.settings import SETTINGS, Settings
from entrypoints.settings_rows import Secret, SettingProblem
from entrypoints.settings_snapshot import snapshot

KEY = "sk-or-v1-" + "0123456789" * 3 + "wxyz"


def one_problem(valves: object, user_valves: object = None) -> tuple[Settings, SettingProblem]:
    settings, problems = snapshot(valves, user_valves, {})
    (problem,) = problems
    return settings, problem


def test_nothing_stored_gives_the_defaults_without_a_remark() -> None:
    assert snapshot(None, None, {}) == (Settings(), ())


def test_empty_boxes_and_nulls_count_as_not_set() -> None:
    valves = {row.name: empty for row, empty in zip(SETTINGS, [None, "", "  "] * len(SETTINGS), strict=False)}

    assert snapshot(valves, valves, {}) == (Settings(), ())


@pytest.mark.parametrize(
    ("name", "raw", "expected"),
    [
        ("MAX_CONCURRENT_REQUESTS", "17", 17),
        ("MAX_CONCURRENT_REQUESTS", 17.0, 17),
        ("RETRY_UNCERTAIN", "Yes", True),
        ("RETRY_UNCERTAIN", 1, True),
        ("ENABLE_REASONING", "off", False),
        ("REASONING_EFFORT", " High ", "high"),
        ("LOG_LEVEL", "debug", "DEBUG"),
        ("HTTP_TOTAL_TIMEOUT_SECONDS", "30", 30),
        ("HTTP_TOTAL_TIMEOUT_SECONDS", "null", None),
        ("MODEL_ID", "  a/b, c/d ", "a/b, c/d"),
        ("API_KEY", f" {KEY}\n", Secret(KEY)),
    ],
)
def test_a_value_is_read_as_its_setting_needs_it(name: str, raw: object, expected: object) -> None:
    settings, problems = snapshot({name: raw}, None, {})

    assert getattr(settings, name.lower()) == expected
    assert problems == ()


@pytest.mark.parametrize(
    ("name", "raw", "used"),
    [
        ("MAX_CONCURRENT_REQUESTS", 0, 1),
        ("MAX_CONCURRENT_REQUESTS", "5000", 2000),
        ("MODEL_CATALOG_REFRESH_SECONDS", -1, 60),
        ("HTTP_CONNECT_TIMEOUT_SECONDS", 10**40, 1_000_000_000),
    ],
)
def test_a_number_out_of_range_moves_to_the_limit_and_is_named(name: str, raw: object, used: int) -> None:
    settings, problem = one_problem({name: raw})

    assert getattr(settings, name.lower()) == used
    assert (problem.name, problem.used) == (name, str(used))


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("MAX_CONCURRENT_REQUESTS", "many"),
        ("MAX_CONCURRENT_REQUESTS", 1.5),
        ("MAX_CONCURRENT_REQUESTS", True),
        ("MAX_CONCURRENT_REQUESTS", float("nan")),
        ("MAX_CONCURRENT_REQUESTS", float("inf")),
        pytest.param("MAX_CONCURRENT_REQUESTS", "9" * 5000, id="many digits"),
        ("MAX_CONCURRENT_REQUESTS", [200]),
        ("RETRY_UNCERTAIN", "perhaps"),
        ("REASONING_EFFORT", "gigantic"),
        ("MODEL_ID", {"a": 1}),
        ("MODEL_ID", "\ud800"),
        pytest.param("MODEL_ID", 10**5000, id="a huge number"),
        ("HTTP_REFERER_OVERRIDE", "example.org"),
    ],
)
def test_a_value_of_no_use_leaves_the_default_and_is_named(name: str, raw: object) -> None:
    settings, problem = one_problem({name: raw})

    assert settings == Settings()
    assert problem.name == name
    assert name in problem.text
    assert len(problem.text) < 400
    assert problem.text.encode()


def test_the_environment_speaks_only_where_nothing_is_stored() -> None:
    environ = {"OPENROUTER_API_KEY": KEY, "OPENROUTER_API_BASE_URL": "https://gateway.example/v1"}

    empty, _ = snapshot({"API_KEY": "", "BASE_URL": None}, None, environ)
    stored, _ = snapshot({"API_KEY": "other", "BASE_URL": "https://x.example"}, None, environ)

    assert (empty.api_key.reveal(), empty.base_url) == (KEY, "https://gateway.example/v1")
    assert (stored.api_key.reveal(), stored.base_url) == ("other", "https://x.example")


def test_a_bad_value_in_the_environment_is_named_with_its_variable() -> None:
    settings, (problem,) = snapshot(None, None, {"GLOBAL_LOG_LEVEL": "LOUD"})

    assert settings.log_level == "INFO"
    assert "GLOBAL_LOG_LEVEL" in problem.text


def test_a_wrong_base_url_is_kept_so_that_no_request_goes_elsewhere() -> None:
    settings, problems = snapshot({"BASE_URL": "nonsense"}, None, {})

    assert settings.base_url == "nonsense"
    assert problems == ()


def test_a_person_overrides_what_they_may_and_nothing_else() -> None:
    settings, problems = snapshot(
        {"REASONING_EFFORT": "low"}, {"REASONING_EFFORT": "high", "MAX_CONCURRENT_REQUESTS": 1, "API_KEY": KEY}, {}
    )

    assert (settings.reasoning_effort, settings.max_concurrent_requests) == ("high", 200)
    assert not settings.api_key
    assert problems == ()


@pytest.mark.parametrize("inherit", [None, "", "inherit", " Inherit "])
def test_a_person_who_chose_nothing_inherits_the_administrators_value(inherit: object) -> None:
    settings, problems = snapshot({"SHOW_FINAL_USAGE_STATUS": False}, {"SHOW_FINAL_USAGE_STATUS": inherit}, {})

    assert settings.show_final_usage_status is False
    assert problems == ()


def test_a_persons_bad_value_leaves_the_administrators_in_place() -> None:
    settings, problem = one_problem({"REASONING_EFFORT": "low"}, {"REASONING_EFFORT": "gigantic"})

    assert settings.reasoning_effort == "low"
    assert "person" in problem.text


def test_attributes_serve_as_well_as_entries() -> None:
    valves = type("V", (), {"MODEL_ID": "a/b", "_refused": {"MAX_CONCURRENT_REQUESTS": "x"}})()

    settings, (problem,) = snapshot(valves, None, {})

    assert settings.model_id == "a/b"
    assert problem.given == "'x'"


def test_lines_of_the_advanced_box_set_what_has_no_field() -> None:
    text = "# a remark\n\n max_sse_event_mb = 8 \nINSECURE_BASE_URL_HOSTS=a.example,b=c\n"

    settings, problems = snapshot({"ADVANCED": text}, None, {})

    assert (settings.max_sse_event_mb, settings.insecure_base_url_hosts) == (8, "a.example,b=c")
    assert problems == ()


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        ("MAX_SSE_EVENT_MB=8\nnonsense", "line 2 is not of the form NAME=value"),
        ("\nNO_SUCH_THING=1", "line 2 does not name a setting"),
        ("MODEL_ID=a/b", "line 1 sets MODEL_ID, which has a field of its own"),
        ("MAX_SSE_EVENT_MB=8\nMAX_SSE_EVENT_MB=8", "line 2 sets MAX_SSE_EVENT_MB a second time"),
        ("MAX_SSE_EVENT_MB=huge", "'huge' is not a whole number"),
        ("#" * 70_000, "only the first"),
    ],
)
def test_a_line_that_cannot_be_used_is_told_and_skipped(text: str, remark: str) -> None:
    settings, problem = one_problem({"ADVANCED": text})

    assert settings.model_id == "auto"
    assert remark in problem.text


def test_a_secret_in_the_wrong_place_is_not_echoed() -> None:
    text = f"{KEY}\nKEY={KEY}\nAPI_KEY={KEY}"

    _, problems = snapshot({"ADVANCED": text, "API_KEY": [KEY]}, None, {})

    assert len(problems) == 4
    assert KEY not in repr(problems)


def test_a_secret_shows_at_most_its_last_four_characters() -> None:
    secret = Secret(KEY)

    assert secret.reveal() == KEY
    for shown in (str(secret), repr(secret), f"{secret}", f"{secret!r:>40}", repr(Settings(api_key=secret))):
        assert "wxyz" in shown
        assert KEY[-5:] not in shown
    assert "short" not in repr(Secret("short")) + str(Secret("short"))
    assert str(Secret()) == ""


def test_a_secret_survives_copies_and_leaves_by_no_side_door() -> None:
    settings = Settings(api_key=Secret(KEY))

    assert copy.deepcopy(settings) == settings
    assert KEY not in repr(dataclasses.asdict(settings))
    with pytest.raises(TypeError):
        pickle.dumps(settings)
