"""Capability boxes: which of them a model's catalog entry turns on and off in the page."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from domain.catalog.capabilities import DECIDED, capabilities
from domain.catalog.support import searches
from ports.catalog import Model


def boxes(**fields: Any) -> Mapping[str, bool]:
    return capabilities(Model("maker/model", "Model", **fields))


def words(*names: str) -> frozenset[str]:
    return frozenset(names)


def test_capabilities_the_catalog_does_not_state_are_left_to_the_host():
    assert boxes() == {}


def test_boxes_of_the_hosts_own_features_are_left_to_the_host():
    told = boxes(
        input_modalities=words("text"), output_modalities=words("text"), supported_parameters=words("temperature")
    )
    assert set(told) == set(DECIDED) == {"vision", "builtin_tools"}


@pytest.mark.parametrize(
    ("inputs", "on"), [(("text",), False), (("text", "image"), True), (("video",), True), (("text", "file"), False)]
)
def test_vision_follows_the_inputs(inputs, on):
    assert boxes(input_modalities=words(*inputs))["vision"] is on


@pytest.mark.parametrize(
    ("price", "parameters", "on"),
    [
        (None, ("temperature",), False),
        (Decimal(0), ("temperature",), False),
        (Decimal("0.01"), ("temperature",), True),
        (None, ("web_search_options",), True),
    ],
)
def test_models_with_a_price_or_options_for_it_search_themselves(price, parameters, on):
    model = Model("maker/model", "Model", web_search_price=price, supported_parameters=words(*parameters))
    assert searches(model) is on


@pytest.mark.parametrize(
    ("parameters", "on"), [(("temperature",), False), (("tools",), True), (("tool_choice",), True)]
)
def test_the_hosts_own_tools_are_on_for_models_that_call_tools(parameters, on):
    assert boxes(supported_parameters=words(*parameters))["builtin_tools"] is on
