"""Apply upstream's events to an answer and return what to show."""

from domain.turn.answer import Answer
from domain.turn.steps import Output
from ports.response_events import (
    AnnotationAdded,
    ArgumentsDelta,
    ArgumentsDone,
    ItemAdded,
    ItemDone,
    ItemProgress,
    ItemTextDelta,
    ItemTextDone,
    ReasoningDelta,
    ReasoningDone,
    RefusalDelta,
    RefusalDone,
    TextDelta,
    TextDone,
    UpstreamEvent,
)


def read(answer: Answer, event: UpstreamEvent, now: float) -> list[Output]:
    """Apply one event to the answer and return what to show; events about the whole response add nothing."""
    match event:
        case TextDelta():  # almost every event: a pattern with fields would double the cost
            return answer.say(event.index, event.item_id, event.part, event.text, now)
        case ReasoningDelta():
            return answer.think(event.index, event.item_id, event.part, event.text, event.raw, now)
        case RefusalDelta(index, item_id, part, text):
            return answer.say(index, item_id, part, text, now, "refusal")
        case TextDone(index, item_id, part, text):
            return answer.complete(index, item_id, ("text", part), text, now)
        case RefusalDone(index, item_id, part, text):
            return answer.complete(index, item_id, ("refusal", part), text, now)
        case ReasoningDone(index, item_id, part, text, raw):
            return answer.complete(index, item_id, ("raw" if raw else "summary", part), text, now)
        case ArgumentsDelta(index, item_id, text):
            answer.argue(index, item_id, text, now)
        case ArgumentsDone(index, item_id, text):
            answer.argue(index, item_id, text, now, whole=True)
        case ItemTextDelta(index, item_id, channel, text):
            answer.uses.write(index, item_id, channel, text, now)
        case ItemTextDone(index, item_id, channel, text):
            return answer.uses.write(index, item_id, channel, text, now, whole=True)
        case ItemProgress(index, item_id, kind, stage, detail):
            return answer.uses.work(index, item_id, kind, stage, detail, now)
        case AnnotationAdded(_, _, _, annotation):
            return answer.cite(annotation)
        case ItemAdded(index, item):
            return answer.begin(index, item, now)
        case ItemDone(index, item):
            return answer.finish_item(index, item, now)
    return []
