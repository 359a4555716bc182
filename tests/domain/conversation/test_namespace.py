"""The namespace of one pipe's data."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.conversation.namespace import namespace_of


def test_namespace_contains_the_id_and_a_short_hash() -> None:
    assert namespace_of("openrouter") == "openrouter_7f871cbf"


@pytest.mark.parametrize("pipe_id", ["", "_", "ß", "日本"])
def test_id_without_a_usable_character_becomes_pipe(pipe_id: str) -> None:
    assert re.fullmatch(r"pipe_[0-9a-f]{8}", namespace_of(pipe_id))


def test_similar_ids_have_different_namespaces() -> None:
    ids = ["open router", "open_router", "Open_Router", "open_router_", "x" * 41, "x" * 42]

    assert len({namespace_of(pipe_id) for pipe_id in ids}) == len(ids)


@given(st.text(st.characters(codec=None)))
def test_namespace_of_any_id_is_short_and_plain(pipe_id: str) -> None:
    assert re.fullmatch(r"[a-z0-9_]{1,40}_[0-9a-f]{8}", namespace_of(pipe_id))
