"""Settings and a caller's request become the frozen request of one turn."""

from dataclasses import replace
from decimal import Decimal
from operator import attrgetter
from typing import Any

import pytest

from domain.catalog.offer import Filter
from domain.request.body import Prepared, build
from domain.request.turn_request import Caller, Identifiers, Parameters, Person
from domain.services.list_models import Listing
from entrypoints.core.caller_request import CallerHistory, CallerRequest, CallerTools, request_of
from entrypoints.core.policy import Origin, route_of, support_of, usable_route
from entrypoints.openwebui.history_format import OPEN_WEBUI, marker_line
from entrypoints.settings import Settings
from entrypoints.settings_rows import Secret
from entrypoints.settings_snapshot import snapshot
from ports.catalog import Model, Reasoning
from ports.responses import Endpoint, Limits

SETTINGS = Settings(api_key=Secret("sk-or-v1-test"))
SITE = Origin("https://site.test", "Site")

MARKED = f"Yes. {marker_line('01K5ZZ9Q2M8V3W4X5Y6Z7A8B9C')}"


def asked(caller: Caller = Caller.PAGE, **more: Any) -> CallerRequest:
    return CallerRequest("acme/two.5", ({"role": "user", "content": "hi"},), caller=caller, person=Person("u"), **more)


@pytest.mark.parametrize(("caller", "effort"), [(Caller.PAGE, "high"), (Caller.API, "high"), (Caller.TASK, "minimal")])
def test_tasks_use_their_own_reasoning_setting(caller: Caller, effort: str) -> None:
    settings = replace(SETTINGS, reasoning_effort="high", task_model_reasoning_effort="minimal")

    assert request_of(asked(caller), settings).thinking.effort == effort


@pytest.mark.parametrize(
    ("caller", "stream", "upstream"),
    [(Caller.PAGE, False, True), (Caller.API, False, True), (Caller.TASK, False, False), (Caller.TASK, True, True)],
)
def test_upstream_streams_for_everyone_but_tasks(caller: Caller, stream: bool, upstream: bool) -> None:
    assert request_of(asked(caller, stream=stream), SETTINGS).stream is upstream


def test_idle_limit_applies_unless_there_is_a_total_limit() -> None:
    limited = replace(SETTINGS, http_total_timeout_seconds=60, max_sse_event_mb=1)

    assert request_of(asked(), SETTINGS).limits == Limits(10, None, 300, 32 * 1024 * 1024)
    assert request_of(asked(), limited).limits == Limits(10, 60, None, 1024 * 1024)


def test_hosts_for_plain_http_are_read_from_their_list() -> None:
    settings = replace(SETTINGS, insecure_base_url_hosts=" Gateway.lan, ,other")

    assert request_of(asked(), settings).insecure_hosts == {"gateway.lan", "other"}


def test_route_names_the_operators_site_if_it_is_set() -> None:
    assert route_of(replace(SETTINGS, http_referer_override="https://x.test")).referer == "https://x.test"
    assert route_of(replace(SETTINGS, http_referer_override="https://x.test"), SITE).referer == "https://x.test"


def test_route_names_the_application_otherwise_and_nothing_without_one() -> None:
    assert (route_of(SETTINGS, SITE).referer, route_of(SETTINGS, SITE).title) == ("https://site.test", "Site")
    assert (route_of(SETTINGS).referer, route_of(SETTINGS).title) == ("", "")
    assert request_of(asked(), SETTINGS, origin=SITE).route == route_of(SETTINGS, SITE)


def test_route_is_asked_with_a_cleaned_address_and_key() -> None:
    route = usable_route(replace(SETTINGS, base_url=" https://x.test/v1/ "))

    assert (route.base_url, route.api_key) == ("https://x.test/v1", "sk-or-v1-test")


def test_key_is_in_the_route_and_in_no_repr() -> None:
    request = request_of(asked(), SETTINGS)

    assert request.route.api_key == "sk-or-v1-test"
    assert "sk-or-v1-test" not in repr(request)


