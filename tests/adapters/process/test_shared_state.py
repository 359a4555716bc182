"""One private entry per process, and one active load per function."""

import sys
import threading

import pytest

from adapters.process.loads import Loads
from adapters.process.state import ENTRY, VERSION, shared_state


@pytest.fixture(autouse=True)
def _own_entry(monkeypatch):
    monkeypatch.delitem(sys.modules, ENTRY, raising=False)
    yield
    sys.modules.pop(ENTRY, None)


def test_all_callers_get_the_same_mapping():
    shared_state()["a"] = 1
    assert shared_state()["a"] == 1


def test_the_entry_has_a_version_and_is_a_plain_module():
    shared_state()
    assert sys.modules[ENTRY].version == VERSION
    assert type(sys.modules[ENTRY]) is type(sys)


def test_threads_that_create_it_together_get_the_same_mapping():
    found, start = [], threading.Barrier(8)

    def ask():
        start.wait()
        found.append(shared_state())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(state) for state in found}) == 1


def test_a_new_load_retires_the_previous_one():
    retired, state = list[str](), dict[str, object]()
    assert not Loads(state).register("pipe", lambda: retired.append("first"))
    assert Loads(state).register("pipe", lambda: retired.append("second"))
    assert retired == ["first"]


def test_loads_of_different_functions_do_not_retire_each_other():
    retired, loads = [], Loads({})
    loads.register("one", lambda: retired.append("one"))
    assert not loads.register("two", lambda: retired.append("two"))
    assert retired == []


def test_registering_the_same_load_again_does_nothing():
    retired, loads = [], Loads({})

    def retire():
        retired.append("same")

    loads.register("pipe", retire)
    assert not loads.register("pipe", retire)
    assert retired == []


def test_an_old_load_that_fails_to_end_does_not_stop_the_new_one():
    def fail():
        raise RuntimeError("old code")

    loads = Loads({})
    loads.register("pipe", fail)
    assert loads.register("pipe", lambda: None)


def test_a_load_that_ended_by_itself_is_not_retired():
    retired, loads = [], Loads({})

    def retire():
        retired.append("first")

    loads.register("pipe", retire)
    loads.forget("pipe", retire)
    assert not loads.register("pipe", lambda: None)
    assert retired == []


def test_forgetting_a_load_keeps_its_successor():
    loads, retired = Loads({}), []

    def first():
        retired.append("first")

    def second():
        retired.append("second")

    loads.register("pipe", first)
    loads.register("pipe", second)
    loads.forget("pipe", first)
    loads.register("pipe", lambda: None)
    assert retired == ["first", "second"]
