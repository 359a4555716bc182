"""What helps a provider's prompt cache changes no word of a request, and stays within what each maker accepts."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.conversation.cache_marks import MARK, marked_parts
from domain.conversation.calls_as_text import ResultInWords
from domain.conversation.history_format import PLAIN
from domain.request.body import Prepared, build
from domain.request.caching import MOST_MARKS, cache_key_of, cache_mark, cached_well
from domain.request.lesson import Lesson
from domain.request.repair import applied, lesson_of
from domain.request.turn_request import Parameters, Person, Prompting, TurnRequest
from entrypoints.openwebui.history_format import OPEN_WEBUI
from ports.response_events import UpstreamProblem
from ports.responses import Route
from tests.examples import examples

CLAUDE, GPT, QWEN = "anthropic/claude-opus-5", "openai/gpt-5.6-sol", "qwen/qwen3.7-flash"
MEMORIES = "<memory_context>\n[User Memory]\n- likes tea\n</memory_context>"
ROUTE = Route("https://openrouter.example/api/v1", "key")
ON = Prompting()


def says(role, *texts, **more):
    return {"type": "message", "role": role, "content": [{"type": "input_text", "text": one, **more} for one in texts]}


def answers(text="Yes."):
    return {"type": "message", "role": "assistant", "content": text}


def chat(turns):
    return (says("system", "Be brief."), *(item for at in range(turns) for item in (says("user", f"q{at}"), answers())))


def texts_of(items):
    return [
        part["text"] if isinstance(part, dict) else part
        for item in items
        for part in (item["content"] if isinstance(item["content"], list) else [item["content"]])
    ]


def marked(items):
    return [items[position]["content"][number]["text"] for position, number in marked_parts(items)]


def sent(*messages, slug=CLAUDE, history_format=OPEN_WEBUI, **more):
    request = TurnRequest(slug, messages, ROUTE, history_format=history_format, person=Person("ann", "chat"), **more)
    built = build(request, slug, None)
    assert isinstance(built, Prepared)
    return built.request


# --- marks --------------------------------------------------------------------------------------------------------


def test_the_system_prompt_and_the_last_two_questions_are_marked_for_claude():
    assert marked(cached_well(chat(4)[:-1], CLAUDE, ON, PLAIN)) == ["Be brief.", "q2", "q3"]


def test_of_a_question_in_several_messages_the_last_text_is_marked():
    items = (says("user", "a"), says("user", "b", "c"))
    assert marked(cached_well(items, CLAUDE, ON, PLAIN)) == ["c"]


@pytest.mark.parametrize(
    ("slug", "prompting"),
    [(GPT, ON), (QWEN, ON), (CLAUDE, Prompting(cache_marks=False)), (CLAUDE, Prompting(cache_ttl="1h"))],
)
def test_nothing_is_marked_for_others_if_switched_off_or_before_a_mark_with_a_longer_life(slug, prompting):
    assert cached_well(chat(3), slug, prompting, PLAIN) == chat(3)


ITEMS = st.lists(
    st.builds(says, st.sampled_from(("user", "system", "developer")), st.text(max_size=3), st.text(max_size=3))
    | st.builds(answers, st.text(max_size=3))
    | st.just({"type": "function_call_output", "call_id": "c", "output": "o", "content": "o"}),
    max_size=12,
).map(tuple)


@given(ITEMS, st.sampled_from((CLAUDE, GPT, QWEN)))
@examples(500)
def test_no_word_is_lost_or_moved_and_claude_never_gets_too_many_marks(items, slug):
    made = cached_well(items, slug, ON, OPEN_WEBUI)
    assert texts_of(made) == texts_of(items)
    top = cache_mark(slug, ON, made) is not None
    assert len(marked_parts(made)) + top <= MOST_MARKS


@pytest.mark.parametrize("count", range(1, 8))
def test_the_callers_own_marks_are_kept_instead_of_ours(count):
    part = {"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}
    body = sent(*({"role": "user", "content": [{**part, "text": f"q{at}"}]} for at in range(count))).body
    assert marked(body.input) == [f"q{at}" for at in range(count)][-MOST_MARKS:]
    assert (body.cache_control is None) is (count >= MOST_MARKS)


@pytest.mark.parametrize("prompting", [ON, Prompting(cache_marks=False)])
@pytest.mark.parametrize("slug", [CLAUDE, GPT, QWEN])
def test_no_maker_gets_more_marks_than_it_accepts_also_without_ours(slug, prompting):
    part = {"type": "text", "text": "q", "cache_control": {"type": "ephemeral"}}
    body = sent(*({"role": "user", "content": [part]} for _ in range(6)), slug=slug, prompting=prompting).body
    assert len(marked_parts(body.input)) == MOST_MARKS
    assert body.cache_control is None


@pytest.mark.parametrize(
    "more",
    [
        {"prompting": Prompting(cache_ttl="1h")},
        {"parameters": Parameters(cache_control={"type": "ephemeral", "ttl": "1h"})},
    ],
)
def test_beside_marks_in_the_history_the_one_at_the_top_level_has_no_longer_life(more):
    part = {"type": "text", "text": "s", "cache_control": {"type": "ephemeral", "ttl": "1h"}}
    body = sent({"role": "system", "content": [part]}, {"role": "user", "content": "q"}, **more).body
    assert (marked(body.input), body.cache_control) == (["s"], {"type": "ephemeral"})
    unmarked = sent({"role": "user", "content": "q"}, **more).body
    assert (marked(unmarked.input), unmarked.cache_control) == ([], {"type": "ephemeral", "ttl": "1h"})


@pytest.mark.parametrize(
    ("given_mark", "kept"),
    [
        ({"prompt_cache_breakpoint": {"mode": "explicit", "ttl": "12h"}}, {"mode": "explicit", "ttl": "12h"}),
        ({"prompt_cache_breakpoint": {"mode": "explicit", "ttl": 5, "x": 1}}, {"mode": "explicit"}),
        ({"cache_control": {"type": "ephemeral", "ttl": "1h"}}, {"mode": "explicit"}),
        ({"cache_control": {"type": ["ephemeral"]}}, None),
        ({"cache_control": "ephemeral"}, None),
        ({"prompt_cache_breakpoint": True}, None),
        ({"prompt_cache_breakpoint": {"mode": "explicit", "ttl": ["12h"]}}, {"mode": "explicit"}),
    ],
)
def test_a_callers_mark_is_read_in_both_forms_and_of_any_type(given_mark, kept):
    body = sent({"role": "user", "content": [{"type": "text", "text": "q", **given_mark}]}, slug=GPT).body
    assert body.input[0]["content"][0].get(MARK) == kept


def test_all_marks_go_if_upstream_rejects_them():
    request = sent({"role": "system", "content": "Be brief."}, {"role": "user", "content": "q"})
    problem = UpstreamProblem(400, "invalid_request", "prompt_cache_breakpoint: extra inputs are not permitted")
    lesson = lesson_of(problem, request, frozenset(), fall_back=False, last=False)
    assert lesson == Lesson("cache_control")
    again = applied(request, lesson).body
    assert (marked_parts(again.input), again.cache_control) == ([], None)


# --- what changes with each message -------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", [GPT, CLAUDE])
def test_memories_of_the_host_are_sent_word_for_word_before_the_last_question(slug):
    items = (says("system", f"Be brief.\n{MEMORIES}"), *chat(2)[1:], says("user", "a"), says("user", "b"))
    made = cached_well(items, slug, ON, OPEN_WEBUI)
    assert texts_of(made) == ["Be brief.", "q0", "Yes.", "q1", "Yes.", MEMORIES, "a", "b"]
    assert made[5]["role"] == "system"


def test_the_rest_of_the_system_prompt_is_the_same_with_and_without_memories():
    with_them, without = (
        cached_well((says("system", f"A\n{extra}B"), says("user", "q")), GPT, ON, OPEN_WEBUI)
        for extra in (f"{MEMORIES}\n", "")
    )
    assert with_them[0] == without[0]


def test_a_system_prompt_of_memories_alone_leaves_no_empty_message():
    made = cached_well((says("system", MEMORIES), *chat(1)[1:], says("user", "q")), GPT, ON, OPEN_WEBUI)
    assert texts_of(made) == ["q0", "Yes.", MEMORIES, "q"]


@pytest.mark.parametrize(
    "own",
    [
        "Use what <memory_context> says.",
        "Memories stand in <memory_context>\n and end with </memory_context>. Use them.",
        "<memory_context> and again <memory_context>",
    ],
)
def test_an_operators_words_about_the_tags_stay_where_they_are(own):
    items = (says("system", f"{own}\n{MEMORIES}\nBe brief."), *chat(1)[1:], says("user", "q"))
    assert texts_of(cached_well(items, GPT, ON, OPEN_WEBUI)) == [f"{own}\nBe brief.", "q0", "Yes.", MEMORIES, "q"]


def test_a_memory_that_contains_the_tags_is_moved_as_one():
    memories = (
        "<memory_context>\n[User Memory]\n- writes <memory_context>\n[and]\n</memory_context> often\n</memory_context>"
    )
    items = (says("system", f"A\n{memories}"), *chat(1)[1:], says("user", "q"))
    assert texts_of(cached_well(items, GPT, ON, OPEN_WEBUI)) == ["A", "q0", "Yes.", memories, "q"]


def test_what_a_person_writes_between_the_tags_is_their_words():
    items = (says("system", "A"), says("user", f"q0 {MEMORIES}"), answers(), says("user", f"{MEMORIES} q"))
    assert cached_well(items, GPT, ON, OPEN_WEBUI) == items


def test_memories_stand_before_the_question_also_after_rounds_of_calls_and_screens():
    calls = ({"type": "function_call_output", "call_id": "c", "output": "o"}, ResultInWords(says("user", "screen")))
    items = (says("system", f"A\n{MEMORIES}"), *chat(1)[1:], says("user", "q"), *calls)
    made = cached_well(items, GPT, ON, OPEN_WEBUI)
    assert [item.get("role") for item in made] == ["system", "user", "assistant", "system", "user", None, "user"]


@pytest.mark.parametrize(
    ("slug", "prompting", "history_format", "text"),
    [
        (QWEN, ON, OPEN_WEBUI, MEMORIES),
        ("openai/gpt-oss-120b", ON, OPEN_WEBUI, MEMORIES),
        (GPT, Prompting(changing_last=False), OPEN_WEBUI, MEMORIES),
        (GPT, ON, PLAIN, MEMORIES),
        (GPT, ON, OPEN_WEBUI, "<memory_context> without an end"),
    ],
    ids=[
        "maker that reads system messages in front only",
        "open weights",
        "switched off",
        "not of this host",
        "no end",
    ],
)
def test_otherwise_the_system_prompt_stays_whole(slug, prompting, history_format, text):
    items = (says("system", f"A\n{text}"), says("user", "q"))
    assert texts_of(cached_well(items, slug, prompting, history_format)) == texts_of(items)


def test_memories_stay_in_front_if_a_model_of_another_maker_may_answer():
    system = {"role": "system", "content": f"A\n{MEMORIES}"}
    messages = (
        system,
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": "a"},
        {"role": "user", "content": "r"},
    )
    alone = sent(*messages, slug=GPT).body.input
    several = sent(*messages, slug=GPT, parameters=Parameters(models=(QWEN,))).body.input
    assert texts_of(alone) == ["A", "q", "a", MEMORIES, "r"]
    assert texts_of(several) == [f"A\n{MEMORIES}", "q", "a", "r"]


# --- the key that keeps a chat together ---------------------------------------------------------------------------


def test_openai_gets_the_session_as_the_key_of_its_cache_unless_the_caller_names_one():
    body = sent({"role": "user", "content": "q"}, slug=GPT).body
    assert body.prompt_cache_key == body.session_id
    named = sent(
        {"role": "user", "content": "q"}, slug=GPT, parameters=Parameters(passed={"prompt_cache_key": "k" * 99})
    ).body
    assert named.prompt_cache_key == "k" * 64


@pytest.mark.parametrize(("session", "slug"), [(None, GPT), ("", GPT), ("s" * 65, GPT), ("s", CLAUDE)])
def test_otherwise_there_is_no_key(session, slug):
    assert cache_key_of(None, session, slug) is None


def test_the_marks_of_one_request_do_not_reach_the_items_they_were_made_of():
    items = chat(2)
    before = repr(items)
    cached_well(items, CLAUDE, replace(ON, cache_ttl="5m"), PLAIN)
    assert repr(items) == before
