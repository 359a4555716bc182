"""A host that lost its chats, or is another one, does not cost people what is stored for them."""

import pytest

from domain.services import sweep_chats
from domain.services.clean_artifacts import Retention
from domain.services.sweep_chats import MOST_CHATS, NEW_HOST, OTHER_HOST, TOO_MANY
from ports.tool_runs import ToolRun
from tests.contracts.artifact_cases import HERE, row, ulid
from tests.domain.services.cleaning import NEW, Place

HELD = "artifacts_of_chats_held"


async def filled(chats: int, *, gone: int) -> Place:
    """Return a place with one turn per chat; the host does not know the first `gone` chats."""
    names = [f"chat-{number:04d}" for number in range(chats)]
    place = Place(*names[gone:])
    await place.put(*(row(number, number, chat_id=name, created_at=NEW) for number, name in enumerate(names)))
    return place


def confirming(value: str) -> Retention:
    return Retention(HERE, days=90, hours=1.0, confirmed=value, confirm_with="CONFIRM=")


async def test_a_host_without_chats_deletes_nothing() -> None:
    place = await filled(120, gone=120)
    await place.clean(confirming(""))
    assert len(await place.left(*range(120))) == 120
    held = place.log.only(HELD)
    assert held.level == "warning"
    assert (held.values["reason"], held.values["chats"], held.values["known"]) == (TOO_MANY, 120, 120)
    assert held.values["confirm"] == "CONFIRM=host-1-120"


async def test_an_empty_host_keeps_the_journal_too() -> None:
    place = await filled(0, gone=0)
    await place.tool_runs.start(
        [ToolRun(HERE, ulid(n), "call", "ab", "look", "ann", NEW, f"chat-{n}") for n in range(120)]
    )
    await place.clean()
    assert len(await place.tool_runs.chats(HERE, "", 999)) == 120
    assert place.log.only(HELD).values["chats"] == 120


@pytest.mark.parametrize(
    ("chats", "gone", "goes"),
    [(20, MOST_CHATS, True), (21, 21, False), (200, 20, True), (200, 21, False), (300, 30, True), (300, 31, False)],
)
async def test_a_tenth_or_twenty_may_go_and_not_one_more(chats: int, gone: int, *, goes: bool) -> None:
    place = await filled(chats, gone=gone)
    await place.clean()
    assert len(await place.left(*range(chats))) == (chats - gone if goes else chats)
    assert len(place.log.named(HELD)) == (0 if goes else 1)


async def test_the_warning_comes_once_and_cleaning_by_age_goes_on() -> None:
    place = await filled(50, gone=50)
    await place.clean()
    await place.clean()
    assert len(place.log.named(HELD)) == 1
    assert place.count("old") == [0, 0]


async def test_the_value_of_the_warning_lets_them_go() -> None:
    place = await filled(120, gone=120)
    await place.clean(confirming(""))
    value = str(place.log.only(HELD).values["confirm"]).removeprefix("CONFIRM=")
    await place.clean(confirming(f" {value} "))
    assert await place.left(*range(120)) == []
    assert len(place.log.named(HELD)) == 1


@pytest.mark.parametrize(
    "value", ["yes", "120", "host-2-120", "host-1-50", "host-1-", "host-1-\u0661\u0662\u0660", "-120"]
)
async def test_another_value_confirms_nothing(value: str) -> None:
    place = await filled(120, gone=120)
    await place.clean(confirming(value))
    assert len(await place.left(*range(120))) == 120


async def test_another_host_takes_not_even_one_chat_until_it_is_confirmed() -> None:
    place = await filled(50, gone=0)
    await place.clean()
    place.chats.host = "stranger"
    place.chats.ids.discard("chat-0000")
    await place.clean()
    assert len(await place.left(*range(50))) == 50
    held = place.log.only(HELD)
    assert (held.values["reason"], held.values["confirm"]) == (OTHER_HOST, "stranger-1")
    await place.clean(confirming("stranger-1"))
    assert len(await place.left(*range(50))) == 49
    place.chats.ids.discard("chat-0001")
    await place.clean()
    assert len(await place.left(*range(50))) == 48


async def test_another_host_that_knows_all_chats_is_a_move_and_is_noted() -> None:
    place = await filled(50, gone=0)
    await place.hosts.note(HERE, "before")
    await place.clean()
    assert await place.hosts.known(HERE) == "host-1"
    assert place.log.named(HELD) == []


async def test_a_host_without_people_takes_nothing() -> None:
    place = await filled(3, gone=3)
    place.chats.host = ""
    await place.clean(confirming("-3"))
    assert await place.left(0, 1, 2) == [0, 1, 2]
    assert place.log.only(HELD).values["reason"] == NEW_HOST


async def test_chats_that_come_back_during_the_pass_keep_their_rows() -> None:
    place = await filled(30, gone=2)
    asked = place.chats.existing

    async def restored(chat_ids):
        found = await asked(chat_ids)
        place.chats.ids.add("chat-0001")
        return found

    place.chats.existing = restored
    await place.clean()
    assert await place.left(0, 1, 2) == [1, 2]


@pytest.mark.parametrize(("confirmed", "goes"), [("host-1-50", True), ("host-1-40", True), ("host-1-39", False)])
async def test_a_confirmation_covers_as_many_more_chats_as_may_always_go(confirmed: str, *, goes: bool) -> None:
    place = await filled(120, gone=60)
    await place.clean(confirming(confirmed))
    assert len(await place.left(*range(120))) == (60 if goes else 120)


async def test_one_pass_deletes_a_bounded_number_of_chats_and_the_next_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sweep_chats, "CHATS_IN_A_PASS", 7)
    place = await filled(100, gone=10)
    await place.clean()
    assert len(await place.left(*range(100))) == 93
    await place.clean()
    assert len(await place.left(*range(100))) == 90
