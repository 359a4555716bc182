"""Routing of a request: no caller loosens the operator's limits."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.request.plugins import plugins_of
from domain.request.routing import fallbacks, provider_of
from domain.request.turn_request import Routing
from tests.examples import examples

WISHES = {
    "nobody wants anything": (None, Routing(), None),
    "only unknown keys": ({"odd": 1}, Routing(), None),
    "caller's order": ({"order": ["a"]}, Routing(order=("b",)), {"order": ["a"]}),
    "operator's order": ({}, Routing(order=("b", "c")), {"order": ["b", "c"]}),
    "both allow": ({"only": ["a", "b"]}, Routing(only=("b", "c")), {"only": ["b"]}),
    "nothing in common": ({"only": ["a"]}, Routing(only=("b",)), {"only": ["b"]}),
    "both forbid": ({"ignore": ["a", "b"]}, Routing(ignore=("b", "c")), {"ignore": ["a", "b", "c"]}),
    "collection": ({"data_collection": "allow"}, Routing(deny_data_collection=True), {"data_collection": "deny"}),
    "retention": ({"zdr": False}, Routing(zero_retention=True), {"zdr": True}),
    "caller's retention": ({"zdr": True}, Routing(), {"zdr": True}),
    "lower cap of the operator": (
        {"max_price": {"prompt": "5"}},
        Routing(prompt_cap=Decimal("1.50")),
        {"max_price": {"prompt": "1.5"}},
    ),
    "lower cap of the caller": (
        {"max_price": {"prompt": 1, "request": "0.01"}},
        Routing(prompt_cap=Decimal(2), completion_cap=Decimal(10)),
        {"max_price": {"prompt": "1", "request": "0.01", "completion": "10"}},
    ),
    "sort": ({"sort": {"by": "price", "odd": 1}}, Routing(), {"sort": {"by": "price"}}),
    "wrong types": (
        {"order": 3, "only": [1], "zdr": "yes", "sort": ["price"], "max_price": {"prompt": "cheap"}},
        Routing(),
        None,
    ),
}


@pytest.mark.parametrize(("asked", "routing", "sent"), WISHES.values(), ids=WISHES)
def test_limits_of_the_operator_apply_to_every_request(asked, routing, sent):
    assert provider_of(asked, routing) == sent


ENTRIES = st.lists(st.sampled_from(["a", "b", "c"]), max_size=3)
ASKED = st.fixed_dictionaries(
    {},
    optional={
        "only": ENTRIES | st.none() | st.integers(),
        "ignore": ENTRIES | st.text(max_size=2),
        "zdr": st.booleans() | st.none(),
        "data_collection": st.sampled_from(["allow", "deny", "x"]),
        "max_price": st.none()
        | st.fixed_dictionaries({"prompt": st.floats(allow_nan=True) | st.text(max_size=3) | st.integers()}),
    },
)


@examples(25)
@given(ASKED)
def test_no_request_loosens_the_limits(asked):
    routing = Routing((), ("a", "b"), ("c",), Decimal(1), None, deny_data_collection=True, zero_retention=True)
    sent = provider_of(asked, routing)

    assert sent is not None
    assert sent["only"]
    assert set(sent["only"]) <= {"a", "b"}
    assert "c" in sent["ignore"]
    assert (sent["zdr"], sent["data_collection"]) == (True, "deny")
    assert 0 <= Decimal(sent["max_price"]["prompt"]) <= 1


@pytest.mark.parametrize("tiny", ["1e-900000", "0e-900000", "1e-31", "0." + "1" * 9_000, "5e-324", "1e-99999999999"])
def test_a_short_text_of_a_price_does_not_become_a_long_one(tiny: str) -> None:
    sent = provider_of({"max_price": {"prompt": tiny, "image": tiny}}, Routing())

    assert sent is not None
    assert all(len(price) <= 64 for price in sent["max_price"].values())
    assert all(float(price) == pytest.approx(float(tiny)) for price in sent["max_price"].values())


@pytest.mark.parametrize(
    ("asked", "known", "sent"),
    [
        (("a", "b", "a"), (), ("a", "b")),
        (("me", "a"), (), ("a",)),
        (("a", "b", "c", "d"), (), ("a", "b", "c")),
        (("dead", "a"), ("a", "me"), ("a",)),
        ((), (), ()),
    ],
)
def test_at_most_three_known_fallback_models_are_sent_each_once(asked, known, sent):
    assert fallbacks(asked, "me", frozenset(known)) == sent


COMPRESS = {"id": "context-compression", "engine": "middle-out"}


@pytest.mark.parametrize(
    ("asked", "trim", "stream", "sent", "dropped"),
    [
        ((), False, True, (), ()),
        ((), True, True, (COMPRESS,), ()),
        (
            ({"id": "context-compression", "enabled": False},),
            True,
            True,
            ({"id": "context-compression", "enabled": False},),
            (),
        ),
        (({"id": "response-healing"},), False, False, ({"id": "response-healing"},), ()),
        (({"id": "response-healing"},), False, True, (), ("plugin 'response-healing'",)),
        (
            ({"id": "web", "engine": "odd", "max_results": 99},),
            False,
            True,
            ({"id": "web"},),
            ("plugins.web.engine", "plugins.web.max_results"),
        ),
        (({"id": "web"}, {"id": "web", "max_results": 2}), False, True, ({"id": "web", "max_results": 2},), ()),
        (
            ("web", {"id": ["web"]}, {"id": "nobody"}),
            False,
            True,
            (),
            ("plugin None", "plugin ['web']", "plugin 'nobody'"),
        ),
        (
            ({"id": "file-parser", "pdf": {"engine": "native"}},),
            False,
            True,
            ({"id": "file-parser", "pdf": {"engine": "native"}},),
            (),
        ),
    ],
)
def test_only_known_plugins_are_sent_each_once(asked, trim, stream, sent, dropped):
    assert plugins_of(asked, trim=trim, stream=stream) == (sent, dropped)
