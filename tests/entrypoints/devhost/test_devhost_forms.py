"""The requests that the page sends for one message, per host version."""

from entrypoints.devhost.forms import ChatHistory, TurnOptions, completion_form, saved_chat


def two_turns() -> ChatHistory:
    history = ChatHistory("openrouter.a/b", chat_id="C")
    history.add_turn("first", user_id="U1", answer_id="A1")
    history.messages["A1"]["content"] = (
        '<details type="reasoning" done="true"><summary>Thought</summary>plan</details>\nanswer'
        '<details type="tool_calls" done="true" result="&quot;42&quot;"><summary>x</summary></details>'
    )
    history.add_turn("second", user_id="U2", answer_id="A2")
    return history


def test_host_that_owns_the_chat_gets_only_the_new_message() -> None:
    form = completion_form(two_turns(), TurnOptions(), session_id="S", server_owns=True)
    assert "messages" not in form
    assert (form["parent_id"], form["user_message"]["content"], form["id"]) == ("A1", "second", "A2")


def test_new_chat_has_an_empty_parent_and_no_chat_id() -> None:
    history = ChatHistory("openrouter.a/b")
    history.add_turn("first", user_id="U1", answer_id="A1")
    form = completion_form(history, TurnOptions(), session_id="S", server_owns=True)
    assert form["parent_id"] is None
    assert "chat_id" not in form


def test_older_host_gets_the_history_without_thinking_and_with_tool_results_in_quotes() -> None:
    form = completion_form(two_turns(), TurnOptions(), session_id="S", server_owns=False)
    said = [(message["role"], message["content"].strip()) for message in form["messages"]]
    assert said == [("user", "first"), ("assistant", 'answer"&quot;42&quot;"'), ("user", "second")]
    assert (form["chat_id"], form["parent_id"], form["parent_message"]["id"]) == ("C", "U2", "U2")


def test_older_page_repeats_a_block_where_its_result_has_a_dollar_before_a_quote() -> None:
    history = two_turns()
    block = '<details type="tool_calls" result="&quot;5 $&quot;"><summary>x</summary></details>'
    history.messages["A1"]["content"] = f"it costs {block}."
    form = completion_form(history, TurnOptions(), session_id="S", server_owns=False)
    assert form["messages"][1]["content"] == f'it costs "&quot;5 {block}quot;".'


def test_title_and_tags_are_asked_for_with_the_first_message_only() -> None:
    history = ChatHistory("openrouter.a/b")
    history.add_turn("first", user_id="U1", answer_id="A1")
    first = completion_form(history, TurnOptions(), session_id="S", server_owns=True)["background_tasks"]
    later = completion_form(two_turns(), TurnOptions(), session_id="S", server_owns=True)["background_tasks"]
    assert set(first) == {"title_generation", "tags_generation", "follow_up_generation"}
    assert set(later) == {"follow_up_generation"}


def test_named_background_tasks_win() -> None:
    options = TurnOptions(background=())
    form = completion_form(two_turns(), options, session_id="S", server_owns=True)
    assert form["background_tasks"] == {}


def test_saved_chat_links_both_turns() -> None:
    chat = saved_chat(two_turns())
    assert [message["id"] for message in chat["messages"]] == ["U1", "A1", "U2", "A2"]
    assert chat["history"]["currentId"] == "A2"
    assert chat["history"]["messages"]["A1"]["childrenIds"] == ["U2"]
