"""What holds for every test: a property is true or false, however busy the machine is."""

import gc

from hypothesis import HealthCheck, settings

from tests.examples import examples

settings.register_profile("untimed", examples(100, suppress_health_check=[HealthCheck.too_slow]))
settings.load_profile("untimed")


def pytest_collection_finish() -> None:
    """Leave the collected tests out of garbage collections: with a million objects each took most of a second."""
    gc.collect()
    gc.freeze()
