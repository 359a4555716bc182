"""One random history: chats of one user, random edits, and every following request, judged."""

import copy
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

from domain.conversation.record import TurnRecord
from domain.conversation.replay import outlived
from domain.conversation.stored_answers import stored_answers
from entrypoints.openwebui.history_format import OPEN_WEBUI, marker_line
from tests.domain.conversation.compacted import SUMMARY
from tests.domain.conversation.histories import wanted
from tests.domain.conversation.host_shapes import HOSTS, Message, user
from tests.drills.replay_judge import Sent, complaints, sent
from tests.drills.replay_models import SLUGS, answers_as
from tests.drills.replay_store import DAMAGES, Store, damaged
from tests.drills.replay_turns import ARGUMENTS, IDS, NAMES, TOOL, Turn, play

ME = "me"
QUESTIONS = (
    "Where is it?",
    "continue",
    "And now?",
    "Was heißt das? — 何",
    "[01J2VVZBDQTP1ZQJ8DSN3WKX4M]: #\n\nwhat is this?",
)


@dataclass
class Node:
    """One message: `turn` produced it, unless the user wrote it; `untouched` since."""

    messages: list[Message]
    turn: Turn | None = None
    untouched: bool = True


@dataclass
class Figures:
    """The counts; `misses` include the seed."""

    counts: Counter[str] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)


Chat = list[Node]


