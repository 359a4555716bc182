"""What happened, what to do, and the exact cause."""

_AGAIN_OR_MODEL = "Senden Sie die Nachricht {when} erneut, oder wählen Sie ein anderes Modell."

FAULTS = {
    # the kinds of faults
    "No OpenRouter API key is configured.": "Es ist kein API-Schlüssel für OpenRouter eingerichtet.",
    "OpenRouter did not accept the API key.": "OpenRouter hat den API-Schlüssel nicht akzeptiert.",
    "An administrator should check {api_key}; keys are listed in the OpenRouter account settings.": (
        "Ein Administrator sollte {api_key} prüfen; die Schlüssel stehen in den Kontoeinstellungen von OpenRouter."
    ),
    "The upstream address cannot be used.": "Die Adresse von OpenRouter ist nicht verwendbar.",
    "An administrator should correct {base_url}.": "Ein Administrator sollte {base_url} korrigieren.",
    "The messages of this request cannot be read.": "Die Nachrichten dieser Anfrage sind nicht lesbar.",
    "Send a list of messages with role and content.": "Senden Sie eine Liste von Nachrichten mit role und content.",
    "OpenRouter rejected the request as invalid.": "OpenRouter hat die Anfrage als ungültig abgelehnt.",
    "Change the settings of this chat, or pick another model.": (
        "Ändern Sie die Einstellungen dieses Chats, oder wählen Sie ein anderes Modell."
    ),
    "OpenRouter does not know this model.": "OpenRouter kennt dieses Modell nicht.",
    "Pick another model; the list may have changed.": (
        "Wählen Sie ein anderes Modell; die Liste hat sich vielleicht geändert."
    ),
    "This model is not offered here.": "Dieses Modell wird hier nicht angeboten.",
    "Pick another model, or ask an administrator about {model_id}.": (
        "Wählen Sie ein anderes Modell, oder bitten Sie einen Administrator, {model_id} zu prüfen."
    ),
    "The conversation is longer than this model can read.": (
        "Die Unterhaltung ist länger, als dieses Modell lesen kann."
    ),
    "Start a new chat, shorten the last message, or pick a model with a larger context.": (
        "Beginnen Sie einen neuen Chat, kürzen Sie die letzte Nachricht, oder wählen Sie ein Modell mit größerem "
        "Kontext."
    ),
    "The request is too large for OpenRouter.": "Die Anfrage ist zu groß für OpenRouter.",
    "Remove files and pictures from the chat, or start a new one.": (
        "Entfernen Sie Dateien und Bilder aus dem Chat, oder beginnen Sie einen neuen."
    ),
    "The OpenRouter account does not have enough credits for this request.": (
        "Das Guthaben bei OpenRouter reicht für diese Anfrage nicht aus."
    ),
    "Add credits or ask an administrator; a smaller output limit may also fit.": (
        "Laden Sie das Guthaben auf, oder fragen Sie einen Administrator; vielleicht genügt auch eine niedrigere "
        "Ausgabegrenze."
    ),
    "Send the message again {when}; fewer answers at a time need less credit.": (
        "Senden Sie die Nachricht {when} erneut; weniger Antworten zur gleichen Zeit brauchen weniger Guthaben."
    ),
    "OpenRouter does not allow this request.": "OpenRouter lässt diese Anfrage nicht zu.",
    "An administrator should check the account's settings.": (
        "Ein Administrator sollte die Einstellungen des Kontos prüfen."
    ),
    "The provider's moderation blocked this request.": "Die Moderation des Anbieters hat diese Anfrage blockiert.",
    "Rephrase the message or pick another model.": (
        "Formulieren Sie die Nachricht um, oder wählen Sie ein anderes Modell."
    ),
    "A guard of the OpenRouter account blocked this request.": (
        "Ein Schutz des OpenRouter-Kontos hat diese Anfrage blockiert."
    ),
    "Rephrase the message, or ask an administrator.": (
        "Formulieren Sie die Nachricht um, oder fragen Sie einen Administrator."
    ),
    "No provider can serve this request with these settings.": (
        "Kein Anbieter kann diese Anfrage mit diesen Einstellungen bearbeiten."
    ),
    "Loosen the privacy or routing settings, or pick another model.": (
        "Lockern Sie die Einstellungen zu Datenschutz oder Routing, oder wählen Sie ein anderes Modell."
    ),
    "Too many requests were sent to this model.": "An dieses Modell wurden zu viele Anfragen gesendet.",
    "Wait a little and send the message again, or pick another model.": (
        "Warten Sie ein wenig und senden Sie die Nachricht erneut, oder wählen Sie ein anderes Modell."
    ),
    "Send the message again {when}, or pick another model.": _AGAIN_OR_MODEL,
    "The provider is overloaded.": "Der Anbieter ist überlastet.",
    "The provider failed.": "Beim Anbieter ist ein Fehler aufgetreten.",
    "Send the message again; if it keeps failing, pick another model.": (
        "Senden Sie die Nachricht erneut; wenn das wiederholt fehlschlägt, wählen Sie ein anderes Modell."
    ),
    "The provider took too long.": "Der Anbieter hat zu lange gebraucht.",
    "Send the message again, or pick a faster model.": (
        "Senden Sie die Nachricht erneut, oder wählen Sie ein schnelleres Modell."
    ),
    "No answer came within the time allowed.": "In der erlaubten Zeit kam keine Antwort.",
    "OpenRouter could not be reached.": "OpenRouter war nicht erreichbar.",
    "Check the network, the proxy and {base_url}.": "Prüfen Sie das Netzwerk, den Proxy und {base_url}.",
    "The connection broke before the answer was complete.": (
        "Die Verbindung brach ab, bevor die Antwort vollständig war."
    ),
    "The connection broke before the answer began.": "Die Verbindung brach ab, bevor die Antwort begann.",
    "The received part is kept; {go_on}.": "Der empfangene Teil bleibt erhalten; {go_on}.",
    "The answer contains a piece larger than allowed.": "Die Antwort enthält ein Stück, das größer als erlaubt ist.",
    "An administrator can raise {max_sse_event_mb}.": "Ein Administrator kann {max_sse_event_mb} erhöhen.",
    "The upstream address did not return a valid response.": (
        "Unter der Adresse von OpenRouter kam keine gültige Antwort."
    ),
    "Check {base_url}.": "Prüfen Sie {base_url}.",
    "The model ended without writing anything.": "Das Modell hat aufgehört, ohne etwas zu schreiben.",
    "Send the message again, or pick another model.": (
        "Senden Sie die Nachricht erneut, oder wählen Sie ein anderes Modell."
    ),
    "A tool that OpenRouter runs failed, and the model wrote nothing else.": (
        "Ein Werkzeug, das OpenRouter ausführt, ist fehlgeschlagen, und das Modell hat sonst nichts geschrieben."
    ),
    "Send the message again, or ask without this tool.": (
        "Senden Sie die Nachricht erneut, oder fragen Sie ohne dieses Werkzeug."
    ),
    "The output limit was used up before the model wrote any text.": (
        "Die Ausgabegrenze war erreicht, bevor das Modell Text geschrieben hat."
    ),
    "Raise the limit of output tokens or lower the reasoning effort.": (
        "Erhöhen Sie die Grenze der Ausgabe-Tokens, oder senken Sie den Denkaufwand."
    ),
    "The model kept calling tools without answering.": (
        "Das Modell hat immer wieder Werkzeuge aufgerufen, ohne zu antworten."
    ),
    "Ask a narrower question or offer fewer tools.": (
        "Stellen Sie eine engere Frage, oder bieten Sie weniger Werkzeuge an."
    ),
    "The server is busy: too many requests are waiting.": "Der Server ist ausgelastet: Zu viele Anfragen warten.",
    "Wait a little and send the message again.": "Warten Sie ein wenig, und senden Sie die Nachricht erneut.",
    "Send the message again {when}.": "Senden Sie die Nachricht {when} erneut.",
    "Your last messages all failed, so the next ones wait a little.": (
        "Ihre letzten Nachrichten sind alle fehlgeschlagen, deshalb warten die nächsten ein wenig."
    ),
    "A required Python package is missing.": "Ein benötigtes Python-Paket fehlt.",
    "An administrator should install it and {reload}.": "Ein Administrator sollte es installieren und {reload}.",
    "An unexpected error occurred inside {program}.": "In {program} ist ein unerwarteter Fehler aufgetreten.",
    "Send the message again; if it fails again, quote the error id to support.": (
        "Senden Sie die Nachricht erneut; wenn sie wieder fehlschlägt, nennen Sie dem Support die Fehler-ID."
    ),
    # causes that say more than their kind
    "The upstream address leads to another one, which gets no key.": (
        "Die Adresse von OpenRouter führt zu einer anderen, die keinen Schlüssel erhält."
    ),
    "An administrator should enter the final address in {base_url}.": (
        "Ein Administrator sollte die endgültige Adresse in {base_url} eintragen."
    ),
    "The upstream address returned a web page instead of an answer of the API.": (
        "Unter der Adresse von OpenRouter kam eine Webseite statt einer Antwort der API."
    ),
    "An administrator should check {base_url}, and whether a proxy or firewall answers in its place.": (
        "Ein Administrator sollte {base_url} prüfen, und ob stattdessen ein Proxy oder eine Firewall antwortet."
    ),
    "The upstream address has no such API.": "Unter der Adresse von OpenRouter gibt es keine solche API.",
    "The API key contains characters that no key has.": (
        "Der API-Schlüssel enthält Zeichen, die in keinem Schlüssel vorkommen."
    ),
    "An administrator should copy the key again into {api_key}.": (
        "Ein Administrator sollte den Schlüssel erneut in {api_key} eintragen."
    ),
    "OpenRouter Armor blocked what the model wanted to do with a tool, and the model wrote nothing else.": (
        "OpenRouter Armor hat blockiert, was das Modell mit einem Werkzeug tun wollte, und das Modell hat sonst nichts "
        "geschrieben."
    ),
    "Rephrase the message, or ask an administrator about the rules of Armor in the OpenRouter account.": (
        "Formulieren Sie die Nachricht um, oder fragen Sie einen Administrator nach den Regeln von Armor im "
        "OpenRouter-Konto."
    ),
    "OpenRouter withheld the answer because it breaks a rule of the alignment check.": (
        "OpenRouter hat die Antwort zurückgehalten, weil sie eine Regel der Alignment-Prüfung verletzt."
    ),
    "Rephrase the message, pick another model, or ask an administrator about the rules.": (
        "Formulieren Sie die Nachricht um, wählen Sie ein anderes Modell, oder fragen Sie einen Administrator nach den "
        "Regeln."
    ),
    "OpenRouter withheld the answer because the alignment check could not judge it.": (
        "OpenRouter hat die Antwort zurückgehalten, weil die Alignment-Prüfung sie nicht beurteilen konnte."
    ),
    "A guardrail of the OpenRouter account took this request for a prompt injection and blocked it.": (
        "Eine Schutzregel des OpenRouter-Kontos hat diese Anfrage für eine Prompt-Injection gehalten und blockiert."
    ),
    "Remove instructions to the model from files and pasted texts, or ask an administrator about the guardrail.": (
        "Entfernen Sie Anweisungen an das Modell aus Dateien und eingefügten Texten, oder fragen Sie einen "
        "Administrator nach der Schutzregel."
    ),
    "A guardrail of the OpenRouter account found sensitive information in this request and blocked it.": (
        "Eine Schutzregel des OpenRouter-Kontos hat in dieser Anfrage vertrauliche Angaben gefunden und sie blockiert."
    ),
    "Remove personal data, passwords and keys from the chat, or ask an administrator about the guardrail.": (
        "Entfernen Sie persönliche Daten, Passwörter und Schlüssel aus dem Chat, oder fragen Sie einen Administrator "
        "nach der Schutzregel."
    ),
    "A guardrail of the OpenRouter account blocked this request.": (
        "Eine Schutzregel des OpenRouter-Kontos hat diese Anfrage blockiert."
    ),
    "Rephrase the message, or ask an administrator about the guardrails of the OpenRouter account.": (
        "Formulieren Sie die Nachricht um, oder fragen Sie einen Administrator nach den Schutzregeln des "
        "OpenRouter-Kontos."
    ),
    "OpenRouter rejected the tools of this request.": "OpenRouter hat die Werkzeuge dieser Anfrage abgelehnt.",
    "Switch off tools that you do not need, or pick another model.": (
        "Schalten Sie nicht benötigte Werkzeuge aus, oder wählen Sie ein anderes Modell."
    ),
    "OpenRouter rejected a picture of this request.": "OpenRouter hat ein Bild dieser Anfrage abgelehnt.",
    "Remove it or send it as PNG, JPEG, WebP or GIF, or pick another model.": (
        "Entfernen Sie es, senden Sie es als PNG, JPEG, WebP oder GIF, oder wählen Sie ein anderes Modell."
    ),
    "OpenRouter rejected a file of this request.": "OpenRouter hat eine Datei dieser Anfrage abgelehnt.",
    "Remove it, send its text instead, or pick another model.": (
        "Entfernen Sie sie, senden Sie stattdessen ihren Text, oder wählen Sie ein anderes Modell."
    ),
    "OpenRouter rejected the output limit of this request.": (
        "OpenRouter hat die Ausgabegrenze dieser Anfrage abgelehnt."
    ),
    "Lower the limit of output tokens.": "Senken Sie die Grenze der Ausgabe-Tokens.",
    "OpenRouter rejected the reasoning settings of this request.": (
        "OpenRouter hat die Denkeinstellungen dieser Anfrage abgelehnt."
    ),
    "Change the reasoning effort, or pick another model.": (
        "Ändern Sie den Denkaufwand, oder wählen Sie ein anderes Modell."
    ),
    "This model only draws: it writes no titles, tags or summaries.": (
        "Dieses Modell zeichnet nur: Es schreibt keine Titel, Schlagwörter oder Zusammenfassungen."
    ),
    "An administrator can name a model for such tasks in {task_model}.": (
        "Ein Administrator kann in {task_model} ein Modell für solche Aufgaben eintragen."
    ),
    "This model cannot be limited to providers that keep no data.": (
        "Dieses Modell lässt sich nicht auf Anbieter beschränken, die keine Daten behalten."
    ),
    "Pick another model, or ask an administrator about {zdr_enforce} and {deny_data_collection}.": (
        "Wählen Sie ein anderes Modell, oder bitten Sie einen Administrator, {zdr_enforce} und "
        "{deny_data_collection} zu prüfen."
    ),
    "The daily limit for this model is used up.": "Das Tageslimit für dieses Modell ist aufgebraucht.",
    "Try again tomorrow, or pick another model.": (
        "Versuchen Sie es morgen erneut, oder wählen Sie ein anderes Modell."
    ),
    "Try again {when}, or pick another model.": "Versuchen Sie es {when} erneut, oder wählen Sie ein anderes Modell.",
    "Try again {when}.": "Versuchen Sie es {when} erneut.",
    # exact causes
    "it is disabled ({disabled_models})": "es ist gesperrt ({disabled_models})",
    "it is not selected ({model_id})": "es ist nicht ausgewählt ({model_id})",
    "only free models are offered": "nur kostenlose Modelle werden angeboten",
    "free models are not offered": "kostenlose Modelle werden nicht angeboten",
    "it does not match {tool_calling_filter}": "es entspricht nicht {tool_calling_filter}",
    "no provider offers it with zero data retention ({zdr_models_only})": (
        "kein Anbieter bietet es ohne Speicherung der Daten an ({zdr_models_only})"
    ),
    "it is not a URL": "das ist keine URL",
    "it must start with https:// and name a host": "sie muss mit https:// beginnen und einen Host nennen",
    "no host can have this name": "kein Host kann diesen Namen haben",
    "it must not contain a user name or password": "sie darf weder Benutzernamen noch Passwort enthalten",
    "it must not contain a query, a fragment or spaces": (
        "sie darf keine Query, kein Fragment und keine Leerzeichen enthalten"
    ),
    "plain http to {host} is not allowed; use https or list it in {insecure_base_url_hosts}": (
        "http ohne Verschlüsselung ist für {host} nicht erlaubt; verwenden Sie https, oder tragen Sie den Host in "
        "{insecure_base_url_hosts} ein"
    ),
    "The request asks for several answers at once (`n`); OpenRouter gives one.": (
        "Die Anfrage verlangt mehrere Antworten auf einmal (`n`); OpenRouter gibt eine."
    ),
    "Send the request once for each answer, without `n`.": (
        "Senden Sie die Anfrage für jede Antwort einmal, ohne `n`."
    ),
    "there are no messages": "es gibt keine Nachrichten",
    "there is no message with a role and a text": "es gibt keine Nachricht mit einer Rolle und einem Text",
    "no event for {span}": "{span} lang kein Ereignis",
    "the request has {count} tools, this model takes at most {most}": (
        "die Anfrage hat {count} Werkzeuge, dieses Modell nimmt höchstens {most}"
    ),
    # limits, money and reasons beside a fault
    "This model answers at another endpoint of OpenRouter than the one chosen for it.": (
        "Dieses Modell antwortet an einem anderen Endpunkt von OpenRouter als dem dafür gewählten."
    ),
    "Pick another model, or ask an administrator about {force_responses_models} and {force_chat_completions_models}.": (
        "Wählen Sie ein anderes Modell, oder bitten Sie einen Administrator, {force_responses_models} und "
        "{force_chat_completions_models} zu prüfen."
    ),
    "The spending limit of the API key is used up.": "Das Ausgabenlimit des API-Schlüssels ist aufgebraucht.",
    "An administrator can raise the limit of this key in the OpenRouter account settings.": (
        "Ein Administrator kann das Limit dieses Schlüssels in den Kontoeinstellungen von OpenRouter erhöhen."
    ),
    "The budget of the OpenRouter workspace is used up.": "Das Budget des OpenRouter-Arbeitsbereichs ist aufgebraucht.",
    "An administrator can raise the budget in the OpenRouter account settings, or wait until it is renewed.": (
        "Ein Administrator kann das Budget in den Kontoeinstellungen von OpenRouter erhöhen oder warten, bis es "
        "erneuert wird."
    ),
    "No provider of this model matches the privacy settings.": (
        "Kein Anbieter dieses Modells erfüllt die Datenschutzeinstellungen."
    ),
    "Pick another model, or ask an administrator about the privacy settings of the OpenRouter account, "
    "{zdr_enforce} and {deny_data_collection}.": (
        "Wählen Sie ein anderes Modell, oder bitten Sie einen Administrator, die Datenschutzeinstellungen des "
        "OpenRouter-Kontos, {zdr_enforce} und {deny_data_collection} zu prüfen."
    ),
    "This model takes at most {context} tokens, the answer included.": (
        "Dieses Modell nimmt höchstens {context} Tokens, die Antwort eingeschlossen."
    ),
    "This model takes at most {context} tokens, the answer included, and writes at most {output}.": (
        "Dieses Modell nimmt höchstens {context} Tokens, die Antwort eingeschlossen, und schreibt höchstens {output}."
    ),
    "The request needs {cost}; the account has {balance}.": "Die Anfrage kostet {cost}; auf dem Konto sind {balance}.",
    "The request needs {cost}.": "Die Anfrage kostet {cost}.",
    "The account has {balance}.": "Auf dem Konto sind {balance}.",
    "The limit is {span}.": "Die Zeitgrenze beträgt {span}.",
    "It objects to:": "Beanstandet wird:",
}
