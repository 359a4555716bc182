"""Which offered tool a name means that a model wrote, and the form in which any name goes back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.conversation.call_names import legal_name, meant
from domain.conversation.tool_names import is_legal
from tests.tables import each

OFFERED = ("search", "fetch")
LEAKS = (
    *("functions.search", "functions::search", "functions . search", "functions.search:0", "functions_search_2"),
    *("default_api.search", "default_api:search", "print(default_api.search", "mcp.search", "tools/search"),
    *("tool:search", "call:search", "action: search", "to=functions.search", "commentary to=functions.search"),
    *("search<|channel|>commentary", "<|channel|>search", "assistant<|channel|>search", "search<|constrain|>json"),
    "<|start|>assistant<|channel|>commentary to=functions.search <|constrain|>json",
    *("<tool_call>search", "search</tool_call>", "<function=search>", "search</function", 'search" string="true'),
    *(
        " search ",
        "search\n",
        "search\u3000",
        "\ufeffsearch",
        "`search`",
        '"search"',
        "search()",
        "search#1",
        "search/",
    ),
    *("@search", "<search>", "\uff1csearch\uff1e", "SEARCH", "Search"),
)


@each("name", LEAKS)
def test_a_name_with_known_leaks_means_the_one_offered_tool_in_it(name):
    assert meant(name, OFFERED) == "search"


@pytest.mark.parametrize("name", ["search email", "delete search", "search.fetch.both now", "research", "searches", ""])
def test_a_name_that_says_more_or_something_else_means_no_offered_tool(name):
    assert meant(name, OFFERED) == name


@pytest.mark.parametrize("name", ["functions.search", "functions/search"])
def test_an_offered_name_means_itself_however_it_looks(name):
    assert meant(name, (name, "search")) == name


def test_two_offered_tools_that_differ_in_case_only_are_not_confused():
    assert meant("SEARCH", ("search", "Search")) == "SEARCH"


@given(st.text(max_size=120) | st.sampled_from(LEAKS))
def test_every_name_goes_back_legal_and_a_legal_one_unchanged(name):
    sent = legal_name(name)
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", sent)
    assert legal_name(sent) == sent
    assert not is_legal(name) or sent == name


@given(st.text(max_size=400), st.lists(st.text(min_size=1, max_size=12), max_size=5))
def test_a_name_means_itself_or_an_offered_tool(name, offered):
    assert meant(name, offered) in {name, *offered}
