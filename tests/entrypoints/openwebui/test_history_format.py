"""Words and calls in the texts that each version of Open WebUI stores and returns."""

import pytest

from domain.conversation.fingerprint import normalised, text_of, visible_text
from domain.conversation.items import items_of
from entrypoints.openwebui.history_format import OPEN_WEBUI
from tests.domain.conversation.host_shapes import HOSTS, returned
from tests.domain.conversation.kept_turns import answer, call, output, record, sealed_thought

ADDED_BY_HOSTS = {
    "0.6.28 reasoning": '<details type="reasoning" done="true" duration="3">\n'
    "<summary>Thought for 3 seconds</summary>\n> hm\n</details>\n",
    "0.6.28 tool": '<details type="tool_calls" done="true" id="c" name="x" arguments="&quot;{}&quot;" '
    'result="&quot;found&quot;" files="" embeds="">\n<summary>Tool Executed</summary>\n</details>\n',
    "0.6.28 code": '<details type="code_interpreter" done="true" output="{&quot;result&quot;: 3}">\n'
    "<summary>Analyzed</summary>\n```python\n1 + 2\n```\n</details>\n",
    "0.8.12 code": '<details type="code_interpreter" done="true" duration="1" output="{}">\n'
    "<summary>Analyzed</summary>\n```python\n1 + 2\n```\n</details>\n",
    "0.8.12 thought": '<think id="rs_01J2VVZBDQTP1ZQJ8DSNAAAAAA_0">hm</think>\n',
    "0.10.2 thought": "<think>hm</think>\n",
    "0.12.4 thought": "<thinking>hm</thinking>\n",
}
QUOTED = '"&quot;found&quot;"\n'


@pytest.mark.parametrize("host", HOSTS)
def test_words_of_a_turn_are_recognised_as_every_host_returns_them(host):
    turn = record(
        sealed_thought(), answer("I look."), call("c1"), output("c1", "found"), answer("Found, <b>there</b>.")
    )
    said = [OPEN_WEBUI.words_of(visible_text(one)) for one in returned(host, turn) if one["role"] == "assistant"]
    assert (
        normalised("\n".join(said), OPEN_WEBUI)
        == normalised(text_of(turn.items), OPEN_WEBUI)
        == "I look. Found, <b>there</b>."
    )


@pytest.mark.parametrize("host", ADDED_BY_HOSTS)
def test_blocks_and_tags_added_by_a_host_are_stripped(host):
    text = f"I look.\n{ADDED_BY_HOSTS[host]}Found."
    assert normalised(text, OPEN_WEBUI) == "I look. Found."
    [item] = items_of([{"role": "assistant", "content": text}], history_format=OPEN_WEBUI)
    assert item["content"].split() == ["I", "look.", "Found."]


def test_result_quoted_by_the_page_of_0_6_is_no_word_but_is_sent_if_no_stored_turn_has_the_call():
    text = f"I look.\n{QUOTED}Found."
    assert OPEN_WEBUI.words_of(text).split() == ["I", "look.", "Found."]
    [item] = items_of([{"role": "assistant", "content": text}], history_format=OPEN_WEBUI)
    assert item["content"] == text


@pytest.mark.parametrize("shown", [ADDED_BY_HOSTS["0.6.28 tool"], QUOTED])
def test_first_call_is_at_its_block_or_its_quoted_result(shown):
    assert OPEN_WEBUI.first_call_in(f"I look.\n{shown}Found. {shown}") == len("I look.\n")
    assert OPEN_WEBUI.first_call_in("I look.") is None


@pytest.mark.parametrize(
    ("stored", "meant"),
    [
        ("<think>hm</think>Yes.", "Yes."),
        ('<think id="K1">a\nb</think>Yes.<thinking>c</thinking> No.', "Yes. No."),
        ('<details type="reasoning" done="true">\n<summary>x</summary>\n> hm\n</details>\nYes.', "\nYes."),
        ('<details type="tool_calls" id="c">x</details>Yes.', "Yes."),
        ("Yes.\n[01K5ZZ9Q2M8V3W4X5Y6Z7A8B9C]: #\nNo.", "Yes.\nNo."),
        ("Yes. [01K5ZZ9Q2M8V3W4X5Y6Z7A8B9C]: #\n\nNo.", "Yes.\n\nNo."),
        ("[01K5ZZ9Q2M8V3W4X5Y6Z7A8B9C]: # is one", "[01K5ZZ9Q2M8V3W4X5Y6Z7A8B9C]: # is one"),
        (
            "a <b> and <details><summary>mine</summary></details>",
            "a <b> and <details><summary>mine</summary></details>",
        ),
        ("if a <think b", "if a <think b"),
        ("<think>never closed", "<think>never closed"),
        ("<thinker>x</thinker>", "<thinker>x</thinker>"),
        ("# a\n[01K5ZZ9Q2M8V3W4X5Y6Z7A8B9C]: #\n[b]", "# a\n[b]"),
        ("[a]\n[01K5ZZ9Q2M8V3W4X5Y6Z7A8B9C]: #\n# b", "[a]\n# b"),
        ("# a ]\n[01K5ZZ9Q2M8V3W4X5Y6Z7A8B9C]: #", "# a ]\n"),
        ("[1]: # and [x]: #", "[1]: # and [x]: #"),
        ("Yes.\r\n[01K5ZZ9Q2M8V3W4X5Y6Z7A8B9C]: #\r\nNo.", "Yes.\r\nNo."),
        ('<details type="note">mine</details>', '<details type="note">mine</details>'),
    ],
)
def test_stored_text_loses_thinking_tool_blocks_and_markers(stored, meant):
    assert OPEN_WEBUI.words_of(stored) == OPEN_WEBUI.words_of(stored, results=True) == meant


@pytest.mark.parametrize("text", ["<think>" * 50_000, "<think " * 50_000, '<details type="reasoning"' * 20_000])
def test_openings_that_are_never_closed_are_read_in_one_pass(text):
    assert OPEN_WEBUI.words_of("</think></details>" + text).endswith(text)


def test_files_that_the_host_names_before_an_answer_are_no_words_of_it():
    block = '<attached_files>\n<file type="image" url="data:image/png;base64,iVBO"/>\n</attached_files>\n\n'
    assert OPEN_WEBUI.words_of(f"{block}Here it is.").strip() == "Here it is."
    assert OPEN_WEBUI.words_of("I call it <attached_files> here.") == "I call it <attached_files> here."