@pytest.mark.parametrize(
    ("email", "url", "support"),
    [
        ("a@x.test", "https://x.test", "a@x.test · https://x.test"),
        ("", "https://x.test", "https://x.test"),
        ("", "", ""),
    ],
)
def test_support_names_every_configured_contact(email: str, url: str, support: str) -> None:
    assert support_of(replace(SETTINGS, support_email=email, support_url=url)) == support


# --- what the operator set ----------------------------------------------------------------------------------------

EVERY_SETTING: dict[str, tuple[dict[str, Any], str, object]] = {
    "enable_reasoning": ({"enable_reasoning": False}, "thinking.enabled", False),
    "reasoning_effort": ({"reasoning_effort": "high"}, "thinking.effort", "high"),
    "summary": ({"reasoning_summary_mode": "detailed"}, "thinking.summary", "detailed"),
    "deepest": ({"max_reasoning_effort": "low"}, "thinking.deepest", "low"),
    "budget": ({"gemini_thinking_budget": 9}, "thinking.budget", 9),
    "interleaved": ({"enable_anthropic_interleaved_thinking": False}, "thinking.interleaved", False),
    "end user": ({"send_end_user_id": True}, "identifiers", Identifiers(end_user=True)),
    "session": ({"send_session_id": True}, "identifiers", Identifiers(session=True)),
    "chat": ({"send_chat_id": True}, "identifiers", Identifiers(chat=True)),
    "message": ({"send_message_id": True}, "identifiers", Identifiers(message=True)),
    "order": ({"provider_order": "b, a"}, "routing.order", ("b", "a")),
    "only": ({"provider_only": "a\nb"}, "routing.only", ("a", "b")),
    "ignore": ({"provider_ignore": "a,,"}, "routing.ignore", ("a",)),
    "prompt cap": ({"max_prompt_price": 0.1}, "routing.prompt_cap", Decimal("0.1")),
    "completion cap": ({"max_completion_price": 0.0}, "routing.completion_cap", Decimal("0.0")),
    "collection": ({"deny_data_collection": True}, "routing.deny_data_collection", True),
    "retention enforced": ({"zdr_enforce": True}, "routing.zero_retention", True),
    "retention asked": ({"request_zdr": True}, "routing.zero_retention", True),
    "retention filter": ({"zdr_models_only": True}, "routing.zero_retention", True),
    "window": ({"history_window_turns": 3}, "prompting.history_turns", 3),
    "trim": ({"auto_context_trimming": False}, "prompting.trim", False),
    "ceiling": ({"use_model_max_output_tokens": True}, "prompting.use_output_ceiling", True),
    "marks": ({"enable_anthropic_prompt_caching": False}, "prompting.cache_marks", False),
    "life of marks": ({"anthropic_prompt_cache_ttl": "1h"}, "prompting.cache_ttl", "1h"),
    "endpoint": ({"default_llm_endpoint": "chat_completions"}, "endpoints.default", Endpoint.CHAT),
    "forced chat": ({"force_chat_completions_models": "a/*"}, "endpoints.forced_chat", ("a/*",)),
    "forced responses": ({"force_responses_models": "a/*"}, "endpoints.forced_responses", ("a/*",)),
    "other endpoint": ({"auto_fallback_chat_completions": False}, "endpoints.fall_back", False),
    "fallback": ({"fallback_model": " acme/one "}, "fallback_model", "acme/one"),
    "rounds": ({"max_function_call_loops": 3}, "tooling.max_rounds", 3),
    "tool seconds": ({"tool_timeout_seconds": 7}, "tooling.seconds", 7),
    "concurrent": ({"max_concurrent_requests": 5}, "bounds.concurrent", 5),
    "queued": ({"max_queued_requests": 0}, "bounds.queued", 0),
    "uncertain": ({"retry_uncertain": True}, "retry.uncertain_allowed", True),
    "free": ({"free_model_filter": "only"}, "offer.free", Filter.ONLY),
    "tools": ({"tool_calling_filter": "exclude"}, "offer.tools", Filter.EXCLUDE),
    "off": ({"disabled_models": "a/b"}, "offer.disabled", "a/b"),
    "selection": ({"model_id": "a/b"}, "offer.selection", "a/b"),
    "variants": ({"variant_models": "a/b:nitro, a/b@preset/x"}, "offer.variants", ("a/b:nitro", "a/b@preset/x")),
}


