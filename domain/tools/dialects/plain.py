"""The dialect of makers that publish no rules of their own, and of models served by many providers.

128 tools are what most OpenAI-compatible providers take. Sources: the references of Groq, DeepSeek and xAI (2026).
"""

from domain.tools.dialects.dialect import Dialect
from domain.tools.dialects.openai import DEEPEST, MOST_CHARACTERS, MOST_LISTED, MOST_PROPERTIES
from domain.tools.dialects.patterns import is_portable
from domain.tools.dialects.portable import portable
from domain.tools.measures import Measures


def _permits(measures: Measures) -> bool:
    """Apply the sizes of OpenAI, whose strict mode others copy."""
    return (
        measures.depth <= DEEPEST
        and measures.properties <= MOST_PROPERTIES
        and measures.listed <= MOST_LISTED
        and measures.characters <= MOST_CHARACTERS
        and all(map(is_portable, measures.patterns))
    )


PLAIN = Dialect("plain", portable, _permits, most_tools=128)
