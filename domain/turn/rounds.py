"""The rounds of one turn: the current response, the tool calls it asked for, and what is sent next."""

from collections.abc import Iterable
from dataclasses import replace

from domain.conversation.server_items import goes_back
from domain.request.runners import runs_here
from domain.request.tool_choice import unforced
from domain.tools.plan import Calls, Offer, Reader, demanding
from domain.tools.results import room_left
from domain.turn.answer import Answer
from domain.turn.call_ids import call_ids_of, handed_over
from domain.turn.citations import Citations
from domain.turn.output_items import CALL
from domain.turn.plan import TurnPlan
from domain.turn.retained_items import in_segments, retained_items
from domain.turn.steps import HandOverCall, Persist, Step
from ports.responses import UpstreamRequest
from ports.toolbox import ToolCall

CALL_TOOLS = ("function", "custom")


class Rounds:
    """All rounds of one turn. `answer` collects the latest response; `calls` is the running round of tools, or None.

    `finished` counts finished rounds of tools, `called` their calls and `failed` those that failed; `worked`: at least
    one tool succeeded.
    """

    def __init__(self, plan: TurnPlan) -> None:
        taken = call_ids_of(plan.request.body.input)
        self.answer = Answer(0, Citations(), taken, _offered(plan), _readable(plan))
        self.calls: Calls | None = None
        self.finished = self.called = self.failed = 0
        self.worked = False
        self._plan = plan
        self._room = plan.reader.room
        self._shortens = plan.fit.knows(plan.request.body.model)

    @property
    def exhausted(self) -> bool:
        """Return whether the limit of rounds is used up, including the extra round whose calls report the limit."""
        return self.finished > self._plan.max_rounds

    def listen(self) -> None:
        """Expect another response; discard what an earlier attempt collected."""
        self.answer = self.answer.following()

    def may_run(self, calls: tuple[ToolCall, ...]) -> bool:
        """Return whether the turn runs some of these calls itself; one for the host hands the whole round over."""
        names = [call.name for call in calls if self._is_ours(call)]
        return bool(names) and runs_here(names, self._plan.runnable, self._plan.handed_over)

    def begin(self, calls: tuple[ToolCall, ...], sending: UpstreamRequest, now: float) -> list[Step]:
        """Begin a round of tools that the model asked for in answer to `sending`; calls for the caller are left out."""
        own = tuple(call for call in calls if self._is_ours(call))
        self.calls = Calls(own, self._plan.call_limits, self.answer.next_segment, self._reader())
        offer = Offer(
            self._plan.runnable,
            demanding(sending.body.tools),
            self._plan.sequential,
            closed=self.finished == self._plan.max_rounds,
        )
        return [*self.calls.begin(offer, now)]

    def left(self, *, all_calls: bool = False) -> list[Step]:
        """Hand over the calls of this round that are left to the caller, or all of them."""
        called = [one for one in self.answer.called().items() if all_calls or not self._is_ours(one[1])]
        theirs = ((slot.segment, self._plan.as_the_caller_knows(handed_over(call))) for slot, call in called)
        return [HandOverCall(number, call, segment) for number, (segment, call) in enumerate(theirs)]

    def end(self) -> None:
        """End a round whose calls all have results; the next response is expected."""
        if self.calls is None:
            return
        self.finished += 1
        self.called, self.failed = self.tally()
        self.worked = self.worked or any(not result.failed for result in self.calls.results.values())
        self.answer = self.answer.following(call.call_id for call in self.calls.order)
        self.calls = None

    def tally(self) -> tuple[int, int]:
        """Return how many calls of tools the turn took on, those of the running round included, and how many failed."""
        if self.calls is None:
            return self.called, self.failed
        failed = sum(result.failed for result in self.calls.results.values())
        return self.called + len(self.calls.order), self.failed + failed

    def cancel(self) -> list[Step]:
        """Cancel the running calls."""
        return [*self.calls.cancel()] if self.calls is not None else []

    def kept(self, model: str, *, whole: bool = True) -> list[Persist]:
        """Return what the current round leaves for later turns; `model` answered. Not `whole`: it broke off."""
        kept = retained_items(self.answer, self.calls.outputs() if self.calls else (), whole=whole)
        if self.calls is not None:
            kept = in_segments(kept, self.calls.segments())
        return [Persist(model, kept)] if kept else []

    def with_results(self, sending: UpstreamRequest, persisted: Iterable[Persist]) -> UpstreamRequest:
        """Return the next request: the last one plus what the round left; without tools after the last round.

        A call is forced in the first round only: otherwise the model could never answer.
        """
        more = [kept.item for step in persisted for kept in step.items if goes_back(kept.item)]
        self._room = None if self._room is None else room_left(self._room, more, shortens=self._shortens)
        body = sending.body
        choice = "none" if self.exhausted else unforced(body.tool_choice)
        return replace(sending, body=replace(body, input=(*body.input, *more), tool_choice=choice))

    def _is_ours(self, call: ToolCall) -> bool:
        """Return whether a call can run here: a function that is not the caller's own."""
        return call.kind == CALL and not call.namespace and call.name not in self._plan.callers

    def _reader(self) -> Reader:
        """Return the reader of the results, with the characters that the response so far leaves."""
        room = self._room
        if room is not None:
            room = room_left(room, (kept.item for kept in retained_items(self.answer)))
        return replace(self._plan.reader, room=room)


def _offered(plan: TurnPlan) -> frozenset[str]:
    """Return the names that a call may mean: of functions and custom tools, also those in namespaces."""
    tools = plan.request.body.tools
    if not tools:
        return plan.runnable | plan.handed_over if plan.handed_over else plan.runnable
    inner = (one for tool in tools if tool.get("type") == "namespace" for one in tool.get("tools", ()))
    names = (tool.get("name") for tool in (*tools, *inner) if tool.get("type") in CALL_TOOLS)
    return frozenset(name for name in names if isinstance(name, str)) | plan.runnable | plan.handed_over


def _readable(plan: TurnPlan) -> frozenset[str]:
    """Return the names that a text may call: of functions outside of namespaces, if calls are allowed."""
    body = plan.request.body
    if body.tool_choice == "none":
        return frozenset()
    others = {tool.get("name") for tool in body.tools if tool.get("type") != "function"}
    names = {str(tool.get("name")) for tool in body.tools if tool.get("type") == "function" and tool.get("name")}
    return frozenset((names | plan.runnable | plan.handed_over) - others)
