"""Settings with the administrator's own error cards, one for each kind of trouble; `settings` holds the others."""

from dataclasses import dataclass

from entrypoints.settings_files import FileSettings
from entrypoints.settings_rows import Mend, setting


def _flaw(text: str) -> str:
    """Return what is wrong with a template; empty if nothing is. What reads templates is loaded with the first one."""
    from entrypoints.sentences.card_variables import VARIABLES
    from entrypoints.sentences.template import TemplateError, parse

    try:
        parse(text, VARIABLES)
    except TemplateError as error:
        return str(error)
    return ""


def _usable(text: str) -> str:
    return "" if _flaw(text) else text


def _remark(text: str) -> str:
    return f"cannot be used as a card ({_flaw(text)}), so the built-in card is shown"


_MEND = Mend(_usable, _remark, harmless=False)


def _card(when: str) -> str:
    return setting("", f"Own card {when}. If empty, the built-in card is shown.", advanced=True, mend=_MEND)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSettings(FileSettings):
    """The rows of `settings.Settings` about error cards."""

    authentication_error_template: str = _card("if there is no API key, or OpenRouter does not accept it")
    insufficient_credits_template: str = _card("if the account or the key has too few credits")
    server_timeout_template: str = _card("if the provider took too long")
    payload_too_large_template: str = _card("if the request is too large for OpenRouter")
    rate_limit_template: str = _card("if too many requests were sent")
    service_error_template: str = _card("if the provider or OpenRouter fails or is overloaded")
    openrouter_error_template: str = _card(
        "if OpenRouter or the provider refuses the request for another reason, or fails within an answer"
    )
    network_timeout_template: str = _card("if no answer came within the time allowed here")
    connection_error_template: str = _card("if OpenRouter cannot be reached, or something else answers in its place")
    internal_error_template: str = _card("for unexpected errors of this function")
    max_function_call_loops_reached_template: str = _card("if a model kept calling tools without answering")
    model_restricted_template: str = _card("if a model is not offered here")
    stream_interrupted_template: str = _card("if the connection broke within an answer")
    endpoint_override_conflict_template: str = _card("if a model is called through an endpoint that it does not have")
    direct_upload_failure_template: str = _card("if the provider refuses a file of the request")
