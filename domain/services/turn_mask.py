"""Mask secrets in what one turn reports: those of the process, and those that its own request carries."""

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from domain.faults.fault import Fault
from domain.redaction.known import KnownSecrets, known
from domain.redaction.request_secrets import secrets_in_request
from domain.redaction.secrets import redact as redact_shapes
from domain.request.turn_request import TurnRequest
from domain.turn.server_tools import Finding, ServerToolReport, Source
from domain.turn.steps import End, Ended, Output, ShowServerTool
from ports.json_values import JsonObject
from ports.telemetry import Redactor

Part = TypeVar("Part", ServerToolReport, Source, Finding)


class TurnMask:
    """Masks texts of one turn. A secret of its request is known to this turn only: it changes nobody else's texts.

    `has_own`: the request carries such secrets, so every report of a server tool is masked too.
    """

    def __init__(self, redact: Redactor = redact_shapes, request: TurnRequest | None = None) -> None:
        self._redact = redact
        self._own = _secrets_of(request) if request is not None else ()
        self._known: KnownSecrets | None = None
        self.has_own = bool(self._own)

    def text(self, text: str) -> str:
        """Return a text without secrets."""
        if not self.has_own:
            return self._redact(text)
        if self._known is None:
            self._known = known(self._own)
        return self._redact(self._known.mask(text))

    def end(self, end: End) -> End:
        """Return an end whose fault quotes no secret: upstream may repeat what it was sent."""
        return end if end.fault is None else replace(end, fault=self._fault(end.fault))

    def output(self, output: Output) -> Output:
        """Return an output without secrets. The model's own words stay: upstream gives it no credentials."""
        match output:
            case Ended(end):
                return Ended(self.end(end))
            case ShowServerTool(segment, report) if self.has_own:
                return ShowServerTool(segment, self._report(report))
        return output

    def _fault(self, fault: Fault) -> Fault:
        facts = masked_texts(fault.facts, self.text)
        return replace(fault, detail=self.text(fault.detail), provider=self.text(fault.provider), facts=facts)

    def _report(self, report: ServerToolReport) -> ServerToolReport:
        sources = tuple(self._texts_in(one) for one in report.sources)
        findings = tuple(self._texts_in(one) for one in report.findings)
        return replace(self._texts_in(report), sources=sources, findings=findings)

    def _texts_in(self, part: Part) -> Part:
        """Return a part of a report with its texts masked."""
        texts = {field.name: value for field in fields(part) if isinstance(value := getattr(part, field.name), str)}
        masked: JsonObject = {name: self.text(value) for name, value in texts.items()}
        return replace(part, **masked)


def masked_texts(part: Any, mask: Redactor) -> Any:
    """Return a value with its texts masked, those of values inside it too."""
    if isinstance(part, str):
        return mask(part) if part else part
    if isinstance(part, tuple):
        return tuple(masked_texts(one, mask) for one in part)
    if not is_dataclass(part) or isinstance(part, type):
        return part
    return replace(part, **{field.name: masked_texts(getattr(part, field.name), mask) for field in fields(part)})


def _secrets_of(request: TurnRequest) -> tuple[str, ...]:
    """Return the secrets that a request carries, the person's own key among them.

    The operator's key is a secret of the process.
    """
    own_key = (request.route.api_key,) if request.route.own_key else ()
    return (*own_key, *secrets_in_request(_carriers(request)))


def _carriers(request: TurnRequest) -> tuple[object, ...]:
    """Return the parts of a request that may carry credentials, those of the operator first.

    Functions carry schemas only.
    """
    asked = request.parameters
    tools = (*asked.extra_tools, *asked.tools)
    others = (tool for tool in tools if tool.get("type") not in (None, "function"))
    listed = (*request.server_tools.listed, *(asked.server_tools or ()))
    return (*listed, request.defaults, asked.provider, *(asked.plugins or ()), *others)
