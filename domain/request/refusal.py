"""A refusal as it is compared with the tables of words: one text without quotation marks, a code, a parameter."""

import re
from dataclasses import dataclass

from ports.response_events import UpstreamProblem

_MARKS = str.maketrans(dict.fromkeys("`'\"\\\u2018\u2019\u201c\u201d", ""))
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Refusal:
    """`text` holds all that was said, in lower case, without quotation marks. `exact`: the same with its case."""

    text: str
    exact: str
    code: str = ""
    param: str = ""

    def position(self, pattern: re.Pattern[str]) -> int | None:
        """Return where a name is mentioned: -1 in the named parameter, else its place in the text; None if nowhere."""
        if self.param and pattern.search(self.param):
            return -1
        found = pattern.search(self.text)
        return found.start() if found is not None else None


def refusal_of(problem: UpstreamProblem, slug: str) -> Refusal:
    """Read a refusal; names of models are replaced, because they contain words such as "thinking"."""
    said = " ".join(filter(None, (problem.kind, problem.quoted.code, problem.text, problem.quoted.text)))
    said = _SPACES.sub(" ", re.sub(re.escape(slug), "the model", said, flags=re.IGNORECASE)).translate(_MARKS)
    code = problem.quoted.code or problem.kind
    return Refusal(said.lower(), said, code.lower(), problem.quoted.param.lower())
