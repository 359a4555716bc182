"""An administrator's own cards: every setting with every variable, from upstream's error to the page's frames."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.openrouter.errors.envelope import problem_of_answer, read_problem
from domain.catalog.offer import Objection
from domain.catalog.prompt_window import Window
from domain.faults.causes import ModelFiltered
from domain.faults.fault import Fault, FaultKind
from domain.request.turn_request import Caller, Person
from domain.services.turn_mask import TurnMask
from domain.turn.events import AttemptFailed, Begun, Crashed, TimerFired
from domain.turn.fitting import Fit
from domain.turn.machine import TurnMachine
from domain.turn.plan import TurnPlan
from domain.turn.steps import End, Ended
from entrypoints.core.warned_once import WarnedOnce
from entrypoints.openai.completions_body import CompletionsBody
from entrypoints.openwebui.host_call import HostCall, RequestedModel
from entrypoints.openwebui.own_cards import OwnCards
from entrypoints.openwebui.present.fault_text import ToldFault
from entrypoints.openwebui.present.native import NativePresenter
from entrypoints.openwebui.present.wishes import Wishes
from entrypoints.sentences.card_templates import TEMPLATE_OF, template_of
from entrypoints.sentences.card_variables import COMMON, PROVIDER, VARIABLES
from entrypoints.settings import SETTINGS, Settings
from entrypoints.settings_cards import CardSettings
from entrypoints.settings_snapshot import snapshot
from ports.response_events import ProblemReported, ResponseStarted, StreamClosed
from ports.responses import Reach, Refused, ResponsesBody, TimedOut, Unreachable, UpstreamRequest
from tests.doubles.telemetry import RecordedTelemetry
from tests.entrypoints.openwebui.told import ERROR_ID, HostList, yielded

NOW = datetime(2026, 11, 30, 16, 0, 5, tzinfo=UTC)
NAMES = tuple(row.name for row in SETTINGS if row.name.endswith("_TEMPLATE"))
PLAN = TurnPlan(
    UpstreamRequest(ResponsesBody("maker/model:free", ())), ERROR_ID, fit=Fit({"maker/model:free": Window(8000, 1000)})
)
KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"
CALL = HostCall(
    CompletionsBody(model="m", messages=[{"role": "user", "content": "x"}]),
    Caller.PAGE,
    person=Person("user-7", "chat-7", "message-7", "session-7"),
    model=RequestedModel("openrouter.maker/model:free", "openrouter", "maker/model:free"),
)
EVERY = "\n".join(f"{name}={{{name}}}" for name in sorted(VARIABLES))


def http(status: int, error: dict[str, Any], **beside: Any) -> AttemptFailed:
    """Upstream answers with an error."""
    headers = {"X-Request-Id": "req-1", **({"Retry-After": "0"} if status == 429 else {})}
    body = json.dumps({"error": {"code": status, **error}, **beside}).encode()
    return AttemptFailed(Refused(problem_of_answer(status, headers, body, NOW)))


def end_of(*events: Any, plan: TurnPlan = PLAN) -> End:
    """Feed a turn until it ends; retries run out."""
    machine, now = TurnMachine(replace(plan, retry=replace(plan.retry, extra_attempts=0))), 0.0
    steps = machine.feed(Begun(), now)
    for event in (*events, *events[-1:] * 3):  # a repaired request is refused again
        steps += machine.feed(event, now := now + 1000.0)
    (end,) = [step.end for step in steps if isinstance(step, Ended)]
    return TurnMask().end(end)


def own(template: str, *names: str, **more: Any) -> OwnCards:
    settings = Settings(**{name.lower(): template for name in names or NAMES} | more)
    return OwnCards(settings, CALL.model.slug, CALL.person, WarnedOnce(RecordedTelemetry()))


def values(end: End, cards: OwnCards | None = None) -> dict[str, str]:
    """The variables of a fault, as plain text."""
    assert end.fault is not None
    cards = cards or own(EVERY, base_url="https://user:pass@x.example/v1", support_email="help@x.example")
    lines = cards.lines(end.fault, end.error_id, NOW)
    return dict(line.split("=", 1) for line in lines)


MODERATED = http(
    403,
    {
        "message": "Your input was flagged",
        "metadata": {"reasons": ["violence", "hate"], "flagged_input": "how to", "provider_name": "Acme"},
    },
)
TOO_LONG = http(400, {"message": "This endpoint's maximum context length is 8000 tokens."})
RATE = http(
    429,
    {
        "message": "Provider returned error",
        "metadata": {
            "raw": json.dumps({"error": {"message": "slow down", "code": "too_fast"}}),
            "provider_name": "Acme",
            "limit_source": "upstream_provider_shared_pool",
        },
    },
)
MONEY = http(402, {"message": "Not enough.", "metadata": {"required_cost": 0.25, "account_balance": "-0.02"}})
CHUNK = {
    "id": "gen-9",
    "created": 1785542400,
    "provider": "Acme",
    "model": "maker/answering",
    "error": {"code": 502, "message": "lost"},
    "choices": [{"index": 0, "delta": {}, "native_finish_reason": "overloaded"}],
}
IN_STREAM = ProblemReported(read_problem(CHUNK, now=NOW))
CASES: dict[str, tuple[tuple[Any, ...], set[str]]] = {
    "AUTHENTICATION_ERROR_TEMPLATE": ((http(401, {"message": "User not found."}),), {"openrouter_message"}),
    "INSUFFICIENT_CREDITS_TEMPLATE": ((MONEY,), {"required_cost", "account_balance", "openrouter_code"}),
    "SERVER_TIMEOUT_TEMPLATE": ((http(408, {"message": "late"}),), {"openrouter_message", "openrouter_code"}),
    "PAYLOAD_TOO_LARGE_TEMPLATE": ((http(413, {"message": "huge"}),), {"openrouter_code", "model_identifier"}),
    "RATE_LIMIT_TEMPLATE": ((RATE,), {"retry_after_seconds", "rate_limit_type", "openrouter_code", "upstream_message"}),
    "SERVICE_ERROR_TEMPLATE": ((http(503, {"message": "down"}),), {"status_code", "reason"}),
    "OPENROUTER_ERROR_TEMPLATE": ((MODERATED,), {"moderation_reasons", "flagged_excerpt", "metadata_json", "raw_body"}),
    "NETWORK_TIMEOUT_TEMPLATE": ((TimerFired("idle"),), {"timeout_seconds", "endpoint"}),
    "CONNECTION_ERROR_TEMPLATE": (
        (AttemptFailed(Unreachable("DNS: name not found", reach=Reach.NOT_SENT)),),
        {"error_type", "endpoint"},
    ),
    "INTERNAL_ERROR_TEMPLATE": ((Crashed("KeyError: 'secret'"),), {"error_type"}),
    "STREAM_INTERRUPTED_TEMPLATE": ((ResponseStarted("gen-1", "m"), StreamClosed(said_done=False)), {"model"}),
    "ENDPOINT_OVERRIDE_CONFLICT_TEMPLATE": (
        (http(400, {"message": "Use POST /images.", "availability": {"code": "wrong_endpoint"}}),),
        {"requested_model", "required_endpoint", "enforced_endpoint", "reason"},
    ),
    "DIRECT_UPLOAD_FAILURE_TEMPLATE": (
        (http(400, {"message": "the file is no PDF"}),),
        {"requested_model", "reason"},
    ),
}
OF_FAULTS: dict[str, tuple[Fault, set[str]]] = {
    "MAX_FUNCTION_CALL_LOOPS_REACHED_TEMPLATE": (Fault(FaultKind.TOOL_ROUNDS), {"max_function_call_loops"}),
    "MODEL_RESTRICTED_TEMPLATE": (
        Fault(FaultKind.FILTERED_MODEL, cause=ModelFiltered("maker/model:free", (Objection.NOT_SELECTED,))),
        {
            *("requested_model", "normalized_model_id", "restriction_reasons", "model_id_filter"),
            *("free_model_filter", "tool_calling_filter"),
        },
    ),
}


def ended_with(name: str) -> tuple[End, set[str]]:
    """A turn whose fault has the own card `name`, and the variables that are the card's own."""
    if name in OF_FAULTS:
        fault, wanted = OF_FAULTS[name]
        return replace(end_of(TimerFired("idle")), fault=fault), wanted
    events, wanted = CASES[name]
    return end_of(*events), wanted


