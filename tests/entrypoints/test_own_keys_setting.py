"""A person's own key: stored encrypted, read only where the operator allows it, never replaced by another key."""

import sys
from base64 import urlsafe_b64encode
from hashlib import sha256

import pytest
from cryptography.fernet import Fernet

from entrypoints import settings_snapshot
from entrypoints.core.caller_request import CallerRequest, request_of
from entrypoints.core.paying_keys import paying_route_of, pays_own_key
from entrypoints.core.policy import usable_route
from entrypoints.openwebui.host_secret import HOST_SECRET, host_secret
from entrypoints.openwebui.pipe import Pipe
from entrypoints.openwebui.settings_memory import SettingsMemory
from entrypoints.settings import Settings
from entrypoints.settings_rows import Secret

SECRET, OTHER = "a secret of the host itself", "another secret of the host"
THEIRS, OURS = "sk-or-v1-" + "0123456789" * 3 + "ann", "sk-or-v1-" + "9876543210" * 3 + "srv"
ENVIRON = {HOST_SECRET: SECRET}
ALLOWED = {"API_KEY": OURS, "ADVANCED": "ALLOW_USER_KEYS=true"}


def token(text: str, secret: str = SECRET) -> str:
    key = urlsafe_b64encode(sha256(secret.encode()).digest())
    return "encrypted:" + Fernet(key).encrypt(text.encode()).decode()


def settings_of(own: object, valves: object = ALLOWED, environ: dict[str, str] = ENVIRON) -> Settings:
    return settings_snapshot.snapshot(valves, {"OWN_API_KEY": own}, environ, host_secret(environ))[0]


@pytest.fixture(autouse=True)
def _no_host(monkeypatch):
    monkeypatch.delitem(sys.modules, "open_webui.env", raising=False)


def test_the_form_of_people_stores_the_key_encrypted(monkeypatch):
    monkeypatch.setenv(HOST_SECRET, SECRET)
    saved = Pipe.UserValves(OWN_API_KEY=THEIRS).model_dump(exclude_unset=True)
    assert saved["OWN_API_KEY"].startswith("encrypted:")
    assert THEIRS not in repr(saved)
    again = Pipe.UserValves(**saved)
    assert again.model_dump(exclude_unset=True) == saved
    assert settings_of(again.OWN_API_KEY).own_api_key.reveal() == THEIRS


def test_no_repr_of_the_form_shows_the_key():
    assert THEIRS not in repr(Pipe.UserValves(OWN_API_KEY=THEIRS)) + str(Pipe.UserValves(OWN_API_KEY=THEIRS))


def test_nothing_made_of_the_settings_shows_the_key():
    settings = settings_of(THEIRS)
    shown = repr((settings, paying_route_of(settings), request_of(CallerRequest("a/b"), settings)))
    assert settings.own_api_key.reveal() == THEIRS
    assert THEIRS not in shown


def test_the_field_is_one_for_passwords():
    spec = Pipe.UserValves.model_json_schema()["properties"]["OWN_API_KEY"]
    assert spec["type"] == "string"
    assert "OWN_API_KEY" not in Pipe.Valves.model_fields


@pytest.mark.parametrize("stored", [THEIRS, token(THEIRS), f"  Bearer {THEIRS} ", f'"{THEIRS}"'])
def test_an_own_key_pays_at_the_operators_address(stored):
    settings = settings_of(stored)
    route = paying_route_of(settings)
    assert (route.api_key, route.own_key, route.base_url) == (THEIRS, True, "https://openrouter.ai/api/v1")
    assert usable_route(settings).api_key == OURS  # lists of models and the like stay the operator's
    assert not usable_route(settings).own_key


@pytest.mark.parametrize(
    "valves",
    [
        {"API_KEY": OURS},
        {"API_KEY": OURS, "ADVANCED": "ALLOW_USER_KEYS=false"},
        {"API_KEY": OURS, "ADVANCED": "ALLOW_USER_KEYS=perhaps"},
        {"API_KEY": OURS, "ADVANCED": "ALLOW_USER_KEYS=true\nLOCKED_USER_SETTINGS=OWN_API_KEY"},
    ],
    ids=["by default", "off", "no value", "locked"],
)
@pytest.mark.parametrize("stored", [THEIRS, token(THEIRS), token(THEIRS, OTHER), "kl\u00fcg", ["x"]])
def test_an_own_key_that_is_not_allowed_is_ignored(valves, stored):
    settings = settings_of(stored, valves)
    assert not pays_own_key(settings)
    assert paying_route_of(settings).api_key == OURS


@pytest.mark.parametrize("empty", [None, "", "  ", "\n"])
def test_without_an_own_key_the_operators_pays(empty):
    assert paying_route_of(settings_of(empty)).api_key == OURS


@pytest.mark.parametrize(
    "stored", [token(THEIRS, OTHER), "encrypted:", token(THEIRS)[:-9], "Bearer", '""', ["x"], {"a": 1}, "\ud800"]
)
def test_an_own_key_that_cannot_be_read_is_replaced_by_no_other(stored):
    settings = settings_of(stored)
    assert pays_own_key(settings)
    assert (paying_route_of(settings).api_key, paying_route_of(settings).own_key) == ("", True)


def test_the_operator_has_no_such_setting():
    valves = {**ALLOWED, "OWN_API_KEY": THEIRS, "ADVANCED": f"ALLOW_USER_KEYS=true\nOWN_API_KEY={THEIRS}"}
    settings, problems = settings_snapshot.snapshot(valves, None, {"OWN_API_KEY": THEIRS})
    assert settings.own_api_key == Secret()
    assert [problem.name for problem in problems] == ["ADVANCED"]
    assert THEIRS not in repr(problems)


def test_nothing_of_an_own_key_is_reported_to_the_operator():
    for stored in (f"Bearer {THEIRS}", token(THEIRS, OTHER), "kl\u00fcg"):
        _, problems = settings_snapshot.snapshot(ALLOWED, {"OWN_API_KEY": stored}, ENVIRON, host_secret(ENVIRON))
        assert problems == ()


def test_a_person_can_choose_no_address():
    own = {"OWN_API_KEY": THEIRS, "BASE_URL": "https://evil.example/api/v1", "API_KEY": THEIRS}
    settings, _ = settings_snapshot.snapshot(ALLOWED, own, ENVIRON, host_secret(ENVIRON))
    assert paying_route_of(settings).base_url == "https://openrouter.ai/api/v1"
    assert settings.api_key.reveal() == OURS


def test_a_host_without_a_secret_is_named_when_an_own_key_is_stored_in_clear_text():
    memory = SettingsMemory({})
    _, problems = memory.read(Pipe.Valves(ADVANCED="ALLOW_USER_KEYS=true"), Pipe.UserValves(OWN_API_KEY=THEIRS))
    assert [(one.name, "OWN_API_KEY cannot be stored encrypted" in one.text) for one in problems] == [
        (HOST_SECRET, True)
    ]
