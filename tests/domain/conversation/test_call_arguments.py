"""Arguments as models write them go back as JSON with the same meaning, or as text in an object; never as nothing."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.conversation.arguments import handed_text, object_text
from domain.conversation.lenient_json import LONGEST_LITERAL, UnreadableJson, read_json
from ports.offload import LARGE
from tests.examples import examples

MEANT = {
    "python": ("{'q': 'Oslo', 'deep': (1, None), 'yes': True}", {"q": "Oslo", "deep": [1, None], "yes": True}),
    "python with a quote": ("{'q': \"it's\"}", {"q": "it's"}),
    "json in a text": (json.dumps('{"q": "x"}'), {"q": "x"}),
    "json in a text in a text": (json.dumps(json.dumps({"q": "x"})), {"q": "x"}),
    "escaped without quotes": ('{\\"q\\": \\"x\\"}', {"q": "x"}),
    "fenced": ('```json\n{"q": "x"}\n```', {"q": "x"}),
    "fenced, no language": ('```\n{"q": "x"}\n```\n', {"q": "x"}),
    "byte order mark": ('\ufeff{"q": "x"}', {"q": "x"}),
    "bare names": ('{q: "x", n: 1}', {"q": "x", "n": 1}),
    "surplus comma": ('{"q": ["x",],}', {"q": ["x"]}),
    "surplus bracket": ('{"q": "x"}}', {"q": "x"}),
    "control token": ('{"q": "x"}<|call|>', {"q": "x"}),
    "control token before": ('<|message|>{"q": "x"}<|im_end|>\n', {"q": "x"}),
    "tags": ('<tool_call>{"q": "x"}</tool_call>', {"q": "x"}),
    "words behind": ('{"q": "x"} Let me look.', {"q": "x"}),
    "twice": ('{"q": "x"}{"q": "x"}', {"q": "x"}),
    "raw line break": ('{"q": "a\nb"}', {"q": "a\nb"}),
    "escapes of JSON": ("{'q': 'a\\nb\\t\\u00e9 \\'c\\''}", {"q": "a\nb\té 'c'"}),
    "lone surrogate": ('{"q": "\\ud800"}', {"q": "\ufffd"}),
}
UNCERTAIN = {
    "cut off": '{"q": "Os',
    "two calls": '{"q": "x"}{"q": "y"}',
    "closed too early": '{"q": "x"}, "n": 2}',
    "list": "[1]",
    "text": '"Oslo"',
    "prose": "plain words",
    "set": "{'q': {1}}",
    "bytes": "{'q': b'x'}",
    "code": "{'q': print()}",
    "NaN": '{"q": NaN}',
    "infinity": '{"q": [-Infinity]}',
    "too large": '{"q": 1e999}',
    "too deep": '{"q": ' + "[" * 100_000 + "}",
}
ENDLESS = {
    "escaped quotes": ('{"q', '\\"', 2),
    "escaped apostrophes": ("{'q", "\\'", 2),
    "blanks": ("{", " ", 1),
    "marks": ("{", "\ufeff", 1),
    "tags": ("{", "<a>", 3),
    "blanks in a fence": ("```\n", " ", 1),
}
"""The beginning of a text that is no JSON, and what repeats after it, with its length."""
BACKSLASHES = [
    '{"q":"C:\\apps"}',
    '{"q":"a\\1b"}',
    '{"q":"\\x41"}',
    "{'q': 'C:\\new'}",
    "{'q': 'C:\\apps'}",
    "{'q': '\\N{BULLET}'}",
]


def test_calls_of_a_round_hand_over_their_text_unread_if_it_is_large():
    """They are handed over on the event loop, and nothing but JSON is understood of a large text anyway."""
    large = json.dumps({str(number): "\ud800" for number in range(LARGE // 8)}, ensure_ascii=False)
    assert len(large) > LARGE
    assert handed_text(large) == large.replace("\ud800", "\ufffd")
    assert handed_text(json.dumps(large)) == json.dumps(large)


@pytest.mark.parametrize(("begin", "repeated", "length"), ENDLESS.values(), ids=ENDLESS)
@pytest.mark.parametrize("last", ["", "x>", "x "])
def test_the_longest_text_without_an_end_is_read_in_proportion_to_its_length(begin, repeated, length, last):
    """A search that begins again at every character takes minutes."""
    text = begin + repeated * ((LONGEST_LITERAL - len(begin) - len(last)) // length) + last
    (kept,) = json.loads(object_text(text)).values()
    assert kept == text


@pytest.mark.parametrize("text", ["", " \n", "null", '""', '"null"', "{}", '"{}"', "\ufeff"])
def test_no_arguments_are_an_empty_object(text):
    assert json.loads(object_text(text)) == {}


@pytest.mark.parametrize(("text", "value"), MEANT.values(), ids=MEANT)
def test_a_certain_meaning_goes_back_as_json(text, value):
    assert json.loads(object_text(text)) == value
    assert json.loads(handed_text(text)) == value


@pytest.mark.parametrize("text", [*UNCERTAIN.values(), *BACKSLASHES], ids=lambda text: text[:16])
def test_anything_else_goes_back_as_text_in_an_object(text):
    (kept,) = json.loads(object_text(text)).values()
    assert kept == text
    assert handed_text(text) == text


@pytest.mark.parametrize("text", BACKSLASHES)
def test_backslashes_are_never_read_by_the_rules_of_python(text):
    with pytest.raises(UnreadableJson, match="backslash"):
        read_json(text)


@pytest.mark.parametrize("value", [{"q": math.nan}, {"q": [math.inf]}, [1], 3, {"q": {1, 2}}])
def test_values_that_are_no_json_object_become_one(value):
    text = object_text(value)
    json.loads(text, parse_constant=pytest.fail)
    assert text != "{}"


def test_json_objects_are_not_touched():
    for text in ('{"q": 1}', ' {"q" : 1.50} ', '{"q":"\\ud83d\\ude00"}', '{"q": "C:\\\\apps"}'):
        assert object_text(text) == text


@examples(300)
@given(st.one_of(st.text(), st.text("{}[]'\":,1 \\nuN`<|>\ud800", max_size=16)))
def test_every_text_becomes_an_object_that_stays_as_it_is(text):
    sent = object_text(text)
    assert isinstance(json.loads(sent, parse_constant=pytest.fail), dict)
    assert object_text(sent) == sent
    sent.encode()
    assert sent != "{}" or json.loads(object_text(text)) == {}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text("ab'\"\n\t é,{}[]", max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc _", max_size=3), inner, max_size=3),
    max_leaves=8,
)


@examples(300)
@given(st.dictionaries(st.text("abc '\"", max_size=4), JSON, max_size=4))
def test_every_python_literal_of_json_values_without_odd_escapes_is_read_as_it_is(value):
    for text in (repr(value), json.dumps(value), json.dumps(json.dumps(value)), f"```json\n{json.dumps(value)}\n```"):
        assert (read_json(text) or {}) == value
