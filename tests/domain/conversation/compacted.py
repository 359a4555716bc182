"""Histories that Open WebUI 0.12 has compacted: a summary in a system message, and what it leaves of the chat.

Source: the host's middleware and its context compaction, 0.12.4. A chat is cut before a question (by itself), before
its newest answer (by a person's command), or before a later round of calls of an answer that the host runs itself.
"""

from collections.abc import Sequence

from tests.domain.conversation.host_shapes import Message

SUMMARY = "[CONVERSATION SUMMARY]\nThey looked for it in Oslo; it was not there."
SYSTEM = "You are kind."


def summarised(messages: Sequence[Message], system: str = "") -> list[Message]:
    """Return messages after a summary, which is added to the system message if there is one."""
    told = f"{system}\n{SUMMARY}" if system else SUMMARY
    return [{"role": "system", "content": told}, *messages]


def cut_at_question(messages: Sequence[Message], question: int = 1, system: str = "") -> list[Message]:
    """Drop what stands before a question, counted from 0."""
    questions = [place for place, message in enumerate(messages) if message["role"] == "user"]
    return summarised(messages[questions[question] :], system)


def cut_at_answer(messages: Sequence[Message], system: str = "") -> list[Message]:
    """Drop what stands before the answer to the last question but one: the chat now begins with it."""
    questions = [place for place, message in enumerate(messages) if message["role"] == "user"]
    return summarised(messages[questions[-2] + 1 :], system)


def cut_within_answer(messages: Sequence[Message], round_: int = 1) -> list[Message]:
    """Drop what stands before a round of calls of the last answer, counted from 0; its question stays.

    The summary has a system message of its own.
    """
    questions = [place for place, message in enumerate(messages) if message["role"] == "user"]
    question = questions[-2] if messages[-1]["role"] == "user" else questions[-1]
    calling = [place for place in range(question, len(messages)) if messages[place].get("tool_calls")]
    system = {"role": "system", "content": SYSTEM}
    return [system, {"role": "system", "content": SUMMARY}, messages[question], *messages[calling[round_] :]]
