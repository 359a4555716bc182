"""Fields that go upstream as they are: what fits is sent, what does not is named."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from domain.request.body import Prepared, build
from domain.request.turn_request import EndpointChoice, Identifiers, Parameters, Person, Routing, TurnRequest
from ports.catalog import Model, Reasoning
from ports.responses import Endpoint, Route

NEW, OLD = "openai/gpt-5.6-sol", "openai/gpt-5.5"
REQUEST = TurnRequest(NEW, ({"role": "user", "content": "Why?"},), Route("https://a.example", "key"))
THINKER = Model(
    NEW, NEW, supported_parameters=frozenset({"reasoning", "tools"}), reasoning=Reasoning(takes_effort=True)
)
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
SEARCH = {"type": "openrouter:web_search"}


def built(request: TurnRequest = REQUEST, slug: str = NEW, **asked: Any) -> Prepared:
    prepared = build(replace(request, parameters=Parameters(**asked)), slug, replace(THINKER, id=slug))
    assert isinstance(prepared, Prepared)
    return prepared


PARTLY: dict[str, tuple[str, Any, Any, tuple[str, ...]]] = {
    "a trace": ("trace", {"trace_id": 5, "team": {"deep": 1}}, {"trace_id": "5"}, ("trace.team",)),
    "a long value": ("trace", {"trace_id": "t", "note": "x" * 513}, {"trace_id": "t"}, ("trace.note",)),
    "a long key": ("trace", {"trace_id": "t", "k" * 65: 1}, {"trace_id": "t"}, (f"trace.{'k' * 65}",)),
    "an unknown tier": ("service_tier", "warp", None, ("service_tier",)),
    "a list for a text": ("safety_identifier", ["a"], None, ("safety_identifier",)),
    "a number for a text": ("safety_identifier", 12345, "12345", ()),
    "a text too long": ("safety_identifier", "x" * 257, None, ("safety_identifier",)),
    "a condition out of range": (
        "stop_server_tools_when",
        [{"type": "step_count_is", "step_count": 0}, {"type": "max_cost", "max_cost_in_dollars": 1}],
        ({"type": "max_cost", "max_cost_in_dollars": 1},),
        ("stop_server_tools_when",),
    ),
    "a condition of an unknown kind": (
        "stop_server_tools_when",
        [{"type": "full_moon"}],
        (),
        ("stop_server_tools_when",),
    ),
    "a template without an id": ("prompt", {"variables": {"a": "b"}}, None, ("prompt",)),
    "a variable of the wrong type": (
        "prompt",
        {"id": "p", "variables": {"a": "b", "c": 5}},
        {"id": "p", "variables": {"a": "b"}},
        ("prompt.variables.c",),
    ),
    "an unknown life of a cache": (
        "prompt_cache_options",
        {"mode": "explicit", "ttl": "1y"},
        {"mode": "explicit"},
        ("prompt_cache_options.ttl",),
    ),
}


@pytest.mark.parametrize(("name", "given", "sent", "left_out"), PARTLY.values(), ids=PARTLY)
def test_what_fits_is_sent_and_the_rest_is_named(name: str, given: Any, sent: Any, left_out: tuple[str, ...]) -> None:
    prepared = built(passed={name: given})
    assert getattr(prepared.request.body, name) == sent
    assert prepared.left_out == left_out


def test_names_of_what_is_left_out_are_few_short_and_on_one_line() -> None:
    trace: dict[str, Any] = {f"{n}\nERROR \ud800{'k' * 200}": {} for n in range(500)}
    trace |= {"a\nb \ud800": {"c": 1}, "trace_id": "t"}
    named = built(passed={"trace": {key: value or [1] for key, value in trace.items()}}).left_out
    assert len(named) == 32
    assert all(name.isprintable() and len(name) <= 80 for name in named)


def test_no_more_than_sixteen_keys_of_a_trace_are_sent_and_its_own_come_first() -> None:
    trace = {**{f"key_{n}": n for n in range(20)}, "trace_id": "t"}
    prepared = built(passed={"trace": trace})
    sent = prepared.request.body.trace
    assert sent is not None
    assert (len(sent), sent["trace_id"]) == (16, "t")
    assert prepared.left_out == tuple(f"trace.key_{n}" for n in range(15, 20))


def test_options_of_the_newest_models_are_left_out_by_name_for_older_ones() -> None:
    asked: dict[str, Any] = {
        "passed": {"prompt_cache_options": {"mode": "explicit"}},
        "reasoning": {"effort": "high", "mode": "pro", "context": "all_turns"},
    }
    assert built(**asked).left_out == ()
    assert set(built(slug=OLD, **asked).left_out) == {"prompt_cache_options", "reasoning.mode", "reasoning.context"}


def test_deferred_tools_need_tools() -> None:
    deferred = {"profile": "portable", "protocol": "v1", "search": {"type": "bm25"}, "validation": "runtime"}
    assert built(passed={"deferred_tools": deferred}).left_out == ("deferred_tools",)
    assert built(passed={"deferred_tools": deferred}, tools=(TOOL,)).request.body.deferred_tools == deferred


def test_fields_that_chat_completions_lacks_are_named_where_it_is_called() -> None:
    chat = replace(REQUEST, endpoints=EndpointChoice(default=Endpoint.CHAT))
    asked: dict[str, Any] = {
        "passed": {"prompt": {"id": "p"}, "safety_identifier": "a", "truncation": "auto", "trace": {"trace_id": "t"}},
        "reasoning": {"effort": "high", "mode": "pro"},
        "chat_only": {"seed": 7},
    }
    assert set(built(chat, **asked).left_out) == {"prompt", "safety_identifier", "truncation", "reasoning.mode", "seed"}
    assert built(**asked).left_out == ("seed",)


def test_the_hash_of_the_operator_stands_before_the_identifier_of_the_caller() -> None:
    sending = replace(REQUEST, person=Person("ann"), identifiers=Identifiers(safety=True))
    hashed = built(sending, passed={"safety_identifier": "mine"}).request.body.safety_identifier
    assert hashed not in (None, "mine")
    assert "ann" not in str(hashed)
    assert built(sending).request.body.safety_identifier == hashed
    assert built(replace(sending, person=Person("bob"))).request.body.safety_identifier != hashed
    assert built(passed={"safety_identifier": "mine"}).request.body.safety_identifier == "mine"


def test_a_cap_of_cost_holds_where_upstream_runs_tools_and_nobody_raises_it() -> None:
    capped = replace(REQUEST, routing=Routing(tool_cap=Decimal("0.5")))
    steps = {"type": "step_count_is", "step_count": 30}
    cap = {"type": "max_cost", "max_cost_in_dollars": 0.5}
    dear = [{"type": "max_cost", "max_cost_in_dollars": 9.0}]
    cheap = [{"type": "max_cost", "max_cost_in_dollars": 0.1}]

    assert built(capped, extra_tools=(SEARCH,)).request.body.stop_server_tools_when == (steps, cap)
    assert built(capped, tools=(TOOL,)).request.body.stop_server_tools_when == ()
    dearer = built(capped, extra_tools=(SEARCH,), passed={"stop_server_tools_when": dear})
    assert dearer.request.body.stop_server_tools_when == (steps, cap)
    cheaper = built(capped, extra_tools=(SEARCH,), passed={"stop_server_tools_when": cheap})
    assert cheaper.request.body.stop_server_tools_when == (steps, *cheap)
    fewer = built(capped, extra_tools=(SEARCH,), max_tool_calls=4).request.body
    assert fewer.stop_server_tools_when[0] == {"type": "step_count_is", "step_count": 4}


@pytest.mark.parametrize(
    ("slug", "plugin"),
    [("openrouter/auto", "auto-router"), ("openrouter/auto-beta", "auto-beta-router"), (NEW, "")],
)
def test_the_tier_of_a_router_goes_to_that_router_alone(slug: str, plugin: str) -> None:
    tiered = replace(REQUEST, routing=Routing(cost_tier="low"))
    sent = built(tiered, slug).request.body.plugins
    assert sent == (({"id": plugin, "cost_tier": "low"},) if plugin else ())
    own = ({"id": plugin, "cost_tier": "high"},)
    assert not plugin or built(tiered, slug, plugins=own).request.body.plugins == own


def test_values_of_the_operator_fill_what_the_request_leaves_open_key_by_key() -> None:
    defaults = {
        "trace": {"trace_name": "chat", "team": "blue"},
        "provider": {"sort": "price", "options": {"openai": {"a": 1}}},
        "plugins": [{"id": "web", "max_results": 2}, {"id": "moderation"}],
        "reasoning": {"effort": "low", "mode": "pro"},
        "mood": "good",
    }
    prepared = built(
        replace(REQUEST, defaults=defaults),
        passed={"trace": {"team": "red"}},
        provider={"sort": "latency"},
        plugins=({"id": "web", "max_results": 9},),
        reasoning={"effort": "high"},
    )
    body = prepared.request.body
    assert body.trace == {"trace_name": "chat", "team": "red"}
    assert body.provider == {"sort": "latency", "options": {"openai": {"a": 1}}}
    assert body.plugins == ({"id": "moderation"}, {"id": "web", "max_results": 9})
    assert body.reasoning == {"effort": "high", "summary": "auto", "mode": "pro"}
    assert prepared.left_out == ("default 'mood'",)
