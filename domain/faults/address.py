"""Recognise an answer that does not come from the API: then the upstream address is wrong, not the request.

Sources: public reports of wrong base addresses at OpenAI, Groq, Azure, Kong, Express and FastAPI servers; the edge
pages of OpenRouter (413, 502, 520 to 524), which do come from the right address.
"""

import re

from domain.faults.causes import AddressAnswer
from ports.response_events import ErrorForm, UpstreamProblem

_PAGE_STATUSES = frozenset({400, 403, 404, 405, 406, 410, 421})
_PATH_STATUSES = frozenset({404, 405, 410})
_NO_SUCH_PATH = re.compile(
    r"(?:4\d\d\s*)?(?:page |resource |route |url |endpoint )?not found\W*"
    r"|(?:4\d\d\s*)?method not allowed\W*"
    r"|.*(?:invalid url|unknown (?:request )?url|unrecognized request url|no route matched|cannot (?:post|get) /"
    r"|requested url was not found|no such (?:route|path)|unknown path).*",
    re.IGNORECASE | re.DOTALL,
)
_KINDS = frozenset({"redirect", "unknown_url"})


def answer_of(problem: UpstreamProblem) -> AddressAnswer | None:
    """Return what answers instead of the API; None if the API answered, or if that is not known."""
    status = problem.status
    if problem.kind == "redirect" or (status is not None and 300 <= status < 400):
        return AddressAnswer.REDIRECT
    if problem.provider:  # the API answered, and repeats what a provider said
        return None
    if problem.form is ErrorForm.PAGE:
        return AddressAnswer.WEB_PAGE if status in _PAGE_STATUSES else None
    if problem.kind in _KINDS:
        return AddressAnswer.NOT_FOUND
    if status not in _PATH_STATUSES:
        return None
    unknown = problem.form is ErrorForm.OTHER or _NO_SUCH_PATH.fullmatch(problem.text.strip())
    return AddressAnswer.NOT_FOUND if unknown else None
