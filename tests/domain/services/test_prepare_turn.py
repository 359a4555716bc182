"""Preparing a request: rejections and their reasons, stored lessons, and the fallback model."""

from dataclasses import replace
from decimal import Decimal

import pytest

from domain.catalog.offer import Filter, Objection, Offer
from domain.faults.causes import ModelFiltered
from domain.faults.fault import Fault, FaultKind
from domain.request.lessons import Lessons, condition_of, learner_of
from domain.request.repair import Lesson
from domain.request.turn_request import Caller, EndpointChoice, Parameters, TurnRequest
from domain.services.check_turn import check_turn
from domain.services.prepare_turn import Ready, prepare_turn
from ports.catalog import Model, Reasoning
from ports.responses import Endpoint, Route, UpstreamRequest
from tests.doubles.clock import FakeClock

PAID = Model(
    "maker/paid",
    "Paid",
    supported_parameters=frozenset({"tools", "reasoning", "temperature"}),
    reasoning=Reasoning(takes_effort=True),
)
FREE = Model("maker/free", "Free", listed_prices=(Decimal(0),), supported_parameters=frozenset({"max_tokens"}))
MODELS = (PAID, FREE)
REQUEST = TurnRequest("maker/paid", ({"role": "user", "content": "Why?"},), Route("https://a.example/v1/", " key "))


def checked_and_prepared(request: TurnRequest, models: tuple[Model, ...], lessons: Lessons) -> Ready | Fault:
    checked = check_turn(request, models)
    return checked if isinstance(checked, Fault) else prepare_turn(checked, (), lessons)


def prepared(
    request: TurnRequest = REQUEST, models: tuple[Model, ...] = MODELS, lessons: Lessons | None = None
) -> Ready:
    ready = checked_and_prepared(request, models, lessons or Lessons(FakeClock()))
    assert isinstance(ready, Ready)
    return ready


def refused(request: TurnRequest, models: tuple[Model, ...] = MODELS) -> Fault:
    fault = checked_and_prepared(request, models, Lessons(FakeClock()))
    assert isinstance(fault, Fault)
    return fault


def test_turn_that_may_run_knows_model_route_and_body():
    ready = prepared(replace(REQUEST, model="maker.paid"))
    assert (ready.slug, ready.model, ready.sending.body.model) == ("maker/paid", PAID, "maker/paid")
    assert (ready.route.base_url, ready.route.api_key) == ("https://a.example/v1", "key")


@pytest.mark.parametrize(
    ("request_", "kind"),
    [
        (replace(REQUEST, route=Route("https://a.example", " ")), FaultKind.NO_KEY),
        (replace(REQUEST, route=Route("http://a.example", "key")), FaultKind.BAD_ROUTE),
        (replace(REQUEST, messages=()), FaultKind.BAD_MESSAGES),
        (replace(REQUEST, offer=Offer(selection="nobody/x")), FaultKind.FILTERED_MODEL),
    ],
    ids=["key", "address", "messages", "model"],
)
def test_first_thing_wrong_is_the_fault(request_, kind):
    assert refused(request_).kind is kind


def test_model_that_is_not_offered_is_explained_filter_by_filter():
    fault = refused(replace(REQUEST, offer=Offer("maker/free", "maker/paid", Filter.ONLY)))
    failed = (Objection.DISABLED, Objection.NOT_SELECTED, Objection.NOT_FREE)
    assert fault.cause == ModelFiltered("maker/paid", failed)


def test_background_task_may_use_a_model_that_is_not_selected():
    assert prepared(replace(REQUEST, caller=Caller.TASK, offer=Offer(selection="maker/free"))).slug == "maker/paid"


def test_variant_of_the_operator_is_sent_under_its_own_name_and_filtered_by_its_base():
    offer = Offer(variants=("maker/paid:nitro",))
    ready = prepared(replace(REQUEST, model="maker/paid:nitro", offer=offer))
    assert ready.sending.body.model == "maker/paid:nitro"
    assert ready.model is not None
    assert ready.model.reasoning == PAID.reasoning


def test_dropped_parameters_are_named():
    assert prepared(replace(REQUEST, model="maker/free", parameters=Parameters(temperature=0.5))).left_out == (
        "temperature",
    )


# --- what was learned -------------------------------------------------------------------------------------------


