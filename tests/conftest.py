"""What holds for every test: a property is true or false, however busy the machine is."""

from hypothesis import HealthCheck, settings

from tests.examples import examples

settings.register_profile("untimed", examples(100, suppress_health_check=[HealthCheck.too_slow]))
settings.load_profile("untimed")
