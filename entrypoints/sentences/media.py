"""What people read about media that are not sent."""

from domain.conversation.left_out import Flaw, LeftOut
from domain.conversation.media_kinds import Medium
from domain.turn.statuses import MediaLeftOut
from entrypoints.sentences.lists import listed_names

_ONE = {Medium.IMAGE: "a picture", Medium.FILE: "a file", Medium.AUDIO: "a sound", Medium.VIDEO: "a video"}
_MANY = {Medium.IMAGE: "pictures", Medium.FILE: "files", Medium.AUDIO: "sound", Medium.VIDEO: "videos"}
_KINDS = {
    Medium.IMAGE: "PNG, JPEG, WebP or GIF",
    Medium.AUDIO: "MP3 or WAV",
    Medium.VIDEO: "MP4, MPEG, MOV or WebM",
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
    Flaw.NO_SOURCE: "in a form that cannot be sent",
    Flaw.TOO_MANY: "too many",
}


def media_words(notice: MediaLeftOut) -> str:
    """Return what is not sent and why, as one line."""
    named: dict[str, list[str]] = {}
    for one in notice.left:
        named.setdefault(_why(one), []).append(one.name or _ONE[one.medium])
    groups = [f"{listed_names(tuple(dict.fromkeys(names)))} ({why})" for why, names in named.items()]
    said = [f"Left out: {'; '.join(groups)}."] if groups else []
    if notice.surplus:
        were = "was" if notice.surplus == 1 else "were"
        said.append(
            f"{notice.surplus} of {notice.pictures} pictures {were} not sent: at most the newest {notice.most} are."
        )
    return " ".join(said)


def _why(one: LeftOut) -> str:
    if one.flaw is Flaw.NOT_TAKEN:
        return f"this model reads no {_MANY[one.medium]}"
    if one.flaw is Flaw.WRONG_KIND:
        advice = f"; use {_KINDS[one.medium]}" if one.medium in _KINDS else ""
        return f"a kind that models do not read{advice}"
    return _WHY[one.flaw]