def learned(*lessons: Lesson) -> Lessons:
    known = Lessons(FakeClock())
    sent = prepared().sending
    for lesson in lessons:
        known.remember(learner_of(REQUEST), "maker/paid", lesson, condition_of(sent))
    return known


def test_lesson_of_a_model_is_in_the_next_request_at_once():
    assert prepared(lessons=learned(Lesson("reasoning"))).sending.body.reasoning is None


@pytest.mark.parametrize(
    ("choice", "endpoint"),
    [
        (EndpointChoice(), Endpoint.CHAT),
        (EndpointChoice(fall_back=False), Endpoint.RESPONSES),
        (EndpointChoice(forced_responses=("maker/paid",)), Endpoint.RESPONSES),
    ],
    ids=["free", "no fall-back", "forced"],
)
def test_learned_endpoint_never_overrides_the_operators_choice(choice, endpoint):
    request = replace(REQUEST, endpoints=choice)
    assert prepared(request, lessons=learned(Lesson("endpoint"))).sending.endpoint is endpoint


# --- who stands in ----------------------------------------------------------------------------------------------


def stand_in(fallback: str, offer: Offer = Offer(), models: tuple[Model, ...] = MODELS) -> str | None:
    request = replace(REQUEST, model="maker/free", fallback_model=fallback, offer=offer)
    sending = built(prepared(request, models))
    return None if sending is None else sending.body.model


def built(ready: Ready) -> UpstreamRequest | None:
    return None if ready.fallback is None else ready.fallback()


@pytest.mark.parametrize(
    ("fallback", "model"),
    [
        ("", None),
        ("maker/free", None),
        ("maker.free", None),
        ("maker/paid", "maker/paid"),
        ("maker.paid", "maker/paid"),
    ],
)
def test_fallback_model_differs_from_the_requested_one(fallback, model):
    assert stand_in(fallback) == model


@pytest.mark.parametrize(
    ("offer", "model"),
    [
        (Offer(free=Filter.ONLY), None),
        (Offer(zero_retention=frozenset({"maker/free"})), None),
        (Offer(disabled="maker/paid"), None),
        (Offer(selection="maker/free"), "maker/paid"),
        (Offer(tools=Filter.EXCLUDE), "maker/paid"),
    ],
    ids=["price", "privacy", "off switch", "selection", "tools"],
)
def test_fallback_model_respects_price_privacy_and_disabled_models(offer, model):
    assert stand_in("maker/paid", offer) == model


def test_request_to_the_fallback_model_is_built_for_it():
    request = replace(REQUEST, fallback_model="maker/free", parameters=Parameters(temperature=0.5))
    ready = prepared(request)
    assert ready.sending.body.temperature == 0.5
    sending = built(ready)
    assert sending is not None
    assert (sending.body.temperature, sending.body.reasoning) == (None, None)


# --- models the caller names ------------------------------------------------------------------------------------


def named(*models: str, offer: Offer = Offer(), known: tuple[Model, ...] = MODELS) -> tuple[str, ...]:
    request = replace(REQUEST, parameters=Parameters(models=models), offer=offer)
    return prepared(request, known).sending.body.models


def test_models_unknown_to_upstream_are_dropped_since_one_fails_the_whole_call():
    assert named("nobody/x", "maker/free") == ("maker/free",)


def test_models_that_are_not_offered_are_dropped_and_named():
    request = replace(REQUEST, parameters=Parameters(models=("maker/free",)), offer=Offer(disabled="maker/free"))
    ready = prepared(request)
    assert ready.sending.body.models == ()
    assert ready.left_out == ("model 'maker/free'",)


@pytest.mark.parametrize(
    "offer", [Offer(free=Filter.EXCLUDE), Offer(selection="maker/paid")], ids=["price", "selection"]
)
def test_caller_cannot_reach_a_filtered_model_by_naming_it_second(offer):
    assert named("maker/free", offer=offer) == ()


def test_models_pass_while_the_list_is_unknown():
    assert named("nobody/x", known=()) == ("nobody/x",)


def test_models_are_dropped_for_the_fallback_model_too():
    request = replace(REQUEST, fallback_model="maker/free", parameters=Parameters(models=("nobody/x",)))
    ready = prepared(request)
    sending = built(ready)
    assert sending is not None
    assert sending.body.models == ()
