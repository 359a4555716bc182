"""The name under which a pipe keeps its data."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.conversation.namespace import namespace_of


def test_the_name_shows_the_id_and_a_short_hash_of_it() -> None:
    assert namespace_of("openrouter") == "openrouter_7f871cbf"


@pytest.mark.parametrize("pipe_id", ["", "_", "ß", "日本"])
def test_an_id_without_a_usable_character_is_called_pipe(pipe_id: str) -> None:
    assert re.fullmatch(r"pipe_[0-9a-f]{8}", namespace_of(pipe_id))


def test_ids_that_read_alike_have_different_names() -> None:
    ids = ["open router", "open_router", "Open_Router", "open_router_", "x" * 41, "x" * 42]

    assert len({namespace_of(pipe_id) for pipe_id in ids}) == len(ids)


@given(st.text(st.characters(codec=None)))
def test_the_name_is_short_and_plain_whatever_the_id(pipe_id: str) -> None:
    assert re.fullmatch(r"[a-z0-9_]{1,40}_[0-9a-f]{8}", namespace_of(pipe_id))
