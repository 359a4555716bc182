"""The German sentences, by the English ones: polite, short, without a setting's gender or case.

A phrase for a setting (`{base_url}`) stands in the nominative or accusative, which are equal for all of them.
"""

from entrypoints.sentences.german.budgets import BUDGETS
from entrypoints.sentences.german.faults import FAULTS
from entrypoints.sentences.german.keys import KEYS
from entrypoints.sentences.german.lines import LINES
from entrypoints.sentences.german.pages import PAGES
from entrypoints.sentences.german.server_tools import SERVER_TOOLS
from entrypoints.sentences.german.times import TIMES

SENTENCES: dict[str, str] = {**BUDGETS, **FAULTS, **KEYS, **LINES, **PAGES, **SERVER_TOOLS, **TIMES}
