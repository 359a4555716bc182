"""Invalid conversations, each with one defect: pairs, ids, parts, reasoning, texts."""

from tests.oracle.drawing.values import PNG, WAV
from tests.oracle.right_shapes import PICTURE, REPLAYED, calls, returns, says, thought
from tests.oracle.spoiling import (
    CLAUDE,
    DOCUMENT,
    EVERY,
    GEMINI,
    PARALLEL,
    SAMPLING,
    SHORT,
    SIGNED,
    Wrong,
    items,
    put,
    within,
    wrong,
)

WRONG_CONVERSATIONS: dict[str, Wrong] = {
    "an empty conversation": wrong(SHORT, "rules", put("input", [])),
    "an answer at the end": wrong(SHORT, "rules", items(says("Hi"), {"role": "assistant", "content": "Hello"})),
    "an empty text part": wrong(SHORT, "rules", items(says(""))),
    "an output without a call": wrong(PARALLEL, "rules", items(returns("call_1"), says("Hi"))),
    "an output before its call": wrong(PARALLEL, "rules", items(returns("call_1"), calls("call_1"), says("Hi"))),
    "a call without an output": wrong(PARALLEL, "rules", items(says("Hi"), calls("call_1"), says("Well?"))),
    "two outputs of one call": wrong(PARALLEL, "rules", items(calls("c1"), returns("c1"), returns("c1"))),
    "a call id used twice": wrong(PARALLEL, "rules", items(calls("c1"), returns("c1"), calls("c1"), returns("c1"))),
    "a message between call and output": wrong(PARALLEL, "rules", items(calls("c1"), says("Hi"), returns("c1"))),
    "arguments cut short": wrong(PARALLEL, "rules", items({**calls("c1"), "arguments": '{"a'}, returns("c1"))),
    "empty arguments": wrong(PARALLEL, "rules", items({**calls("c1"), "arguments": ""}, returns("c1"))),
    "arguments that are no text": wrong(
        PARALLEL, "sdk schema rules", items({**calls("c1"), "arguments": {}}, returns("c1"))
    ),
    "an object as output": wrong(PARALLEL, "sdk schema rules", items(calls("c1"), returns("c1", {"temp_c": 21}))),
    "a message's id on a call": wrong(PARALLEL, "rules", items({**calls("c1"), "id": "msg_1"}, returns("c1"))),
    "a dot in the history": wrong(PARALLEL, "rules", items(calls("c1", "a.b"), returns("c1"))),
    "an id used twice": wrong(SHORT, "rules", items(says("Hi"), REPLAYED, REPLAYED, says("Hi"))),
    "an answer's parts without an id": wrong(
        SHORT, "sdk schema rules", items({"role": "assistant", "content": REPLAYED["content"]}, says("Hi"))
    ),
    "an answer of input parts": wrong(SHORT, "rules", items(says("Yes.", role="assistant"), says("Hi"))),
    "a tool's message": wrong(SHORT, "sdk schema rules", items({"role": "tool", "content": "21"}, says("Hi"))),
    "a reference to an item": wrong(SHORT, "rules", items({"type": "item_reference", "id": "x"}, says("Hi"))),
    "a picture without detail": wrong(
        EVERY, "sdk schema rules", within(lambda p: p.pop("detail"), "input", 0, "content", 1)
    ),
    "a picture in the chat form": wrong(
        EVERY, "sdk schema rules", items(says({"type": "image_url", "image_url": {"url": PICTURE["image_url"]}}))
    ),
    "a picture of an odd type": wrong(
        EVERY, "rules", items(says({**PICTURE, "image_url": f"data:image/heic;base64,{PNG}"}))
    ),
    "a picture for a model that reads text": wrong(DOCUMENT, "rules", items(says("Look.", PICTURE))),
    "a file without a name": wrong(EVERY, "rules", within(lambda p: p.pop("filename"), "input", 0, "content", 2)),
    "sound with a data prefix": wrong(
        EVERY,
        "rules",
        items(says({"type": "input_audio", "input_audio": {"data": f"data:audio/wav;base64,{WAV}", "format": "wav"}})),
    ),
    "sound in webm": wrong(
        EVERY, "schema rules", items(says({"type": "input_audio", "input_audio": {"data": WAV, "format": "webm"}}))
    ),
    "a video as an object": wrong(
        EVERY,
        "sdk schema rules",
        items(says({"type": "input_video", "video_url": {"url": "https://example.com/a.mp4"}})),
    ),
    "a cache mark on a part": wrong(
        CLAUDE,
        "sdk schema rules",
        within(lambda p: p.update(cache_control={"type": "ephemeral"}), "input", 0, "content", 0),
    ),
    "a cache mark where none is wanted": wrong(SHORT, "rules", put("cache_control", {"type": "ephemeral"})),
    "thoughts with a text as summary": wrong(
        PARALLEL, "sdk schema rules", within(lambda r: r.update(summary="Hm."), "input", 2)
    ),
    "thoughts of another maker": wrong(
        SIGNED, "rules", within(lambda r: r.update(format="openai-responses-v1"), "input", 1)
    ),
    "Claude's thoughts unsigned": wrong(SIGNED, "rules", within(lambda r: r.pop("signature"), "input", 1)),
    "thoughts that nothing follows": wrong(
        PARALLEL, "rules", items(says("Hi"), thought("rs_1", encrypted_content="x"), says("Hi"))
    ),
    "a Gemini call without its signature": wrong(GEMINI, "rules", within(lambda all_items: all_items.pop(1), "input")),
    "a Kimi call without its thoughts": wrong(
        "a router", "rules", lambda body: body.update(model="moonshotai/kimi-k2.6", input=[calls("c1"), returns("c1")])
    ),
    "a lone surrogate": wrong(SHORT, "rules", items(says("cut \ud83d here"))),
    "a NUL": wrong(SHORT, "rules", items(says("a\0b"))),
    "a body too large": wrong(SHORT, "rules", items(says("x" * 20_000_001))),
    "a number that is none": wrong(SAMPLING, "rules", put("temperature", float("nan"))),
}