@pytest.mark.parametrize(("changed", "place", "value"), EVERY_SETTING.values(), ids=EVERY_SETTING)
def test_setting_reaches_its_field_of_the_request(changed: dict[str, Any], place: str, value: object) -> None:
    usual = request_of(asked(), SETTINGS)
    frozen = request_of(asked(), replace(SETTINGS, **changed))

    assert attrgetter(place)(frozen) == value
    assert attrgetter(place)(usual) != value


def test_endpoints_that_keep_no_data_are_required_only_if_the_operator_asks() -> None:
    kept = frozenset({"acme/two.5"})
    asking = replace(SETTINGS, zdr_models_only=True)

    assert request_of(asked(), SETTINGS, Listing(zero_retention=kept)).offer.zero_retention is None
    assert request_of(asked(), asking, Listing(zero_retention=kept)).offer.zero_retention == kept
    assert request_of(asked(), asking).offer.zero_retention == frozenset()


# --- background tasks ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("caller", "model"), [(Caller.TASK, "acme/small"), (Caller.PAGE, "acme/two.5"), (Caller.API, "acme/two.5")]
)
def test_task_model_runs_only_tasks(caller: Caller, model: str) -> None:
    assert request_of(asked(caller), replace(SETTINGS, task_model=" acme/small ")).model == model


def test_model_of_the_chat_runs_the_tasks_if_no_other_is_named() -> None:
    assert request_of(asked(Caller.TASK), replace(SETTINGS, task_model=" ")).model == "acme/two.5"


def test_task_is_sent_whole_without_cache_marks_and_without_data() -> None:
    settings = replace(SETTINGS, history_window_turns=1)
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    messages = ({"role": "user", "content": [{"type": "text", "text": "a"}, picture]},)
    task = request_of(CallerRequest("acme/two.5", messages, caller=Caller.TASK), settings)
    chat = request_of(CallerRequest("acme/two.5", messages, caller=Caller.PAGE), settings)

    assert (task.prompting.history_turns, task.prompting.cache_marks) == (0, False)
    assert task.messages == ({"role": "user", "content": [{"type": "text", "text": "a"}]},)
    assert chat.messages == messages


# --- what a person chose ------------------------------------------------------------------------------------------

CHOICES: dict[str, tuple[dict[str, Any], dict[str, Any], str, object]] = {
    "own effort": ({"REASONING_EFFORT": "low"}, {"REASONING_EFFORT": "high"}, "thinking.effort", "high"),
    "inherited": ({"REASONING_EFFORT": "low"}, {"REASONING_EFFORT": "Inherit"}, "thinking.effort", "low"),
    "nothing": ({"REASONING_EFFORT": "low"}, {"REASONING_EFFORT": None}, "thinking.effort", "low"),
    "unusable": ({"REASONING_EFFORT": "low"}, {"REASONING_EFFORT": "endless"}, "thinking.effort", "low"),
    "own switch": ({}, {"ENABLE_REASONING": "false"}, "thinking.enabled", False),
    "own privacy": ({}, {"REQUEST_ZDR": True}, "routing.zero_retention", True),
    "privacy stays": ({"ZDR_ENFORCE": True}, {"REQUEST_ZDR": False}, "routing.zero_retention", True),
    "locked": (
        {"REASONING_EFFORT": "low", "LOCKED_USER_SETTINGS": "x, reasoning_effort"},
        {"REASONING_EFFORT": "high"},
        "thinking.effort",
        "low",
    ),
    "locked in the box": (
        {"REASONING_EFFORT": "low", "ADVANCED": "LOCKED_USER_SETTINGS=REASONING_EFFORT"},
        {"REASONING_EFFORT": "high"},
        "thinking.effort",
        "low",
    ),
    "others are not locked": (
        {"LOCKED_USER_SETTINGS": "REASONING_EFFORT"},
        {"REASONING_SUMMARY_MODE": "concise"},
        "thinking.summary",
        "concise",
    ),
    "not theirs": ({}, {"SEND_CHAT_ID": True, "API_KEY": "sk-other"}, "identifiers", Identifiers()),
}


