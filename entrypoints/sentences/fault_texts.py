"""The texts of every kind of fault, and of causes that say more than their kind.

A text contains the key of a setting in braces, `{base_url}`; the entrypoint's vocabulary replaces it.
"""

from dataclasses import dataclass

from domain.faults.causes import (
    AddressAnswer,
    AskedFor,
    AtProvider,
    Budget,
    Cause,
    DrawingFlaw,
    Guard,
    KeyFlaw,
    NoneLeft,
    Received,
    RefusedPart,
)
from domain.faults.fault import FaultKind


@dataclass(frozen=True, slots=True)
class FaultText:
    """The text of a kind of fault: one sentence about what happened, one about what to do.

    `again`: the second sentence if upstream names the time to try again, which it contains as `{when}`.
    """

    happened: str
    advice: str
    again: str = ""


FAULT_TEXTS: dict[FaultKind, FaultText] = {
    FaultKind.NO_KEY: FaultText("No OpenRouter API key is configured.", "{enter_key}"),
    FaultKind.BAD_KEY: FaultText(
        "OpenRouter did not accept the API key.",
        "An administrator should check {api_key}; keys are listed in the OpenRouter account settings.",
    ),
    FaultKind.BAD_ROUTE: FaultText(
        "The upstream address cannot be used.", "An administrator should correct {base_url}."
    ),
    FaultKind.BAD_MESSAGES: FaultText(
        "The messages of this request cannot be read.", "Send a list of messages with role and content."
    ),
    FaultKind.BAD_REQUEST: FaultText(
        "OpenRouter rejected the request as invalid.", "Change the settings of this chat, or pick another model."
    ),
    FaultKind.UNKNOWN_MODEL: FaultText(
        "OpenRouter does not know this model.", "Pick another model; the list may have changed."
    ),
    FaultKind.FILTERED_MODEL: FaultText(
        "This model is not offered here.", "Pick another model, or ask an administrator about {model_id}."
    ),
    FaultKind.CONTEXT_LENGTH: FaultText(
        "The conversation is longer than this model can read.",
        "Start a new chat, shorten the last message, or pick a model with a larger context.",
    ),
    FaultKind.TOO_LARGE: FaultText(
        "The request is too large for OpenRouter.", "Remove files and pictures from the chat, or start a new one."
    ),
    FaultKind.CREDITS: FaultText(
        "The OpenRouter account does not have enough credits for this request.",
        "Add credits or ask an administrator; a smaller output limit may also fit.",
        "Send the message again {when}; fewer answers at a time need less credit.",
    ),
    FaultKind.FORBIDDEN: FaultText(
        "OpenRouter does not allow this request.", "An administrator should check the account's settings."
    ),
    FaultKind.MODERATED: FaultText(
        "The provider's moderation blocked this request.", "Rephrase the message or pick another model."
    ),
    FaultKind.GUARDED: FaultText(
        "A guard of the OpenRouter account blocked this request.", "Rephrase the message, or ask an administrator."
    ),
    FaultKind.NOT_FOUND: FaultText(
        "No provider can serve this request with these settings.",
        "Loosen the privacy or routing settings, or pick another model.",
    ),
    FaultKind.WRONG_ENDPOINT: FaultText(
        "This model answers at another endpoint of OpenRouter than the one chosen for it.",
        "Pick another model, or ask an administrator about {force_responses_models} and "
        "{force_chat_completions_models}.",
    ),
    FaultKind.RATE_LIMITED: FaultText(
        "Too many requests were sent to this model.",
        "Wait a little and send the message again, or pick another model.",
        "Send the message again {when}, or pick another model.",
    ),
    FaultKind.OVERLOADED: FaultText(
        "The provider is overloaded.",
        "Wait a little and send the message again, or pick another model.",
        "Send the message again {when}, or pick another model.",
    ),
    FaultKind.SERVER: FaultText(
        "The provider failed.",
        "Send the message again; if it keeps failing, pick another model.",
        "Send the message again {when}, or pick another model.",
    ),
    FaultKind.UPSTREAM_TIMEOUT: FaultText(
        "The provider took too long.", "Send the message again, or pick a faster model."
    ),
    FaultKind.TIMEOUT: FaultText(
        "No answer came within the time allowed.", "Send the message again, or pick a faster model."
    ),
    FaultKind.UNREACHABLE: FaultText(
        "OpenRouter could not be reached.", "Check the network, the proxy and {base_url}."
    ),
    FaultKind.INTERRUPTED: FaultText(
        "The connection broke before the answer was complete.",
        "The received part is kept; {go_on}.",
    ),
    FaultKind.EVENT_TOO_LARGE: FaultText(
        "The answer contains a piece larger than allowed.", "An administrator can raise {max_sse_event_mb}."
    ),
    FaultKind.UNREADABLE: FaultText("The upstream address did not return a valid response.", "Check {base_url}."),
    FaultKind.EMPTY: FaultText(
        "The model ended without writing anything.", "Send the message again, or pick another model."
    ),
    FaultKind.SERVER_TOOL: FaultText(
        "A tool that OpenRouter runs failed, and the model wrote nothing else.",
        "Send the message again, or ask without this tool.",
    ),
    FaultKind.CUT_SHORT: FaultText(
        "The output limit was used up before the model wrote any text.",
        "Raise the limit of output tokens or lower the reasoning effort.",
    ),
    FaultKind.TOOL_ROUNDS: FaultText(
        "The model kept calling tools without answering.", "Ask a narrower question or offer fewer tools."
    ),
    FaultKind.BUSY: FaultText(
        "The server is busy: too many requests are waiting.",
        "Wait a little and send the message again.",
        "Send the message again {when}.",
    ),
    FaultKind.PAUSED: FaultText(
        "Your last messages all failed, so the next ones wait a little.",
        "Wait a little and send the message again.",
        "Send the message again {when}.",
    ),
    FaultKind.BUDGET_SPENT: FaultText(
        "The budget for this is spent.", "Ask an administrator about {budgets}.", "Send the message again {when}."
    ),
    FaultKind.BUDGET_UNKNOWN: FaultText(
        "What has been spent cannot be read now, and messages are not answered without it.",
        "Wait a little and send the message again.",
        "Send the message again {when}.",
    ),
    FaultKind.MISSING_PACKAGE: FaultText(
        "A required Python package is missing.", "An administrator should install it and {reload}."
    ),
    FaultKind.INTERNAL: FaultText(
        "An unexpected error occurred inside {program}.",
        "Send the message again; if it fails again, quote the error id to support.",
    ),
}

