"""Who runs a tool call: the page's tools run here, a client's there, the host's where it must."""

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
    ("caller", "handed_over", "offered", "theirs"),
    [
        (Caller.PAGE, False, True, False),
        (Caller.PAGE, False, False, False),
        (Caller.PAGE, True, False, True),
        (Caller.API, False, False, True),
        (Caller.API, False, True, False),
        (Caller.API, True, True, True),
    ],
    ids=["page", "page without tools", "host", "client", "client with tools of ours", "host for a client"],
)
def test_the_tools_a_request_names_are_the_callers_to_run_or_do_not_go_upstream(caller, handed_over, offered, theirs):
    request = asked(caller, handed_over=handed_over)
    assert caller_runs_named_tools(request, offered=offered) is theirs
    assert passed_on(request, offered=offered) == ((TOOL,) if theirs else ())


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
def test_a_round_runs_here_unless_one_of_its_calls_is_handed_over(names, runnable, handed_over, here):
    assert runs_here(names, runnable, handed_over) is here
