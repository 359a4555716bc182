"""Messages: plain ones, tool rounds with every possible defect, and junk."""

from typing import Any

from hypothesis import strategies as st

from tests.oracle.drawing.media import contents, parts
from tests.oracle.drawing.values import junk, near, rarely, texts, weighted, words

Messages = st.SearchStrategy[list[Any]]

CALL_IDS = st.one_of(
    st.sampled_from(
        ["call_1", "call_2", "call_7Hq", "chatcmpl-tool-0a1b", "toolu_01A", "fc_9", "", "x" * 300, "call \ud800"]
    ),
    st.integers(0, 9999).map("call_{:04d}".format),
    st.integers(0, 9999).map("call_{:04d}".format),
    junk,
)
NAMES = near(
    "get_weather", "screenshot", "adder", "search.web", "mit leerzeichen", "n" * 65, "n" * 64, "", "größe", "a/b", "x\n"
)
ARGUMENTS = near(
    '{"city": "Perth"}', "{}", "", " ", "null", "[1, 2]", '"text"', '{"city": "Per', "{'city': 'Perth'}", '{"a": NaN}',
    '{"a": 1}{"b": 2}', '{"s": "\\ud800"}', {"city": "Perth"}, '{"nested": {"a": [1, null, {"b": 2}]}}',
)  # fmt: skip
CALL_EXTRAS: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [{}, {}, {"index": 0}, {"index": None}, {"extra_content": {"google": {"thought_signature": "sig"}}}]
)
REASONING_DETAILS = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {"type": near("reasoning.text", "reasoning.summary", "reasoning.encrypted", "reasoning.server_tool_call")},
            optional={
                "text": texts,
                "summary": texts,
                "data": near("gAAAAABq.eyJ9", "", "cut\ud800"),
                "signature": near("sig==", None, ""),
                "format": near(
                    "anthropic-claude-v1", "openai-responses-v1", "google-gemini-v1", "unknown", "new-format-v9"
                ),
                "id": near("rs_1", "rs_1", "rs_2", None, "msg_1"),
                "index": near(0, 1, 2),
            },
        ),
        junk,
    ),
    max_size=3,
)
EXTRAS: dict[str, Any] = {
    "name": near("ann", "", "größe"),
    "reasoning_content": texts,
    "reasoning": texts,
    "reasoning_details": rarely(REASONING_DETAILS, junk),
    "refusal": near(None, "I cannot."),
    "annotations": near([], [{"type": "url_citation", "url_citation": {"url": "https://example.com", "title": "t"}}]),
    "audio": near(None, {"id": "audio_1"}),
    "images": near([{"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}]),
    "tool_call_id": CALL_IDS,
    "id": near("msg_1", "fc_1", "rs_1", 5),
    "type": near("message"),
    "phase": near("commentary", "final_answer", "middle"),
    "status": near("completed", "done"),
    "cache_control": near({"type": "ephemeral"}),
    "timestamp": near(1787612977),
}


def message(role: Any, content: Any, **more: Any) -> st.SearchStrategy[Any]:
    """Build a strategy of messages, with a few optional keys."""
    required = {"role": st.just(role), "content": content, **more}
    odd = st.lists(st.sampled_from(sorted(EXTRAS)), unique=True, max_size=3).flatmap(
        lambda keys: st.fixed_dictionaries({**{key: EXTRAS[key] for key in keys}, **required})
    )
    return rarely(st.fixed_dictionaries(required), odd, one_in=3)


users = message("user", contents)
assistants = message("assistant", contents)
systems = st.one_of(message("system", contents), message("developer", contents))
odd_messages = st.one_of(
    junk,
    st.fixed_dictionaries({}, optional={"role": near("user"), "content": contents}),
    message("function", texts, name=NAMES),
    near("critic", "USER", "tool ", 5).flatmap(lambda role: message(role, contents)),
    st.fixed_dictionaries({"role": st.just("user")}),
    st.fixed_dictionaries(
        {"type": st.just("message"), "role": st.just("user"), "content": st.lists(parts, max_size=2)}
    ),
    st.fixed_dictionaries({"type": st.just("function_call_output"), "call_id": CALL_IDS, "output": texts}),
)


@st.composite
def tool_calls(draw: st.DrawFn) -> list[Any]:
    """Draw the calls of one assistant message."""
    calls: list[Any] = []
    for _ in range(draw(st.integers(1, 3))):
        if draw(st.integers(0, 15)) == 15:
            calls.append(draw(junk))
            continue
        function = {"name": draw(rarely(st.just("get_weather"), NAMES, 4)), "arguments": draw(ARGUMENTS)}
        call = {"id": draw(CALL_IDS), "type": "function", "function": function}
        for key in draw(rarely(st.just(()), st.lists(st.sampled_from(["id", "type", "function"]), max_size=2))):
            call.pop(key, None)
        calls.append({**call, **draw(CALL_EXTRAS)})
    return calls


@st.composite
def tool_rounds(draw: st.DrawFn) -> list[Any]:
    """Draw an assistant message with calls and their outputs: all, some, duplicated, shuffled, interrupted."""
    calls = draw(tool_calls())
    said = {"role": "assistant", "content": draw(near(None, "", "One moment.", [])), "tool_calls": calls}
    if draw(st.booleans()):
        said["reasoning_details"] = draw(REASONING_DETAILS)
    ids = [call.get("id") for call in calls if isinstance(call, dict)]
    answers = [{"role": "tool", "tool_call_id": one, "content": draw(contents)} for one in ids]
    match draw(st.sampled_from(["all", "all", "all", "none", "some", "twice", "reversed", "first", "interrupted"])):
        case "none":
            answers = []
        case "some":
            answers = answers[1:]
        case "twice":
            answers = answers * 2
        case "reversed":
            answers = answers[::-1]
        case "first":
            return [*answers, said]
        case "interrupted":
            return [said, draw(users), *answers]
    return [said, *answers]


orphans = st.fixed_dictionaries({"role": st.just("tool"), "content": contents}, optional={"tool_call_id": CALL_IDS})
legacy_calls = st.fixed_dictionaries(
    {
        "role": st.just("assistant"),
        "content": st.none(),
        "function_call": st.fixed_dictionaries({"name": NAMES, "arguments": ARGUMENTS}),
    }
)


def alone(strategy: st.SearchStrategy[Any]) -> Messages:
    return strategy.map(lambda one: [one])


segments: Messages = weighted(
    (5, alone(users)),
    (4, st.tuples(users, assistants).map(list)),
    (2, alone(assistants)),
    (2, alone(systems)),
    (5, tool_rounds()),
    (1, alone(orphans)),
    (1, alone(legacy_calls)),
    (2, alone(odd_messages)),
)
usual = st.lists(segments, min_size=1, max_size=9).map(lambda lists: [one for some in lists for one in some])
asked = st.tuples(usual, words).map(lambda both: [*both[0], {"role": "user", "content": both[1]}])
messages = weighted((16, asked), (7, usual), (1, st.one_of(st.just([]), junk)))
