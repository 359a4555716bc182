"""Stored secrets: decrypted with the host's secret, or reported and never used."""

import sys
import types
from base64 import urlsafe_b64encode
from hashlib import sha256

import pytest
from cryptography.fernet import Fernet

from entrypoints import settings_secret, settings_snapshot
from entrypoints.openwebui.host_secret import HOST_SECRET, host_secret
from entrypoints.settings_rows import Secret
from entrypoints.settings_secret import PREFIX, passphrases

SECRET, OTHER = "a secret of the host itself", "another secret of the host"
KEY = "sk-or-v1-" + "0123456789" * 3 + "wxyz"
ENVIRON = {HOST_SECRET: SECRET}


def snapshot(valves, user_valves, environ):
    """Read stored settings as the pipe does, with the secret of its host."""
    return settings_snapshot.snapshot(valves, user_valves, environ, host_secret(environ))


def token(text: str, secret: str = SECRET) -> str:
    key = urlsafe_b64encode(sha256(secret.encode()).digest())
    return PREFIX + Fernet(key).encrypt(text.encode("utf-8", "surrogatepass")).decode()


@pytest.fixture(autouse=True)
def _no_host(monkeypatch):
    monkeypatch.delitem(sys.modules, "open_webui.env", raising=False)


def test_a_stored_token_is_opened():
    settings, problems = snapshot({"API_KEY": f" {token(KEY)}\n"}, None, ENVIRON)

    assert (settings.api_key, problems) == (Secret(KEY), ())


def test_the_secret_may_come_from_the_host_itself(monkeypatch):
    monkeypatch.setitem(sys.modules, "open_webui.env", types.SimpleNamespace(WEBUI_SECRET_KEY=SECRET))

    assert snapshot({"API_KEY": token(KEY)}, None, {})[0].api_key.reveal() == KEY


def test_a_token_in_the_advanced_box_is_opened():
    box = f"# older keys\nARTIFACT_PREVIOUS_KEYS={token('one key, another key')}\n"

    settings, problems = snapshot({"ADVANCED": box}, None, ENVIRON)

    assert settings.artifact_previous_keys == Secret("one key, another key")
    assert problems == ()


@pytest.mark.parametrize("name", ["API_KEY", "ARTIFACT_ENCRYPTION_KEY"])
@pytest.mark.parametrize(
    ("stored", "environ", "cause"),
    [
        (token(KEY, OTHER), ENVIRON, f"was encrypted with another {HOST_SECRET}"),
        (token(KEY), {}, f"was encrypted with a {HOST_SECRET} that is no longer set"),
        (token(KEY)[:-9], ENVIRON, f"was encrypted with another {HOST_SECRET}"),
        (PREFIX, ENVIRON, f"was encrypted with another {HOST_SECRET}"),
        (PREFIX + "schön", ENVIRON, f"was encrypted with another {HOST_SECRET}"),
    ],
)
def test_a_token_that_cannot_be_opened_is_named_and_nothing_is_used(name, stored, environ, cause):
    settings, (problem,) = snapshot({name: stored}, None, environ)

    value = getattr(settings, name.lower())
    assert (value.reveal(), bool(value), value.unreadable) == ("", False, True)
    assert problem.name == name
    assert f"{name} {cause} and cannot be read: enter it again" in problem.text
    assert stored.removeprefix(PREFIX) not in problem.text or stored == PREFIX


def test_a_key_that_cannot_be_opened_is_not_replaced_by_the_environments():
    settings, _ = snapshot({"API_KEY": token(KEY, OTHER)}, None, ENVIRON | {"OPENROUTER_API_KEY": "sk-or-other"})

    assert settings.api_key.reveal() == ""


def test_clear_text_stays_usable_when_the_host_gets_a_secret():
    assert snapshot({"API_KEY": KEY}, None, ENVIRON)[0].api_key == Secret(KEY)


@pytest.mark.parametrize("secret", ["", "t0p-s3cr3t", "fifteen chars.."])
def test_a_missing_public_or_short_secret_counts_as_none(secret, monkeypatch):
    monkeypatch.setitem(sys.modules, "open_webui.env", types.SimpleNamespace(WEBUI_SECRET_KEY=secret))

    assert not host_secret({HOST_SECRET: secret})
    assert host_secret({HOST_SECRET: "sixteen chars..."}).value == "sixteen chars..."


def test_without_the_library_a_token_counts_as_unreadable(monkeypatch):
    monkeypatch.setattr(settings_secret, "Fernet", None)

    assert snapshot({"API_KEY": token(KEY)}, None, ENVIRON)[0].api_key.unreadable


def test_an_entrypoint_without_a_host_opens_nothing_and_looks_for_no_host(monkeypatch):
    monkeypatch.setitem(sys.modules, "open_webui.env", types.SimpleNamespace(WEBUI_SECRET_KEY=SECRET))
    settings, (problem,) = settings_snapshot.snapshot({"API_KEY": token(KEY)}, None, ENVIRON)

    assert settings.api_key.unreadable
    assert HOST_SECRET not in problem.text


def test_the_secret_never_shows_itself():
    assert SECRET not in repr(host_secret(ENVIRON))


def test_a_secret_that_cannot_be_read_differs_from_an_empty_one():
    assert Secret(unreadable=True) != Secret()
    assert Secret() == Secret(unreadable=False)


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ("", ()),
        (" , \n", (",",)),
        ("one key", ("one key",)),
        ("one key, another", ("one key", "another", "one key, another")),
        ("one\r\ntwo\none", ("one", "two", "one\r\ntwo\none")),
    ],
)
def test_a_list_of_passphrases_gives_each_and_the_whole(listed, expected):
    assert passphrases(Secret(listed)) == expected
