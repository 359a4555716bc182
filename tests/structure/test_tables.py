"""A test of a table tries every row, and its failure names each one that fails."""

import pytest

from tests.tables import each

SEEN: list[tuple[int, str]] = []


@each("number", [1, 2, 3])
@each("word", ["a", "b"], ids=["first", "second"])
def test_every_combination_is_tried(number: int, word: str) -> None:
    SEEN.append((number, word))


def test_no_combination_was_left_out() -> None:
    SEEN.clear()
    test_every_combination_is_tried()
    assert sorted(SEEN) == [(number, word) for number in (1, 2, 3) for word in "ab"]


def test_every_case_that_fails_is_named() -> None:
    @each(("given", "wanted"), [(1, 1), (2, 0), ("x", None)], ids=["right", "wrong", "odd"])
    def compared(given: object, wanted: object) -> None:
        if given == "x":
            pytest.fail("nobody knows")
        assert given == wanted

    with pytest.raises(AssertionError) as raised:
        compared()
    first, *failed = str(raised.value).splitlines()
    assert first == "2 of 3 cases fail:"
    assert [line.partition(":")[0].strip() for line in failed if ":" in line] == ["wrong", "odd"]
    assert "nobody knows" in failed[-1]


def test_a_table_without_rows_is_a_failure() -> None:
    with pytest.raises(AssertionError, match="empty"):
        each("number", [])(lambda number: None)()
