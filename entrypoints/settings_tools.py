"""The setting that switches on tools of upstream: its text, and what is said about names that are none."""

from domain.request.server_tools import parted_names
from entrypoints.settings_rows import Mend

SERVER_TOOLS_TEXT = (
    "Comma-separated further tools that OpenRouter runs, offered in chats to models that call tools: web_fetch, "
    "datetime, image_generation, search_models, files, code_interpreter, shell, bash, apply_patch, advisor, "
    "subagent, fusion, tool_search, web_search. Every use costs money, with free models too; advisor, subagent and "
    "fusion pay for further models. A tool is not offered where Open WebUI has one for the same purpose in the chat. "
    "The custom parameter server_tools of a model replaces this list and ENABLE_WEB_SEARCH_TOOL."
)


def _known(listed: str) -> str:
    """Return the text without the names that cannot be switched on; unchanged if there are none."""
    known, unknown = parted_names(_names(listed))
    return ", ".join(known) if unknown else listed


def _unknown(listed: str) -> str:
    """Return what is wrong with a text that has such names."""
    _, unknown = parted_names(_names(listed))
    shown = ", ".join(f"{name[:40]!r}" for name in unknown[:10])
    return f"names tools that cannot be switched on ({shown})"


def _names(listed: str) -> list[str]:
    return [name.strip() for name in listed.replace("\n", ",").split(",") if name.strip()]


SERVER_TOOLS_MEND = Mend(_known, _unknown, harmless=False)
