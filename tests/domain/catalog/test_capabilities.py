"""Capability boxes: what a model's entry switches on and off in the page."""

from decimal import Decimal

import pytest

from domain.catalog.capabilities import ALWAYS, capabilities
from ports.catalog import Model


def boxes(**fields: object) -> dict[str, bool]:
    return capabilities(Model("maker/model", "Model", **fields))


def words(*names: str) -> frozenset[str]:
    return frozenset(names)


@pytest.mark.parametrize("box", ["file_upload", "code_interpreter", "citations", "status_updates", "usage"])
def test_what_every_model_has_is_always_on(box):
    assert boxes()[box] is True


def test_what_upstream_does_not_tell_is_left_to_the_host():
    assert boxes() == ALWAYS


@pytest.mark.parametrize(
    ("inputs", "on"), [(("text",), False), (("text", "image"), True), (("video",), True), (("text", "file"), False)]
)
def test_vision_follows_the_inputs(inputs, on):
    assert boxes(input_modalities=words(*inputs))["vision"] is on


@pytest.mark.parametrize(("outputs", "on"), [(("text",), False), (("text", "image"), True)])
def test_image_generation_follows_the_outputs(outputs, on):
    assert boxes(output_modalities=words(*outputs))["image_generation"] is on


@pytest.mark.parametrize(
    ("price", "parameters", "on"),
    [
        (None, ("temperature",), False),
        (Decimal(0), ("temperature",), False),
        (Decimal("0.01"), ("temperature",), True),
        (None, ("web_search_options",), True),
    ],
)
def test_web_search_is_on_for_models_that_search_themselves(price, parameters, on):
    assert boxes(web_search_price=price, supported_parameters=words(*parameters))["web_search"] is on


@pytest.mark.parametrize(
    ("parameters", "on"), [(("temperature",), False), (("tools",), True), (("tool_choice",), True)]
)
def test_the_hosts_own_tools_are_on_for_models_that_call_tools(parameters, on):
    assert boxes(supported_parameters=words(*parameters))["builtin_tools"] is on
