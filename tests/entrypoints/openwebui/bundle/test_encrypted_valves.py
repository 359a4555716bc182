"""Secrets in the form: stored encrypted where the host has a secret, and never a reason to refuse a form."""

import sys
import types
from typing import Any

import pytest

from domain.egress.pasted import pasted_key
from entrypoints.openwebui.bundle import forms
from entrypoints.openwebui.host_secret import HOST_SECRET, host_secret
from entrypoints.openwebui.pipe import Pipe
from entrypoints.settings import SETTINGS
from entrypoints.settings_rows import Secret
from entrypoints.settings_secret import PREFIX, StoreSecret
from entrypoints.settings_snapshot import snapshot

SECRET = "a secret of the host itself"
STORED_WITH = StoreSecret(HOST_SECRET, SECRET)
KEY = "sk-or-v1-0123456789"


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    monkeypatch.delitem(sys.modules, "open_webui.env", raising=False)
    monkeypatch.setenv(HOST_SECRET, SECRET)
    monkeypatch.setattr(forms, "_tokens", {})


def saved(**sent: Any) -> dict[str, Any]:
    """What a newer host stores of a form."""
    return Pipe.Valves(**sent).model_dump(exclude_unset=True)


@pytest.mark.parametrize("name", ["API_KEY", "ARTIFACT_ENCRYPTION_KEY"])
def test_a_secret_is_stored_as_a_token_that_gives_it_back(name):
    stored = saved(**{name: KEY})

    assert str(stored[name]).startswith(PREFIX)
    assert KEY not in str(stored)
    settings, problems = snapshot(Pipe.Valves(**stored), None, {}, STORED_WITH)
    assert (getattr(settings, name.lower()), problems) == (Secret(KEY), ())


def test_a_secret_of_the_advanced_box_is_stored_as_a_token_and_the_rest_as_written():
    box = "# mine\r\n artifact_previous_keys = one key, another \nDB_BATCH_SIZE=7\u2028ARTIFACT_PREVIOUS_KEYS=x"

    stored = str(saved(ADVANCED=box)["ADVANCED"])

    assert stored.startswith(f"# mine\r\n artifact_previous_keys = {PREFIX}")
    assert "one key" not in stored
    assert "\nDB_BATCH_SIZE=7\u2028ARTIFACT_PREVIOUS_KEYS=" + PREFIX in stored
    settings, _ = snapshot({"ADVANCED": stored.splitlines()[1]}, None, {}, STORED_WITH)
    assert settings.artifact_previous_keys.reveal() == "one key, another"


def test_what_is_a_token_already_is_stored_as_it_is():
    once = saved(API_KEY=KEY, ADVANCED="ARTIFACT_PREVIOUS_KEYS=one key")

    assert saved(**once) == once


def test_the_same_secret_gives_the_same_token_within_a_process():
    assert saved(API_KEY=KEY) == saved(API_KEY=KEY)
    assert len({str(saved(API_KEY=f"{KEY}{n}")) for n in range(40)}) == 40
    assert len(forms._tokens) <= 16


def test_fields_nobody_set_stay_unset():
    assert saved() == saved(API_KEY="", ARTIFACT_ENCRYPTION_KEY=None) == {}
    assert set(saved(API_KEY=KEY)) == {"API_KEY"}


def test_a_host_that_stores_every_field_keeps_empty_secrets_empty():
    stored = Pipe.Valves(MODEL_ID="a/b").model_dump()

    assert (stored["API_KEY"], stored["ARTIFACT_ENCRYPTION_KEY"], stored["ADVANCED"]) == ("", "", "")


@pytest.mark.parametrize("secret", ["", "t0p-s3cr3t", "fifteen chars.."])
def test_without_a_usable_secret_values_stay_plain(secret, monkeypatch):
    monkeypatch.setenv(HOST_SECRET, secret)

    assert saved(API_KEY=KEY, ADVANCED="ARTIFACT_PREVIOUS_KEYS=k") == {
        "API_KEY": KEY,
        "ADVANCED": "ARTIFACT_PREVIOUS_KEYS=k",
    }


def test_a_library_that_fails_leaves_the_value_plain_and_says_so_without_it(monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, "cryptography.fernet", None)

    assert saved(API_KEY=KEY) == {"API_KEY": KEY}
    assert "clear text" in caplog.text
    assert KEY not in caplog.text


@pytest.mark.parametrize("value", ["  spaces  ", "a" * 100_000, "\0", PREFIX])
def test_odd_texts_never_refuse_a_form(value):
    valves = Pipe.Valves(API_KEY=value, ADVANCED=f"ARTIFACT_PREVIOUS_KEYS={value}")

    settings, _ = snapshot(valves, None, {}, STORED_WITH)
    assert settings.api_key.unreadable or settings.api_key.reveal() == pasted_key(value)
    valves.model_dump_json()


@pytest.mark.parametrize("own", ["", "t0p-s3cr3t", SECRET])
@pytest.mark.parametrize("hosts", [None, "", "t0p-s3cr3t", "the host's module says this"])
def test_form_and_settings_agree_on_the_hosts_secret(own, hosts, monkeypatch):
    monkeypatch.setenv(HOST_SECRET, own)
    monkeypatch.setitem(sys.modules, "open_webui.env", types.SimpleNamespace(WEBUI_SECRET_KEY=hosts))

    assert forms.host_secret() == host_secret({HOST_SECRET: own}).value


def test_every_secret_of_the_table_is_encrypted_by_the_form():
    secret = [row for row in SETTINGS if row.kind == "secret"]

    assert tuple(row.name for row in secret if row.rule.advanced) == forms.ADVANCED_SECRETS
    for row in secret:
        if not row.rule.advanced:
            form = Pipe.UserValves if row.rule.personal else Pipe.Valves
            assert str(form.model_validate({row.name: KEY}).model_dump(exclude_unset=True)[row.name]).startswith(PREFIX)
    assert forms.ENCRYPTED == PREFIX


def test_a_token_does_not_show_in_a_forms_repr():
    assert PREFIX not in repr(Pipe.Valves(API_KEY=KEY, ARTIFACT_ENCRYPTION_KEY=KEY))
