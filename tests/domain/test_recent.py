"""A bounded memory keeps what was noted last."""

from domain.recent import Recent


def test_the_key_that_was_set_longest_ago_is_forgotten():
    recent = Recent[str, int](2)
    for number, key in enumerate("abacd"):
        recent[key] = number
    assert dict(recent) == {"c": 3, "d": 4}


def test_a_key_that_is_set_again_is_the_newest():
    recent = Recent[str, int](2)
    recent["a"], recent["b"] = 1, 2
    recent["a"] = 3
    recent["c"] = 4
    assert dict(recent) == {"a": 3, "c": 4}


def test_reading_and_removing_change_no_order():
    recent = Recent[str, int](3)
    for key in "abc":
        recent[key] = 0
    assert recent.get("a") == 0
    assert recent.pop("b") == 0
    recent["d"] = 0
    recent["e"] = 0
    assert list(recent) == ["c", "d", "e"]
