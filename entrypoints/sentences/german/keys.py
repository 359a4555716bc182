"""Own keys of people, keys at providers, and the limits of the operator's."""

KEYS = {
    "The provider of this model did not accept the key that OpenRouter has for it.": (
        "Der Anbieter dieses Modells hat den Schlüssel nicht akzeptiert, den OpenRouter für ihn hat."
    ),
    "Pick another model; in the settings of the OpenRouter account, the keys for its providers should be checked.": (
        "Wählen Sie ein anderes Modell; in den Einstellungen des Kontos bei OpenRouter sollten die Schlüssel für "
        "Anbieter geprüft werden."
    ),
    "The account at the provider of this model has nothing left to spend.": (
        "Das Konto beim Anbieter dieses Modells hat kein Guthaben mehr."
    ),
    "Pick another model; if the OpenRouter account has a key of its own for this provider, that account needs "
    "credits.": (
        "Wählen Sie ein anderes Modell; hat das Konto bei OpenRouter einen eigenen Schlüssel für diesen Anbieter, "
        "braucht jenes Konto Guthaben."
    ),
    "Your own OpenRouter API key is stored, but cannot be read.": (
        "Ihr eigener API-Schlüssel für OpenRouter ist gespeichert, aber nicht lesbar."
    ),
    "Enter the key again in {own_api_key}, or clear this field to use the key of this server.": (
        "Geben Sie den Schlüssel erneut in {own_api_key} ein, oder leeren Sie dieses Feld, um den Schlüssel dieses "
        "Servers zu verwenden."
    ),
    "OpenRouter did not accept your own API key.": "OpenRouter hat Ihren eigenen API-Schlüssel nicht akzeptiert.",
    "Check {own_api_key}, or clear this field to use the key of this server.": (
        "Prüfen Sie {own_api_key}, oder leeren Sie dieses Feld, um den Schlüssel dieses Servers zu verwenden."
    ),
    "Your own OpenRouter account does not have enough credits for this request.": (
        "Das Guthaben Ihres eigenen Kontos bei OpenRouter reicht für diese Anfrage nicht aus."
    ),
    "Add credits at OpenRouter, or clear {own_api_key} to use the key of this server.": (
        "Laden Sie das Guthaben bei OpenRouter auf, oder leeren Sie {own_api_key}, um den Schlüssel dieses Servers zu "
        "verwenden."
    ),
    "OpenRouter does not allow this request with your own API key.": (
        "OpenRouter lässt diese Anfrage mit Ihrem eigenen API-Schlüssel nicht zu."
    ),
    "Check the settings of your OpenRouter account, or clear {own_api_key} to use the key of this server.": (
        "Prüfen Sie die Einstellungen Ihres Kontos bei OpenRouter, oder leeren Sie {own_api_key}, um den Schlüssel "
        "dieses Servers zu verwenden."
    ),
    "A guard of your own OpenRouter account blocked this request.": (
        "Ein Schutz Ihres eigenen Kontos bei OpenRouter hat diese Anfrage blockiert."
    ),
    "Rephrase the message, or check the settings of your OpenRouter account.": (
        "Formulieren Sie die Nachricht um, oder prüfen Sie die Einstellungen Ihres Kontos bei OpenRouter."
    ),
    "Your own API key contains characters that no key has.": (
        "Ihr eigener API-Schlüssel enthält Zeichen, die kein Schlüssel hat."
    ),
    "Copy the key again into {own_api_key}, or clear this field to use the key of this server.": (
        "Kopieren Sie den Schlüssel erneut in {own_api_key}, oder leeren Sie dieses Feld, um den Schlüssel dieses "
        "Servers zu verwenden."
    ),
    "The spending limit of your own API key is used up.": (
        "Das Ausgabenlimit Ihres eigenen API-Schlüssels ist ausgeschöpft."
    ),
    "Raise the limit of this key in your OpenRouter account, or clear {own_api_key} to use the key of this server.": (
        "Erhöhen Sie das Limit dieses Schlüssels in Ihrem Konto bei OpenRouter, oder leeren Sie {own_api_key}, um den "
        "Schlüssel dieses Servers zu verwenden."
    ),
    "The budget of your own OpenRouter workspace is used up.": (
        "Das Budget Ihres eigenen Arbeitsbereichs bei OpenRouter ist ausgeschöpft."
    ),
    "Raise the budget in your OpenRouter account, or wait until it is renewed.": (
        "Erhöhen Sie das Budget in Ihrem Konto bei OpenRouter, oder warten Sie, bis es sich erneuert."
    ),
    "A guardrail of your own OpenRouter account took this request for a prompt injection and blocked it.": (
        "Eine Schutzregel Ihres eigenen Kontos bei OpenRouter hielt diese Anfrage für eine Prompt-Injection und hat "
        "sie blockiert."
    ),
    "Remove instructions to the model from files and pasted texts, or change the guardrail in your account.": (
        "Entfernen Sie Anweisungen an das Modell aus Dateien und eingefügten Texten, oder ändern Sie die Schutzregel "
        "in Ihrem Konto."
    ),
    "A guardrail of your own OpenRouter account found sensitive information in this request and blocked it.": (
        "Eine Schutzregel Ihres eigenen Kontos bei OpenRouter fand vertrauliche Angaben in dieser Anfrage und hat sie "
        "blockiert."
    ),
    "Remove personal data, passwords and keys from the chat, or change the guardrail in your account.": (
        "Entfernen Sie personenbezogene Daten, Passwörter und Schlüssel aus dem Chat, oder ändern Sie die Schutzregel "
        "in Ihrem Konto."
    ),
    "A guardrail of your own OpenRouter account blocked this request.": (
        "Eine Schutzregel Ihres eigenen Kontos bei OpenRouter hat diese Anfrage blockiert."
    ),
    "Rephrase the message, or change the guardrails in your OpenRouter account.": (
        "Formulieren Sie die Nachricht um, oder ändern Sie die Schutzregeln in Ihrem Konto bei OpenRouter."
    ),
    "Pick another model, check the privacy settings of your own OpenRouter account, or ask an administrator about "
    "{zdr_enforce} and {deny_data_collection}.": (
        "Wählen Sie ein anderes Modell, prüfen Sie die Datenschutzeinstellungen Ihres eigenen Kontos bei OpenRouter, "
        "oder bitten Sie einen Administrator, {zdr_enforce} und {deny_data_collection} zu prüfen."
    ),
    "OpenRouter allows the key of this server to spend {remaining} more, {percent} % of its limit of {limit}.": (
        "OpenRouter lässt den Schlüssel dieses Servers noch {remaining} ausgeben, {percent} % seines Limits von "
        "{limit}."
    ),
    "The OpenRouter account of this server has {remaining} left, {percent} % of its credits of {limit}.": (
        "Das OpenRouter-Konto dieses Servers hat noch {remaining}, {percent} % seines Guthabens von {limit}."
    ),
}
