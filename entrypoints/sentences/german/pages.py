"""What entrypoints write around an answer, and how they name themselves.

`program` stands after "in", so it is in the dative.
"""

PAGES = {
    "the setting {}": "die Einstellung {}",
    "An administrator can set OPENROUTER_API_KEY.": "Ein Administrator kann OPENROUTER_API_KEY setzen.",
    "the server": "dem Server",
    "restart the server": "den Server neu starten",
    "send another message to continue": "mit einer weiteren Nachricht geht es weiter",
    "the valve {}": "das Valve {}",
    "An administrator can enter one in the function's valves (API_KEY) or set OPENROUTER_API_KEY.": (
        "Ein Administrator kann ihn in den Valves der Funktion eintragen (API_KEY) oder OPENROUTER_API_KEY setzen."
    ),
    "the pipe": "der Pipe",
    "reload the function": "die Funktion neu laden",
    "press Continue below it, or send another message": (
        "mit „Antwort fortsetzen“ darunter oder mit einer weiteren Nachricht geht es weiter"
    ),
    # around an answer
    "Details: {detail}": "Details: {detail}",
    "Support: {contact}": "Support: {contact}",
    "Error id: {error_id}": "Fehler-ID: {error_id}",
    "[error id {error_id}]": "[Fehler-ID {error_id}]",
    "The model asked for the tool {tool}, which is not available in this chat.": (
        "Das Modell wollte das Werkzeug {tool} verwenden, das in diesem Chat nicht verfügbar ist."
    ),
    "The model asked for the tool without a name, which is not available in this chat.": (
        "Das Modell wollte ein Werkzeug ohne Namen verwenden, das in diesem Chat nicht verfügbar ist."
    ),
    "A picture was left out: only PNG, JPEG, GIF and WebP from a safe address are shown.": (
        "Ein Bild wurde weggelassen: Gezeigt werden nur PNG, JPEG, GIF und WebP von einer sicheren Adresse."
    ),
    "Source": "Quelle",
    # entries of the model picker instead of models
    "OpenRouter: the API key was not accepted; check the valve API_KEY": (
        "OpenRouter: Der API-Schlüssel wurde nicht akzeptiert; prüfen Sie das Valve API_KEY"
    ),
    "OpenRouter: API_KEY was saved under another WEBUI_SECRET_KEY; enter it again": (
        "OpenRouter: API_KEY wurde unter einem anderen WEBUI_SECRET_KEY gespeichert; geben Sie ihn erneut ein"
    ),
    "OpenRouter: enter an API key in the function's valves (API_KEY)": (
        "OpenRouter: Tragen Sie in den Valves der Funktion einen API-Schlüssel ein (API_KEY)"
    ),
    "OpenRouter: BASE_URL cannot be used": "OpenRouter: BASE_URL ist nicht verwendbar",
    "OpenRouter: no models at this address; check the valve BASE_URL": (
        "OpenRouter: keine Modelle unter dieser Adresse; prüfen Sie das Valve BASE_URL"
    ),
    "OpenRouter: loading the models, refresh in a moment": (
        "OpenRouter: Die Modelle werden geladen; laden Sie die Seite gleich neu"
    ),
    "OpenRouter: the models could not be loaded; trying again, see the log": (
        "OpenRouter: Die Modelle ließen sich nicht laden; weitere Versuche folgen, siehe Protokoll"
    ),
    "OpenRouter: no model passes the filters; check MODEL_ID and those beside it": (
        "OpenRouter: Kein Modell passt zu den Filtern; prüfen Sie MODEL_ID und die Filter daneben"
    ),
}
