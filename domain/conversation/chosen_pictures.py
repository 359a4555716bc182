"""Which pictures of a chat are sent: the newest ones, up to a limit; those that a model made come in again.

A picture stays at its place while the history grows, so that a provider's cache of the prompt stays valid: a person's
in their message, a model's before the person's next message (a message of a model can hold none).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from domain.conversation.attachments import Attachment, Source
from domain.conversation.drawn_pictures import pictures_in
from domain.conversation.media_kinds import Medium
from domain.conversation.references import texts_of


def drawn_in(messages: Sequence[object], answers: int) -> tuple[Attachment, ...]:
    """Return what may be pictures that models made in their newest `answers` answers, before the person's next message.

    What follows a message of a person, up to the next one, is one answer. Pictures are in its texts, among its
    parts, or beside them under `images`; an address may still be any link.
    """
    found: list[Attachment] = []
    seen, before = 0, -1  # answers so far, and the position of the person's message that follows
    within = False
    for at in range(len(messages) - 1, -1, -1):
        message = messages[at]
        role = message.get("role") if isinstance(message, Mapping) else None
        if role == "user":
            before, within = at, False
        elif role == "assistant" and before >= 0 and isinstance(message, Mapping):
            if not within:
                if seen == answers:
                    break
                seen, within = seen + 1, True
            pictures = [
                Attachment((before, number), Medium.IMAGE, (Source(address),), detail="auto", added=True)
                for number, address in enumerate(_pictures_of(message))
            ]
            found = pictures + found
    return tuple(found)


def newest_first(pictures: Iterable[Attachment]) -> list[Attachment]:
    """Return pictures in the order in which they are chosen: by message from the newest, a person's own first."""
    return sorted(pictures, key=lambda picture: (-picture.place[0], picture.added, picture.place[1]))


def _pictures_of(message: Mapping[str, object]) -> Iterator[str]:
    beside, content = message.get("images"), message.get("content")
    parts = [part for part in content if isinstance(part, Mapping)] if isinstance(content, list) else []
    for entry in (*(beside if isinstance(beside, list) else ()), *parts):
        image = entry.get("image_url") if isinstance(entry, Mapping) else entry
        address = image.get("url") if isinstance(image, Mapping) else image
        if isinstance(address, str) and address:
            yield address
    for text in texts_of(message.get("content")):
        if "](" in text:
            yield from pictures_in(text)
