"""Settings and a call of the host become the frozen request of one turn."""

from dataclasses import replace
from typing import Any

import pytest

from domain.request.turn_request import Caller, Person
from entrypoints.openwebui.host_call import HostCall
from entrypoints.openwebui.request import request_of, route_of, support_of
from entrypoints.settings import Settings
from entrypoints.settings_rows import Secret
from entrypoints.wire.completions_body import CompletionsBody
from ports.catalog import Model
from ports.responses import Limits

SETTINGS = Settings(api_key=Secret("sk-or-v1-test"))
MODELS = (Model("acme/two.5", "Two"), Model("gpt.five", "Odd"))


def call_of(caller: Caller = Caller.PAGE) -> HostCall:
    return HostCall({}, caller, Person("u"), None, None, "")


def body_of(model: str = "openrouter.acme/two.5", **more: Any) -> CompletionsBody:
    return CompletionsBody(model=model, messages=[{"role": "user", "content": "hi"}], **more)


@pytest.mark.parametrize(
    ("requested", "slug"),
    [
        ("openrouter.acme/two.5", "acme/two.5"),
        ("openrouter.acme.two.5", "acme.two.5"),
        ("acme/two.5", "acme/two.5"),
        ("gpt.five", "gpt.five"),
        ("openrouter.gpt.five", "gpt.five"),
        ("openrouter.unknown/model", "unknown/model"),
        ("unknown/model", "unknown/model"),
    ],
)
def test_function_id_is_dropped_unless_the_whole_name_is_a_models(requested: str, slug: str) -> None:
    assert request_of(call_of(), body_of(requested), SETTINGS, MODELS).model == slug


def test_function_id_is_dropped_while_no_model_is_known() -> None:
    assert request_of(call_of(), body_of("openrouter.acme.two"), SETTINGS, ()).model == "acme.two"


@pytest.mark.parametrize(("caller", "effort"), [(Caller.PAGE, "high"), (Caller.API, "high"), (Caller.TASK, "minimal")])
def test_tasks_think_as_much_as_their_own_setting_says(caller: Caller, effort: str) -> None:
    settings = replace(SETTINGS, reasoning_effort="high", task_model_reasoning_effort="minimal")

    assert request_of(call_of(caller), body_of(), settings, MODELS).thinking.effort == effort


@pytest.mark.parametrize(
    ("caller", "stream", "upstream"),
    [(Caller.PAGE, False, True), (Caller.API, False, True), (Caller.TASK, False, False), (Caller.TASK, True, True)],
)
def test_upstream_streams_for_everyone_but_tasks(caller: Caller, stream: bool, upstream: bool) -> None:
    assert request_of(call_of(caller), body_of(stream=stream), SETTINGS, MODELS).stream is upstream


def test_silence_ends_a_request_unless_there_is_a_limit_for_all_of_it() -> None:
    limited = replace(SETTINGS, http_total_timeout_seconds=60, max_sse_event_mb=1)

    assert request_of(call_of(), body_of(), SETTINGS, MODELS).limits == Limits(10, None, 300, 64 * 1024 * 1024)
    assert request_of(call_of(), body_of(), limited, MODELS).limits == Limits(10, 60, None, 1024 * 1024)


def test_hosts_for_plain_http_are_read_from_their_list() -> None:
    settings = replace(SETTINGS, insecure_base_url_hosts=" Gateway.lan, ,other")

    assert request_of(call_of(), body_of(), settings, MODELS).insecure_hosts == {"gateway.lan", "other"}


def test_route_names_the_operators_site_where_it_is_set() -> None:
    assert route_of(replace(SETTINGS, http_referer_override="https://x.test")).referer == "https://x.test"
    assert route_of(SETTINGS).referer.startswith("https://")


def test_key_is_in_the_route_and_in_no_repr() -> None:
    request = request_of(call_of(), body_of(), SETTINGS, MODELS)

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
def test_support_names_every_place_to_ask(email: str, url: str, support: str) -> None:
    assert support_of(replace(SETTINGS, support_email=email, support_url=url)) == support
