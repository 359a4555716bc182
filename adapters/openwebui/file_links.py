"""Who else may read a file that was stored for an answer: members of its channel, readers of its shared chat.

Source: the hosts' own generated pictures, `routers/images.py` and `routers/files.py`, 0.12.4; older hosts know fewer
such links, or none.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from adapters.openwebui.host_functions import called

CHATS = "open_webui.models.chats"
_CHANNEL = "channel:"


@dataclass(frozen=True, slots=True)
class Place:
    """The chat and the message in which a file is shown; empty if unknown."""

    chat_id: str = ""
    message_id: str = ""

    def metadata(self) -> dict[str, Any]:
        """Return what the host's upload function must know: the channel, to whose members it then shows the file."""
        is_channel = self.chat_id.startswith(_CHANNEL)
        return {"channel_id": self.chat_id.removeprefix(_CHANNEL)} if is_channel else {}


NOWHERE = Place()


async def link_to_chat(place: Place, file_id: str, owner_id: str) -> None:
    """Link a file to a saved chat; the host lets those read it to whom the chat is shared. Raises what it raises."""
    if not place.chat_id or not place.message_id or ":" in place.chat_id:
        return
    insert = getattr(import_module(CHATS).Chats, "insert_chat_files", None)
    if insert is not None:
        await called(insert, chat_id=place.chat_id, message_id=place.message_id, file_ids=[file_id], user_id=owner_id)
