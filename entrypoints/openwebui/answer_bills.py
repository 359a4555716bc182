"""What one answer has cost over all requests that the host makes for it.

The host asks again below the same message after it has run tools, and when the person continues an answer. All these
requests come to one process, except after a restart or on another replica; then the earlier ones are not known.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from domain.conversation.bounded_ids import cache_key
from domain.recent import Recent
from domain.request.turn_request import Caller
from domain.turn.steps import End, Reason
from domain.usage.accounting import add
from entrypoints.openai.completions_body import CompletionsBody
from entrypoints.openwebui.host_call import HostCall
from ports.notices import TurnStopped
from ports.usage import NOT_PAID, Paid, Timing, Usage

KEPT = 4096
"""Answers whose bills are kept; the oldest are forgotten first."""


NO_TIME = Timing(0.0)


@dataclass(frozen=True, slots=True)
class Past:
    """The requests for one answer so far.

    `paid`: what they cost. `run_id` names the host's work on the latest request, empty if the
    host does not say; `handed_over`: that request ended with calls that the host runs.
    """

    usage: Usage | None = None
    timing: Timing = NO_TIME
    paid: Paid = NOT_PAID
    run_id: str = ""
    handed_over: bool = False


NO_PAST = Past()


class AnswerBills:
    """The bills of the newest answers, each by its person, chat and message. Not thread-safe."""

    def __init__(self) -> None:
        self._known = Recent[bytes, Past](KEPT)

    def bill(self, call: HostCall, *, host_sums: bool) -> "AnswerBill":
        """Return the bill that this call goes on with. `host_sums`: the host adds up the requests of one run itself."""
        person = call.person
        if call.caller is not Caller.PAGE:
            return AnswerBill()
        key = cache_key(person.user_id, person.chat_id, person.message_id)
        known = self._known.pop(key, None)
        past = known if known is not None and _goes_on(call, known) else NO_PAST
        same_run = past.handed_over and past.run_id == call.run.id
        return AnswerBill(past, call.run.id, host_adds_up=host_sums and same_run, keep=partial(self._keep, key))

    def _keep(self, key: bytes, past: Past) -> None:
        self._known[key] = past


def _goes_on(call: HostCall, past: Past) -> bool:
    """Return whether the request continues an answer: the last message is not the person's, or results came back."""
    messages: Sequence[object] = call.body.messages if isinstance(call.body, CompletionsBody) else ()
    roles = [message.get("role") for message in messages if isinstance(message, dict)]
    return call.run.continued or roles[-1:] not in (["user"], []) or (past.handed_over and "tool" in roles)


@dataclass(slots=True)
class AnswerBill:
    """The bill of one answer, while one request of it runs.

    `host_adds_up`: the host knows the earlier requests and adds this one itself.
    """

    past: Past = NO_PAST
    run_id: str = ""
    host_adds_up: bool = False
    keep: Callable[[Past], None] | None = None

    def settled(self, end: End) -> End:
        """Return how the whole answer ended: its usage, cost and time are those of all requests."""
        usage, timing, paid = self._whole(end)
        self._keep(Past(usage, timing, paid, self.run_id, end.reason is Reason.TOOL_CALLS))
        return replace(end, usage=usage, timing=timing, paid=paid)

    def stopped(self, stop: TurnStopped) -> TurnStopped:
        """Return the notice of a stop with the usage, cost and time of the whole answer."""
        usage, timing, paid = self._whole(stop)
        self._keep(Past(usage, timing, paid, self.run_id))
        return replace(stop, usage=usage, timing=timing, paid=paid)

    def for_host(self, end: End) -> End:
        """Return an end with the usage and cost to report to the host for this request; without usage: nothing.

        `end` is the end of the request itself. What the host does not add up (who pays, the parts of the price, the
        work of server tools) is that of the whole answer; sums of the chat and the month would be added up wrongly.
        """
        usage, _, paid = self._whole(end)
        if not self.host_adds_up:
            return replace(end, usage=usage, paid=paid, spent=None)
        if end.usage is None or usage is None:
            return replace(end, usage=None, spent=None)
        told = replace(
            end.usage, is_byok=usage.is_byok, cost_details=usage.cost_details, server_tools=usage.server_tools
        )
        return replace(end, usage=told, spent=None)

    def _whole(self, latest: End | TurnStopped) -> tuple[Usage | None, Timing, Paid]:
        past = self.past
        return _sum(past.usage, latest.usage), _longer(past.timing, latest.timing), past.paid + latest.paid

    def _keep(self, past: Past) -> None:
        if self.keep is not None:
            self.keep(past)


def _sum(earlier: Usage | None, latest: Usage | None) -> Usage | None:
    if earlier is None or latest is None:
        return earlier if latest is None else latest
    return add(earlier, latest)


def _longer(earlier: Timing, latest: Timing) -> Timing:
    return Timing(earlier.total + latest.total, earlier.writing + latest.writing, earlier.thinking + latest.thinking)
