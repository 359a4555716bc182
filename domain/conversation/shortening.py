"""Shorten outputs of tools so that a request fits its model: in which order, and to what.

Nothing else is ever touched: no words of a person, no instructions, no arguments, no thinking. An output goes from its
whole text to one of a few fixed lengths and keeps it, so that the same bytes are sent in the following rounds.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from domain.conversation import call_kinds
from domain.conversation.call_kinds import CUSTOM, FUNCTION, OUTPUT_OF
from domain.conversation.calls_as_text import ResultInWords
from domain.conversation.placeholders import MEDIA_LEFT_OUT, shortened, shortened_before
from domain.conversation.pruning import HEAD, LONG, TAIL
from domain.conversation.tokens import MEDIA
from ports.json_values import JsonObject

OUTPUTS = frozenset({OUTPUT_OF[FUNCTION], OUTPUT_OF[CUSTOM]})
_TEXTS = frozenset({"input_text", "output_text"})


@dataclass(frozen=True, slots=True)
class Cut:
    """A text of more than `longest` characters keeps its first `head` and its last `tail` ones.

    `media`: the pictures and files of the output stay.
    """

    longest: int
    head: int
    tail: int
    media: bool = False

    def text(self, text: str) -> str:
        """Return the text, cut if it is too long; the note counts what earlier cuts removed too."""
        if len(text) <= self.longest:
            return text
        earlier = shortened_before(text)
        begin, end, gone = earlier or (len(text), 0, 0)
        head, tail = text[: min(self.head, begin)], text[max(len(text) - self.tail, end) :]
        kept = len(head) + len(tail) + (end - begin if earlier else 0)
        return f"{head}\n{shortened(gone + len(text) - kept)}\n{tail}"


EARLIER = (Cut(3_000, 1_500, 500), Cut(LONG, HEAD, TAIL))
"""How outputs of earlier rounds and turns are shortened: all of them a first time before any of them a second time."""
NEWEST = (*(Cut(1_000 * 2**step, 625 * 2**step, 250 * 2**step, media=True) for step in range(10, 1, -1)), *EARLIER)
"""How the outputs of the last round are shortened, if nothing else is left: the largest first."""
LEAST = LONG
"""Characters up to which an output always stays as it is."""


def shortened_to_fit(
    items: Sequence[JsonObject], tokens_of: Callable[[JsonObject], int], *, ideal: float, needed: float
) -> tuple[tuple[JsonObject, ...], int]:
    """Shorten outputs, and return the items with the number of shortened ones.

    The outputs of this turn come first, oldest first, then those of earlier turns, until `ideal` tokens are saved;
    those of the last round only if fewer than `needed` were.
    """
    made = list(items)
    older, earlier, newest = _places(items)
    changed: set[int] = set()

    def save(wanted: float, places: Sequence[int], cuts: Iterable[Cut]) -> int:
        saved = 0
        for how in cuts:
            for place in places:
                if saved >= wanted:
                    return saved
                smaller = _cut(made[place], how)
                less = 0 if smaller is made[place] else tokens_of(made[place]) - tokens_of(smaller)
                if less > 0:
                    saved += less
                    made[place] = smaller
                    changed.add(place)
        return saved

    saved = save(ideal, (*older, *earlier), EARLIER)
    save(needed - saved, newest, NEWEST)
    return tuple(made), len(changed)


def least_characters(items: Iterable[JsonObject]) -> int:
    """Return how many characters of outputs always stay."""
    return sum(min(LEAST, sum(map(len, _texts_of(item)))) for item in items if is_output(item))


def _places(items: Sequence[JsonObject]) -> tuple[list[int], list[int], list[int]]:
    """Return where the outputs of this turn, of earlier turns and of the last round are, each oldest first."""
    end = len(items)
    while end and _is_asked(items[end - 1]):
        end -= 1
    begin = end
    while begin and _ends_a_call(items[begin - 1]):
        begin -= 1
    asked = max((place for place in range(begin) if _is_asked(items[place])), default=-1)
    if end < len(items) and begin == end:
        asked = end
    outputs = [place for place in range(begin) if is_output(items[place])]
    older = [place for place in outputs if place > asked]
    newest = [place for place in range(begin, end) if is_output(items[place])]
    return older, outputs[: len(outputs) - len(older)], newest


def _is_asked(item: JsonObject) -> bool:
    return item.get("role") == "user" and not isinstance(item, ResultInWords)


def is_output(item: JsonObject) -> bool:
    """Return whether an item is the output of a call, in whatever form."""
    return isinstance(item, ResultInWords) or item.get("type") in OUTPUTS


def _ends_a_call(item: JsonObject) -> bool:
    """Return whether an item is the output of a call of any kind, whether or not it can be shortened."""
    return is_output(item) or call_kinds.is_output(item)


def _field(item: JsonObject) -> str:
    return "content" if isinstance(item, ResultInWords) else "output"


def _texts_of(item: JsonObject) -> list[str]:
    """Return the texts of an output; none if it has parts that are neither texts nor media."""
    said = item.get(_field(item))
    if isinstance(said, str):
        return [said]
    parts = said if isinstance(said, list) else []
    texts = [part["text"] for part in parts if _is_text(part)]
    return texts if len(texts) == sum(not _is_medium(part) for part in parts) else []


def _cut(item: JsonObject, how: Cut) -> JsonObject:
    """Return an output as cut; the same object if nothing is too long."""
    said, texts = item.get(_field(item)), _texts_of(item)
    if isinstance(said, str):
        text = how.text(said)
        return item if text == said else {**item, "output": text}
    media = [part for part in said if _is_medium(part)] if isinstance(said, list) else []
    dropped = bool(media) and not how.media and (bool(texts) or len(media) == len(said or ()))
    whole = "\n".join(texts)
    text = how.text(whole)
    if text == whole and not dropped:
        return item
    parts = [{"type": "input_text", "text": f"{text}\n{MEDIA_LEFT_OUT}".lstrip() if dropped else text}]
    changed = {**item, _field(item): [*parts, *([] if dropped else media)]}
    return ResultInWords(changed) if isinstance(item, ResultInWords) else changed


def _is_text(part: object) -> bool:
    return isinstance(part, dict) and part.get("type") in _TEXTS and isinstance(part.get("text"), str)


def _is_medium(part: object) -> bool:
    return isinstance(part, dict) and part.get("type") in MEDIA
