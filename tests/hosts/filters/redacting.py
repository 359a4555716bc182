"""
title: Redacting
description: Hides one word of answers while they are streamed, as the host documents it, and notes how answers end.
"""

import re
from pathlib import Path

WORD = "SECRET"


class Filter:
    """Active for all models while it is global."""

    def stream(self, event: dict) -> dict:
        """Hide the word in the chunks of an answer; hosts up to 0.10 hand API clients' events over as text."""
        for choice in event.get("choices", []) if isinstance(event, dict) else []:
            delta = choice.get("delta") or {}
            if isinstance(delta.get("content"), str):
                delta["content"] = delta["content"].replace(WORD, "[hidden]")
        return event

    def outlet(self, body: dict) -> dict:
        """Write the text of the answer into the file that the question names: `NOTE <path>`."""
        said = [str(message.get("content")) for message in body["messages"]]
        reason = body["messages"][-1].get("finish_reason")  # from 0.12 on
        note = re.search(r"NOTE (\S+)", " ".join(said[:-1]))
        if note:
            with Path(note[1]).open("a") as file:
                file.write(f"{reason}: {said[-1]}\n")
        return body
