"""The names of tools in a setting: which can be switched on by name, and what is said about the others."""

from domain.request.server_tools import parted_names


def known_tools(listed: str) -> str:
    """Return the text without the names that cannot be switched on; unchanged if there are none."""
    known, unknown = parted_names(_names(listed))
    return ", ".join(known) if unknown else listed


def unknown_tools(listed: str) -> str:
    """Return what is wrong with a text that has such names."""
    _, unknown = parted_names(_names(listed))
    shown = ", ".join(f"{name[:40]!r}" for name in unknown[:10])
    return f"names tools that cannot be switched on ({shown})"


def _names(listed: str) -> list[str]:
    return [name.strip() for name in listed.replace("\n", ",").split(",") if name.strip()]
