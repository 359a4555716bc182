"""Collect the facts of a fault from what upstream reported."""

from domain.faults.amounts import amounts_in
from domain.faults.facts import Amounts, FaultFacts, Moderation, Said
from domain.faults.fault import FaultKind
from domain.redaction.secrets import redact
from ports.response_events import UpstreamProblem


def facts_of(problem: UpstreamProblem, kind: FaultKind, limit_type: str) -> FaultFacts:
    """Return the facts of a problem that was classified as `kind`; every text is masked by shape."""
    details = problem.details
    moderated = kind is FaultKind.MODERATED
    return FaultFacts(
        said=Said(
            code=redact(details.code) or (str(problem.status) if problem.status is not None else ""),
            message=redact(details.message),
            inner_type=redact(problem.quoted.code or problem.kind),
            inner_message=redact(problem.text),
            request_id=redact(problem.request_id),
        ),
        moderation=Moderation(
            tuple(map(redact, problem.reasons)) if moderated else (), redact(details.flagged) if moderated else ""
        ),
        amounts=amounts_in(problem) if kind is FaultKind.CREDITS else Amounts(),
        limit_type=redact(details.limit_type or problem.limit_source or limit_type)
        if kind is FaultKind.RATE_LIMITED
        else "",
        chunk=details.chunk,
        raw=details.raw,
    )
