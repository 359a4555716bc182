"""Budgets."""

BUDGETS = {
    "{amount} a minute": "{amount} je Minute",
    "{amount} a day": "{amount} am Tag",
    "{amount} a week": "{amount} in der Woche",
    "{amount} a month": "{amount} im Monat",
    "1 token": "1 Token",
    "{number} tokens": "{number} Tokens",
    "1 request": "1 Anfrage",
    "{number} requests": "{number} Anfragen",
    "Budget {budget}: {spent} of {limit} spent; it begins anew {when}.": (
        "Budget {budget}: {spent} von {limit} verbraucht; es beginnt {when} von vorn."
    ),
    "The budget {budget} is spent for {was}; {by} answers instead.": (
        "Das Budget {budget} ist für {was} verbraucht; {by} antwortet an seiner Stelle."
    ),
    "The budget {budget} is spent; web search and other paid tools are not offered in this turn.": (
        "Das Budget {budget} ist verbraucht; die Websuche und andere kostenpflichtige Werkzeuge gibt es in dieser "
        "Antwort nicht."
    ),
    "The budget {budget} ({limit}) is spent.": "Das Budget {budget} ({limit}) ist verbraucht.",
    "The budget for this is spent.": "Das Budget dafür ist verbraucht.",
    "Ask an administrator about {budgets}.": "Wenden Sie sich an einen Administrator; er kann {budgets} ändern.",
    "It begins anew {when}. Administrators set it in {budgets}.": (
        "Es beginnt {when} von vorn. Administratoren legen es durch {budgets} fest."
    ),
    "You have used up the {limit} that a person may use in a minute.": (
        "Die Grenze je Person und Minute ist erreicht: {limit}."
    ),
    "Wait a minute and send the message again.": "Warten Sie eine Minute, und senden Sie die Nachricht noch einmal.",
    "What has been spent cannot be read now, and messages are not answered without it.": (
        "Was schon verbraucht ist, lässt sich gerade nicht lesen, und ohne das wird keine Nachricht beantwortet."
    ),
}
