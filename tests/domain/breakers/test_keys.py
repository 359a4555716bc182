"""Keys of breakers."""

from itertools import product

from domain.breakers.keys import key_of, model_key, own_model_key, tool_key


def test_keys_differ_by_person_source_and_name():
    texts = ("", "a", "ab", "a:b", '","', "\ud800", "\0")
    keys = {key_of("tool", *parts) for parts in product(texts, repeat=3)}
    assert len(keys) == len(texts) ** 3


def test_keys_are_short_and_reveal_nothing():
    key = tool_key("ann@example.org" * 9_000, "mcp:files", "delete_everything" * 900)
    assert len(key) <= 60
    assert key.isascii()
    assert "ann" not in key


def test_a_call_without_a_person_has_no_key():
    assert tool_key("", "mcp:files", "read") == ""
    assert own_model_key("", "maker/model") == ""


def test_a_model_has_one_key_for_all_and_one_for_each_person():
    keys = {model_key("maker/model"), *(own_model_key(person, "maker/model") for person in ("ann", "ben"))}
    assert len(keys) == 3
