"""Outputs of tools are shortened in a fixed order and to fixed lengths; nothing else is ever touched."""

import re
from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.conversation.calls_as_text import ResultInWords, as_text
from domain.conversation.persons_words import with_persons_words
from domain.conversation.placeholders import MEDIA_LEFT_OUT
from domain.conversation.shortening import EARLIER, LEAST, NEWEST, Cut, gives_way, shortened_to_fit
from domain.conversation.tokens import tokens_of
from ports.json_values import JsonObject
from tests.domain.conversation.kept_turns import answer, call, output, sealed_thought
from tests.examples import examples

LONG = "".join(f"row {number}: some result\n" for number in range(2_000))
FIRST, SECOND = EARLIER
PICTURE = {"type": "input_image", "detail": "auto", "image_url": "https://a.example/a.png"}
NUMBER = re.compile(r"\[(\d+) characters left out here")


def asked(text: str = "Why?") -> dict[str, Any]:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def round_of(*names: str, result: object = LONG) -> list[dict[str, Any]]:
    thought = sealed_thought(names[0])
    return [thought, *map(call, names), *(output(name, result) for name in names)]  # type: ignore[arg-type]


def sizes(items: Any) -> dict[str, int]:
    return {item["call_id"]: len(item["output"]) for item in items if item.get("type") == "function_call_output"}


def shorter(items: Sequence[JsonObject], ideal: float, needed: float = 0) -> tuple[Any, int]:
    return shortened_to_fit(items, tokens_of, ideal=ideal, needed=needed)


HISTORY = [asked(), *round_of("old1"), *round_of("old2"), answer("So."), asked(), *round_of("new1"), *round_of("new2")]
ONE = tokens_of(output("x", LONG))
EVERYTHING = 10**9


def cut_in(items: Any) -> list[str]:
    return [name for name, size in sizes(items).items() if size < len(LONG)]


def test_the_oldest_outputs_of_the_turn_come_first_then_those_of_earlier_turns() -> None:
    assert cut_in(shorter(HISTORY, 1)[0]) == ["new1"]
    assert cut_in(shorter(HISTORY, ONE)[0]) == ["old1", "new1"]
    assert cut_in(shorter(HISTORY, 2 * ONE)[0]) == ["old1", "old2", "new1"]


def test_the_last_round_stays_whole_unless_nothing_else_is_left() -> None:
    everything_else, count = shorter(HISTORY, EVERYTHING, 1)
    assert (sizes(everything_else)["new2"], count) == (len(LONG), 3)
    assert sizes(shorter(HISTORY, EVERYTHING, EVERYTHING)[0])["new2"] < LEAST


def test_the_last_round_is_cut_no_further_than_is_needed() -> None:
    items = [asked(), *round_of("a", "b", result=LONG)]
    cut = sizes(shorter(items, 0, ONE / 4)[0])
    assert cut["b"] == len(LONG)
    assert len(LONG) / 2 < cut["a"] < len(LONG)


def test_the_results_of_a_call_after_which_only_people_spoke_are_the_last_round() -> None:
    items = [asked(), *round_of("a"), *round_of("b"), asked("Here are the images from the tool results above.")]
    assert cut_in(shorter(items, EVERYTHING)[0]) == ["a"]


ENDED = {"type": "exit", "exit_code": 0}


def test_what_native_calls_brought_gives_way_too() -> None:
    natives: list[dict[str, Any]] = [
        {"type": "custom_tool_call_output", "call_id": "1", "output": LONG},
        {"type": "local_shell_call_output", "call_id": "2", "output": LONG},
        {"type": "apply_patch_call_output", "call_id": "3", "output": LONG, "status": "failed"},
        {"type": "shell_call_output", "call_id": "4", "output": [{"stdout": LONG, "stderr": "", "outcome": ENDED}]},
        {"type": "openrouter:web_fetch", "id": "5", "status": "completed", "content": LONG, "url": "https://a.example"},
    ]
    cut, count = shorter([asked(), *natives, *round_of("b")], EVERYTHING)
    assert count == len(natives)
    assert [{**item, **_long(native)} for item, native in zip(cut[1:], natives, strict=False)] == natives
    assert sum(map(tokens_of, cut[1:6])) < ONE
    assert cut[4]["output"][0]["outcome"] == ENDED


