"""The bodies drawn by drills: reproducible, varied and long enough."""

from collections import Counter
from typing import Any

import pytest

from tests.oracle.drawing.parameters import PARAMETERS, parameters
from tests.oracle.payload_files import PAYLOADS
from tests.oracle.rules.facts import ENTRIES
from tests.oracle.strategies import bodies, drawn, long_histories

SLUG = "openai/gpt-4o-mini"


@pytest.fixture(scope="module")
def some_bodies() -> list[dict[str, Any]]:
    return drawn(bodies(SLUG), 400, from_seed=11)


def test_drawing_gives_the_requested_number_of_bodies(some_bodies: list[dict[str, Any]]) -> None:
    assert len(some_bodies) == 400


def test_the_same_seed_draws_the_same_bodies() -> None:
    assert repr(drawn(bodies(SLUG), 40, from_seed=3)) == repr(drawn(bodies(SLUG), 40, from_seed=3))


def test_every_parameter_is_drawn() -> None:
    seen = {key for some in drawn(parameters, 1000, from_seed=5) for key in some}
    assert PARAMETERS.keys() - seen == set()


def test_every_role_and_every_kind_of_part_is_drawn(some_bodies: list[dict[str, Any]]) -> None:
    lists = [body["messages"] for body in some_bodies if isinstance(body["messages"], list)]
    messages = [message for some in lists for message in some if isinstance(message, dict)]
    roles = Counter(str(message.get("role")) for message in messages)
    contents = [message["content"] for message in messages if isinstance(message.get("content"), list)]
    kinds = Counter(str(part.get("type")) for content in contents for part in content if isinstance(part, dict))
    assert {"user", "assistant", "system", "developer", "tool", "function", "None"} - roles.keys() == set()
    wanted = "text image_url input_image file input_file input_audio audio video_url input_video"
    assert set(wanted.split()) - kinds.keys() == set()


def test_no_two_bodies_share_mutable_values(some_bodies: list[dict[str, Any]]) -> None:
    holders = [id(body["tools"]) for body in some_bodies if isinstance(body.get("tools"), list)]
    assert len(holders) == len(set(holders))


def test_a_long_history_has_exactly_the_requested_length() -> None:
    found = drawn(long_histories(SLUG), 5, from_seed=1)
    assert [len(body["messages"]) for body in found] == [500] * 5


def test_a_long_history_contains_tool_rounds() -> None:
    (body,) = drawn(long_histories(SLUG), 1, from_seed=1)
    assert sum(message["role"] == "tool" for message in body["messages"]) > 50


def test_there_are_fifteen_payloads_of_models_in_the_catalog() -> None:
    assert len(PAYLOADS) == 15
    assert {payload["model"] for payload in PAYLOADS.values()} <= ENTRIES.keys()
