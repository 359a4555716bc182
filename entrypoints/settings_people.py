"""Settings of what people see of an answer, and of what they may choose; `settings` holds the others."""
# ruff: noqa: RUF009  (each row is the default of its field)

from dataclasses import dataclass
from typing import Literal

from entrypoints.sentences.usage_labels import ICONS
from entrypoints.settings_keys import KeySettings
from entrypoints.settings_rows import setting

ThinkingOutput = Literal["open_webui", "status", "both"]
UsageStyle = Literal["text", "icons"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleSettings(KeySettings):
    """The rows of `settings.Settings` about what people see and choose."""

    thinking_output_mode: ThinkingOutput = setting(
        "open_webui",
        "Where a person in a chat reads a model's thinking. open_webui: in Open WebUI's own box; status: its newest "
        "sentences in the status line, and not in the box; both.",
        user=True,
        advanced=True,
    )
    show_tool_cards: bool = setting(
        True,
        "Show tool calls with their arguments and results in the answer. If off, a status line names the tool that "
        "runs. Calls that Open WebUI runs itself are always shown.",
        user=True,
        advanced=True,
    )
    show_chat_cost: bool = setting(
        False,
        "Add what the whole chat has cost the person so far to the status line of each answer: all answers and "
        "background tasks in the ledger. Needs ENABLE_LEDGER and SHOW_FINAL_USAGE_STATUS; temporary chats have no sum. "
        "API clients find it as chat_cost in the usage.",
        user=True,
        advanced=True,
    )
    show_my_spend: bool = setting(
        False,
        "Add what the person has spent in this month to the status line of each answer, in all chats. Needs "
        "ENABLE_LEDGER and SHOW_FINAL_USAGE_STATUS. API clients find it as month_cost in the usage.",
        user=True,
        advanced=True,
    )
    final_usage_status_style: UsageStyle = setting(
        "text",
        "Form of the status line with time, cost and tokens: text, or icons for a short line.",
        advanced=True,
    )
    usage_status_icon_set: str = setting(
        " ".join(ICONS),
        "The icons of FINAL_USAGE_STATUS_STYLE, separated by blanks: for time, cost, all tokens, input, output, cached "
        "and reasoning tokens; two more, for what the chat and the month have cost, may follow.",
        pattern=r"\S{1,16}(?:\s+\S{1,16}){6}(?:(?:\s+\S{1,16}){2})?",
        advanced=True,
    )
    allow_user_zdr_override: bool = setting(
        True,
        "Allow people to switch REQUEST_ZDR on for their own requests.",
        advanced=True,
    )
