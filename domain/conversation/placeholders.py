"""The texts that a model reads in place of missing, cut or unsendable parts of its history; all of them are here."""

import re
from collections.abc import Iterable

from domain.conversation.left_out import Flaw, LeftOut

GO_ON = "Continue exactly where your last message ends. Repeat nothing; begin with the blank that belongs there."
DO_AS_ASKED = "Now do what the messages above ask for."
NOT_COMPLETED = "No result: the call was not completed."
NOT_IN_HISTORY = "The result of this call is not in this history."
MAY_HAVE_RUN = "It may have run; its result is unknown. Do not repeat it without asking."
UNREADABLE_ARGUMENTS = "INVALID_JSON"
"""The key under which arguments that are no JSON are sent back."""
MEDIA_LEFT_OUT = "[Pictures left out here, so that the chat fits this model: call the tool again if they are needed]"
RESULT_LOST = "It ran; its result was lost. Do not repeat it without asking."


def spoken_by(name: str) -> str:
    """Return the line before the words of a speaker whom the client names."""
    return f"[{name} says]"


def removed(characters: int) -> str:
    """Return the note that replaces the middle of an output."""
    return f"[{characters} characters removed here: this is no longer the whole text nor valid JSON]"


def shortened(characters: int) -> str:
    """Return the note in the middle of an output that was shortened so that the chat fits the model."""
    return (
        f"[{characters} characters left out here, so that the chat fits this model: this is no longer the whole text "
        "nor valid JSON. If they are needed, call the tool again and ask it for less]"
    )


_BEFORE, _AFTER = shortened(0).split("0", 1)
_SHORTENED = re.compile(rf"\n?{re.escape(_BEFORE)}(\d{{1,12}}){re.escape(_AFTER)}\n?")


def shortened_before(text: str) -> tuple[int, int, int] | None:
    """Return where the note of a shortened output begins and ends, and its number; None if there is none."""
    found = _SHORTENED.search(text) if _AFTER in text else None
    return (found.start(), found.end(), int(found[1])) if found else None


_WHY = {
    Flaw.NOT_TAKEN: "this model takes none",
    Flaw.TOO_MANY: "only the newest pictures of a chat are sent",
    Flaw.TOO_LARGE: "it is too large",
    Flaw.EMPTY: "it is empty",
    Flaw.DAMAGED: "it is damaged or incomplete",
    Flaw.WRONG_KIND: "it is of a kind that models do not read",
    Flaw.WEB_PAGE: "there was a web page in its place",
    Flaw.NOT_FOUND: "it was not found among the person's files",
    Flaw.UNREADABLE: "it could not be read",
    Flaw.NOT_DOWNLOADED: "it could not be downloaded",
    Flaw.NOT_ALLOWED: "its address may not be opened",
    Flaw.REFUSED: "the provider refused it",
    Flaw.NO_SOURCE: "it is in a form that cannot be sent",
}


def left_out(one: LeftOut) -> str:
    """Return the note that replaces a medium that is not sent."""
    return f"[{one.medium.value}{f' {one.name!r}' if one.name else ''} left out: {_WHY[one.flaw]}]"


def not_taken(kind: str) -> str:
    """Return the note that replaces an image or a file of a kind that the model rejects."""
    return f"[{kind} left out: {_WHY[Flaw.NOT_TAKEN]}]"


def unusable(kind: str) -> str:
    """Return the note that replaces an image or a file in a form that upstream rejects."""
    return f"[{kind} left out: {_WHY[Flaw.NO_SOURCE]}]"


def called(name: str, arguments: str) -> str:
    """Render a call as text."""
    return f"[I called the tool {name} with {arguments}]"


def answered(name: str, output: str) -> str:
    """Render the output of a call as text."""
    return f"[The tool {name} answered: {output}]"


def broke_off_after(tools: Iterable[str]) -> str:
    """Report an answer that broke off after these tools had run."""
    return f"[This answer broke off after these tools: {', '.join(tools)}. {RESULT_LOST}]"


def broke_off_during(tools: Iterable[str]) -> str:
    """Report an answer that broke off while these tools ran."""
    return f"[This answer broke off while these tools ran: {', '.join(tools)}. {MAY_HAVE_RUN}]"
