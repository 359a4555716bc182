"""The forms of the function's settings, as the host stores and reads them: before the service exists, and without it.

Standard library and pydantic only. In the single file this text stands in the shell itself.
"""

import importlib
import json
import logging
import os
import re
import sys
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import sha256
from types import FrameType
from typing import TypeVar, cast

from pydantic import BaseModel, JsonValue, ValidationError

_LOG = logging.getLogger("openrouter_pipe")
_Model = TypeVar("_Model", bound=BaseModel)
ENCRYPTED = "encrypted:"
ADVANCED_SECRETS = ("MANAGEMENT_KEY", "SPEND_ALERT_WEBHOOK", "PIPE_REDIS_URL", "ARTIFACT_PREVIOUS_KEYS")
"""Secrets that are lines of the ADVANCED box."""
_MOST_TOKENS = 16
_READER, _PLACE_OF_FORMS = "get_function_params", ("functions", "valves")


def host_version() -> tuple[int, ...]:
    """Return major and minor version of the host, (0, 0) when there is none or it does not say."""
    version = getattr(sys.modules.get("open_webui.env"), "VERSION", "")
    match = re.match(r"(\d+)\.(\d+)", version) if isinstance(version, str) else None
    return (int(match[1]), int(match[2])) if match else (0, 0)


# Hosts before 0.8 show no input at all for a field with this hint.
PASSWORD: dict[str, JsonValue] | None = {"input": {"type": "password"}} if host_version() >= (0, 8) else None


def personal_form(form: type[_Model]) -> type[_Model]:
    """Return the form as the host may look it up in the class: see PersonalForm."""
    return cast("type[_Model]", PersonalForm(form))


class PersonalForm:
    """What a person can set: the host finds the form, except before a call for someone who has stored nothing in it.

    Before each call the host asks its database for what the person has stored, although it has just read it with the
    person and hands it over. Where that shows that nothing is stored, it finds no form and asks for nothing. In any
    other version of the host, or if anything looks different, it finds the form. Source: the host's contract, settings.
    """

    def __init__(self, form: type[BaseModel]) -> None:
        self._form = form

    def __get__(self, _pipe: object, _owner: type | None = None) -> type[BaseModel]:
        if _has_stored_nothing(sys._getframe(1)):
            raise AttributeError("nothing is stored in this form")
        return self._form


def _has_stored_nothing(asks: FrameType) -> bool:
    """Return whether the host asks for the form to fill it for a call, and the person has nothing to fill it with."""
    if asks.f_code.co_name != _READER:
        return False
    handed_over, function_id = asks.f_locals.get("params"), asks.f_locals.get("pipe_id")
    person = handed_over.get("__user__") if isinstance(handed_over, dict) else None
    if not isinstance(person, dict) or "settings" not in person or not isinstance(function_id, str):
        return False
    stored = person["settings"]
    for name in (*_PLACE_OF_FORMS, function_id):
        if stored is None:
            return True
        if not isinstance(stored, dict):
            return False
        stored = stored.get(name)
    return stored is None or stored == {}


def accept_all(data: object, handler: Callable[[object], _Model]) -> tuple[_Model, dict[str, object]]:
    """Build a form's model from whatever is stored; return with it the values its types cannot hold.

    Refusing them would take the model list away from everybody. Those fields keep their defaults here; the
    snapshot of a call judges the values. None and an emptied box mean: not set.
    """
    stored = data if isinstance(data, Mapping) else {}
    given = {str(name): value for name, value in stored.items() if value is not None and value != ""}
    try:
        return handler(given), {}
    except ValidationError as error:
        wrong = {str(one["loc"][0]) for one in error.errors(include_input=False) if one["loc"]}
    kept = {name: value for name, value in given.items() if name not in wrong}
    return handler(kept), {name: given[name] for name in wrong & given.keys()}


def kept(shown: dict[str, object], unfit: Mapping[str, object]) -> dict[str, object]:
    """Return what the host stores of a form: also the values its types cannot hold, or nobody would hear of them.

    Values that no database takes are left out.
    """
    for name, value in unfit.items():
        with suppress(TypeError, ValueError, RecursionError):
            json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
            shown[name] = value
    return shown


def host_secret() -> str:
    """Return the secret of the host, empty unless it has one that is neither public nor short."""
    name = "WEBUI_SECRET_KEY"
    for secret in (os.environ.get(name), getattr(sys.modules.get("open_webui.env"), name, None)):
        if isinstance(secret, str) and len(secret) >= 16 and secret != "t0p-s3cr3t":  # noqa: S105 - known to everybody
            return secret
    return ""


_tokens: dict[bytes, str] = {}  # the same text gives the same token, so that a form keeps its values between two calls


def encrypted(text: str) -> str:
    """Return a secret as the host is to store it; as it stands if the host has no secret or it is a token already."""
    secret = host_secret()
    if not secret or not text.strip() or text.lstrip().startswith(ENCRYPTED):
        return text
    try:
        clear, key = text.encode("utf-8", "surrogatepass"), sha256(secret.encode("utf-8", "surrogatepass")).digest()
        known = sha256(key + clear).digest()
        token = _tokens.get(known)
        if token is None:
            fernet = importlib.import_module("cryptography.fernet").Fernet(urlsafe_b64encode(key))
            if len(_tokens) >= _MOST_TOKENS:
                _tokens.clear()
            token = _tokens[known] = ENCRYPTED + fernet.encrypt(clear).decode()
        return token
    except Exception as error:  # noqa: BLE001 - whatever a host's library does, its forms must not fail
        _LOG.warning("a secret is stored in clear text: %s", type(error).__name__)
        return text


def encrypted_lines(text: str) -> str:
    """Return the ADVANCED box with its secrets as the host is to store them."""
    return "".join(map(_encrypted_line, text.splitlines(keepends=True)))


def _encrypted_line(line: str) -> str:
    name, _, value = line.partition("=")
    clear = value.strip()
    if not clear or name.strip().upper() not in ADVANCED_SECRETS:
        return line
    return f"{name}={value.replace(clear, encrypted(clear), 1)}"