@pytest.mark.parametrize(("valves", "own", "place", "value"), CHOICES.values(), ids=CHOICES)
def test_person_decides_settings_that_the_operator_leaves_open(
    valves: dict[str, Any], own: dict[str, Any], place: str, value: object
) -> None:
    settings, _ = snapshot({"API_KEY": "sk-or-v1-test", **valves}, own, {})
    request = request_of(asked(), settings)

    assert attrgetter(place)(request) == value
    assert request.route.api_key == "sk-or-v1-test"


@pytest.mark.parametrize("effort", [None, "max", "xhigh"])
def test_reasoning_effort_never_exceeds_the_operators_cap(effort: str | None) -> None:
    settings, _ = snapshot({"MAX_REASONING_EFFORT": "medium"}, {"REASONING_EFFORT": "max"}, {})
    model = Model(
        "acme/two.5", "Two", supported_parameters=frozenset({"reasoning"}), reasoning=Reasoning(takes_effort=True)
    )
    wish = Parameters(reasoning={"effort": effort} if effort else {})
    request = request_of(asked(parameters=wish), settings)
    built = build(request, model.id, model)

    assert isinstance(built, Prepared)
    assert built.request.body.reasoning == {"effort": "medium", "summary": "auto"}


@pytest.mark.parametrize(("offer_search", "searches"), [(True, 3), (False, None)])
def test_upstream_searches_only_if_search_may_be_offered(offer_search: bool, searches: int | None) -> None:
    tools = CallerTools(offer_search=offer_search)

    assert request_of(asked(tools=tools), SETTINGS).tooling.searches == searches


def test_the_caller_decides_who_runs_the_tools() -> None:
    tools = CallerTools(handed_over=True, host_only=frozenset({"ask_user"}))
    tooling = request_of(asked(tools=tools), SETTINGS).tooling

    assert (tooling.handed_over, tooling.host_only) == (True, {"ask_user"})


def test_turn_keeps_what_it_leaves_under_the_callers_namespace_and_a_task_keeps_nothing() -> None:
    assert request_of(asked(history=CallerHistory("pipe_1")), SETTINGS).memory.namespace == "pipe_1"
    assert request_of(asked(Caller.TASK, history=CallerHistory("pipe_1")), SETTINGS).memory.namespace == ""


@pytest.mark.parametrize("caller", [Caller.API, Caller.TASK])
def test_history_format_of_the_entrypoint_decides_what_is_stripped(caller: Caller) -> None:
    text = "<think>hm</think>Yes."
    messages = ({"role": "assistant", "content": text}, {"role": "user", "content": "And?"})
    sent = {}
    for name, history in {"plain": CallerHistory(), "host": CallerHistory(format=OPEN_WEBUI)}.items():
        request = request_of(CallerRequest("acme/two.5", messages, caller=caller, history=history), SETTINGS)
        built = build(request, "a/b", None)
        assert isinstance(built, Prepared)
        sent[name] = built.request.body.input[0]["content"]

    assert sent == {"plain": text, "host": "Yes."}


@pytest.mark.parametrize(("history", "sent"), [(CallerHistory(), MARKED), (CallerHistory(format=OPEN_WEBUI), "Yes.")])
def test_references_in_the_messages_of_a_task_are_removed_only_in_the_format_of_the_entrypoint(
    history: CallerHistory, sent: str
) -> None:
    messages = ({"role": "user", "content": MARKED},)
    request = request_of(CallerRequest("acme/two.5", messages, caller=Caller.TASK, history=history), SETTINGS)

    assert request.messages == ({"role": "user", "content": sent},)


def test_limits_for_media_come_from_the_settings() -> None:
    settings = replace(
        SETTINGS,
        max_input_images_per_request=2,
        image_input_selection="user_turn_only",
        base64_max_size_mb=1,
        pdf_engine="pdf-text",
        save_remote_file_urls=False,
    )
    intake = request_of(asked(), settings).intake
    assert (intake.pictures, intake.reused_answers, intake.inline) == (2, 0, 1024 * 1024)
    assert (intake.pdf_engine, intake.save_links, intake.save_data) == ("pdf-text", False, True)
    assert request_of(asked(Caller.TASK), settings).intake.pdf_engine == ""