def _long(native: dict[str, Any]) -> dict[str, Any]:
    return {key: native[key] for key in ("output", "content") if key in native}


def test_the_output_of_another_kind_of_call_belongs_to_the_last_round() -> None:
    shell = {"type": "shell_call_output", "call_id": "s", "output": [{"stdout": LONG, "stderr": ""}]}
    items = [asked(), *round_of("a"), *round_of("b"), shell]
    assert cut_in(shorter(items, EVERYTHING)[0]) == ["a"]
    assert shorter(items, EVERYTHING)[0][-1] is shell


def test_what_cannot_be_said_shorter_stays() -> None:
    items = [
        asked(),
        {"type": "web_search_call", "id": "w", "status": "completed", "action": {"query": LONG}},
        {"type": "mcp_approval_response", "call_id": "m", "approve": False, "reason": LONG},
        {"type": "tool_search_output", "call_id": "t", "tools": [{"type": "function", "name": LONG}]},
        {"type": "shell_call_output", "call_id": "s", "output": [LONG, {"stdout": 5}, None]},
        {"type": "openrouter:web_fetch", "id": "5", "status": "completed", "url": "https://a.example/" + "a" * 5_000},
        *round_of("b"),
    ]
    assert shorter(items, EVERYTHING) == (tuple(items), 0)


def test_what_a_person_answered_to_a_tool_is_never_shortened() -> None:
    asking = [call("q") | {"name": "ask_user"}, output("q", LONG)]
    items = list(with_persons_words([asked(), *round_of("a"), *asking, *round_of("b")], {"ask_user"}))
    cut, count = shorter(items, EVERYTHING, EVERYTHING)
    assert (sizes(cut)["q"], count) == (len(LONG), 2)
    (words,) = (item for item in as_text(cut) if item.get("role") == "user" and LONG in item["content"][0]["text"])
    assert shorter([words], EVERYTHING, EVERYTHING) == ((words,), 0)


def test_all_outputs_are_shortened_a_first_time_before_one_is_shortened_again() -> None:
    cut = sizes(shorter(HISTORY, 3 * ONE - 3 * 700)[0])
    assert {size > FIRST.head + FIRST.tail for name, size in cut.items() if name != "new2"} == {True}
    assert max(sizes(shorter(HISTORY, EVERYTHING)[0])[name] for name in ("old1", "old2", "new1")) < LEAST


def test_head_and_tail_stay_around_a_note_that_counts_what_is_gone() -> None:
    text = FIRST.text(LONG)
    assert text.startswith(LONG[: FIRST.head] + "\n[")
    assert text.endswith("]\n" + LONG[-FIRST.tail :])
    assert f"{len(LONG) - FIRST.head - FIRST.tail} characters left out here" in text
    assert "call the tool again" in text


def test_a_second_cut_counts_what_the_first_one_left_out() -> None:
    text = SECOND.text(FIRST.text(LONG))
    (gone,) = NUMBER.findall(text)
    assert int(gone) == len(LONG) - SECOND.head - SECOND.tail


def test_pictures_of_earlier_outputs_go_and_a_note_says_so() -> None:
    parts = [{"type": "input_text", "text": "A map."}, PICTURE]
    items = [asked(), *round_of("a", result=parts), *round_of("b", result=parts)]
    cut, count = shorter(items, EVERYTHING)
    assert [item["output"] for item in cut if "output" in item] == [
        [{"type": "input_text", "text": f"A map.\n{MEDIA_LEFT_OUT}"}],
        parts,
    ]
    assert count == 1


