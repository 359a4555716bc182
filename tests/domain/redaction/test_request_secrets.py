"""Which texts of a request are credentials."""

import re
from time import thread_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.redaction.known import secrets_in_url
from domain.redaction.request_secrets import LONGEST, MOST_SECRETS, MOST_SIGNS, secrets_in_request

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["headers", "authorization", "api_key", "type"]) | st.text(), inner)
    ),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("value", "secrets"),
    [
        ({"type": "mcp", "authorization": "plain words"}, ("plain words", "words")),
        ({"parameters": {"authorization": "Bearer token-1"}}, ("Bearer token-1", "token-1")),
        ({"headers": {"X-Room": "blue", "Accept": "text/html"}}, ("blue",)),
        ({"headers": {"X-Room": ["blue", "red"]}}, ("blue", "red")),
        ({"options": {"maps": {"api_key": "k-1", "user": "ann"}}}, ("k-1",)),
        ({"server_url": "https://ann:pass-word@maps.test/mcp"}, ("pass-word", "ann:pass-word")),
        ({"server_label": "maps", "max_tokens": 5, "file_id": "f-1", "server_url": "https://maps.test"}, ()),
    ],
)
def test_credentials_are_found_by_the_name_of_their_key_and_ordinary_texts_are_none(
    value: object, secrets: tuple[str, ...]
) -> None:
    assert secrets_in_request([value]) == secrets


@given(st.lists(JSON, max_size=3))
def test_any_json_is_read_and_what_is_found_is_bounded(values: list[Any]) -> None:
    found = secrets_in_request(values)

    assert len(found) <= MOST_SECRETS
    assert all(0 < len(secret) <= LONGEST for secret in found)


def test_a_request_of_nothing_but_credentials_is_read_up_to_the_bounds() -> None:
    flood = {"headers": {f"x-{number}": f"secret {number}" for number in range(100_000)}}
    assert len(secrets_in_request([flood])) == MOST_SECRETS
    assert secrets_in_request([{"authorization": "a" * (LONGEST + 1)}]) == ()


def test_what_comes_later_never_takes_the_place_of_what_comes_first() -> None:
    first, flood = {"authorization": "first-secret"}, {"headers": {str(n): f"{n}" + "!" * 99 for n in range(100)}}
    found = secrets_in_request([first, flood])

    assert found[0] == "first-secret"
    assert sum(not sign.isalnum() for secret in found for sign in secret) <= MOST_SIGNS


SIMPLE_USER_INFO = re.compile(r"://([^/\s@]*):([^\s]+)@")
"""What a password of a URL is, said in the shortest way; too slow for long texts."""


@given(st.lists(st.sampled_from([*"/:@ ab", "://", "\u2028"]), max_size=16).map("".join))
def test_passwords_of_urls_are_those_that_the_simple_rule_finds(text: str) -> None:
    found = (match for match in SIMPLE_USER_INFO.finditer(text))
    assert secrets_in_url(text) == tuple(
        dict.fromkeys(part for match in found for part in (match[2], ":".join(match.groups())))
    )


@pytest.mark.parametrize("unit", ["://a:", "://:", ":", "//", "@://", "?key=", "?", ";-"])
def test_values_full_of_beginnings_of_urls_do_not_hold_the_turn(unit: str) -> None:
    """Processor time of this thread: it was 20 s."""
    values = ["://" + unit * (4_000 // len(unit)) + str(number) for number in range(300)]
    began = thread_time()
    secrets_in_request([values])
    assert thread_time() - began < 4
