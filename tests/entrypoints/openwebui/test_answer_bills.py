"""What an answer costs over all requests that the host makes for it."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.request.turn_request import Caller, Person
from domain.turn.steps import End, Reason
from entrypoints.openai.completions_body import CompletionsBody
from entrypoints.openwebui import answer_bills
from entrypoints.openwebui.answer_bills import AnswerBills
from entrypoints.openwebui.host_call import HostCall, HostRun
from ports.notices import TurnStopped
from ports.usage import NOT_PAID, Paid, SpentSoFar, Timing, Usage

CENT = Decimal("0.01")
USAGE, PAID = Usage(100, 10, 110), Paid(CENT)
ASKED = [{"role": "user", "content": "hello"}]
RESULTS = [*ASKED, {"role": "assistant", "tool_calls": []}, {"role": "tool", "content": "rain"}]
PICTURES = [*RESULTS, {"role": "user", "content": "Here are the images from the tool results above."}]
PARTIAL = [*ASKED, {"role": "assistant", "content": "so far"}]
PERSON = Person("ann", "chat-1", "message-1", "tab-1")


def call(messages: Sequence[object] = ASKED, run: HostRun = HostRun(), person: Person = PERSON) -> HostCall:  # noqa: B008
    body = CompletionsBody(model="a/b", messages=list(messages))
    return HostCall(body=body, caller=Caller.PAGE, person=person, run=run)


def ended(reason: Reason = Reason.STOP, usage: Usage | None = USAGE, paid: Paid = PAID) -> End:
    return End(reason, Timing(2.0, 1.0, 0.5), "id", usage=usage, paid=paid)


def cost(end: End) -> Decimal:
    return end.paid.total


def test_rounds_whose_tools_the_host_runs_add_up() -> None:
    bills = AnswerBills()
    handed = ended(Reason.TOOL_CALLS)
    ends = [
        bills.bill(call(messages), host_sums=False).settled(end)
        for messages, end in ((ASKED, handed), (RESULTS, handed), (PICTURES, ended()))
    ]

    assert [cost(end) for end in ends] == [CENT, 2 * CENT, 3 * CENT]
    assert ends[-1].usage == Usage(300, 30, 330, latest_input=100, latest_output=10)
    assert ends[-1].timing == Timing(6.0, 3.0, 1.5)


def test_a_host_that_adds_up_is_told_each_request_once() -> None:
    for host_sums, told in ((True, [CENT, CENT, CENT]), (False, [CENT, 2 * CENT, 3 * CENT])):
        bills, run, shown = AnswerBills(), HostRun(id="task-1"), []
        for messages in (ASKED, RESULTS, RESULTS):
            bill = bills.bill(call(messages, run), host_sums=host_sums)
            shown.append(cost(bill.for_host(ended())))
            bill.settled(ended(Reason.TOOL_CALLS))
        assert shown == told


def test_another_run_of_the_host_is_told_all_that_came_before() -> None:
    bills = AnswerBills()
    bills.bill(call(ASKED, HostRun(id="task-1")), host_sums=True).settled(ended(Reason.TOOL_CALLS))
    bill = bills.bill(call(RESULTS, HostRun(continued=True, id="task-2")), host_sums=True)

    assert cost(bill.for_host(ended())) == 2 * CENT


def test_a_continued_answer_is_billed_as_a_whole() -> None:
    for messages, run in ((PARTIAL, HostRun()), (ASKED, HostRun(continued=True))):
        bills = AnswerBills()
        bills.bill(call(), host_sums=True).settled(ended())
        bill = bills.bill(call(messages, run), host_sums=True)
        assert cost(bill.for_host(ended())) == 2 * CENT
        assert cost(bill.settled(ended())) == 2 * CENT


def test_a_continued_answer_that_was_stopped_counts_the_estimate() -> None:
    bills = AnswerBills()
    guess = Decimal("0.002")
    stop = TurnStopped(Timing(1.0), None, Paid(guess, estimated=guess))
    assert bills.bill(call(), host_sums=True).stopped(stop) == stop
    bill = bills.bill(call(PARTIAL), host_sums=True)

    assert bill.settled(ended()).paid == Paid(Decimal("0.012"), estimated=guess)
    again = bills.bill(call(PARTIAL), host_sums=True).stopped(stop)
    assert again.paid == Paid(Decimal("0.014"), estimated=2 * guess)


def test_a_new_question_below_the_same_id_begins_anew() -> None:
    bills = AnswerBills()
    bills.bill(call(), host_sums=False).settled(ended())

    assert cost(bills.bill(call(), host_sums=False).settled(ended())) == CENT


def test_answers_of_others_never_mix() -> None:
    bills = AnswerBills()
    bills.bill(call(), host_sums=False).settled(ended())
    others = (
        replace(PERSON, user_id="other"),
        replace(PERSON, chat_id="other"),
        replace(PERSON, message_id="other"),
    )

    for person in others:
        assert cost(bills.bill(call(PARTIAL, person=person), host_sums=False).settled(ended())) == CENT
    api = replace(call(PARTIAL), caller=Caller.API)
    assert cost(bills.bill(api, host_sums=False).settled(ended())) == CENT


def test_what_the_host_does_not_add_up_is_that_of_the_whole_answer() -> None:
    own = replace(USAGE, is_byok=True, cost_details=(("upstream_inference_cost", CENT),))
    bills, run = AnswerBills(), HostRun(id="task-1")
    bills.bill(call(ASKED, run), host_sums=True).settled(ended(Reason.TOOL_CALLS, own))
    told = bills.bill(call(RESULTS, run), host_sums=True).for_host(ended(usage=own))

    assert told.usage is not None
    assert (told.usage.is_byok, told.usage.cost_details) == (True, (("upstream_inference_cost", 2 * CENT),))
    assert told.paid == PAID


def test_a_request_without_usage_adds_nothing_and_loses_nothing() -> None:
    bills = AnswerBills()
    bills.bill(call(), host_sums=False).settled(ended())
    bill = bills.bill(call(PARTIAL), host_sums=False)

    silent = ended(usage=None, paid=NOT_PAID)
    for end in (bill.for_host(silent), bill.settled(silent)):
        assert (end.usage, end.paid) == (USAGE, PAID)


def test_a_host_is_told_no_sums_of_the_chat_and_the_month() -> None:
    spent = SpentSoFar(PAID, PAID)
    for host_sums in (False, True):
        bill = AnswerBills().bill(call(), host_sums=host_sums)
        end = replace(ended(), spent=spent)
        assert (bill.for_host(end).spent, bill.settled(end).spent) == (None, spent)


@given(st.lists(st.integers(0, 30), max_size=60))
def test_memory_is_bounded_and_the_newest_answers_are_known(numbers: list[int]) -> None:
    kept, answer_bills.KEPT = answer_bills.KEPT, 5
    try:
        bills = AnswerBills()
        for number in numbers:
            bills.bill(call(person=replace(PERSON, message_id=str(number))), host_sums=False).settled(ended())
            assert len(bills._known) <= 5
        for number in dict.fromkeys(reversed(numbers)) if len(set(numbers)) <= 5 else ():
            bill = bills.bill(call(PARTIAL, person=replace(PERSON, message_id=str(number))), host_sums=False)
            assert bill.past.paid == PAID
    finally:
        answer_bills.KEPT = kept
