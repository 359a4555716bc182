"""The text of the setting SERVER_TOOLS."""

import re

from domain.request.server_tools import parted_names
from domain.request.tool_types import TOOL_TYPES, RunBy
from entrypoints.settings_tools import SERVER_TOOLS_TEXT
from ports.responses import OWN_TYPES

OLDER_NAMES = {"web_search_preview", "web_search_preview_2025_03_11", "web_search_2025_08_26"}


def test_the_text_names_every_tool_that_a_name_alone_switches_on() -> None:
    run = [kind.removeprefix(OWN_TYPES) for kind, known in TOOL_TYPES.items() if known.run_by is RunBy.UPSTREAM]
    known, _ = parted_names(run)
    named = set(re.findall(r"[a-z_]+", SERVER_TOOLS_TEXT.partition("tools: ")[2].partition(".")[0]))

    assert named == {name.removeprefix("experimental__") for name in known} - OLDER_NAMES
