"""What people paste into the fields for the key and the address."""

from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.egress.base_url import InvalidBaseUrl, checked_base_url
from domain.egress.pasted import is_key, pasted_base_url, pasted_key

KEY = "sk-or-v1-0123456789abcdef"
OFFICIAL = "https://openrouter.ai/api/v1"
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00a0\u00ad\u202f\u3000\u2028\u2800\u3164\ufe0f\r\n\t\x00\x7f"


@pytest.mark.parametrize(
    "pasted",
    [
        KEY,
        f"Bearer {KEY}",
        f"BEARER\u00a0bearer {KEY}",
        f"Bearer\u200b{KEY}",
        f"Bearer: {KEY}",
        f"Authorization: Bearer {KEY}",
        f"x-api-key: {KEY}",
        f"OPENROUTER_API_KEY={KEY}",
        f'export OPENROUTER_API_KEY="{KEY}"',
        f'"{KEY}"',
        f"'{KEY}'",
        f"`{KEY}`",
        f'"Bearer {KEY}",',
        f"\u201c{KEY}\u201d",
        f"\u2018{KEY}\u2019",
        f"\u00ab\u00a0{KEY}\u00a0\u00bb",
        f"\u201e{KEY}\u201c",
        f"<{KEY}>",
        f"{KEY[:9]}\n{KEY[9:]}",
        f" {KEY} ",
    ],
)
def test_a_key_loses_what_stands_around_it(pasted):
    assert pasted_key(pasted) == KEY


@pytest.mark.parametrize("letter", INVISIBLE)
def test_a_key_loses_characters_that_nobody_sees_wherever_they_stand(letter):
    assert pasted_key(f"{letter}{KEY[:5]}{letter}{KEY[5:]}{letter}") == KEY


@pytest.mark.parametrize("pasted", ["", " ", "Bearer", '""', "\u200b", "Bearer \u201c\u201d"])
def test_a_text_without_a_key_is_empty(pasted):
    assert pasted_key(pasted) == ""


@pytest.mark.parametrize("key", ["sk-or-v1-\u0430bc", "sk\u2013or\u2013v1", "", "sk\u028b", "a\nb"])
def test_a_key_with_letters_that_no_key_has_is_known(key):
    assert not is_key(key)
    assert is_key(KEY)


@given(st.text())
def test_what_a_key_holds_beside_invisible_characters_is_not_guessed(text):
    key = pasted_key(text)
    assert pasted_key(key) == key
    assert is_key(key) or not key or not key.isascii() or not key.isprintable()


@pytest.mark.parametrize(
    "pasted",
    [
        *(
            "https://openrouter.ai",
            "https://openrouter.ai/",
            "openrouter.ai",
            "www.openrouter.ai",
            "//openrouter.ai/api",
        ),
        *(
            "https://openrouter.ai/api",
            "https://openrouter.ai/api/",
            "https://openrouter.ai/v1",
            "https://OpenRouter.ai",
        ),
        *(f"{OFFICIAL}{path}" for path in ("/chat/completions", "/chat/completions/", "/responses", "/models", "/key")),
        *(
            f"{OFFICIAL}{path}"
            for path in ("/models?output_modalities=all", "/responses#create", "?a=b", "/models/user")
        ),
        *(f'"{OFFICIAL}"', f"\u201c{OFFICIAL}\u201d", f"\ufeff{OFFICIAL}\u200b", f"{OFFICIAL},"),
        *("http://openrouter.ai/api/v1", "https://openrouter.ai/docs", "https://openrouter.ai/models"),
    ],
)
def test_openrouters_address_is_found_in_what_was_pasted(pasted):
    assert checked_base_url(pasted_base_url(pasted)).lower() == OFFICIAL


@pytest.mark.parametrize(
    ("pasted", "base"),
    [
        ("https://gateway.example/v1/chat/completions", "https://gateway.example/v1"),
        ("https://gateway.example/chat/completions?x=1", "https://gateway.example"),
        ("https://gateway.example/openai/v1/responses/", "https://gateway.example/openai/v1"),
        ("https://gateway.example/v1/models", "https://gateway.example/v1"),
        ("http://127.0.0.1:8900/api/v1/completions", "http://127.0.0.1:8900/api/v1"),
    ],
)
def test_another_host_loses_only_the_endpoint(pasted, base):
    assert pasted_base_url(pasted) == base


@pytest.mark.parametrize(
    "url",
    [
        *(
            OFFICIAL,
            f"{OFFICIAL}/",
            "https://gateway.example",
            "https://gateway.example/models",
            "http://127.0.0.1:1/api",
        ),
        *("https://openrouter.ai/api/alpha", "openrouter", "ftp://openrouter.example", "https://[::1", ""),
    ],
)
def test_an_address_that_may_be_meant_stays(url):
    assert pasted_base_url(url) == url


@given(st.one_of(st.text(), st.from_regex(r"https://[^/]*/.*"), st.text().map(lambda text: f"https://{text}")))
def test_any_text_is_an_address_or_refused_by_name(text):
    mended = pasted_base_url(text)
    assert pasted_base_url(mended) == mended
    try:
        checked_base_url(mended)
    except InvalidBaseUrl:
        return
    assert mended.strip().startswith(("http", "HTTP"))


def test_a_long_text_pasted_by_mistake_is_left_as_it_is() -> None:
    """Processor time of this thread: it was half a minute."""
    address = "https://api.example" + "/chat/completions" * 10_000
    began = thread_time()
    assert pasted_base_url(address) == address
    assert thread_time() - began < 4
