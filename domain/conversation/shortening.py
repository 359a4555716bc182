"""Shorten outputs of tools so that a request fits its model: in which order, and to what.

Nothing else is ever touched: no words of a person, not even if a tool asked for them, no instructions, no arguments, no
thinking. An output goes from its whole text to one of a few fixed lengths and keeps it, so that the same bytes are sent
in the following rounds.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from domain.conversation.call_kinds import OUTPUT_OF, SHELL, TEXT_OUTPUTS, is_output
from domain.conversation.calls_as_text import ResultInWords, is_persons
from domain.conversation.media_kinds import PARTS
from domain.conversation.persons_words import PersonsWords
from domain.conversation.placeholders import MEDIA_LEFT_OUT, shortened, shortened_before
from domain.conversation.pruning import HEAD, LONG, TAIL
from domain.conversation.server_items import is_native, is_server_item, with_texts
from ports.json_values import JsonObject

_TEXTS = frozenset({"input_text", "output_text"})
_SHELL, _WRITTEN = OUTPUT_OF[SHELL], ("stdout", "stderr")


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
    """Return how many characters always stay of what may be shortened."""
    return sum(min(LEAST, len(text)) for item in items if gives_way(item) for text in _texts_of(item))


def moments(items: Sequence[JsonObject]) -> list[int]:
    """Return how many of the items the model had read each time it answered."""
    return [at for at in range(1, len(items)) if _is_models(items[at]) and not _is_models(items[at - 1])]


def _is_models(item: JsonObject) -> bool:
    return item.get("role", "assistant") == "assistant" and not _ends_a_call(item)


def _places(items: Sequence[JsonObject]) -> tuple[list[int], list[int], list[int]]:
    """Return where the outputs of this turn, of earlier turns and of the last round are, each oldest first."""
    end = len(items)
    while end and is_persons(items[end - 1]):
        end -= 1
    begin = end
    while begin and _ends_a_call(items[begin - 1]):
        begin -= 1
    asked = max((place for place in range(begin) if is_persons(items[place])), default=-1)
    if end < len(items) and begin == end:
        asked = end
    outputs = [place for place in range(begin) if gives_way(items[place])]
    older = [place for place in outputs if place > asked]
    newest = [place for place in range(begin, end) if gives_way(items[place])]
    return older, outputs[: len(outputs) - len(older)], newest


def gives_way(item: JsonObject) -> bool:
    """Return whether an item may be shortened: what a tool brought in any form, but nothing a person said."""
    if isinstance(item, ResultInWords | PersonsWords):
        return isinstance(item, ResultInWords)
    return item.get("type") in TEXT_OUTPUTS or item.get("type") == _SHELL or _is_use(item)


def _is_use(item: JsonObject) -> bool:
    """Return whether an item is the use of a tool of OpenRouter; makers may check those of their own tools."""
    return is_server_item(item) and not is_native(item)


def _ends_a_call(item: JsonObject) -> bool:
    """Return whether an item is the output of a call of any kind, whether or not it can be shortened."""
    return isinstance(item, ResultInWords) or is_output(item)


def _field(item: JsonObject) -> str:
    return "content" if isinstance(item, ResultInWords) else "output"


def _texts_of(item: JsonObject) -> list[str]:
    """Return the texts that are cut by themselves; none if an output has parts that are neither texts nor media."""
    found: list[str] = []
    if _is_use(item):
        with_texts(item, _noting(found))
        return found
    said = item.get(_field(item))
    if isinstance(said, str):
        return [said]
    parts = said if isinstance(said, list) else []
    if item.get("type") == _SHELL:
        return [part[key] for part in parts for key in _WRITTEN if _is_written(part, key)]
    found = [part["text"] for part in parts if _is_text(part)]
    return ["\n".join(found)] if found and len(found) == sum(not _is_medium(part) for part in parts) else []


def _noting(found: list[str]) -> Callable[[str], str]:
    def noted(text: str) -> str:
        found.append(text)
        return text

    return noted


def _cut(item: JsonObject, how: Cut) -> JsonObject:
    """Return an item as cut; the same object if nothing is too long."""
    texts, said = _texts_of(item), item.get(_field(item))
    too_long = any(len(text) > how.longest for text in texts)
    if _is_use(item):
        return with_texts(item, how.text) if too_long else item
    if isinstance(said, str):
        return {**item, "output": how.text(said)} if too_long else item
    if item.get("type") == _SHELL:
        return {**item, "output": [_cut_part(part, how) for part in said or ()]} if too_long else item
    media = [part for part in said if _is_medium(part)] if isinstance(said, list) else []
    dropped = bool(media) and not how.media and (bool(texts) or len(media) == len(said or ()))
    if not too_long and not dropped:
        return item
    text = how.text("".join(texts))
    parts = [{"type": "input_text", "text": f"{text}\n{MEDIA_LEFT_OUT}".lstrip() if dropped else text}]
    changed = {**item, _field(item): [*parts, *([] if dropped else media)]}
    return ResultInWords(changed) if isinstance(item, ResultInWords) else changed


def _cut_part(part: object, how: Cut) -> object:
    """Return what a command wrote, each stream cut by itself."""
    if not isinstance(part, dict):
        return part
    return {**part, **{key: how.text(part[key]) for key in _WRITTEN if _is_written(part, key)}}


def _is_written(part: object, key: str) -> bool:
    return isinstance(part, dict) and isinstance(part.get(key), str)


def _is_text(part: object) -> bool:
    return isinstance(part, dict) and part.get("type") in _TEXTS and isinstance(part.get("text"), str)


def _is_medium(part: object) -> bool:
    return isinstance(part, dict) and part.get("type") in PARTS