def test_texts_in_parts_are_shortened_as_one() -> None:
    parts = [{"type": "input_text", "text": LONG}, PICTURE, {"type": "input_text", "text": LONG}]
    items = [asked(), *round_of("a", result=parts)]
    cut, _ = shorter(items, 0, ONE)
    (texts, picture) = cut[-1]["output"]
    assert picture == PICTURE
    assert texts["text"].startswith(LONG[:600])
    assert texts["text"].endswith(LONG[-200:])


def test_parts_that_are_neither_texts_nor_media_stay() -> None:
    items = [asked(), *round_of("a", result=[{"stdout": LONG}]), *round_of("b")]
    assert shorter(items, EVERYTHING) == (tuple(items), 0)


def test_a_result_told_in_words_is_shortened_but_a_person_who_quotes_one_is_not() -> None:
    told = [asked(), *as_text([call("a"), output("a", LONG[:15_000])]), answer("So."), asked()]
    quoted = [dict(item) for item in told]
    cut, count = shorter(told, EVERYTHING)
    (result,) = (item for item in cut if gives_way(item))
    assert isinstance(result, ResultInWords)
    assert (len(result["content"][0]["text"]) < LEAST, count) == (True, 1)
    assert shorter(quoted, EVERYTHING) == (tuple(quoted), 0)


# --- any history ----------------------------------------------------------------------------------------------

TEXTS = st.one_of(
    st.text(max_size=40),
    st.builds(lambda text, times: text * times, st.text(min_size=1, max_size=30), st.integers(1, 4_000)),
    st.just(FIRST.text(LONG)),
    st.just("[999999999999 characters left out here, so that the chat fits this model" + "x" * 5_000),
)
OUTPUTS = st.one_of(
    TEXTS,
    st.lists(st.one_of(TEXTS.map(lambda text: {"type": "input_text", "text": text}), st.just(PICTURE)), max_size=3),
    st.none(),
    st.lists(st.integers(), max_size=2),
)
ITEMS = st.lists(
    st.one_of(
        TEXTS.map(asked),
        TEXTS.map(answer),
        st.builds(lambda text: {"type": "message", "role": "system", "content": text}, TEXTS),
        st.builds(call, st.text(max_size=5), TEXTS),
        st.builds(output, st.text(max_size=5), OUTPUTS),
        st.builds(lambda said: next(as_text([output("c", said)])), TEXTS),
        st.just(sealed_thought("x")),
    ),
    max_size=14,
)
AMOUNTS = st.one_of(st.integers(-10, 100_000), st.just(EVERYTHING))


@given(ITEMS, AMOUNTS, AMOUNTS)
@examples(400)
def test_any_history_keeps_everything_but_outputs_and_never_grows(items: Any, ideal: int, needed: int) -> None:
    made, count = shorter(items, ideal, needed)
    assert len(made) == len(items)
    assert [one for one in made if not gives_way(one)] == [one for one in items if not gives_way(one)]
    for old, new in zip(items, made, strict=True):
        assert {**old, "output": 0, "content": 0} == {**new, "output": 0, "content": 0}
        assert new is old or tokens_of(new) < tokens_of(old)
    assert count == sum(new is not old for old, new in zip(items, made, strict=True))


@given(ITEMS, AMOUNTS)
@examples(200)
def test_more_is_saved_the_more_is_wanted_and_the_least_stays(items: Any, ideal: int) -> None:
    total = [sum(map(tokens_of, shorter(items, wanted, wanted)[0])) for wanted in (0, ideal, EVERYTHING)]
    assert total == sorted(total, reverse=True)
    least, _ = shorter(items, EVERYTHING, EVERYTHING)
    assert shorter(list(least), EVERYTHING, EVERYTHING) == (least, 0)


@given(TEXTS, st.sampled_from([*EARLIER, *NEWEST]))
@examples(300)
def test_a_text_cut_twice_the_same_way_stays_the_same(text: str, how: Cut) -> None:
    once = how.text(text)
    assert len(once) <= max(len(text), how.longest)
    assert how.text(once) == once
