"""What people read about media that are not sent."""

from domain.conversation.left_out import Flaw, LeftOut
from domain.conversation.media_kinds import Medium
from domain.turn.statuses import MediaLeftOut
from entrypoints.sentences.lists import listed_names
from entrypoints.sentences.vocabulary import NEUTRAL, Vocabulary

_ONE = {Medium.IMAGE: "a picture", Medium.FILE: "a file", Medium.AUDIO: "a sound", Medium.VIDEO: "a video"}
_NOT_TAKEN = {
    Medium.IMAGE: "this model reads no pictures",
    Medium.FILE: "this model reads no files",
    Medium.AUDIO: "this model reads no sound",
    Medium.VIDEO: "this model reads no videos",
}
_WRONG_KIND = {
    Medium.IMAGE: "a kind that models do not read; use PNG, JPEG, WebP or GIF",
    Medium.FILE: "a kind that models do not read",
    Medium.AUDIO: "a kind that models do not read; use MP3 or WAV",
    Medium.VIDEO: "a kind that models do not read; use MP4, MPEG, MOV or WebM",
}
_WHY = {
    Flaw.TOO_LARGE: "too large",
    Flaw.EMPTY: "empty",
    Flaw.DAMAGED: "damaged or incomplete",
    Flaw.WEB_PAGE: "the address leads to a web page",
    Flaw.NOT_FOUND: "not found among your files; attach it again",
    Flaw.UNREADABLE: "the file storage did not return it",
    Flaw.NOT_DOWNLOADED: "could not be downloaded",
    Flaw.NOT_ALLOWED: "its address is blocked by the security policy",
    Flaw.REFUSED: "rejected by the provider",
    Flaw.NO_SOURCE: "in a form that cannot be sent",
    Flaw.TOO_MANY: "too many",
}


def media_words(notice: MediaLeftOut, vocabulary: Vocabulary = NEUTRAL) -> str:
    """Return what is not sent and why, as one line."""
    named: dict[str, list[str]] = {}
    for one in notice.left:
        named.setdefault(vocabulary.say(_why(one)), []).append(one.name or vocabulary.say(_ONE[one.medium]))
    groups = [f"{listed_names(tuple(dict.fromkeys(names)), vocabulary)} ({why})" for why, names in named.items()]
    said = [vocabulary.say("Left out: {media}.", media="; ".join(groups))] if groups else []
    if notice.surplus:
        said.append(
            vocabulary.count(
                notice.surplus,
                "1 of {pictures} pictures was not sent: at most the newest {most} are.",
                "{number} of {pictures} pictures were not sent: at most the newest {most} are.",
                pictures=notice.pictures,
                most=notice.most,
            )
        )
    return " ".join(said)


def _why(one: LeftOut) -> str:
    if one.flaw is Flaw.NOT_TAKEN:
        return _NOT_TAKEN[one.medium]
    return _WRONG_KIND[one.medium] if one.flaw is Flaw.WRONG_KIND else _WHY[one.flaw]
