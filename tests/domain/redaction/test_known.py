"""Known secret values are masked whatever they look like, in every form they may be quoted in."""

import json
import re
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from html import escape
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.redaction.known import MOST_VALUES, known, secrets_in_environment, secrets_in_url

GATEWAY_KEY = "correct horse/battery+staple"
MASKS = known([GATEWAY_KEY])
FORMS: dict[str, Callable[[str], str]] = {
    "as it stands": str,
    "in a path": quote,
    "in a query": lambda value: quote(value, safe=""),
    "in a form": quote_plus,
    "in JSON": json.dumps,
    "in source": repr,
    "in HTML": escape,
    "in a query, small letters": lambda value: re.sub("%..", lambda code: code[0].lower(), quote(value, safe="")),
    "in a query of a query": lambda value: quote(quote(value, safe=""), safe=""),
    "in JSON with slashes escaped": lambda value: json.dumps(value).replace("/", "\\/"),
    "in JSON for pages": lambda value: every_sign(value, "\\u{:04x}"),
    "in JSON of JSON": lambda value: json.dumps(json.dumps(value)),
    "in JSON, capital letters": lambda value: every_sign(value, "\\u{:04X}"),
    "in HTML by numbers": lambda value: every_sign(value, "&#{};"),
    "in HTML by hex numbers": lambda value: every_sign(value, "&#x{:02X};"),
    "in bytes": lambda value: repr(value.encode()),
    "in ASCII": ascii,
    "in hex": lambda value: value.encode().hex(),
    "in base64": lambda value: b64encode(value.encode()).decode(),
    "in base64 for URLs": lambda value: urlsafe_b64encode(value.encode()).decode(),
    "in basic authentication": lambda value: b64encode(f"user:{value}".encode()).decode(),
    "in basic authentication of another": lambda value: b64encode(f"users:{value}".encode()).decode(),
}


def every_sign(value: str, code: str) -> str:
    """Spell all signs that are no letters or digits by a code; in UTF-16 where the code is for JSON."""

    def spelled(sign: str) -> str:
        if sign.isascii() and sign.isalnum():
            return sign
        wide = sign.encode("utf-16-be")
        units = [int.from_bytes(wide[place : place + 2]) for place in range(0, len(wide), 2)]
        return "".join(code.format(unit) for unit in (units if "u" in code else [ord(sign)]))

    return "".join(map(spelled, value))


@pytest.mark.parametrize("form", FORMS)
def test_a_known_value_is_masked_in_every_form(form: str) -> None:
    quoted = FORMS[form](GATEWAY_KEY)

    masked = MASKS.mask(f"invalid: {quoted} (refused)")

    assert masked.startswith("invalid: ")
    assert masked.endswith(" (refused)")
    assert quoted[8:-4] not in masked


VISIBLE = st.characters(categories=["L", "N", "P", "S"])


@given(
    st.text(VISIBLE, min_size=8, max_size=60), st.sampled_from(sorted(FORMS)), st.sampled_from(["", " ", "key: ", "\n"])
)
def test_no_value_survives_in_any_text(value: str, form: str, around: str) -> None:
    quoted = FORMS[form](value)

    masked = known([value]).mask(around + quoted + around)

    assert quoted[2:-2] not in masked
    assert known([value]).mask(masked) == masked


def test_a_value_that_was_cut_off_at_the_end_is_masked_too() -> None:
    assert MASKS.mask(f"invalid key {GATEWAY_KEY[:13]}") == "invalid key \u2026"


def test_short_values_and_what_is_not_known_stay() -> None:
    assert known(["short", "        "]).mask("short   and         sweet") == "short   and         sweet"
    assert MASKS.mask("correct horses are rare") == "correct horses are rare"


def test_what_was_known_before_stays_masked_within_a_limit() -> None:
    later = known(["another-secret"], MASKS)

    assert GATEWAY_KEY not in later.mask(f"{GATEWAY_KEY} another-secret")
    assert known(["another-secret"], later) is later
    assert len(known((f"secret-number-{number}" for number in range(2 * MOST_VALUES)), later).values) == MOST_VALUES


def test_no_value_is_in_the_repr() -> None:
    assert "horse" not in repr(MASKS)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:pass-word@host/db",
        "redis://:pass-word@host:6379/0",
        "http://user:pass-word@proxy:3128",
        "postgresql://host/db?user=u&password=pass-word",
        "https://host/v1?key=pass-word",
        "https://host/v1?alt=sse&access_token=pass%2Dword#x",
    ],
)
def test_passwords_of_urls_are_found(url: str) -> None:
    assert "pass-word" in secrets_in_url(url)


def test_variables_that_name_secrets_are_found_and_others_are_not() -> None:
    environment = {
        "OPENROUTER_API_KEY": "value-1",
        "WEBUI_SECRET_KEY": "value-2",
        "OAUTH_CLIENT_SECRET": "value-3",
        "PGPASSWORD": "value-4",
        "HF_TOKEN": "value-5",
        "AWS_SECRET_ACCESS_KEY": "value-6",
        "REDIS_URL": "redis://:value-7@cache/0",
        "HTTPS_PROXY": "http://user:value-8@proxy:3128",
        "SSL_KEY_FILE": "/etc/key.pem",
        "PATH": "/usr/bin",
        "HOME_PAGE": "https://example.org/a?b=c",
        "MONKEY_NAME": "george",
        "AWS_ACCESS_KEY_ID": "public",
    }

    found = secrets_in_environment(environment)

    assert [f"value-{number}" in found for number in range(1, 9)] == [True] * 8
    assert not {"/etc/key.pem", "/usr/bin", "george", "public"} & {*found}


@given(st.text(VISIBLE, min_size=8, max_size=40), st.data())
def test_no_value_survives_a_writer_that_escapes_any_signs_in_any_way(value: str, data: st.DataObject) -> None:
    if value.strip() != value:
        return
    codes = ["{}", "%{:02x}", "%{:02X}", "%25{:02x}", "\\u{:04x}", "\\u{:04X}", "&#{};", "&#x{:x};", "\\x{:02x}"]

    def spelled(sign: str) -> str:
        code = data.draw(st.sampled_from(codes))
        return sign if code == "{}" or not sign.isascii() or sign.isalnum() else code.format(ord(sign))

    quoted = "".join(map(spelled, value))

    assert quoted not in known([value]).mask(f"<<{quoted}>>")


def test_looking_for_spellings_takes_no_time_in_proportion_to_anything_but_the_text() -> None:
    mask = known(["abcd%25%25%25%25" + "+/ &" * 20]).mask
    for text in ("abcd" + "%25" * 60_000, "abcd%" * 40_000, "abcd\\\\" * 40_000, "abcd&#0000" * 20_000):
        began = time.perf_counter()
        mask(text)
        assert time.perf_counter() - began < 2


PARTS = st.sampled_from(
    ["", "plain", GATEWAY_KEY, GATEWAY_KEY[:9], "token=abcdef", "sk-or-v1-abcdefgh", "Bearer ", "a//b"]
)


@given(st.lists(st.builds("{}{}{}".format, PARTS, st.sampled_from(["", " ", "\n"]), PARTS), max_size=4))
def test_texts_that_are_not_suspect_together_have_nothing_to_mask(texts):
    if not MASKS.suspects("\n".join(texts)):
        assert [MASKS.mask(text) for text in texts] == texts


def test_a_text_with_a_known_value_is_suspect():
    assert MASKS.suspects(f"a\n{GATEWAY_KEY}")
    assert not MASKS.suspects("a\nb")
