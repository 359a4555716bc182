"""Who runs a tool call: this process, the API client, or the host."""

import pytest

from domain.request.body import passed_on
from domain.request.runners import caller_runs_named_tools, runs_here
from domain.request.turn_request import Caller, Parameters, Tooling, TurnRequest
from ports.responses import Route

TOOL = {"type": "function", "name": "look", "parameters": {}}


def asked(caller: Caller, *, handed_over: bool) -> TurnRequest:
    return TurnRequest(
        "maker/m",
        (),
        Route("https://u.example/v1", "k"),
        caller=caller,
        parameters=Parameters(tools=(TOOL,)),
        tooling=Tooling(handed_over=handed_over),
    )


@pytest.mark.parametrize(
    ("caller", "handed_over", "theirs"),
    [(Caller.PAGE, False, False), (Caller.PAGE, True, True), (Caller.API, False, True), (Caller.API, True, True)],
    ids=["page", "host", "client", "host for a client"],
)
def test_named_tools_are_run_by_the_caller_or_not_sent(caller, handed_over, theirs):
    request = asked(caller, handed_over=handed_over)
    assert caller_runs_named_tools(request) is theirs
    assert passed_on(request) == ((TOOL,) if theirs else ())


@pytest.mark.parametrize(
    ("names", "runnable", "handed_over", "here"),
    [
        (("look",), {"look"}, set(), True),
        (("nobody",), {"look"}, set(), True),
        (("look",), set(), set(), False),
        (("look", "ask_user"), {"look", "ask_user"}, {"ask_user"}, False),
        (("look",), {"look", "ask_user"}, {"ask_user"}, True),
    ],
    ids=["ours", "unknown", "nothing runs here", "one is the host's", "another would be the host's"],
)
def test_round_runs_here_unless_one_of_its_calls_is_handed_over(names, runnable, handed_over, here):
    assert runs_here(names, runnable, handed_over) is here
