"""Statuses, notices, lists, and media that are not sent."""

LINES = {
    "Thinking\u2026": "Denkt nach\u2026",
    "Still thinking\u2026": "Denkt noch nach\u2026",
    "Working on a good answer\u2026": "Arbeitet an einer guten Antwort\u2026",
    "This one takes a moment\u2026": "Das dauert einen Moment\u2026",
    "Still here, waiting for the model\u2026": "Noch da: Das Modell ist am Zug\u2026",
    "Drawing\u2026": "Zeichnet\u2026",
    "Still drawing\u2026": "Zeichnet noch\u2026",
    "A picture takes a moment\u2026": "Ein Bild dauert einen Moment\u2026",
    "All places are taken; waiting in line\u2026": "Alle Plätze sind belegt; die Anfrage wartet\u2026",
    "All places are taken; waiting in line, {ahead} before you\u2026": (
        "Alle Plätze sind belegt; die Anfrage wartet, vor Ihnen: {ahead}\u2026"
    ),
    "Trying again {when} (attempt {attempt})\u2026": "Neuer Versuch {when} (Versuch {attempt})\u2026",
    "Changing the reasoning effort from {was} to {effort}, which the model accepts\u2026": (
        "Der Denkaufwand wird von {was} auf {effort} geändert, was das Modell akzeptiert\u2026"
    ),
    "The model rejects a reasoning effort; it now chooses its own\u2026": (
        "Das Modell lehnt einen vorgegebenen Denkaufwand ab; es wählt ihn nun selbst\u2026"
    ),
    "The provider rejects the reasoning of earlier answers; sending the message without it\u2026": (
        "Der Anbieter lehnt die Gedanken früherer Antworten ab; die Nachricht wird ohne sie gesendet\u2026"
    ),
    "The provider rejects the form of earlier answers; sending them as plain text\u2026": (
        "Der Anbieter lehnt die Form früherer Antworten ab; sie werden als einfacher Text gesendet\u2026"
    ),
    "The balance allows an answer of {tokens} tokens; sending the message with this limit\u2026": (
        "Das Guthaben reicht für eine Antwort von {tokens} Tokens; die Nachricht wird mit dieser Grenze gesendet\u2026"
    ),
    "Shortened 1 earlier tool result so that the chat fits the model.": (
        "1 früheres Werkzeugergebnis wurde gekürzt, damit der Chat in das Modell passt."
    ),
    "Shortened {number} earlier tool results so that the chat fits the model.": (
        "{number} frühere Werkzeugergebnisse wurden gekürzt, damit der Chat in das Modell passt."
    ),
    "No available provider of this model accepts tools; sending the message without them\u2026": (
        "Kein verfügbarer Anbieter dieses Modells nimmt Werkzeuge an; die Nachricht geht ohne sie\u2026"
    ),
    "The provider does not accept so many tools; left out: {tools}\u2026": (
        "Der Anbieter nimmt nicht so viele Werkzeuge an; weggelassen: {tools}\u2026"
    ),
    "The provider rejects the definition of a tool; left out: {tools}\u2026": (
        "Der Anbieter lehnt die Definition eines Werkzeugs ab; weggelassen: {tools}\u2026"
    ),
    "{was} is not available; {by} answers instead.": "{was} ist nicht verfügbar; stattdessen antwortet {by}.",
    "This model takes at most {most} tools. Not offered in this turn: {tools}.": (
        "Dieses Modell nimmt höchstens {most} Werkzeuge. Diesmal nicht angeboten: {tools}."
    ),
    "A picture could not be stored as a file; the chat contains it as data, which makes the chat large.": (
        "Ein Bild ließ sich nicht als Datei speichern; der Chat enthält es als Daten und wird dadurch groß."
    ),
    "A file that a tool returned could not be stored; it is not shown.": (
        "Eine Datei von einem Werkzeug ließ sich nicht speichern; sie wird nicht gezeigt."
    ),
    "OpenRouter Armor blocked a tool call.": "OpenRouter Armor hat einen Werkzeugaufruf blockiert.",
    "OpenRouter Armor blocked a call of the tool {tool}.": (
        "OpenRouter Armor hat einen Aufruf des Werkzeugs {tool} blockiert."
    ),
    "Skipping {tool}: it failed repeatedly and is paused.": (
        "{tool} wird ausgelassen: Es ist wiederholt fehlgeschlagen und pausiert."
    ),
    "{tool} still fails; it is paused for another {span}.": (
        "{tool} schlägt weiterhin fehl und pausiert noch einmal {span}."
    ),
    "{tool} failed repeatedly; it is paused for {span}.": "{tool} ist wiederholt fehlgeschlagen und pausiert {span}.",
    "Running {tool}\u2026": "{tool} läuft\u2026",
    "Ran {tool}": "{tool} ausgeführt",
    "Ran {number} tools": "{number} Werkzeuge ausgeführt",
    "{names} and {rest} more": "{names} und {rest} weitere",
    "Failed": "Fehlgeschlagen",
    # media that are not sent
    "Left out: {media}.": "Nicht gesendet: {media}.",
    "1 of {pictures} pictures was not sent: at most the newest {most} are.": (
        "1 von {pictures} Bildern wurde nicht gesendet: höchstens die neuesten {most} werden es."
    ),
    "{number} of {pictures} pictures were not sent: at most the newest {most} are.": (
        "{number} von {pictures} Bildern wurden nicht gesendet: höchstens die neuesten {most} werden es."
    ),
    "a picture": "ein Bild",
    "a file": "eine Datei",
    "a sound": "eine Tonaufnahme",
    "a video": "ein Video",
    "this model reads no pictures": "dieses Modell liest keine Bilder",
    "this model reads no files": "dieses Modell liest keine Dateien",
    "this model reads no sound": "dieses Modell liest keinen Ton",
    "this model reads no videos": "dieses Modell liest keine Videos",
    "a kind that models do not read; use PNG, JPEG, WebP or GIF": (
        "Modelle lesen diese Art nicht; verwenden Sie PNG, JPEG, WebP oder GIF"
    ),
    "a kind that models do not read": "Modelle lesen diese Art nicht",
    "a kind that models do not read; use MP3 or WAV": "Modelle lesen diese Art nicht; verwenden Sie MP3 oder WAV",
    "a kind that models do not read; use MP4, MPEG, MOV or WebM": (
        "Modelle lesen diese Art nicht; verwenden Sie MP4, MPEG, MOV oder WebM"
    ),
    "too large": "zu groß",
    "empty": "leer",
    "damaged or incomplete": "beschädigt oder unvollständig",
    "the address leads to a web page": "die Adresse führt zu einer Webseite",
    "not found among your files; attach it again": "nicht unter Ihren Dateien gefunden; bitte erneut anhängen",
    "the file storage did not return it": "von der Dateiablage nicht geliefert",
    "could not be downloaded": "ließ sich nicht herunterladen",
    "its address is blocked by the security policy": "Adresse durch die Sicherheitsregeln gesperrt",
    "rejected by the provider": "vom Anbieter abgelehnt",
    "in a form that cannot be sent": "in einer Form, die sich nicht senden lässt",
    "too many": "zu viele",
}