_CHECK_ADDRESS = "An administrator should correct {base_url}."
CAUSE_TEXTS: dict[Cause, FaultText] = {
    AddressAnswer.REDIRECT: FaultText(
        "The upstream address leads to another one, which gets no key.",
        "An administrator should enter the final address in {base_url}.",
    ),
    AddressAnswer.WEB_PAGE: FaultText(
        "The upstream address returned a web page instead of an answer of the API.",
        "An administrator should check {base_url}, and whether a proxy or firewall answers in its place.",
    ),
    AddressAnswer.NOT_FOUND: FaultText("The upstream address has no such API.", _CHECK_ADDRESS),
    KeyFlaw.CHARACTERS: FaultText(
        "The API key contains characters that no key has.", "An administrator should copy the key again into {api_key}."
    ),
    KeyFlaw.UNREADABLE: FaultText(
        "Your own OpenRouter API key is stored, but cannot be read.",
        "Enter the key again in {own_api_key}, or clear this field to use the key of this server.",
    ),
    Received.NOTHING: FaultText(
        "The connection broke before the answer began.", "Send the message again, or pick another model."
    ),
    Guard.ARMOR: FaultText(
        "OpenRouter Armor blocked what the model wanted to do with a tool, and the model wrote nothing else.",
        "Rephrase the message, or ask an administrator about the rules of Armor in the OpenRouter account.",
    ),
    Guard.ALIGNMENT: FaultText(
        "OpenRouter withheld the answer because it breaks a rule of the alignment check.",
        "Rephrase the message, pick another model, or ask an administrator about the rules.",
    ),
    Guard.UNCHECKED: FaultText(
        "OpenRouter withheld the answer because the alignment check could not judge it.",
        "Send the message again, or pick another model.",
    ),
    Guard.PROMPT_INJECTION: FaultText(
        "A guardrail of the OpenRouter account took this request for a prompt injection and blocked it.",
        "Remove instructions to the model from files and pasted texts, or ask an administrator about the guardrail.",
    ),
    Guard.SENSITIVE_INFO: FaultText(
        "A guardrail of the OpenRouter account found sensitive information in this request and blocked it.",
        "Remove personal data, passwords and keys from the chat, or ask an administrator about the guardrail.",
    ),
    Guard.GUARDRAIL: FaultText(
        "A guardrail of the OpenRouter account blocked this request.",
        "Rephrase the message, or ask an administrator about the guardrails of the OpenRouter account.",
    ),
    Budget.KEY: FaultText(
        "The spending limit of the API key is used up.",
        "An administrator can raise the limit of this key in the OpenRouter account settings.",
    ),
    Budget.WORKSPACE: FaultText(
        "The budget of the OpenRouter workspace is used up.",
        "An administrator can raise the budget in the OpenRouter account settings, or wait until it is renewed.",
    ),
    AtProvider.KEY: FaultText(
        "The provider of this model did not accept the key that OpenRouter has for it.",
        "Pick another model; in the settings of the OpenRouter account, the keys for its providers should be checked.",
    ),
    AtProvider.MONEY: FaultText(
        "The account at the provider of this model has nothing left to spend.",
        "Pick another model; if the OpenRouter account has a key of its own for this provider, that account needs "
        "credits.",
    ),
    NoneLeft.PRIVACY: FaultText(
        "No provider of this model matches the privacy settings.",
        "Pick another model, or ask an administrator about the privacy settings of the OpenRouter account, "
        "{zdr_enforce} and {deny_data_collection}.",
    ),
    RefusedPart.TOOLS: FaultText(
        "OpenRouter rejected the tools of this request.",
        "Switch off tools that you do not need, or pick another model.",
    ),
    RefusedPart.PICTURES: FaultText(
        "OpenRouter rejected a picture of this request.",
        "Remove it or send it as PNG, JPEG, WebP or GIF, or pick another model.",
    ),
    RefusedPart.FILES: FaultText(
        "OpenRouter rejected a file of this request.", "Remove it, send its text instead, or pick another model."
    ),
    RefusedPart.OUTPUT_LIMIT: FaultText(
        "OpenRouter rejected the output limit of this request.", "Lower the limit of output tokens."
    ),
    RefusedPart.REASONING: FaultText(
        "OpenRouter rejected the reasoning settings of this request.",
        "Change the reasoning effort, or pick another model.",
    ),
    AskedFor.SEVERAL_ANSWERS: FaultText(
        "The request asks for several answers at once (`n`); OpenRouter gives one.",
        "Send the request once for each answer, without `n`.",
    ),
    DrawingFlaw.WRITES_NOTHING: FaultText(
        "This model only draws: it writes no titles, tags or summaries.",
        "An administrator can name a model for such tasks in {task_model}.",
    ),
    DrawingFlaw.NO_PRIVACY: FaultText(
        "This model cannot be limited to providers that keep no data.",
        "Pick another model, or ask an administrator about {zdr_enforce} and {deny_data_collection}.",
    ),
}
"""The texts of causes that say more than their kind."""
BUDGET_TEXT = FaultText(
    "The budget {budget} ({limit}) is spent.",
    "Ask an administrator about {budgets}.",
    "It begins anew {when}. Administrators set it in {budgets}.",
)
"""The text of a budget of the operator's."""
PACE_TEXT = FaultText(
    "You have used up the {limit} that a person may use in a minute.",
    "Wait a minute and send the message again.",
    "Send the message again {when}.",
)
"""The text of the operator's limits per person and minute."""
DAILY_TEXT = FaultText(
    "The daily limit for this model is used up.",
    "Try again tomorrow, or pick another model.",
    "Try again {when}, or pick another model.",
)

CONTEXT_TEXT = "This model takes at most {context} tokens, the answer included."
CONTEXT_OUTPUT_TEXT = "This model takes at most {context} tokens, the answer included, and writes at most {output}."
COST_BALANCE_TEXT = "The request needs {cost}; the account has {balance}."
COST_TEXT = "The request needs {cost}."
BALANCE_TEXT = "The account has {balance}."
SECONDS_TEXT = "The limit is {span}."
REASONS_TEXT = "It objects to:"
"""What is known beyond the sentences of a fault; `{...}` are numbers. Reasons follow as a list."""
