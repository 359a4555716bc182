"""A chat stream gives the same events however it is split into reads, and no content crashes the reader."""

import itertools
import json

from hypothesis import given
from hypothesis import strategies as st

from adapters.openrouter.chat.messages import chat_messages
from adapters.openrouter.wire.codec import FASTEST, STDLIB
from ports.response_events import (
    ArgumentsDelta,
    EventIgnored,
    ItemAdded,
    ItemDone,
    ProblemReported,
    ReasoningDelta,
    RefusalDelta,
    ResponseEnded,
    TextDelta,
    UpstreamEvent,
)
from tests.adapters.openrouter.chat.chat_chunks import (
    bill,
    calls,
    chunk,
    finishes,
    fragment,
    items,
    payloads,
    says,
    thinks,
    translator,
)

DELTAS = TextDelta | RefusalDelta | ReasoningDelta | ArgumentsDelta
WORDS = st.text("aä😀 \n", max_size=3)
TEXTS = st.fixed_dictionaries({"type": st.just("reasoning.text"), "text": WORDS, "index": st.integers(0, 1)})
SUMMARIES = st.fixed_dictionaries({"type": st.just("reasoning.summary"), "summary": WORDS, "index": st.integers(0, 1)})
SEALED = st.fixed_dictionaries(
    {"type": st.just("reasoning.encrypted"), "data": st.sampled_from("xyz"), "index": st.integers(0, 1)},
    optional={"id": st.sampled_from(["rs_1", "rs_2", "call_1"])},
)
SIGNATURES = st.fixed_dictionaries(
    {"type": st.just("reasoning.text"), "signature": st.sampled_from("XY"), "index": st.integers(0, 1)}
)
CHUNKS = st.one_of(
    WORDS.map(says),
    WORDS.map(lambda text: chunk({"refusal": text})),
    WORDS.map(lambda text: chunk({"reasoning": text})),
    st.lists(TEXTS | SUMMARIES | SEALED | SIGNATURES, max_size=2).map(lambda details: thinks(*details)),
    st.builds(
        fragment,
        WORDS,
        index=st.none() | st.integers(0, 2),
        call_id=st.none() | st.sampled_from("cd"),
        name=st.none() | st.sampled_from(["f", "g"]),
    ).map(calls),
    st.just(chunk({"images": [{"image_url": {"url": "data:,"}}]})),
    st.just(chunk({"annotations": [{"type": "url_citation", "url_citation": {"url": "u"}}]})),
    st.just({"type": "keep_alive"}),
)
ENDS = st.sampled_from(
    [
        [finishes(), bill(), "[DONE]"],
        [finishes("length"), bill()],
        [finishes("tool_calls"), "[DONE]"],
        [bill(), "[DONE]"],
        ["[DONE]"],
        [],
        [{**finishes("error"), "error": {"code": 502, "message": "m"}}, "[DONE]"],
    ]
)
STREAMS = st.builds(lambda chunks, end: payloads(*chunks, *end), st.lists(CHUNKS, max_size=8), ENDS)


def read(raw, cuts=(), **options):
    reader = translator(**options)
    places = sorted({0, len(raw), *(min(cut, len(raw)) for cut in cuts)})
    batches = [reader.translate(raw[a:b]) for a, b in itertools.pairwise(places)]
    return [event for batch in (*batches, reader.finish()) for event in batch]


def joined(events):
    """Join deltas that were separated only by the end of a read."""
    out: list[UpstreamEvent] = []
    for event in events:
        last = out[-1] if out else None
        if isinstance(event, EventIgnored) and isinstance(last, EventIgnored) and event.what == last.what:
            out[-1] = EventIgnored(event.what, last.count + event.count)
        elif isinstance(event, DELTAS) and isinstance(last, type(event)) and place(last) == place(event):
            out[-1] = type(event)(**{**fields(event), "text": last.text + event.text})
        else:
            out.append(event)
    return out


def fields(event):
    return {name: getattr(event, name) for name in event.__slots__}


def place(event):
    return {name: value for name, value in fields(event).items() if name != "text"}


@given(STREAMS, st.lists(st.integers(0, 12), max_size=4))
def test_the_split_into_reads_does_not_change_the_events(raw, cuts):
    assert joined(read(raw, cuts)) == joined(read(raw))


@given(STREAMS)
def test_a_response_ends_at_most_once_and_every_item_is_announced_first(raw):
    events = read(raw)
    assert sum(isinstance(event, ResponseEnded | ProblemReported) for event in events) <= 1
    announced = [event.index for event in events if isinstance(event, ItemAdded)]
    assert announced == list(range(len(announced)))
    for position, event in enumerate(events):
        if isinstance(event, ItemDone | DELTAS):
            assert any(isinstance(e, ItemAdded) and e.index == event.index for e in events[:position])


@given(STREAMS)
def test_streamed_text_equals_the_text_of_the_items(raw):
    events = read(raw)
    done = {event.index: event.item for event in events if isinstance(event, ItemDone)}
    shown: dict[int, str] = {}
    for event in events:
        if isinstance(event, DELTAS):
            shown[event.index] = shown.get(event.index, "") + event.text
    for index, item in done.items():
        assert sorted(shown.get(index, "")) == sorted(item_text(item))


def item_text(item):
    parts = [*item.get("content", ()), *item.get("summary", ())]
    said = [part.get("text") or part.get("refusal") or "" for part in parts]
    return "".join(said) + item.get("arguments", "")


@given(STREAMS)
def test_thinking_is_sent_back_with_all_its_text_and_signatures(raw):
    finished = items(read(raw))
    sent = [entry for message in chat_messages(finished) for entry in message.get("reasoning_details", ())]
    came = [entry for item in finished for entry in item.get("reasoning_details", ())]
    if any(item["type"] in ("message", "function_call") and item_text(item) for item in finished):
        assert letters(sent) == letters(came)


def letters(entries):
    keys = ("text", "summary", "data", "signature")
    return sorted("".join(str(entry.get(key) or "") for entry in entries for key in keys))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
DELTA_KEYS = ("content", "reasoning", "reasoning_details", "refusal", "images", "annotations", "tool_calls")
ENTRY_KEYS = ("type", "text", "data", "summary", "signature", "index", "id", "function", "image_url", "url_citation")
ENTRIES = st.lists(st.dictionaries(st.sampled_from(ENTRY_KEYS), JSON, max_size=4) | JSON, max_size=3)
ODD_DELTAS = st.dictionaries(st.sampled_from(DELTA_KEYS), JSON | ENTRIES, max_size=4)
ODD_CHOICES = st.dictionaries(
    st.sampled_from(["index", "delta", "message", "finish_reason", "native_finish_reason", "error"]), JSON | ODD_DELTAS
)
ODD_FRAMES = st.dictionaries(
    st.sampled_from(["id", "model", "choices", "usage", "error", "type", "object"]),
    JSON | st.lists(ODD_CHOICES | JSON, max_size=2),
)


@given(st.lists(ODD_FRAMES | JSON, max_size=6), st.booleans())
def test_no_chunk_raises(frames, whole):
    raw = [json.dumps(frame).encode("utf-8", "surrogatepass") for frame in frames]
    chat_messages(items(read(raw, whole=whole)))


@given(STREAMS)
def test_both_json_libraries_give_the_same_events(raw):
    assert read(raw, codec=FASTEST) == read(raw, codec=STDLIB)
