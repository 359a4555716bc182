"""The texts of faults whose remedy lies with the person, because the key of the request is their own."""

from domain.faults.causes import Budget, Cause, Guard, KeyFlaw, NoneLeft
from domain.faults.fault import Fault, FaultKind
from entrypoints.sentences.fault_texts import FaultText

OWN_KEY_FAULTS: dict[FaultKind, FaultText] = {
    FaultKind.BAD_KEY: FaultText(
        "OpenRouter did not accept your own API key.",
        "Check {own_api_key}, or clear this field to use the key of this server.",
    ),
    FaultKind.CREDITS: FaultText(
        "Your own OpenRouter account does not have enough credits for this request.",
        "Add credits at OpenRouter, or clear {own_api_key} to use the key of this server.",
        "Send the message again {when}; fewer answers at a time need less credit.",
    ),
    FaultKind.FORBIDDEN: FaultText(
        "OpenRouter does not allow this request with your own API key.",
        "Check the settings of your OpenRouter account, or clear {own_api_key} to use the key of this server.",
    ),
    FaultKind.GUARDED: FaultText(
        "A guard of your own OpenRouter account blocked this request.",
        "Rephrase the message, or check the settings of your OpenRouter account.",
    ),
}
OWN_KEY_CAUSES: dict[Cause, FaultText] = {
    KeyFlaw.CHARACTERS: FaultText(
        "Your own API key contains characters that no key has.",
        "Copy the key again into {own_api_key}, or clear this field to use the key of this server.",
    ),
    Budget.KEY: FaultText(
        "The spending limit of your own API key is used up.",
        "Raise the limit of this key in your OpenRouter account, or clear {own_api_key} to use the key of this server.",
    ),
    Budget.WORKSPACE: FaultText(
        "The budget of your own OpenRouter workspace is used up.",
        "Raise the budget in your OpenRouter account, or wait until it is renewed.",
    ),
    Guard.PROMPT_INJECTION: FaultText(
        "A guardrail of your own OpenRouter account took this request for a prompt injection and blocked it.",
        "Remove instructions to the model from files and pasted texts, or change the guardrail in your account.",
    ),
    Guard.SENSITIVE_INFO: FaultText(
        "A guardrail of your own OpenRouter account found sensitive information in this request and blocked it.",
        "Remove personal data, passwords and keys from the chat, or change the guardrail in your account.",
    ),
    Guard.GUARDRAIL: FaultText(
        "A guardrail of your own OpenRouter account blocked this request.",
        "Rephrase the message, or change the guardrails in your OpenRouter account.",
    ),
    NoneLeft.PRIVACY: FaultText(
        "No provider of this model matches the privacy settings.",
        "Pick another model, check the privacy settings of your own OpenRouter account, or ask an administrator about "
        "{zdr_enforce} and {deny_data_collection}.",
    ),
}


def own_key_text(fault: Fault) -> FaultText | None:
    """Return the text of a fault for a person whose own key was used; None if it is the same for everybody."""
    found = OWN_KEY_CAUSES.get(fault.cause) if fault.cause is not None else None
    return found or (OWN_KEY_FAULTS.get(fault.kind) if fault.cause is None else None)