# --- which card, which variables --------------------------------------------------------------------------


def test_every_kind_of_fault_has_one_card_or_none_on_purpose() -> None:
    settings = {name.lower() for name in NAMES}
    assert set(TEMPLATE_OF) == set(FaultKind)
    assert {name for name in TEMPLATE_OF.values() if name} <= settings
    assert [kind for kind, name in TEMPLATE_OF.items() if name is None] == [
        FaultKind.BAD_MESSAGES,
        FaultKind.EMPTY,
        FaultKind.CUT_SHORT,
        FaultKind.BUSY,
        FaultKind.PAUSED,
        FaultKind.BUDGET_SPENT,
        FaultKind.BUDGET_UNKNOWN,
    ]


def test_every_setting_is_tried() -> None:
    assert {*CASES, *OF_FAULTS} == set(NAMES)
    assert set(CardSettings.__annotations__) == {name.lower() for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_fault_is_shown_by_its_own_card_and_no_other(name: str) -> None:
    end, _ = ended_with(name)
    assert end.fault is not None
    assert template_of(end.fault) == name.lower()
    assert ToldFault(end.fault, ERROR_ID, now=NOW, own=own("Own {error_id}", name)).card() == f"Own {ERROR_ID}"
    others = own("Own", *(other for other in NAMES if other != name))
    assert ToldFault(end.fault, ERROR_ID, now=NOW, own=others).card() == ToldFault(end.fault, ERROR_ID, now=NOW).card()


@pytest.mark.parametrize("name", NAMES)
def test_card_has_the_common_variables_and_its_own(name: str) -> None:
    end, wanted = ended_with(name)
    cards = own(EVERY, name, model_id="a/*", support_email="help@x.example", support_url="https://h.example")
    found = values(end, cards)
    assert set(COMMON) | wanted <= set(found)
    assert (found["error_id"], found["timestamp"]) == (ERROR_ID, "2026-11-30T16:00:05Z")
    assert (found["user_id"], found["session_id"]) == ("user-7", "session-7")
    assert (found["model"], found["requested_model"]) == ("maker/model:free", "maker/model:free")
    assert found["normalized_model_id"] == "maker/model"


def test_every_variable_of_the_providers_card_has_a_value_where_upstream_says_it() -> None:
    told = [values(end_of(event)) for event in (MODERATED, TOO_LONG, RATE, MONEY, IN_STREAM)]
    assert set(PROVIDER) <= {name for one in told for name in one}


def test_upstreams_values_stand_in_their_variables() -> None:
    rate, money, length, moderated = (values(end_of(event)) for event in (RATE, MONEY, TOO_LONG, MODERATED))
    assert (rate["retry_after_seconds"], rate["rate_limit_type"]) == ("0", "upstream_provider_shared_pool")
    assert (rate["upstream_type"], rate["upstream_message"], rate["provider"]) == ("too_fast", "slow down", "Acme")
    assert rate["openrouter_message"] == "Provider returned error"
    assert (rate["request_id"], rate["request_id_reference"]) == ("req-1", "Request id: req-1")
    assert (money["required_cost"], money["account_balance"]) == ("$0.25", "-$0.02")
    assert (length["context_limit_tokens"], length["max_output_tokens"]) == ("8000", "1000")
    assert length["include_model_limits"] == "true"
    assert "include_model_limits" not in rate
    assert (moderated["moderation_reasons"], moderated["flagged_excerpt"]) == ("violence; hate", "how to")
    assert json.loads(moderated["metadata_json"])["provider_name"] == "Acme"
    assert json.loads(rate["provider_raw_json"])["error"]["code"] == "too_fast"
    assert rate["endpoint"] == "https://x.example/v1/responses"


def test_error_within_a_stream_names_its_frame() -> None:
    found = values(end_of(IN_STREAM))
    assert found["is_streaming_error"] == "true"
    assert (found["error_chunk_id"], found["error_chunk_created"]) == ("gen-9", "1785542400")
    assert (found["streaming_provider"], found["streaming_model"]) == ("Acme", "maker/answering")
    assert found["native_finish_reason"] == "overloaded"
    assert "is_streaming_error" not in values(end_of(http(502, {"message": "lost"})))


@pytest.mark.parametrize(
    ("event", "seconds"),
    [(TimerFired("idle"), "600"), (AttemptFailed(TimedOut("read", 90.0, reach=Reach.SENT)), "90")],
)
def test_time_out_names_its_seconds(event: Any, seconds: str) -> None:
    assert values(end_of(event))["timeout_seconds"] == seconds


def test_name_of_a_defect_is_shown_and_its_message_is_not() -> None:
    found = values(end_of(Crashed("KeyError: 'secret'")))
    assert found["error_type"] == "KeyError"
    assert "secret" not in str(found)


# --- what never happens -----------------------------------------------------------------------------------


def test_secrets_and_accounts_are_masked_in_every_variable() -> None:
    said = {"message": f"bad key {KEY}", "metadata": {"raw": f'{{"key": "{KEY}"}}', "reason": KEY, "reasons": [KEY]}}
    for status in (400, 401, 402, 403, 429, 502):
        found = values(end_of(http(status, said, user_id="user_0123456789abcdef01")))
        assert KEY not in str(found)
        assert "user_0123456789abcdef01" not in str(found)


def test_known_secret_of_any_shape_is_masked_in_every_variable() -> None:
    machine = TurnMachine(PLAN)
    machine.feed(Begun(), 0.0)
    event = http(403, {"message": "no", "metadata": {"raw": "plum tart", "reasons": ["plum tart"]}})
    (end,) = [step.end for step in machine.feed(event, 1.0) if isinstance(step, Ended)]
    masked = TurnMask(lambda text: text.replace("plum tart", "(secret)")).end(end)
    assert "plum" not in str(values(masked))
    assert "(secret)" in values(masked)["moderation_reasons"]


def test_raw_error_is_bounded_and_in_no_built_in_card() -> None:
    huge = {"message": "no", "metadata": {"raw": "x" * 100_000, "deep": [[[[[[[["y"]]]]]]]], "many": [1] * 100_000}}
    end = end_of(http(400, huge))
    assert end.fault is not None
    found = values(end)
    assert 2_000 <= len(found["provider_raw_json"]) <= 2_048
    assert len(found["raw_body"]) <= 2_048
    assert len(found["metadata_json"]) <= 2_048
    assert len(ToldFault(end.fault, ERROR_ID).card()) < 1_000


@pytest.mark.parametrize("written", ["{error_id}" * 1_500, "{raw_body}" * 400])
def test_enormous_card_gives_way_to_the_built_in_one_with_one_warning(written: str) -> None:
    telemetry = RecordedTelemetry()
    warnings = WarnedOnce(telemetry)
    end = end_of(http(500, {"message": "x" * 3_000}))
    assert end.fault is not None
    for _ in range(3):
        cards = OwnCards(Settings(service_error_template=written * 2), CALL.model.slug, CALL.person, warnings)
        assert ToldFault(end.fault, ERROR_ID, own=cards).card() == ToldFault(end.fault, ERROR_ID).card()
    logged = telemetry.only("card_not_shown")
    assert logged.level == "warning"
    assert str(logged.values["reason"]).startswith("SERVICE_ERROR_TEMPLATE: ")


@pytest.mark.parametrize(
    "written", ["{{#if error_id}}", "{nothing}", "{{#if error_id}}" * 10_000, "x" * 900_000, "[x]({detail})"]
)
def test_bad_template_is_one_problem_that_names_the_setting_and_the_place(written: str) -> None:
    settings, problems = snapshot({"RATE_LIMIT_TEMPLATE": written}, None, {})
    assert settings.rate_limit_template == ""
    (problem,) = problems
    assert problem.name == "RATE_LIMIT_TEMPLATE"
    assert "line 1" in problem.text or "longer than" in problem.text
    assert len(problem.text) < 400


# --- in the page ------------------------------------------------------------------------------------------


def test_card_is_shown_in_every_form_of_page() -> None:
    end, _ = ended_with("RATE_LIMIT_TEMPLATE")
    assert end.fault is not None
    cards = own("### Slow down\n- **Wait** {retry_after_seconds} s\n- {upstream_message}")
    assert ToldFault(end.fault, ERROR_ID, own=cards).card() == "### Slow down\n- **Wait** 0 s\n- slow down"
    assert ToldFault(end.fault, ERROR_ID, own=cards).box() == "Slow down \u00b7 Wait 0 s \u00b7 slow down"
    wishes = Wishes(cards=cards)
    older = NativePresenter("r1", (0, 8), wishes).present(Ended(end))
    assert HostList().take(yielded(older)).text == "### Slow down\n- **Wait** 0 s\n- slow down"
    newer = NativePresenter("r1", (0, 12), wishes).present(Ended(end))
    assert yielded(newer)[-1] == {"error": {"message": "Slow down \u00b7 Wait 0 s \u00b7 slow down"}}
