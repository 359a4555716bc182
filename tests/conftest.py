"""What holds for every test: a property is true or false, however busy the machine is."""

import atexit
import gc
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

from tests.examples import examples

settings.register_profile("untimed", examples(100, suppress_health_check=[HealthCheck.too_slow]))
settings.load_profile("untimed")

GARBAGE = (20_000, 20, 100)
"""When Python looks for garbage. With its own numbers the looks took a tenth of the time of the core's tests."""
atexit.register(gc.freeze)  # a process that ends looks for garbage, too: after the parsed sources for a second


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect tests without looking for garbage: everything stays. Leave it out of what is looked at later, too."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(*GARBAGE)
        gc.enable()