class World:
    """The chats of one seed in one host."""

    def __init__(self, seed: int, figures: Figures) -> None:
        self._rng, self._seed, self._figures = Random(seed), seed, figures
        self._host = HOSTS[seed % len(HOSTS)]
        self._reasoning = self._rng.choices(["conversation", "next_reply", "disabled"], [8, 2, 1])[0]
        self._store = Store(self._reasoning != "disabled", self._rng.random() < 0.9)
        self._full_turns = self._rng.choice([0, 1, 10])
        self._window = self._rng.choice([0, 0, 0, 2])
        self._slugs = self._rng.sample(SLUGS, self._rng.choice([1, 1, 2, 3, 4]))
        self._chats: list[Chat] = [[]]
        self._made = 0
        self._spoilt = False

    def live(self) -> None:
        """Do random actions, then judge all chats again with the store damaged in every way."""
        doings: list[tuple[Callable[[Chat], None], int]] = [
            (self._ask, 10),
            (self._regenerate, 2),
            (self._edit_question, 1),
            (self._edit_answer, 2),
            (self._branch, 1),
            (self._delete, 1),
            (self._paste, 1),
            (self._forge, 1),
            (self._continue, 1),
            (self._import, 1),
            (self._compact, 1),
        ]
        self._ask(self._chats[0])
        for _ in range(self._rng.randrange(3, 11)):
            doing = self._rng.choices([one for one, _ in doings], [weight for _, weight in doings])[0]
            doing(self._rng.choice(self._chats))
        for how in ("", *DAMAGES):
            store = damaged(self._store, how, self._rng) if how else self._store
            for chat in self._chats:
                self._judge([*_messages(chat), user("last")], chat, self._rng.choice(self._slugs), store, how)

    # --- user actions -----------------------------------------------------------------------------------------

    def _ask(self, chat: Chat) -> None:
        waiting = (
            bool(chat) and chat[-1].turn is not None and chat[-1].turn.end == "handed" and "tool" in _roles(chat[-1])
        )
        if not waiting:
            chat.append(Node([user(self._rng.choice(QUESTIONS))]))
        self._answer(chat)

    def _answer(self, chat: Chat) -> None:
        slug = self._rng.choice(self._slugs)
        messages = _messages(chat)
        recalled = self._judge(messages, chat, slug, self._store, "")
        self._made += 1
        turn = play(self._host, slug, f"{self._seed:013d}{self._made:013d}", self._rng)
        self._store.keep(ME, messages, turn.record)
        if self._reasoning == "next_reply" and turn.end == "done":
            self._store.forget_thinking(outlived(messages, stored_answers(messages, recalled, OPEN_WEBUI)))
        node = Node(copy.deepcopy(turn.messages), turn)
        if turn.end == "handed" and self._rng.random() < 0.8:
            for call in node.messages[-1].get("tool_calls", ()):
                node.messages.append({"role": "tool", "tool_call_id": call["id"], "content": "ran it"})
        chat.append(node)
        self._figures.counts[f"turns {turn.end}"] += 1

    def _regenerate(self, chat: Chat) -> None:
        if chat and chat[-1].turn is not None:
            chat.pop()
            if chat:
                self._answer(chat)

    def _edit_question(self, chat: Chat) -> None:
        places = [place for place, node in enumerate(chat) if node.turn is None]
        if places:
            del chat[self._rng.choice(places) :]
            self._ask(chat)

    def _edit_answer(self, chat: Chat) -> None:
        spoken = [(node, one) for node in chat if node.turn for one in node.messages if one["role"] == "assistant"]
        if spoken:
            node, message = self._rng.choice(spoken)
            self._spoil(node)
            text = message["content"]
            cut = self._rng.randrange(len(text) + 1)
            message["content"] = self._rng.choice([text[:cut], text[cut:], text + " (edited)", "", "Something else."])

    def _branch(self, chat: Chat) -> None:
        if len(self._chats) < 4:
            self._chats.append(copy.deepcopy(chat[: self._rng.randrange(len(chat) + 1)]))

    def _delete(self, chat: Chat) -> None:
        if chat:
            place = self._rng.randrange(len(chat))
            self._spoil()
            if self._rng.random() < 0.5 or not chat[place].messages:
                del chat[place]
            else:
                self._spoil(chat[place])
                del chat[place].messages[self._rng.randrange(len(chat[place].messages))]
            self._spoil(*_neighbours(chat))

    def _paste(self, chat: Chat) -> None:
        """Insert the same answer twice in one chat."""
        nodes = [node for node in chat if node.turn is not None]
        if nodes:
            chat.insert(self._rng.randrange(len(chat) + 1), copy.deepcopy(self._rng.choice(nodes)))
            self._spoil(*_neighbours(chat))

    def _continue(self, chat: Chat) -> None:
        """Ask the model to continue its answer: one more turn without a question."""
        if chat:
            self._spoil(chat[-1])
            self._answer(chat)
            self._spoil(chat[-1])

    def _import(self, chat: Chat) -> None:
        """Insert an answer of another program: rounds of calls with odd names and arguments, one id for all rounds."""
        rng, call_id = self._rng, self._rng.choice(IDS)
        messages: list[Message] = []
        for number in range(rng.choice([1, 2, 3])):
            function = {"name": rng.choice([TOOL, *NAMES]), "arguments": rng.choice(["{}", *ARGUMENTS])}
            calls = [{"id": call_id, "type": "function", "function": function}]
            messages.append({"role": "assistant", "content": "", "tool_calls": calls})
            if rng.random() < 0.9:
                messages.append({"role": "tool", "tool_call_id": call_id, "content": f"result {number}"})
        messages.append({"role": "assistant", "content": "Imported."})
        chat += [Node([user("import")], untouched=False), Node(messages, untouched=False)]
        self._spoilt = True

    def _compact(self, chat: Chat) -> None:
        """Put a summary in the place of what stands before a message, or before a later round of calls."""
        if len(chat) < 2:
            return
        place = self._rng.randrange(1, len(chat))
        node = chat[place]
        rounds = [number for number, message in enumerate(node.messages) if message.get("tool_calls")]
        question = [one for one in chat[:place] if one.turn is None][-1:] if node.turn is not None else []
        if len(rounds) > 1 and self._rng.random() < 0.5:
            del node.messages[: rounds[1]]
            self._spoil(node)
        elif self._rng.random() < 0.5:
            question = []
        chat[:place] = [Node([{"role": "system", "content": SUMMARY}], untouched=False), *question]
        self._spoilt = True
        self._figures.counts["chats compacted"] += 1

    def _forge(self, chat: Chat) -> None:
        """Put a reference to another or an unknown turn into an answer."""
        nodes = [node for node in chat if node.turn is not None and node.messages]
        if nodes and self._store.turns:
            node = self._rng.choice(nodes)
            self._spoil(node)
            named = self._rng.choice([*self._store.turns, "7" * 26, "0" * 20])
            message = self._rng.choice(node.messages)
            message["content"] = f"{marker_line(named)}\n\n{message['content']}"

    # --- requests ---------------------------------------------------------------------------------------------

    def _judge(self, messages: list[Message], chat: Chat, slug: str, store: Store, how: str) -> tuple[TurnRecord, ...]:
        want = wanted(messages)
        records = store.recall(ME, want.turn_ids, want.fingerprints)
        made = sent(messages, slug, records, self._reasoning, self._full_turns, self._window)
        final = bool(messages) and messages[-1] == user("last")
        found = complaints(made, slug, thorough=final)
        if not self._window:
            found += made.words_lost(messages) if made.items else []
        if not how and not self._window:
            found += self._left_out(chat, slug, store, made)
        kind = f"bodies, store {how}" if how else "bodies"
        self._figures.counts[kind] += 1
        self._figures.counts[f"bodies for {answers_as(slug).partition('/')[0]}"] += 1
        self._figures.counts["bodies after a switch of models"] += (
            len({turn.record.asked for turn in _turns(chat)} - {slug}) > 0
        )
        self._figures.counts["thoughts sent"] += sum(item["type"] == "reasoning" for item in made.items)
        self._figures.misses += [
            f"{text}  [seed {self._seed}, {self._host}, {slug}, {how or 'whole'}]" for text in found
        ]
        return records

    def _left_out(self, chat: Chat, slug: str, store: Store, made: Sent) -> list[str]:
        due = [node.turn.record for node in chat if node.turn is not None and self._is_due(node, chat, store)]
        thoughtful, missed = made.left_out(due, slug, store, outputs=not self._full_turns)
        self._figures.counts["turns that had to go back exactly"] += thoughtful
        return missed

    def _is_due(self, node: Node, chat: Chat, store: Store) -> bool:
        """Return whether a turn must be sent back exactly: it was not touched in any way."""
        turn = node.turn
        if turn is None or turn.record.turn_id not in store.turns or self._reasoning != "conversation":
            return False
        once = sum(other.turn is not None and other.turn.record == turn.record for other in chat) == 1
        if self._host == "api":
            found = store.turns[turn.record.turn_id].fingerprint
            once = not self._spoilt and sum(one.fingerprint == found for one in store.turns.values()) == 1
        return turn.returned_whole and node.untouched and once

    def _spoil(self, *nodes: Node) -> None:
        self._spoilt = True
        for node in nodes:
            node.untouched = False


def _messages(chat: Chat) -> list[Message]:
    return [message for node in chat for message in node.messages]


def _turns(chat: Chat) -> list[Turn]:
    return [node.turn for node in chat if node.turn is not None]


def _roles(node: Node) -> set[str]:
    return {message["role"] for message in node.messages}


def _neighbours(chat: Chat) -> list[Node]:
    """Return answers that directly follow one another: they are merged, so nothing can be required of them."""
    both = [pair for pair in pairwise(chat) if pair[0].turn is not None and pair[1].turn is not None]
    return [node for pair in both for node in pair]
