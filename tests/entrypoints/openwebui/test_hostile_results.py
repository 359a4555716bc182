"""Every way a result reaches a reader, with every hostile form, through every presenter."""

import json
import re

from domain.egress.links import EVERY_HTTPS, LinkGate
from domain.turn.steps import ShowCitation
from entrypoints.openai.completion import Collected
from entrypoints.openwebui.present.frames import found
from entrypoints.openwebui.present.native import NativePresenter
from entrypoints.openwebui.present.wishes import Wishes
from entrypoints.sentences.escaping import attribute, tool_name, unfenced
from ports.toolbox import ToolPage, ToolResult
from tests.drills import hostile_results
from tests.entrypoints.openwebui.told import emitted, tell


def test_no_hostile_form_reaches_a_place_where_it_could_act() -> None:
    figures = hostile_results.matrix()
    assert figures.misses == []
    assert figures.looked_at > 10_000


def test_a_marked_page_that_begins_like_an_address_is_still_shown_as_html() -> None:
    pages = (ToolPage("//evil.test/"), ToolPage("http://evil.test"), ToolPage("<b>hi</b>"), ToolPage(url="//evil.test"))
    (event,) = emitted(found(ToolResult("", pages=pages), [], EVERY_HTTPS))
    first, second, third = event["data"]["embeds"]
    assert not re.match(r"(?:https?:)?//", first)
    assert first.endswith("//evil.test/")
    assert not re.match(r"(?:https?:)?//", second)
    assert third == "<b>hi</b>"


def test_links_over_http_lead_only_to_hosts_the_operator_named() -> None:
    links = LinkGate(frozenset({"wiki.lan"}))
    cited = (ShowCitation("http://wiki.lan/a", "Wiki", ""), ShowCitation("http://other.lan/a", "Other", ""))
    events = emitted(tell(NativePresenter("r1", (0, 12), Wishes(links=links)), *cited))
    assert [event["data"]["source"] for event in events] == [
        {"name": "Wiki", "url": "http://wiki.lan/a"},
        {"name": "Other"},
    ]
    collected = Collected(links=links)
    for one in cited:
        collected.add(one)
    assert [one["url_citation"]["url"] for one in collected.citations] == ["http://wiki.lan/a", ""]


def test_a_text_is_escaped_once_for_an_attribute() -> None:
    assert attribute('a "b" <c> & $1\n') == "a &quot;b&quot; &lt;c&gt; &amp; &#36;1 "


def test_json_and_legal_names_stay_as_they_are() -> None:
    value = json.dumps({"a": ["```", "\n```\n"]}, indent=1)
    assert unfenced(value) == value
    assert tool_name("mcp_git-hub.read_1") == "mcp_git-hub.read_1"
